import { Keyv } from 'keyv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { sqlite } from '../../adapters/sqlite.js'
import { type ClienteleError, type ClienteleOptions, clientele, lacuna } from '../../src/index.js'
import { FaultyAdapter, faulty, until } from '../helpers/faulty.js'
import { secret } from '../helpers/serve.js'

const errors: ClienteleError[] = []

function start(store: Keyv, options: Partial<ClienteleOptions> = {}) {
  errors.length = 0
  const onError = (error: ClienteleError) => errors.push(error)
  return clientele({ store, protocol: lacuna(), secret, storeTimeoutMs: 100, flushIntervalMs: 20, onError, ...options })
}

// Our own timers keep no process alive, and here no server does.
const awake = setInterval(() => {}, 1_000)
test.after(() => clearInterval(awake))

const session = (sessionId: string, publicKey = 'anonymous') => ({ sessionId, publicKey, method: 'empire.login' })

test('while the store is down sessions go on without waiting, and land when it is back', async () => {
  const { adapter, store } = faulty()
  const clients = start(store)
  await clients.ready()
  await clients.openSession(session('before'))
  adapter.failure = new Error('password=hunter2 refused by 10.0.0.1')
  await clients.openSession(session('first'))
  assert.is(clients.health().store, 'down')
  const startedAtMs = performance.now()
  for (let index = 0; index < 200; index++) await clients.openSession(session(`during ${index}`))
  await clients.track({ sessionId: 'during 7', feature: 'body.view' })
  // One wait for the store would be 100 ms.
  assert.ok(performance.now() - startedAtMs < 200 * 10, 'an outage adds no delay')
  assert.ok(clients.health().waiting > 200)
  assert.is(clients.health().lastError?.code, 'store_failed')

  adapter.failure = undefined
  await until(() => clients.health().store === 'up' && clients.health().waiting === 0, 'everything has landed')
  const reader = start(store)
  const report = await reader.usage.read('anonymous')
  assert.equal([report.sessions, report.calls], [202, 1])
  await reader.track({ sessionId: 'during 9', feature: 'body.view' })
  assert.is((await reader.usage.read('anonymous')).calls, 2)
  await Promise.all([clients.close(), reader.close()])
  for (const error of errors) assert.not.match(error.message, /hunter2|10\.0\.0\.1/)
})

test('with a store that cannot be asked, a login counts under the key that it claims', async () => {
  const { adapter, store } = faulty()
  const clients = start(store)
  const { publicKey } = await clients.registry.register({ name: 'One' })
  adapter.failure = new Error('gone')
  assert.equal((await clients.check('bad')).admitted, true)
  assert.equal((await clients.check('')).admitted, false)
  for (const claimed of [publicKey, 'bad']) await clients.openSession(session(`of ${claimed}`, claimed))
  for (const ask of [
    () => clients.registry.authenticate(`ck_prv_${'0'.repeat(65)}`),
    () => clients.registry.find('never seen'),
    () => clients.registry.register({ name: 'Two' }),
    () => clients.usage.read(publicKey),
  ]) {
    const outcome = await ask().then(
      (value) => value,
      (error: ClienteleError) => error.code,
    )
    assert.ok(outcome === undefined || outcome === 'store_failed' || outcome === 'store_down', String(outcome))
  }
  adapter.failure = undefined
  await until(() => clients.health().store === 'up' && clients.health().waiting === 0, 'everything has landed')
  assert.is((await clients.usage.read(publicKey)).sessions, 1)
  assert.is((await clients.usage.read('bad')).sessions, 1)
  await clients.close()
})

test('a store that hangs is down after the timeout; its write is not repeated before it has settled', async () => {
  const { adapter, store } = faulty()
  const clients = start(store)
  await clients.openSession(session('before'))
  let release = () => {}
  adapter.hanging = new Promise((resolve) => {
    release = resolve
  })
  const startedAtMs = performance.now()
  await clients.openSession(session('first'))
  const waitedMs = performance.now() - startedAtMs
  assert.ok(waitedMs >= 95 && waitedMs < 1_000, `${waitedMs}`)
  await until(() => clients.health().store === 'down', 'it is known to be down')
  for (let index = 0; index < 50; index++) await clients.openSession(session(`during ${index}`))
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.is(adapter.maxWritesInTheAir, 1)
  adapter.hanging = undefined
  release()
  await until(() => clients.health().waiting === 0, 'everything has landed')
  assert.is(adapter.maxWritesInTheAir, 1)
  const reader = start(store)
  assert.is((await reader.usage.read('anonymous')).sessions, 52)
  await Promise.all([clients.close(), reader.close()])
})

test('a write that never settles holds up neither logins nor counting for ever', async () => {
  const { adapter, store } = faulty()
  const clients = start(store, { storeTimeoutMs: 30 })
  await clients.openSession(session('before'))
  const { setMany } = adapter
  let swallowed = 0
  adapter.setMany = (entries) => {
    swallowed++
    adapter.setMany = setMany
    void entries
    return new Promise(() => {})
  }
  for (let index = 0; index < 20; index++) {
    const startedAtMs = performance.now()
    await clients.openSession(session(`${index}`))
    assert.ok(performance.now() - startedAtMs < 1_000)
  }
  assert.is(swallowed, 1)
  assert.is(clients.health().store, 'down')
  await until(() => clients.health().waiting === 0 && clients.health().store === 'up', 'everything has landed')
  const reader = start(store)
  assert.is((await reader.usage.read('anonymous')).sessions, 21)
  await Promise.all([clients.close(), reader.close()])
})

test('a store that can be read and not written is not asked in a hot loop', async () => {
  const { adapter, store } = faulty()
  const clients = start(store)
  await clients.ready()
  adapter.setMany = async () => {
    throw new Error('read-only')
  }
  await clients.openSession(session('s'))
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  assert.ok(errors.length < 12, `${errors.length} errors in 1.5 s`)
  await clients.close()
})

test('a secret that cannot be read is not asked for in a hot loop', async () => {
  const { adapter, store } = faulty()
  await store.set('clientele.secret', 'no JSON')
  const clients = start(store, { secret: undefined } as Partial<ClienteleOptions>)
  await clients.ready()
  const { calls } = adapter
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.ok(adapter.calls - calls < 30, `${adapter.calls - calls} calls in 0.5 s`)
  await clients.close()
})

test('a store that is down at the start does not stop the game, and all that was counted lands', async () => {
  const { adapter, store } = faulty()
  adapter.failure = new Error('not there yet')
  const clients = start(store, { secret: undefined } as Partial<ClienteleOptions>)
  await clients.openSession({ ...session('early'), playerId: '42' })
  await clients.track({ sessionId: 'early', feature: 'body.view' })
  await until(() => clients.health().store === 'down', 'the store is known to be down')
  adapter.failure = undefined
  await clients.ready()
  await until(() => clients.health().waiting === 0, 'everything has landed')
  await clients.close()
  const reader = start(store, { secret: undefined } as Partial<ClienteleOptions>)
  const report = await reader.usage.read('anonymous')
  assert.equal([report.sessions, report.calls, report.players], [1, 1, 1])
  await reader.track({ sessionId: 'early', feature: 'body.view' })
  assert.is((await reader.usage.read('anonymous')).calls, 2)
  await reader.close()
})

test('an entry that the store did not confirm is written again', async () => {
  const { adapter, store } = faulty()
  const clients = start(store)
  await clients.openSession(session('before'))
  adapter.refused = (name) => name.includes('.usage.')
  await clients.openSession(session('refused'))
  assert.ok(clients.health().waiting > 0)
  adapter.refused = () => false
  await until(() => clients.health().waiting === 0, 'it has landed')
  const reader = start(store)
  assert.is((await reader.usage.read('anonymous')).sessions, 2)
  await Promise.all([clients.close(), reader.close()])
})

test('what is on its way to the store, or has to wait for a secret, is not there yet', async () => {
  const { adapter, store } = faulty()
  const clients = start(store, { storeTimeoutMs: 2_000 })
  await clients.openSession(session('before'))
  await until(() => clients.health().waiting === 0, 'all of it has landed')
  let answer = () => {}
  adapter.hanging = new Promise((resolve) => {
    answer = resolve
  })
  const opened = clients.openSession(session('slow'))
  await until(() => adapter.writesInTheAir === 1, 'the write is on its way')
  // The binding and the shard at least.
  assert.ok(clients.health().waiting >= 2)
  adapter.hanging = undefined
  answer()
  await opened
  await until(() => clients.health().waiting === 0, 'all of it has landed')
  await clients.close()

  const early = start(faulty().store, { secret: undefined, storeTimeoutMs: 200 })
  await early.openSession(session('early'))
  assert.ok(early.health().waiting > 0)
  await until(() => early.health().waiting === 0, 'the secret is made and the session is bound')
  await early.close()
})

test('a store that forgets what it was given is reported at the start', async () => {
  const { adapter, store } = faulty()
  adapter.set = async () => true
  const clients = start(store)
  await until(() => clients.health().store === 'down', 'it is found out')
  assert.match(errors[0]?.message ?? '', /does not give back/)
  await clients.close()
})

test('a failure that Keyv hides is seen: an adapter without getMany, and one without setMany', async () => {
  const { adapter } = faulty()
  const poor = {
    ...adapter,
    get: adapter.get.bind(adapter),
    set: adapter.set.bind(adapter),
    delete: adapter.delete.bind(adapter),
    on() {},
    clear() {},
  }
  // biome-ignore lint/suspicious/noExplicitAny: Keyv 5 types adapters more strictly than it takes them
  const store = new Keyv({ store: poor as any, namespace: undefined, useKeyPrefix: false })
  const clients = start(store)
  await clients.ready()
  const { publicKey } = await clients.registry.register({ name: 'One' })
  await clients.openSession(session('before', publicKey))
  adapter.failure = new Error('gone')
  const outcome = await clients.usage.read(publicKey).catch((error: ClienteleError) => error.code)
  assert.is(outcome, 'store_failed')
  adapter.failure = undefined
  await clients.ready()
  adapter.refused = (name) => name.includes('.summary.')
  await clients.openSession(session('half', publicKey))
  adapter.refused = () => false
  await until(() => clients.health().waiting === 0 && clients.health().store === 'up', 'it has landed')
  assert.is((await clients.usage.overview())[0]?.sessions, 2)
  await clients.close()
})

test('closing writes what waits, twice is once, and what could not be saved is said', async () => {
  const { adapter, store } = faulty()
  const clients = start(store, { flushIntervalMs: 60_000 })
  await clients.openSession(session('s'))
  await clients.track({ sessionId: 's', feature: 'body.view' })
  assert.ok(clients.health().waiting > 0)
  await Promise.all([clients.close(), clients.close()])
  assert.is(clients.health().waiting, 0)
  // A login that was under way.
  await clients.openSession(session('late'))
  const reader = start(store)
  const report = await reader.usage.read('anonymous')
  assert.equal([report.sessions, report.calls], [2, 1])
  await reader.close()

  const dying = start(store)
  await dying.ready()
  adapter.failure = new Error('gone')
  await dying.openSession(session('unsaved'))
  await dying.close()
  assert.is(errors.at(-1)?.code, 'closed')
  assert.match(errors.at(-1)?.message ?? '', /\d+ records that the store did not take/)
})

test('closing finds a store that is back again before its next probe', async () => {
  const { adapter, store } = faulty()
  const clients = start(store)
  await clients.openSession(session('before'))
  adapter.failure = new Error('gone')
  for (let index = 0; index < 5; index++) await clients.openSession(session(`${index}`))
  // Long enough for the pauses between probes to grow.
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  adapter.failure = undefined
  await clients.close()
  assert.is(clients.health().waiting, 0)
  const reader = start(store)
  assert.is((await reader.usage.read('anonymous')).sessions, 6)
  await reader.close()
})

test("a host's error handler that throws stops nothing", async () => {
  const { adapter, store } = faulty()
  adapter.failure = new Error('gone')
  const clients = start(store, {
    onError: () => {
      throw new Error('mine')
    },
  })
  await clients.openSession(session('s'))
  await clients.close()
})

test('a SQLite file that cannot be opened is reported, and the game runs', async () => {
  const clients = start(sqlite('/no/such/folder/clients.sqlite'))
  await clients.openSession(session('s'))
  await until(() => clients.health().store === 'down', 'it is found out')
  await clients.close()
})

test('without a handler errors are warnings on the process, one a minute for each code', async () => {
  const warnings: Error[] = []
  const listener = (warning: Error) => warnings.push(warning)
  process.on('warning', listener)
  const { adapter, store } = faulty()
  adapter.failure = new Error('gone')
  const clients = clientele({ store, protocol: lacuna(), secret })
  await until(() => clients.health().store === 'down', 'it is down')
  await new Promise((resolve) => setTimeout(resolve, 400))
  await clients.close()
  process.off('warning', listener)
  assert.equal(
    warnings.map(({ name }) => name),
    ['ClienteleWarning'],
  )
})

test('a plain Keyv on a Map is a store', async () => {
  const clients = start(new Keyv())
  await clients.openSession(session('s'))
  assert.is((await clients.usage.read('anonymous')).sessions, 1)
  await clients.close()
  assert.instance(memory(), Keyv)
  assert.ok(new FaultyAdapter())
})

test.run()
