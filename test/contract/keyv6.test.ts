// keyv 6 needs Node.js 22.19: the contract runs on it in a process of its own, under Node 24 from the registry.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { missingServer, type ServerKind, type TestServer, testServer } from '../helpers/servers.js'
import { values } from './contract.js'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'clientele-'))
const servers: TestServer[] = []
test.after(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

// npx as it comes with Node.js fetches the other Node.js as a package; none of its adapters has to be compiled.
const node24 = ['-y', 'node@24']
const packages = ['keyv@6.1.0', '@keyv/sqlite@6.0.0-beta.4', '@keyv/redis@6.0.0-rc.1', '@keyv/postgres@6.0.0-beta.4']

const missing = await (async () => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  try {
    await run('npx', [...node24, '--version'], { timeout: 120_000 })
    await run('npm', ['install', '--ignore-scripts', ...packages], { cwd: folder, timeout: 120_000 })
    return undefined
  } catch (error) {
    return `Node 24 and keyv 6 cannot be had: ${String((error as Error).message).split('\n')[0]}`
  }
})()
if (missing) console.log(`SKIPPED keyv 6: ${missing}`)

async function addressOf(kind: ServerKind): Promise<string> {
  const reason = missingServer(kind)
  if (reason) {
    console.log(`SKIPPED keyv 6 on ${kind}: ${reason}`)
    assert.is.not(process.env.REQUIRE_ALL, '1')
    return ''
  }
  const server = await testServer(kind)
  servers.push(server)
  await server.start()
  return server.url
}

const possible = missing ? test.skip : test

possible('the types of keyv 6 fit', async () => {
  const program = `import type { Keyv } from 'keyv'
    import type { ClienteleOptions } from ${JSON.stringify(resolve('src/index.js'))}
    export const fits = (keyv: Keyv): ClienteleOptions['store'] => keyv`
  writeFileSync(join(folder, 'fits.ts'), program)
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
  ]
  const roots = ['--typeRoots', resolve('node_modules/@types'), '--lib', 'es2023,es2024.string,esnext.disposable']
  const compiled = await run(resolve('node_modules/.bin/tsc'), [...options, ...roots, 'fits.ts'], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error)
  assert.is(compiled.stdout, '')
})

possible('keyv 6 keeps the contract under Node 24', async () => {
  const file = join(folder, 'written.sqlite')
  const store = sqlite(file)
  await store.setMany(values.map(([, value], index) => ({ key: `clientele.${index}`, value })))
  await store.disconnect()
  const program = ['--import', 'tsx', 'test/contract/keyv6-host.ts', folder, file]
  const addresses = [await addressOf('redis'), await addressOf('postgres')]
  const { stdout } = await run('npx', [...node24, ...program, ...addresses], { timeout: 200_000 }).catch(
    (error: Error & { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}${error.stderr}`)
    },
  )
  assert.match(stdout, /Passed:\s+\d{2}/)
  for (const figure of stdout.match(/FIGURE.*/g) ?? []) console.log(figure)
})

test.run()
