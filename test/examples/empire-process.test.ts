import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele, lacuna } from '../../src/index.js'
import { rpc } from '../helpers/serve.js'

const children = new Set<ChildProcess>()
let folder = ''

test.before.each(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clientele-'))
})
test.after.each(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

/** The example as the README starts it, on a free port. */
async function start(): Promise<{ url: string; child: ChildProcess; printed: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/empire/server.ts'], {
    env: { ...process.env, PORT: '0', EMPIRE_DATA: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  let printed = ''
  for await (const text of child.stdout) {
    printed += text
    if (printed.includes('curl')) break
  }
  return { url: /http:\/\/localhost:\d+/.exec(printed)?.[0] ?? '', child, printed }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal)
  const [status] = await once(child, 'exit')
  children.delete(child)
  return status
}

/** What an operator reads from the same file afterwards. */
async function readStore(publicKey: string) {
  const store = sqlite(join(folder, 'clients.sqlite'))
  const clients = clientele({ store, protocol: lacuna() })
  const report = await clients.usage.read(publicKey)
  await clients.close()
  await store.disconnect()
  return report
}

const login = { jsonrpc: '2.0', id: 1, method: 'login', params: ['Stub Empire', 'secret', 'anonymous'] }

test('a session that was answered is counted, whatever kills the server then', async () => {
  for (let round = 1; round <= 3; round++) {
    const { url, child } = await start()
    const { json } = await rpc(`${url}/empire`, login)
    await stop(child, 'SIGKILL')
    assert.type(json.result.session_id, 'string')
    assert.is((await readStore('anonymous')).sessions, round)
  }
})

test('after a restart a session still belongs to the client that started it', async () => {
  const first = await start()
  const { json } = await rpc(`${first.url}/empire`, login)
  assert.is(await stop(first.child, 'SIGTERM'), 0)

  const second = await start()
  const status = await rpc(`${second.url}/body`, {
    id: 2,
    method: 'get_status',
    params: [json.result.session_id, json.result.status.empire.home_planet_id],
  })
  assert.is(status.status, 200)
  assert.is(await stop(second.child, 'SIGTERM'), 0)
  const report = await readStore('anonymous')
  assert.equal(
    { ...report.features },
    { 'empire.login': { calls: 1, errors: 0 }, 'body.get_status': { calls: 1, errors: 0 } },
  )
  assert.is(report.players, 1)
})

test('what the server prints can be tried as it stands', async () => {
  const { url, printed, child } = await start()
  assert.match(printed, `${url}/apikey`)
  const [, address = '', body = ''] = /curl -s (\S+) -d '([^']+)'/.exec(printed) ?? []
  const answer = await rpc(address, JSON.parse(body))
  assert.type(answer.json.result.session_id, 'string')
  const console = await fetch(`${url}/`)
  assert.is(console.url, `${url}/apikey`)
  assert.is(console.status, 200)
  assert.is(await stop(child, 'SIGINT'), 0)
})

test.run()
