// In a stranger's project, which has keyv but none of the drivers.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const run = promisify(execFile)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'clientele-')))
test.after(() => rmSync(folder, { recursive: true, force: true }))

function install(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
  }
}

/** What a program prints that has the adapters in `./adapters`. */
async function prints(program: string): Promise<string> {
  writeFileSync(join(folder, 'program.ts'), program)
  const { stdout } = await run(process.execPath, ['--import', import.meta.resolve('tsx'), 'program.ts'], {
    cwd: folder,
  })
  return stdout
}

test.before(() => {
  cpSync('adapters', join(folder, 'adapters'), { recursive: true })
  // All that they need of the rest.
  for (const file of ['errors', 'optional-peer']) cpSync(`src/${file}.ts`, join(folder, `src/${file}.ts`))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  install('keyv')
})

for (const [name, packageName, major] of [
  ['redis', '@keyv/redis', 5],
  ['postgres', '@keyv/postgres', 2],
  ['mysql', '@keyv/mysql', 2],
] as const) {
  const program = `
    import { ${name} } from './adapters/${name}.js'
    process.on('exit', (status) => console.log(status))
    try {
      const store = ${name}('${name}://somebody:hunter2@127.0.0.1:1')
      await store.get('a').catch((error) => console.log('called', error.code))
      await store.disconnect()
    } catch (error) {
      console.log(error.code, error.message)
    }`

  test(`${name} without its driver says what to install, when the store is made`, async () => {
    assert.is(
      await prints(program),
      `driver_missing ${name}() needs the package ${packageName}, which is not installed. Install it: npm install ${packageName}@${major}\n0\n`,
    )
  })

  test(`${name} finds its driver as soon as it is installed, and what that brings`, async () => {
    install(packageName)
    assert.match(await prints(program), /^called (ECONNREFUSED|undefined)\n0\n$/)
  })
}

test('what the message tells to install is what this package names as its peers', async () => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
  const { peerDependencies, peerDependenciesMeta } = manifest as {
    peerDependencies: Record<string, string>
    peerDependenciesMeta?: Record<string, { optional: boolean }>
  }
  for (const [name, major] of [
    ['@keyv/redis', 5],
    ['@keyv/postgres', 2],
    ['@keyv/mysql', 2],
  ] as const) {
    assert.match(peerDependencies[name] ?? '', new RegExp(`^\\^${major}\\.`), name)
    assert.is(peerDependenciesMeta?.[name]?.optional, true, name)
  }
})

test.run()
