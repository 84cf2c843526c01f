import Koa from 'koa'
import { AggregatorRegistry, Counter, type OpenMetricsContentType, Registry, register } from 'prom-client'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type ClienteleError, clientele, lacuna } from '../../src/index.js'
import { clientInfo, instruments, prometheusName } from '../../src/metrics/instruments.js'
import { prometheus } from '../../src/metrics/prometheus.js'
import { rpc, secret, serve } from '../helpers/serve.js'
import { type Family, numberOf, readExposition } from './exposition.js'
import { game, play, summed } from './harness.js'

const start = () => clientele({ store: memory(), protocol: lacuna(), secret })

test('a scrape is what Prometheus reads, with every metric, its help and its type', async () => {
  await play({}, async ({ url, scrape }) => {
    const answer = await fetch(`${url}/metrics`)
    assert.is(answer.status, 200)
    assert.is(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    const families = await scrape()
    const all = [...instruments, clientInfo(() => [])]
    assert.equal([...families.keys()], all.map(prometheusName))
    for (const { help, kind, labels, ...names } of all) {
      const family = families.get(prometheusName({ kind, ...names }))
      assert.equal([family?.help, family?.type], [help, kind])
      assert.ok(family && family.series.length > 0, `${names.name} is there before anything happened`)
      for (const series of family.series) assert.equal(Object.keys(series.labels), labels)
    }
    // So that an alert on an increase sees the first of them.
    assert.equal(families.get('clientele_refusals_total')?.series.length, 7)
    assert.is(numberOf(families, 'clientele_store_state', { state: 'up' }), 1)
    assert.is(numberOf(families, 'clientele_secret_given'), 1)
  })
})

test('only GET and HEAD of that one address are answered; all else goes on to the game', async () => {
  const clients = start()
  const app = new Koa()
  // Behind the middleware, whose protocol takes every first part of a path for a module of the game.
  app.use(clients.middleware())
  app.use(prometheus(clients, { path: '/internal/metrics', registry: new Registry() }))
  app.use(game())
  await serve(app, async (url) => {
    const ask = async (path: string, method = 'GET') => (await fetch(url + path, { method })).text()
    assert.match(await ask('/internal/metrics'), /^# HELP clientele_/)
    assert.match(await ask('/internal/metrics?name=x'), /^# HELP clientele_/)
    const head = await fetch(`${url}/internal/metrics`, { method: 'HEAD' })
    assert.equal([head.status, await head.text()], [200, ''])
    for (const path of ['/metrics', '/internal/metricsx', '/internal/metrics/', '/internal', '/']) {
      assert.is(await ask(path), 'the game', path)
    }
    assert.is(await ask('/internal/metrics', 'POST'), 'the game')
  })
  await clients.close()
})

test('the numbers are the traffic, only rise, add up over processes, and begin again with each', async () => {
  const store = memory()
  const expected = new Map<string, number[]>()
  const count = (client: string, at: number) => {
    const sums = expected.get(client) ?? [0, 0, 0]
    expected.set(client, sums.with(at, (sums[at] ?? 0) + 1))
  }
  let before = new Map<string, number>()
  const rises = (families: Map<string, Family>[]) => {
    const now = new Map<string, number>()
    for (const [process, scraped] of families.entries()) {
      for (const [name, { type, series }] of scraped) {
        if (type !== 'counter') continue
        for (const { labels, value } of series) now.set(`${process} ${name} ${JSON.stringify(labels)}`, value)
      }
    }
    for (const [name, value] of before) assert.ok((now.get(name) ?? -1) >= value, `${name} fell below ${value}`)
    before = now
  }
  const refusals = { unknown: 0, missing: 0 }

  await play({ store }, async (one) => {
    const { publicKey: web } = await one.clients.registry.register({ name: 'Web' })
    const { publicKey: bot } = await one.clients.registry.register({ name: 'Bot' })
    await play({ store }, async (another) => {
      let seed = 1
      const random = (below: number) => {
        seed = (seed * 48_271) % 2_147_483_647
        return seed % below
      }
      for (let round = 0; round < 120; round++) {
        const here = random(2) === 0 ? one : another
        const there = random(2) === 0 ? one : another
        const key = [web, bot, 'anonymous', 'nobody knows me', undefined][random(5)]
        const sessionId = await here.login(key, `player ${random(9)}`)
        if (key === undefined) refusals.missing++
        else if (key === 'nobody knows me') refusals.unknown++
        if (sessionId === undefined || key === undefined) {
          await here.call(undefined)
          count('(none)', 1)
          continue
        }
        count(key, 0)
        count(key, 1)
        for (let calls = random(4); calls > 0; calls--) {
          const failed = random(3) === 0
          await there.call(sessionId, failed ? 'explode' : 'view')
          count(key, 1)
          if (failed) count(key, 2)
        }
        if (round % 10 === 0) rises([await one.scrape(), await another.scrape()])
      }
      const scrapes = [await one.scrape(), await another.scrape()]
      rises(scrapes)
      for (const client of [web, bot, 'anonymous', '(none)']) {
        assert.equal(summed(scrapes, client), expected.get(client), client)
      }
      for (const [reason, value] of Object.entries(refusals)) {
        const sums = scrapes.map((scraped) => numberOf(scraped, 'clientele_refusals_total', { reason }) ?? 0)
        assert.is((sums[0] ?? 0) + (sums[1] ?? 0), value, reason)
      }
      assert.ok(refusals.unknown > 5 && refusals.missing > 5)
    })
    for (const [client, sums] of expected) {
      const { sessions, calls, errors } = await one.clients.usage.read(client)
      assert.equal([sessions, calls, errors], sums, client)
    }
    await play({ store }, async (restarted) => {
      await restarted.login(web)
      assert.equal(summed([await restarted.scrape()], web), [1, 1, 0])
      assert.is((await restarted.clients.usage.read(web)).sessions, (expected.get(web)?.[0] ?? 0) + 1)
      assert.is(numberOf(await restarted.scrape(), 'clientele_refusals_total', { reason: 'unknown' }), 0)
    })
  })
})

test('what moves to another day when a day closes is not counted twice', async () => {
  const realNow = Date.now
  try {
    await play({ enforce: 'off' }, async ({ clients, login, call, scrape }) => {
      const sessionId = await login('anonymous')
      await call(sessionId)
      for (let days = 1; days <= 4; days++) {
        Date.now = () => realNow() + days * 86_400_000
        await call(sessionId)
        await login('anonymous')
      }
      assert.equal((await clients.usage.read('anonymous')).sessions, 5)
      assert.equal(summed([await scrape()], 'anonymous')[0], 5)
    })
  } finally {
    Date.now = realNow
  }
})

test("the host's own metrics are in the same scrape", async () => {
  const clients = start()
  const own = new Counter({ name: 'game_ships_total', help: 'Ships that were built.' })
  const app = new Koa()
  app.use(prometheus(clients))
  try {
    await serve(app, async (url) => {
      own.inc(7)
      const families = readExposition(await (await fetch(`${url}/metrics`)).text())
      assert.is(numberOf(families, 'game_ships_total'), 7)
      assert.is(numberOf(families, 'clientele_store_waiting_records'), clients.health().waiting)
    })
  } finally {
    register.clear()
    await clients.close()
  }
})

test('a registry that speaks OpenMetrics, and default labels, are the choice of the host', async () => {
  const clients = start()
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  registry.setDefaultLabels({ app: 'empire' })
  const app = new Koa()
  app.use(prometheus(clients, { registry }))
  await serve(app, async (url) => {
    for (let scrape = 0; scrape < 2; scrape++) {
      const answer = await fetch(`${url}/metrics`)
      assert.is(answer.headers.get('content-type'), Registry.OPENMETRICS_CONTENT_TYPE)
      const text = await answer.text()
      assert.match(
        text,
        /^# TYPE clientele_sessions counter\nclientele_sessions_total\{client="anonymous",app="empire"\} 0$/m,
      )
      assert.ok(text.endsWith('\n# EOF\n'))
    }
  })
  await clients.close()
})

test('a metric of the same name, and wrong options, are errors at once that say what to do', async () => {
  const clients = start()
  const registry = new Registry()
  const own = new Counter({ name: 'clientele_store_state', help: 'Mine.', registers: [registry] })
  const mounting = (use: () => unknown): ClienteleError => {
    try {
      use()
    } catch (error) {
      return error as ClienteleError
    }
    throw new Error('It was mounted.')
  }
  const taken = mounting(() => prometheus(clients, { registry }))
  assert.equal([taken.code, taken.field], ['option_invalid', 'registry'])
  assert.match(taken.message, /`clientele_store_state` already\..+\{ registry: new Registry\(\) \}\.$/)
  // Nothing of ours is in it, and nothing of the host's is gone.
  assert.equal(registry.getMetricsAsArray(), [own])

  const second = new Registry()
  prometheus(clients, { registry: second })
  assert.is(mounting(() => prometheus(clients, { registry: second })).code, 'option_invalid')
  const odd = (options: object) => mounting(() => prometheus(clients, options)).message
  assert.match(odd({ path: 'metrics' }), /the option `path` must be a path that begins with \//)
  assert.match(odd({ registry: {} }), /the option `registry` must be a Registry of prom-client/)
  assert.match(odd({ Path: '/metrics' }), /did you mean `path`\?/)
  await clients.close()
})

test("a cluster's workers, scraped as one: counts are added, of the rest the worst is shown", async () => {
  const store = memory()
  await play({ store }, (one) =>
    play({ store }, async (another) => {
      await one.login('anonymous')
      await another.login('anonymous')
      await another.login('anonymous')
      const parts = [await one.registry.getMetricsAsJSON(), await another.registry.getMetricsAsJSON()]
      const families = readExposition(await AggregatorRegistry.aggregate(parts).metrics())
      assert.is(numberOf(families, 'clientele_sessions_total', { client: 'anonymous' }), 3)
      assert.is(numberOf(families, 'clientele_client_info', { client: 'anonymous' }), 1)
      assert.is(numberOf(families, 'clientele_store_state', { state: 'up' }), 1)
      assert.is(numberOf(families, 'clientele_secret_given'), 1)
    }),
  )
})

test('requests that could not be read, and a secret that was made, are told', async () => {
  await play({ bodyLimitBytes: 100, secret: undefined }, async ({ url, scrape, clients }) => {
    const params = { name: 'x'.repeat(200), password: 'p', api_key: 'anonymous' }
    await rpc(`${url}/empire`, { id: 1, method: 'login', params })
    const families = await scrape()
    assert.is(numberOf(families, 'clientele_requests_unread_total'), 1)
    assert.is(numberOf(families, 'clientele_requests_unread_total'), clients.health().unread)
    assert.is(numberOf(families, 'clientele_logins_unlearned_total'), 0)
    assert.is(numberOf(families, 'clientele_secret_given'), 0)
    assert.equal(summed([families], 'anonymous'), [0, 0, 0])
  })
})

test.run()
