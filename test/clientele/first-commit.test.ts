// Processes that start together, answer logins, and are killed: what they answered is counted.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele, lacuna } from '../../src/index.js'
import { temporaryFile } from '../helpers/temporary.js'

const program = `
import { sqlite } from './adapters/sqlite.ts'
import { clientele, lacuna } from './src/index.ts'
const clients = clientele({ store: sqlite(process.argv[1]), protocol: lacuna(), secret: 'x'.repeat(32), storeTimeoutMs: 60_000 })
await clients.ready()
process.stdout.write('ready')
await new Promise((resolve) => process.stdin.once('data', resolve))
await Promise.all(Array.from({ length: 20 }, (_, index) =>
  clients.openSession({ sessionId: process.pid + ' ' + index, publicKey: 'anonymous', method: 'empire.login' })))
process.stdout.write('done')
setInterval(() => {}, 1000)`

async function said(child: ChildProcess): Promise<void> {
  await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
}

test('six processes that make their first commit together, and are killed at once, lose nothing', async () => {
  await using file = await temporaryFile('clients.sqlite')
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program, file.path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  await Promise.all(children.map(said))
  for (const child of children) child.stdin.write('go')
  await Promise.all(children.map(said))
  for (const child of children) child.kill('SIGKILL')
  const store = sqlite(file.path)
  const reader = clientele({ store, protocol: lacuna(), secret: 'x'.repeat(32) })
  assert.is((await reader.usage.read('anonymous', 'all')).sessions, 120)
  await reader.close()
  await store.disconnect()
})

test.run()
