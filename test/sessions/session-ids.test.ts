// One session under several ids: renewed ones, old ones, and those that a login gave beside each other.
import { performance } from 'node:perf_hooks'
import type { Keyv } from 'keyv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { sqlite } from '../../adapters/sqlite.js'
import { type Clientele, type ClienteleError, type ClienteleOptions, clientele, lacuna } from '../../src/index.js'
import { faulty, until } from '../helpers/faulty.js'
import { secret } from '../helpers/serve.js'
import { temporaryFile } from '../helpers/temporary.js'

const realNow = Date.now
const realSteady = performance.now
const errors: ClienteleError[] = []

// Our own timers keep no process alive, and here no server does.
const awake = setInterval(() => {}, 1_000)
test.after(() => clearInterval(awake))
test.before.each(() => {
  errors.length = 0
})
test.after.each(() => {
  Date.now = realNow
  performance.now = realSteady
})

function start(store: Keyv, options: Partial<ClienteleOptions> = {}): Clientele {
  const onError = (error: ClienteleError) => errors.push(error)
  return clientele({
    store,
    protocol: lacuna(),
    secret,
    enforce: 'off',
    storeTimeoutMs: 2_000,
    flushIntervalMs: 20,
    onError,
    ...options,
  })
}

const login = (sessionId: string, publicKey = 'bot', otherIds?: readonly string[]) => ({
  sessionId,
  publicKey,
  method: 'empire.login',
  ...(otherIds && { otherIds }),
})

const codes = () => errors.map(({ code }) => code)

let probes = 0

/** Which of these ids count for the client, each asked by a call that nobody else makes. */
async function known(clients: Clientele, ids: readonly string[], publicKey = 'bot'): Promise<string[]> {
  const found: string[] = []
  for (const sessionId of ids) {
    const feature = `probe ${++probes}`
    await clients.track({ sessionId, feature })
    if ((await clients.usage.read(publicKey)).features[feature]) found.push(sessionId)
  }
  return found
}

async function renewAll(clients: Clientele, ids: readonly string[]): Promise<void> {
  for (const [index, id] of ids.entries()) {
    const next = ids[index + 1]
    if (next !== undefined) await clients.renewSession(id, next)
  }
}

const landed = (clients: Clientele) => until(() => clients.health().waiting === 0, 'everything has landed')

/** A store, and as many processes on it as one likes; each has a connection of its own where the store has any. */
const stores: Record<string, (play: (open: () => Keyv) => Promise<void>) => Promise<void>> = {
  memory: async (play) => {
    const store = memory()
    await play(() => store)
  },
  sqlite: async (play) => {
    await using file = await temporaryFile('renewals.sqlite')
    const opened: Keyv[] = []
    await play(() => {
      const store = sqlite(file.path)
      opened.push(store)
      return store
    })
    for (const store of opened) await store.disconnect()
  },
}

for (const [name, on] of Object.entries(stores)) {
  test(`${name}: a renewed session counts for its client under both ids, and is counted once`, async () => {
    await on(async (open) => {
      const clients = start(open())
      await clients.openSession({ ...login('a'), playerId: 'ann' })
      await clients.renewSession('a', 'b')
      await clients.renewSession('a', 'b')
      await clients.renewSession('b', 'b')
      assert.equal(await known(clients, ['a', 'b']), ['a', 'b'])
      const report = await clients.usage.read('bot')
      assert.equal([report.sessions, report.calls, report.players], [1, 2, 1])
      assert.is((await clients.usage.read('(none)')).calls, 0)
      assert.equal(errors, [])
      await clients.close()
    })
  })

  test(`${name}: renewed in one process, used, renewed and ended in others`, async () => {
    await on(async (open) => {
      const [one, two, three] = [start(open()), start(open()), start(open())]
      await one.openSession(login('a'))
      await one.renewSession('a', 'b')
      assert.equal(await known(two, ['b', 'a']), ['b', 'a'])
      await two.renewSession('b', 'c')
      await landed(two)
      assert.equal(await known(three, ['a', 'c', 'b']), ['a', 'c', 'b'])
      // This one has `a` and `b` from the store, and never heard of their kinship but by `c`.
      await three.endSession('c')
      assert.equal(await known(three, ['a', 'b', 'c']), [])
      await landed(three)
      const four = start(open())
      assert.equal(await known(four, ['a', 'b', 'c']), [])
      for (const clients of [one, two, three, four]) await clients.close()
      const reader = start(open())
      const report = await reader.usage.read('bot')
      assert.equal([report.sessions, report.calls], [1, 5])
      assert.is((await reader.usage.read('(none)')).calls, 6)
      await reader.close()
    })
  })

  test(`${name}: three old ids stay, a fourth is ended, here and in another process`, async () => {
    await on(async (open) => {
      const clients = start(open())
      await clients.openSession(login('0'))
      const ids = ['0', '1', '2', '3', '4', '5', '6']
      await renewAll(clients, ids.slice(0, 4))
      assert.equal(await known(clients, ids), ['0', '1', '2', '3'])
      await renewAll(clients, ids.slice(3))
      assert.equal(await known(clients, ids), ['3', '4', '5', '6'])
      await landed(clients)
      const other = start(open())
      assert.equal(await known(other, ids), ['3', '4', '5', '6'])
      await other.renewSession('6', '7')
      await landed(other)
      const third = start(open())
      assert.equal(await known(third, [...ids, '7']), ['4', '5', '6', '7'])
      for (const one of [clients, other, third]) await one.close()
    })
  })

  test(`${name}: all ids of a login are one session; any of them ends it`, async () => {
    await on(async (open) => {
      const clients = start(open())
      for (const [index, end] of ['cookie', 'bearer', 'third'].entries()) {
        const ids = ['cookie', 'bearer', 'third'].map((id) => `${id} ${index}`)
        await clients.openSession(login(ids[0] as string, 'bot', ids))
        await landed(clients)
        const other = start(open())
        assert.equal(await known(other, ids), ids)
        assert.equal(await known(clients, ids), ids)
        await clients.endSession(`${end} ${index}`)
        assert.equal(await known(clients, ids), [])
        await landed(clients)
        const later = start(open())
        assert.equal(await known(later, ids), [])
        for (const one of [other, later]) await one.close()
      }
      assert.is((await clients.usage.read('bot')).sessions, 3)
      await clients.close()
    })
  })
}

// Each row: how a session came to its ids, and the id that ends it. All of its ids are over then.
const kin: [name: string, ids: string[], grow: (clients: Clientele) => Promise<void>][] = [
  ['a line', ['a', 'b', 'c'], (clients) => renewAll(clients, ['a', 'b', 'c'])],
  [
    'two lines',
    ['a', 'b', 'c', 'd'],
    async (clients) => {
      await Promise.all([clients.renewSession('a', 'b'), clients.renewSession('a', 'c')])
      await clients.renewSession('c', 'd')
    },
  ],
  [
    'a cookie that rolls beside a token that stays',
    ['t', 'b', 'c', 'd', 'e'],
    (clients) => renewAll(clients, ['a', 'b', 'c', 'd', 'e']),
  ],
  [
    'a cookie and a token that are both renewed',
    ['a', 'b', 't', 'u'],
    async (clients) => {
      await clients.renewSession('a', 'b')
      await clients.renewSession('t', 'u')
    },
  ],
]

for (const [name, ids, grow] of kin) {
  for (const last of ids) {
    test(`ended by any of its ids: ${name}, by ${last}`, async () => {
      const store = memory()
      const clients = start(store)
      await clients.openSession(login('a', 'bot', ids.includes('t') ? ['t'] : undefined))
      await grow(clients)
      assert.equal(await known(clients, ids), ids)
      await landed(clients)
      const other = start(store)
      assert.equal(await known(other, ids), ids)
      await clients.endSession(last)
      assert.equal(await known(clients, ids), [])
      await clients.renewSession(last, 'z')
      assert.equal(await known(clients, ['z']), [])
      await landed(clients)
      const later = start(store)
      assert.equal(await known(later, ids), [])
      // Whatever the other process knew, its own end of it is complete at once.
      await other.endSession(last)
      assert.equal(await known(other, ids), [])
      await landed(other)
      // The game may give an id again.
      await clients.openSession(login(last, 'web'))
      assert.equal(await known(clients, [last], 'web'), [last])
      await landed(clients)
      const last2 = start(store)
      assert.equal(await known(last2, [last], 'web'), [last])
      for (const one of [clients, other, later, last2]) await one.close()
    })
  }
}

test('renewals of one id at the same time have a line each', async () => {
  const clients = start(memory())
  await clients.openSession(login('a', 'bot', ['t']))
  const news = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm']
  await Promise.all(news.flatMap((id) => [clients.renewSession('a', id), clients.renewSession('a', id)]))
  assert.equal(await known(clients, ['t', 'a', ...news]), ['t', 'a', ...news])
  await renewAll(clients, ['b', 'b1', 'b2', 'b3', 'b4'])
  assert.equal(await known(clients, ['a', 'b', 'b1', 'c', 'm']), ['b1', 'c', 'm'])
  await clients.endSession('m')
  assert.equal(await known(clients, ['t', 'a', ...news, 'b1', 'b2', 'b3', 'b4']), [])
  assert.is((await clients.usage.read('bot')).sessions, 1)
  await clients.close()
})

test('what nobody knows, what is over and what is out of date is not renewed', async () => {
  const clients = start(memory(), { sessionTtlMs: 60_000 })
  await clients.renewSession('nobody', 'a')
  assert.equal(await known(clients, ['a']), [])
  await clients.openSession(login('b'))
  await clients.endSession('b')
  await clients.renewSession('b', 'c')
  assert.equal(await known(clients, ['b', 'c']), [])
  await clients.openSession(login('d'))
  const later = realNow() + 61_000
  Date.now = () => later
  await clients.renewSession('d', 'e')
  assert.equal(await known(clients, ['d', 'e']), [])
  assert.equal(errors, [])
  await clients.close()
})

test('an old id that is none any more ends the session still, where the game takes it', async () => {
  const store = memory()
  for (const where of ['here', 'elsewhere']) {
    for (const last of ['a', 'b']) {
      const clients = start(store)
      const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => `${id} ${where} ${last}`)
      await clients.openSession(login(ids[0] as string))
      await renewAll(clients, ids)
      await landed(clients)
      const ending = where === 'here' ? clients : start(store)
      assert.equal(await known(ending, ids), ids.slice(3))
      await ending.endSession(`${last} ${where} ${last}`)
      assert.equal(await known(ending, ids), [])
      await landed(ending)
      const later = start(store)
      assert.equal(await known(later, ids), [])
      for (const one of [clients, ending, later]) await one.close()
    }
  }
})

test('a session that ends while it is renewed is over', async () => {
  const { adapter, store } = faulty()
  const clients = start(store)
  await clients.openSession(login('a'))
  let release = () => {}
  adapter.hanging = new Promise((resolve) => {
    release = resolve
  })
  const renewing = clients.renewSession('a', 'b')
  await new Promise((resolve) => setTimeout(resolve, 20))
  const ending = clients.endSession('a')
  adapter.hanging = undefined
  release()
  await Promise.all([renewing, ending])
  assert.equal(await known(clients, ['a', 'b']), [])
  await clients.close()
})

test('an id of another client is told once an hour, names nobody, and stays where it is', async () => {
  const store = memory()
  const [one, two] = [start(store), start(store)]
  await one.openSession(login('of web', 'web'))
  await one.openSession(login('a'))
  await two.openSession(login('on the store', 'web'))
  for (const taken of ['of web', 'on the store', 'of web']) await one.renewSession('a', taken)
  assert.equal(await known(one, ['of web', 'on the store'], 'web'), ['of web', 'on the store'])
  assert.equal(await known(one, ['a']), ['a'])
  assert.equal(codes(), ['session_not_unique'])
  assert.not.match(errors.map(({ message }) => message).join(), /of web|on the store|\bbot\b/)
  const inAnHour = performance.now() + 3_600_001
  performance.now = () => inAnHour
  await one.renewSession('a', 'of web')
  assert.equal(codes(), ['session_not_unique', 'session_not_unique'])
  // An id of the same client's, of whichever session, is nothing new.
  await one.openSession(login('mine'))
  await one.renewSession('a', 'mine')
  assert.is(errors.length, 2)
  await one.endSession('a')
  assert.equal(await known(one, ['mine']), ['mine'])
  for (const clients of [one, two]) await clients.close()
})

test('wrong types are told, as by the other verbs, and nothing rejects', async () => {
  const clients = start(memory())
  await clients.openSession(login('a'))
  // biome-ignore lint/suspicious/noExplicitAny: what a host in JavaScript may do
  const untyped = clients as any
  await untyped.renewSession('a', 7)
  await untyped.renewSession(undefined, 'b')
  await untyped.renewSession('a', null)
  await untyped.openSession({ ...login('c'), otherIds: 'token' })
  await untyped.openSession({ ...login('c'), otherIds: ['token', 7] })
  assert.equal(codes(), Array(5).fill('option_invalid'))
  assert.match(errors[0]?.message ?? '', /renewSession\(\) takes a `renewed` of type string, not number/)
  assert.equal(await known(clients, ['b', 'c', 'token']), [])
  assert.is((await clients.usage.read('bot')).sessions, 1)
  await clients.close()
})

for (const [durability, waits] of [
  ['sessions', true],
  ['all', true],
  ['none', false],
] as const) {
  test(`durability '${durability}': a renewal ${waits ? 'waits until it is' : 'does not wait to be'} on the store`, async () => {
    const { adapter, store } = faulty()
    const clients = start(store, { durability, flushIntervalMs: 60_000, storeTimeoutMs: 2_000 })
    await clients.ready()
    await clients.openSession(login('a'))
    const sessions = () => [...adapter.records.keys()].filter((name) => name.includes('.session.')).length
    const before = sessions()
    await clients.renewSession('a', 'b')
    assert.is(sessions() - before, waits ? 1 : 0)
    await clients.close()
    assert.is(sessions(), 2)
  })
}

test('with a store that cannot be asked a session is renewed in memory, and lands when the store is back', async () => {
  const { adapter, store } = faulty()
  const clients = start(store, { storeTimeoutMs: 100 })
  await clients.openSession(login('a'))
  adapter.failure = new Error('gone')
  await clients.renewSession('a', 'b')
  const startedAtMs = performance.now()
  const ids = Array.from({ length: 200 }, (_, index) => `b${index}`)
  await renewAll(clients, ['b', ...ids])
  assert.ok(performance.now() - startedAtMs < 1_000, 'an outage adds no delay')
  await clients.track({ sessionId: 'b199', feature: 'body.view' })
  // The ids of an outage that are over before it is leave nothing to write.
  assert.ok(clients.health().waiting < 20, `${clients.health().waiting} records wait`)
  adapter.failure = undefined
  await until(() => clients.health().store === 'up' && clients.health().waiting === 0, 'everything has landed')
  const other = start(store)
  assert.equal(await known(other, ['a', 'b', 'b195', 'b196', 'b197', 'b198', 'b199']), ['b196', 'b197', 'b198', 'b199'])
  for (const one of [clients, other]) await one.close()
})

test('before there is a secret', async () => {
  const { store } = faulty()
  const clients = start(store, { secret: undefined } as Partial<ClienteleOptions>)
  await clients.openSession({ ...login('a', 'bot', ['t']), playerId: 'ann' })
  await renewAll(clients, ['a', 'b', 'c', 'd', 'e'])
  assert.equal(await known(clients, ['t', 'a', 'b', 'c', 'd', 'e']), ['t', 'b', 'c', 'd', 'e'])
  await clients.openSession(login('x', 'bot', ['y']))
  await clients.renewSession('x', 'z')
  await clients.endSession('y')
  assert.equal(await known(clients, ['x', 'y', 'z']), [])
  await until(() => clients.health().waiting === 0, 'everything has landed')
  const other = start(store, { secret: undefined } as Partial<ClienteleOptions>)
  const ids = ['t', 'a', 'b', 'c', 'd', 'e', 'x', 'y', 'z']
  assert.equal(await known(other, ids), ['t', 'b', 'c', 'd', 'e'])
  for (const one of [clients, other]) await one.close()
})

test('the records hold no id, and are small; those of 0.1.0 are read', async () => {
  const { adapter, store } = faulty()
  const clients = start(store)
  await clients.openSession({ ...login('canary-first', 'bot', ['canary-other']), playerId: 'canary-player' })
  await renewAll(clients, ['canary-first', 'canary-1', 'canary-2', 'canary-3', 'canary-4', 'canary-5'])
  await clients.endSession('canary-2')
  await landed(clients)
  for (const [name, value] of adapter.records) {
    assert.not.match(`${name} ${value}`, /canary/)
    if (name.includes('.session.')) assert.ok(String(value).length < 500, `${value}`)
  }
  // A session that has one id is bound in the words of 0.1.0.
  await clients.openSession(login('single'))
  const [name = '', value] = [...adapter.records].at(-1) ?? []
  assert.match(name, /^clientele\.session\.[0-9a-f]{40}$/)
  assert.equal(Object.keys(JSON.parse(JSON.parse(String(value)).value)).sort(), [
    'boundAtMs',
    'isMadeUp',
    'publicKey',
    'seat',
  ])
  const old = JSON.stringify({ publicKey: 'old', seat: 7, boundAtMs: Date.now() })
  await store.set(name, old)
  const other = start(store)
  await other.renewSession('single', 'renewed')
  assert.equal(await known(other, ['single', 'renewed'], 'old'), ['single', 'renewed'])
  await other.endSession('renewed')
  assert.equal(await known(other, ['single', 'renewed'], 'old'), [])
  for (const one of [clients, other]) await one.close()
})

test('10,000 renewals of one session leave four ids, and push no other session out of the memory', async () => {
  const { adapter, store } = faulty()
  const clients = start(store, { durability: 'none', memory: { sessions: 500 } })
  await clients.ready()
  for (let index = 0; index < 20; index++) await clients.openSession(login(`other ${index}`))
  await clients.openSession(login('0'))
  await landed(clients)
  for (let index = 0; index < 10_000; index++) {
    await clients.renewSession(`${index}`, `${index + 1}`)
    if (index % 200 === 0) await landed(clients)
  }
  await landed(clients)
  const live = [...adapter.records].filter(
    ([name, value]) => name.includes('.session.') && String(value).includes('publicKey'),
  )
  assert.is(live.length, 20 + 4)
  const { calls } = adapter
  for (let index = 0; index < 20; index++) await clients.track({ sessionId: `other ${index}`, feature: 'x' })
  await new Promise((resolve) => setImmediate(resolve))
  assert.is(adapter.calls, calls, 'all of them were in memory')
  assert.equal(await known(clients, ['9995', '9996', '9997', '9998', '9999', '10000']), [
    '9997',
    '9998',
    '9999',
    '10000',
  ])
  await clients.close()
})

test.run()
