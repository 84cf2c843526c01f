import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type ClienteleError, clientele, lacuna, playersError } from '../../src/index.js'
import { secret } from '../helpers/serve.js'

const realNow = Date.now
const at = (iso: string) => {
  Date.now = () => Date.parse(iso)
}
test.after.each(() => {
  Date.now = realNow
})

const start = (store = memory(), enforce: 'registered' | 'off' = 'off') =>
  clientele({ store, protocol: lacuna(), secret, enforce })

test('the past 30 days, any range, months and all time, over several processes and restarts', async () => {
  const store = memory()
  const open = async (iso: string, sessionId: string, playerId: string) => {
    at(iso)
    const clients = start(store)
    await clients.openSession({ sessionId, publicKey: 'bot', method: 'empire.login', playerId })
    await clients.track({ sessionId, feature: 'body.view', failed: playerId === '2' })
    await clients.count(sessionId, 'essentia spent', 2.5)
    await clients.close()
  }
  await open('2024-02-28T23:59:59.999Z', 'a', '1')
  await open('2024-02-29T00:00:00.000Z', 'b', '1')
  await open('2024-03-01T12:00:00.000Z', 'c', '2')
  await open('2024-03-01T12:00:01.000Z', 'd', '1')
  at('2024-03-30T00:00:00Z')
  const { usage, close } = start(store)
  const month = await usage.read('bot')
  assert.equal(
    [month.from, month.to, month.sessions, month.calls, month.errors, month.players],
    ['2024-03-01', '2024-03-30', 2, 2, 1, 2],
  )
  const all = await usage.read('bot', 'all')
  assert.equal(
    [all.from, all.to, all.sessions, all.calls, all.errors, all.players],
    ['2024-02-28', '2024-03-30', 4, 4, 1, 2],
  )
  assert.equal({ ...all.metrics }, { 'essentia spent': 10 })
  assert.equal(
    all.days.map(({ day, sessions, players }) => [day, sessions, players]),
    [
      ['2024-02-28', 1, 1],
      ['2024-02-29', 1, 1],
      ['2024-03-01', 2, 2],
    ],
  )
  assert.equal(
    all.months.map(({ month, sessions, players }) => [month, sessions, players]),
    [
      ['2024-02', 2, 1],
      ['2024-03', 2, 2],
    ],
  )
  assert.is((await usage.read('bot', { from: '2024-02-29', to: '2024-02-29' })).sessions, 1)
  assert.is((await usage.read('bot', { days: 31 })).sessions, 3)
  assert.is((await usage.read('bot', { days: 1 })).sessions, 0)
  assert.equal(await usage.overview({ from: '2024-02-28', to: '2024-02-29' }), [
    { publicKey: 'bot', registered: false, sessions: 2, calls: 2, errors: 0 },
  ])
  for (const range of [{ days: 0 }, { days: 1.5 }, { from: '2024-02-30', to: '2024-03-01' }, { from: 'x', to: 'y' }]) {
    assert.is(await usage.read('bot', range).catch((error: ClienteleError) => error.code), 'option_invalid')
  }
  await close()
})

test('what is recorded and not yet committed is in the answer, once', async () => {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, enforce: 'off', flushIntervalMs: 60_000 })
  await clients.openSession({ sessionId: 's', publicKey: 'bot', method: 'empire.login' })
  for (let index = 0; index < 5; index++) await clients.track({ sessionId: 's', feature: 'body.view' })
  assert.is((await clients.usage.read('bot')).calls, 5)
  assert.is((await clients.usage.overview())[0]?.calls, 5)
  await clients.close()
  assert.is((await clients.usage.read('bot')).calls, 5)
})

test('an overview never says more than the reports do, and catches up with them', async () => {
  const store = memory()
  const busy = clientele({ store, protocol: lacuna(), secret, enforce: 'off', flushIntervalMs: 300 })
  await busy.openSession({ sessionId: 'a', publicKey: 'one', method: 'empire.login' })
  await busy.openSession({ sessionId: 'b', publicKey: 'two', method: 'empire.login' })
  // The call waits for the flush, and the page that tells of both clients goes out with the login.
  await busy.track({ sessionId: 'b', feature: 'body.view' })
  await busy.openSession({ sessionId: 'c', publicKey: 'one', method: 'empire.login' })
  const callsOf = async () => {
    const { usage, close } = start(store)
    const row = (await usage.overview()).find(({ publicKey }) => publicKey === 'two')
    const { calls } = await usage.read('two')
    await close()
    return [row?.calls, calls]
  }
  assert.equal(await callsOf(), [0, 0])
  await new Promise((resolve) => setTimeout(resolve, 600))
  assert.equal(await callsOf(), [1, 1])
  await busy.close()
})

test('two processes on one store never overwrite each other', async () => {
  const store = memory()
  const processes = [start(store), start(store), start(store), start(store)]
  await Promise.all(
    processes.flatMap((clients, process) =>
      Array.from({ length: 100 }, (_, index) =>
        clients.openSession({
          sessionId: `${process} ${index}`,
          publicKey: `bot ${index % 3}`,
          method: 'empire.login',
        }),
      ),
    ),
  )
  for (const { usage } of processes) {
    assert.equal((await usage.overview()).map(({ publicKey, sessions }) => [publicKey, sessions]).sort(), [
      ['bot 0', 136],
      ['bot 1', 132],
      ['bot 2', 132],
    ])
  }
  // A session of one process is known to the others.
  await processes[1]?.track({ sessionId: '0 4', feature: 'body.view' })
  assert.is((await processes[2]?.usage.read('bot 1'))?.calls, 0)
  await processes[1]?.close()
  assert.is((await processes[2]?.usage.read('bot 1'))?.calls, 1)
  for (const { close } of processes) await close()
})

test('a session ends with its TTL, slides while it is used, and is gone after logout, in every process', async () => {
  const store = memory()
  at('2026-01-01T00:00:00Z')
  const options = { store, protocol: lacuna(), secret, enforce: 'off' as const, sessionTtlMs: 4 * 3_600_000 }
  const [here, there] = [clientele(options), clientele(options)]
  const feature = 'body.view'
  await here.openSession({ sessionId: 's', publicKey: 'bot', method: 'empire.login' })
  at('2026-01-01T03:59:00Z')
  await here.track({ sessionId: 's', feature })
  await here.close()
  at('2026-01-01T07:58:00Z')
  await there.track({ sessionId: 's', feature })
  assert.is((await there.usage.read('bot')).calls, 2)
  at('2026-01-01T12:00:00Z')
  await there.track({ sessionId: 's', feature })
  assert.is((await there.usage.read('bot')).calls, 2)
  assert.is((await there.usage.read('(none)')).calls, 1)

  await there.openSession({ sessionId: 's', publicKey: 'bot', method: 'empire.login' })
  await there.endSession('s')
  await there.track({ sessionId: 's', feature })
  await there.count('s', 'votes')
  assert.is((await there.usage.read('bot')).calls, 2)
  await there.close()
  const later = clientele(options)
  await later.track({ sessionId: 's', feature })
  assert.equal([(await later.usage.read('bot')).calls, (await later.usage.read('(none)')).calls], [2, 3])
  await later.close()
})

test('no session id and no player is in the store', async () => {
  const store = memory()
  const clients = start(store)
  await clients.openSession({
    sessionId: 'canary-session',
    publicKey: 'bot',
    method: 'empire.login',
    playerId: 'canary-player',
  })
  await clients.close()
  const kept = JSON.stringify([...(store.store as Map<string, unknown>)])
  assert.not.match(kept, /canary/)
  assert.match(kept, /clientele\.session\.[0-9a-f]{40}/)
})

test('the record of a session carries its time to live', async () => {
  const store = memory()
  const clients = clientele({ store, protocol: lacuna(), secret, enforce: 'off', sessionTtlMs: 5_000 })
  await clients.openSession({ sessionId: 's', publicKey: 'bot', method: 'empire.login' })
  await clients.close()
  const [, text] =
    [...(store.store as Map<string, string>)].find(([name]) => name.startsWith('clientele.session.')) ?? []
  const { expires } = JSON.parse(text ?? '{}') as { expires?: number }
  assert.ok(expires !== undefined && Math.abs(expires - Date.now() - 5_000) < 1_000, `${expires}`)
})

test('processes that start together without a secret agree on one', async () => {
  const store = memory()
  const options = { store, protocol: lacuna(), enforce: 'off' as const, storeTimeoutMs: 100 }
  const processes = Array.from({ length: 4 }, () => clientele(options))
  await Promise.all(
    processes.map((clients, index) =>
      clients.openSession({
        sessionId: `s${index}`,
        publicKey: 'bot',
        method: 'empire.login',
        playerId: 'one and the same',
      }),
    ),
  )
  await new Promise((resolve) => setTimeout(resolve, 300))
  for (const { close } of processes) await close()
  const later = clientele(options)
  assert.equal([(await later.usage.read('bot')).sessions, (await later.usage.read('bot')).players], [4, 1])
  for (const index of [0, 1, 2, 3]) await later.track({ sessionId: `s${index}`, feature: 'body.view' })
  assert.is((await later.usage.read('bot')).calls, 4)
  await later.close()
})

test('the error of an estimate is a small share of it', () => {
  assert.equal([0, 1, 87, 412, 1_000].map(playersError), [0, 0, 3, 13, 33])
})

test.run()
