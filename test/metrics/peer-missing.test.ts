// In a stranger's project, which has what this package needs but none of the libraries that carry metrics.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const run = promisify(execFile)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'clientele-')))
test.after(() => rmSync(folder, { recursive: true, force: true }))

interface Manifest {
  exports: Record<string, { types: string; default: string }>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
  peerDependenciesMeta: Record<string, { optional: boolean }>
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest

function install(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
  }
}

/** What a program prints that has the sources beside it. */
async function prints(program: string): Promise<string> {
  writeFileSync(join(folder, 'program.ts'), program)
  const { stdout } = await run(process.execPath, ['--import', import.meta.resolve('tsx'), 'program.ts'], {
    cwd: folder,
  })
  return stdout
}

test.before(() => {
  for (const name of ['src', 'adapters']) cpSync(name, join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  install(...Object.keys(manifest.dependencies))
})

for (const [caller, file, packageName, major] of [
  ['prometheus', 'prometheus', 'prom-client', 15],
  ['openTelemetry', 'opentelemetry', '@opentelemetry/api', 1],
] as const) {
  const program = `
    import { clientele, lacuna } from './src/index.js'
    import { memory } from './adapters/memory.js'
    import { ${caller} } from './src/metrics/${file}.js'
    const clients = clientele({ store: memory(), protocol: lacuna() })
    try {
      console.log(typeof ${caller}(clients))
    } catch (error) {
      console.log(error.code, error.message)
    }
    await clients.close()`

  test(`${caller} without its library says what to install, when it is mounted`, async () => {
    assert.is(
      await prints(program),
      `driver_missing ${caller}() needs the package ${packageName}, which is not installed. Install it: npm install ${packageName}@${major}\n`,
    )
  })

  test(`${caller} finds its library as soon as it is installed`, async () => {
    install(packageName)
    assert.is(await prints(program), caller === 'prometheus' ? 'function\n' : 'undefined\n')
  })

  test(`what ${caller} tells to install is an optional peer, and it is exported`, () => {
    assert.match(manifest.peerDependencies[packageName] ?? '', new RegExp(`^\\^${major}\\.`))
    assert.is(manifest.peerDependenciesMeta[packageName]?.optional, true)
    assert.not.ok(packageName in manifest.dependencies)
    assert.equal(manifest.exports[`./metrics/${file}`], {
      types: `./dist/src/metrics/${file}.d.ts`,
      default: `./dist/src/metrics/${file}.js`,
    })
  })
}

test.run()
