// The packed tarball, unpacked into projects of a stranger. Their dependencies are links to those of this project, so that
// nothing is compiled again.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { freePort } from '../helpers/servers.js'

const run = promisify(execFile)
const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, Record<string, string>>
let folder = ''
let project = ''

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clientele-'))
  project = join(folder, 'project')
  await run('npm', ['pack', '--silent', '--pack-destination', folder])
  const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  const modules = join(project, 'node_modules')
  await mkdir(join(modules, 'clientele'), { recursive: true })
  await run('tar', ['xzf', join(folder, tarball ?? ''), '-C', join(modules, 'clientele'), '--strip-components=1'])
  const metrics = ['prom-client', '@opentelemetry/api', '@opentelemetry/sdk-metrics']
  const needed = [...Object.keys(manifest.dependencies ?? {}), ...metrics, 'koa', '@types/koa', '@types/node']
  for (const name of needed) {
    await mkdir(join(modules, name, '..'), { recursive: true })
    await symlink(resolve('node_modules', name), join(modules, name))
  }
  await writeFile(join(project, 'package.json'), '{ "type": "module" }')
})
test.after(() => rm(folder, { recursive: true, force: true }))

/** The code of a block in a language, by default of the README's first. */
async function readme(language: string, which = 0, file = 'README.md'): Promise<string> {
  const text = await readFile(file, 'utf8')
  const blocks = [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
  return blocks[which] ?? ''
}

/** What the compiler finds wrong in the project. */
async function compiled(): Promise<string> {
  const { stdout } = await run(resolve('node_modules/.bin/tsc'), ['-p', project]).catch(
    (error: { stdout: string }) => error,
  )
  return stdout.trim()
}

/** Starts a program that mounts the README, asks the console for its first page, and ends it as an operator would. */
async function serves(file: string): Promise<void> {
  const check = `
    process.env.PORT = '0'
    const { Server } = await import('node:http')
    const listen = Server.prototype.listen
    Server.prototype.listen = function (...values) {
      this.once('listening', async () => {
        const url = 'http://127.0.0.1:' + this.address().port
        const page = await fetch(url + '/apikey')
        const style = await fetch(url + '/apikey/console.css')
        const game = await fetch(url + '/')
        console.log([page.status, (await page.text()).includes('<h1'), style.status, await game.text()].join(' '))
        this.closeAllConnections()
        process.kill(process.pid, 'SIGTERM')
      })
      return listen.apply(this, values)
    }
    await import(${JSON.stringify(file)})`
  await writeFile(join(project, 'check.mjs'), check)
  const { stdout, stderr } = await run(process.execPath, ['check.mjs'], { cwd: project, timeout: 30_000 })
  assert.is(stdout, '200 true 200 the game\n')
  assert.not.match(stderr, /Error/)
}

test('the tarball holds what a user needs and nothing else', async () => {
  const files = await readdir(join(project, 'node_modules/clientele'), { recursive: true })
  const ends = new Set(files.map((name) => /(\.d\.ts|\.\w+)?$/.exec(name)?.[0]))
  assert.equal([...ends].sort(), ['', '.css', '.d.ts', '.js', '.json', '.md', '.pug'])
  assert.equal(
    files.filter((name) => /(^|\/)(test|examples|\.ci)\/|biome|tsconfig|\.map$/.test(name)),
    [],
  )
  for (const name of [
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'dist/templates/layout.pug',
    'dist/adapters/sqlite.d.ts',
  ]) {
    assert.ok(existsSync(join(project, 'node_modules/clientele', name)), name)
  }
})

test('the README mounts from plain JavaScript', async () => {
  await writeFile(join(project, 'server.js'), await readme('js'))
  await writeFile(join(project, 'protocol.js'), await readme('js', 1))
  await run(process.execPath, ['protocol.js'], { cwd: project })
  await serves('./server.js')
})

test('the README compiles as strict TypeScript, against Koa without the types of any body parser, and runs', async () => {
  await writeFile(join(project, 'typed.ts'), await readme('js'))
  await writeFile(join(project, 'protocol.ts'), await readme('js', 1))
  const tsconfig = {
    compilerOptions: {
      strict: true,
      module: 'NodeNext',
      target: 'ES2022',
      types: ['node'],
      skipLibCheck: false,
    },
    files: ['typed.ts', 'protocol.ts'],
  }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(tsconfig))
  assert.is(await compiled(), '')
  await serves('./typed.js')
})

test('the guide to metrics compiles, and its program is scraped on a port of its own', async () => {
  await writeFile(join(project, 'metrics.ts'), await readme('js', 0, 'docs/metrics.md'))
  await writeFile(join(project, 'opentelemetry.ts'), await readme('js', 1, 'docs/metrics.md'))
  const tsconfig = JSON.parse(await readFile(join(project, 'tsconfig.json'), 'utf8')) as object
  const files = ['metrics.ts', 'opentelemetry.ts']
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ ...tsconfig, files }))
  assert.is(await compiled(), '')
  const [port, metricsPort] = [await freePort(), await freePort()]
  const env = { ...process.env, PORT: String(port), METRICS_PORT: String(metricsPort) }
  const child = spawn(process.execPath, ['metrics.js'], { cwd: project, env, stdio: 'inherit' })
  const ended = once(child, 'exit')
  const metrics = await answerOf(`http://127.0.0.1:${metricsPort}/metrics`)
  assert.match(metrics, /^clientele_store_state\{state="(starting|up)"\} 1$/m)
  assert.is(await answerOf(`http://127.0.0.1:${port}/metrics`), 'the game')
  child.kill('SIGTERM')
  assert.equal(await ended, [0, null])

  // What it exports at its end is on the console: a file, because a process that ends itself loses what is left in a pipe.
  const program = `await import('./opentelemetry.js')
    setInterval(() => process.kill(process.pid, 'SIGTERM'), 100)`
  const output = await open(join(project, 'exported'), 'w')
  const exporting = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: project,
    stdio: ['ignore', output.fd, 'inherit'],
  })
  assert.equal(await once(exporting, 'exit'), [0, null])
  await output.close()
  assert.match(await readFile(join(project, 'exported'), 'utf8'), /name: 'clientele\.store\.waiting_records'/)
})

/** Of a server that is about to listen. */
async function answerOf(url: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await (await fetch(url)).text()
    } catch (error) {
      if (tries === 200) throw error
      await new Promise((wake) => setTimeout(wake, 50))
    }
  }
}

test('a CommonJS host can require it', async () => {
  await writeFile(
    join(project, 'host.cjs'),
    "const { clientele, lacuna } = require('clientele')\nconst { memory } = require('clientele/adapters/memory')\nconsole.log(typeof clientele({ store: memory(), protocol: lacuna() }).middleware)\n",
  )
  const { stdout } = await run(process.execPath, ['host.cjs'], { cwd: project })
  assert.is(stdout, 'function\n')
})

test.run()
