// The packed tarball, unpacked into projects of a stranger. Their dependencies are links to those of this project, so that
// nothing is compiled again.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

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
  const needed = [...Object.keys(manifest.dependencies ?? {}), 'koa', '@types/koa', '@types/node']
  for (const name of needed) {
    await mkdir(join(modules, name, '..'), { recursive: true })
    await symlink(resolve('node_modules', name), join(modules, name))
  }
  await writeFile(join(project, 'package.json'), '{ "type": "module" }')
})
test.after(() => rm(folder, { recursive: true, force: true }))

/** The code of the README's first block in a language. */
async function readme(language: string, which = 0): Promise<string> {
  const text = await readFile('README.md', 'utf8')
  const blocks = [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
  return blocks[which] ?? ''
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
  const compiled = await run(resolve('node_modules/.bin/tsc'), ['-p', project]).catch(
    (error: { stdout: string }) => error,
  )
  assert.is(compiled.stdout.trim(), '')
  await serves('./typed.js')
})

test('a CommonJS host can require it', async () => {
  await writeFile(
    join(project, 'host.cjs'),
    "const { clientele, lacuna } = require('clientele')\nconst { memory } = require('clientele/adapters/memory')\nconsole.log(typeof clientele({ store: memory(), protocol: lacuna() }).middleware)\n",
  )
  const { stdout } = await run(process.execPath, ['host.cjs'], { cwd: project })
  assert.is(stdout, 'function\n')
})

test.run()
