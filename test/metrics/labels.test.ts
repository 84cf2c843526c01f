// Who has a series of its own, under which name, and how many there can be.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientCacheMs } from '../../src/keys/stored-clients.js'
import { rpc } from '../helpers/serve.js'
import { type Family, numberOf } from './exposition.js'
import { type Playing, play, summed } from './harness.js'

const shared = ['anonymous', '(none)', '(unread)', '(unregistered)', '(registered)']

const clientsIn = (families: Map<string, Family>, name = 'clientele_calls_total') =>
  (families.get(name)?.series ?? []).map(({ labels }) => labels.client)

/** Batches of logins, one for each public key. */
async function logInAll(url: string, publicKeys: string[]): Promise<void> {
  for (let at = 0; at < publicKeys.length; at += 500) {
    const batch = publicKeys.slice(at, at + 500).map((publicKey, id) => {
      return { jsonrpc: '2.0', id: id + 1, method: 'login', params: { name: 'p', password: 'p', api_key: publicKey } }
    })
    const { status } = await rpc(`${url}/empire`, batch)
    assert.is(status, 200)
  }
}

const realNow = performance.now
let aheadMs = 0
test.before(() => {
  performance.now = () => realNow.call(performance) + aheadMs
})
test.after(() => {
  performance.now = realNow
})

/** What the metrics say of a client, once they asked the store again. */
async function infoOf({ scrape }: Playing, client: string) {
  aheadMs += clientCacheMs
  await scrape()
  await new Promise((resolve) => setTimeout(resolve, 50))
  return named(await scrape(), client)
}

function named(families: Map<string, Family>, client: string) {
  const { series } = families.get('clientele_client_info') ?? { series: [] }
  return series.filter(({ labels }) => labels.client === client).map(({ labels, value }) => ({ ...labels, value }))
}

for (const enforce of ['present', 'off'] as const) {
  test(`10,000 made-up keys under '${enforce}' are one series, and nothing of them is in it`, async () => {
    await play({ enforce, durability: 'none' }, async ({ url, scrape, scrapeText, clients }) => {
      const madeUp = Array.from({ length: 10_000 }, (_, index) => `made-up-${index}`)
      await logInAll(url, madeUp)
      const families = await scrape()
      assert.equal(clientsIn(families), shared)
      assert.equal(summed([families], '(unregistered)'), [10_000, 10_000, 0])
      assert.not.match(await scrapeText(), /made-up/)
      // The report still tells the first of them apart.
      assert.is((await clients.usage.read('made-up-0')).sessions, 1)
      const series = [...families.values()].reduce((sum, family) => sum + family.series.length, 0)
      console.log(`FIGURE series after 10,000 made-up keys under '${enforce}': ${series}`)
    })
  })
}

test('the verbs put made-up keys into the same series', async () => {
  await play({ enforce: 'present' }, async ({ clients, scrape }) => {
    const verdict = await clients.check('from a socket')
    assert.equal(Object.keys(verdict), ['admitted', 'client'])
    await clients.openSession({ sessionId: 's', publicKey: 'from a socket', method: 'empire.login' })
    await clients.track({ sessionId: 's', feature: 'move' })
    await clients.track({ publicKey: 'from a bot', feature: 'move', failed: true })
    for (const publicKey of ['(unregistered)', '(registered)', '(refused)']) {
      await clients.track({ publicKey, feature: 'move' })
    }
    await clients.track({ publicKey: '(other)', feature: 'move' })
    const families = await scrape()
    assert.equal(clientsIn(families), shared)
    assert.equal(summed([families], '(unregistered)'), [1, 3, 1])
    // Whoever names a shared row is nobody.
    assert.equal(summed([families], '(none)'), [0, 3, 0])
  })
})

test('1,000 registered clients have series of their own, and the others share one', async () => {
  await play({ durability: 'none' }, async ({ url, scrape, clients, registry }) => {
    const pairs = await Promise.all(
      Array.from({ length: 1_010 }, (_, index) => clients.registry.register({ name: `Client ${index}` })),
    )
    await logInAll(
      url,
      pairs.map(({ publicKey }) => publicKey),
    )
    await logInAll(url, ['anonymous', pairs[0]?.publicKey ?? '', pairs[1_005]?.publicKey ?? ''])
    const families = await scrape()
    const own = pairs.slice(0, 1_000).map(({ publicKey }) => publicKey)
    assert.equal(new Set(clientsIn(families)), new Set([...shared, ...own]))
    assert.equal(summed([families], '(registered)'), [11, 11, 0])
    assert.equal(summed([families], own[0] ?? ''), [2, 2, 0])
    assert.equal(summed([families], 'anonymous'), [1, 1, 0])
    assert.equal(clientsIn(families, 'clientele_client_info'), clientsIn(families))
    const series = [...families.values()].reduce((sum, family) => sum + family.series.length, 0)
    const cpuMs: number[] = []
    for (let round = 0; round < 9; round++) {
      const before = process.cpuUsage()
      await registry.metrics()
      const { user, system } = process.cpuUsage(before)
      cpuMs.push((user + system) / 1_000)
    }
    cpuMs.sort((one, another) => one - another)
    console.log(`FIGURE a scrape of ${series} series: ${cpuMs[4]?.toFixed(0)} ms of CPU`)
  })
})

test('a key that is adopted has a series of its own at once, for sessions that were there before, too', async () => {
  await play({ enforce: 'present' }, async ({ clients, login, call, scrape }) => {
    const sessionId = await login('iOS')
    await call(sessionId)
    assert.equal(summed([await scrape()], '(unregistered)'), [1, 2, 0])
    await clients.registry.adopt('iOS', { name: 'The iPhone client' })
    await call(sessionId)
    await call(await login('iOS'))
    const families = await scrape()
    assert.equal(summed([families], 'iOS'), [1, 3, 0])
    assert.equal(summed([families], '(unregistered)'), [1, 2, 0])
  })
})

test('names: as registered, as renamed, whether official, and none that was removed', async () => {
  const store = memory()
  await play({ store }, (here) =>
    play({ store }, async (there) => {
      const hostile = 'A "quoted" \\ back\\nslash {name="x"} # ü 漢 \u{1f680}'
      const { publicKey } = await here.clients.registry.register({ name: hostile })
      const info = (name: string, official: string) => [{ client: publicKey, name, official, value: 1 }]
      // After a scrape that did not know of it, and the first that does.
      await there.scrape()
      await there.login(publicKey)
      assert.equal(named(await there.scrape(), publicKey), info(hostile, 'false'))
      assert.equal(await infoOf(there, publicKey), info(hostile, 'false'))
      await here.clients.registry.update(publicKey, { name: 'Web', official: true, contact: 'somebody@example.org' })
      assert.equal(await infoOf(there, publicKey), info('Web', 'true'))
      assert.not.match(await there.scrapeText(), /example\.org/)
      await here.clients.registry.remove(publicKey)
      assert.equal(await infoOf(there, publicKey), info(publicKey, 'false'))
      assert.equal(summed([await there.scrape()], publicKey), [1, 1, 0])
      assert.equal(await infoOf(there, '(none)'), [{ client: '(none)', name: '(none)', official: 'false', value: 1 }])
    }),
  )
})

test('a public key from the wild may hold what labels must escape', async () => {
  const publicKey = 'my "bot" \\ {client="x"}, ü'
  await play({ enforce: 'present' }, async (playing) => {
    await playing.clients.registry.adopt(publicKey, { name: 'A bot' })
    await playing.login(publicKey)
    assert.equal(summed([await playing.scrape()], publicKey), [1, 1, 0])
    assert.is(numberOf(await playing.scrape(), 'clientele_sessions_total', { client: publicKey }), 1)
  })
})

test.run()
