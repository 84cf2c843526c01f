// What a batch may cost: each name in it is looked up once, and a batch that is too large is the game's alone.
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import fc from 'fast-check'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, type ClienteleOptions, clientele, jsonRpc, lacuna } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'

const protocolOf = (maxBatch?: number) =>
  jsonRpc({
    path: '/rpc',
    sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
    sessionId: { index: 0, name: 'session_id' },
    answer: { sessionId: '/session_id' },
    ...(maxBatch === undefined ? {} : { maxBatch }),
  })

/** A store that notes which clients and sessions it is asked for. */
function notingStore() {
  const store = memory()
  const asked: string[] = []
  const { get } = store
  // `getMany` of a store in memory asks `get` in its turn.
  store.get = ((name: never) => {
    if (/\.(client|session)\./.test(name)) asked.push(name)
    return get.call(store, name)
  }) as typeof get
  return { store, asked }
}

interface Played {
  body: Buffer
  headers: Record<string, unknown>
}

/** A game that notes what arrives, and answers with so many sessions. */
async function play(
  options: Partial<ClienteleOptions>,
  use: (
    post: (body: string | Buffer, headers?: Record<string, string>, query?: string) => Promise<string>,
    clients: Clientele,
    played: Played[],
  ) => Promise<void>,
  {
    parser,
    answered = () => [1, 2],
  }: { parser?: Koa.Middleware; answered?: (batch: { id: number }[]) => number[] } = {},
) {
  const clients = clientele({ store: memory(), protocol: protocolOf(), secret, onError: () => undefined, ...options })
  await clients.ready()
  const played: Played[] = []
  const app = new Koa()
  if (parser) app.use(parser)
  app.use(clients.middleware() as Koa.Middleware).use(async (ctx) => {
    const body = await buffer(ctx.req)
    played.push({ body, headers: ctx.req.headers })
    ctx.type = 'application/json'
    const ids = answered((ctx.request as { body?: { id: number }[] }).body ?? [])
    ctx.body = JSON.stringify(ids.map((id) => ({ jsonrpc: '2.0', id, result: { session_id: `s${id}` } })))
  })
  try {
    await serve(app, (url) =>
      use(
        async (body, headers = {}, query = '') => {
          const answer = await fetch(`${url}/rpc${query}`, {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json', ...headers },
          })
          return answer.text()
        },
        clients,
        played,
      ),
    )
  } finally {
    await clients.close()
  }
}

const login = (id: number, publicKey: unknown) => ({
  jsonrpc: '2.0',
  id,
  method: 'login',
  params: ['a', 'b', publicKey],
})

test('a public key and a session are looked up once, however many calls carry them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ isLogin: fc.boolean(), whose: fc.nat(5) }), { minLength: 2, maxLength: 600 }),
      async (drawn) => {
        const { store, asked } = notingStore()

        const options = { store, memory: { sessions: 1 } }
        const game = { answered: () => [] }
        await play(
          options,
          async (post, clients) => {
            const { publicKey } = await clients.registry.register({ name: 'A' })
            const { publicKey: old } = await clients.registry.register({ name: 'B' })
            await clients.registry.retire(old)
            const publicKeys = [publicKey, old, 'iOS', '', 7, `${publicKey}x`]
            const batch = drawn.map(({ isLogin, whose }, id) =>
              isLogin
                ? login(id, publicKeys[whose])
                : { jsonrpc: '2.0', id, method: 'view', params: [`session ${whose}`] },
            )
            asked.length = 0
            await post(JSON.stringify(batch))
            assert.equal(asked.toSorted(), [...new Set(asked)].sort(), 'each once')
            const expected: Record<string, number> = {}
            const reasons = [undefined, 'retired', 'unknown', 'missing', 'malformed', 'mistyped']
            for (const { isLogin, whose } of drawn) {
              const reason = isLogin ? reasons[whose] : undefined
              if (reason) expected[reason] = (expected[reason] ?? 0) + 1
            }
            const { refusals } = clients.totals()
            for (const [reason, count] of Object.entries(refusals)) assert.is(count, expected[reason] ?? 0, reason)
            assert.equal({ ...(await clients.usage.read('(refused)')).refusals }, expected)
            assert.equal(
              { ...(await clients.usage.read(old)).refusals },
              expected.retired ? { retired: expected.retired } : {},
            )
          },
          game,
        )
      },
    ),
    { numRuns: 25 },
  )
})

test('19,000 logins with as many public keys cost the store nothing, and arrive as they were sent', async () => {
  const { store, asked } = notingStore()
  await play({ store, bodyLimitBytes: 4_000_000 }, async (post, clients, played) => {
    const body = JSON.stringify(Array.from({ length: 19_000 }, (_, id) => login(id, `k${id}`)))
    asked.length = 0
    const before = process.cpuUsage()
    await post(body)
    const { user } = process.cpuUsage(before)
    console.log(
      `FIGURE ${body.length} bytes with 19,000 logins: ${asked.length} names, ${Math.round(user / 1_000)} ms of CPU, the client's and the game's among them`,
    )
    assert.ok(asked.length <= 10, `${asked.length} names`)
    assert.ok(played[0]?.body.equals(Buffer.from(body)))
    assert.is(clients.health().unread, 1)
    assert.equal(
      Object.values(clients.totals().refusals).reduce((one, another) => one + another),
      0,
    )
  })
})

/** Ways to send more calls than `maxBatch`, or as many. */
const shapes: Record<
  string,
  (calls: object[]) => { body: string | Buffer; headers?: Record<string, string>; query?: string }
> = {
  'as they are': (calls) => ({ body: JSON.stringify(calls) }),
  'as batches in a batch': (calls) => ({ body: JSON.stringify([calls.slice(0, 2), [[calls.slice(2)]]]) }),
  'among empty batches': ([first, ...calls]) => ({ body: JSON.stringify([first, ...calls.map(() => [])]) }),
  'among what is no call': ([first, ...calls]) => ({
    body: JSON.stringify([first, ...calls.map((_, index) => index)]),
  }),
  packed: (calls) => ({ body: gzipSync(JSON.stringify(calls)), headers: { 'content-encoding': 'gzip' } }),
  'in UTF-16': (calls) => ({ body: Buffer.from(JSON.stringify(calls), 'utf16le') }),
  'as a form': (calls) => ({
    body: JSON.stringify(calls),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }),
  'beside a call in the address': (calls) => ({ body: JSON.stringify(calls), query: '?method=view&id=1' }),
}

for (const [name, send] of Object.entries(shapes)) {
  test(`a batch that is too large passes unread, ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 30 }), fc.integer({ min: 1, max: 20 }), async (maxBatch, more) => {
        await play({ protocol: protocolOf(maxBatch) }, async (post, clients, played) => {
          const calls = (count: number) => Array.from({ length: count }, (_, id) => login(id, 'nobody'))
          const larger = send(calls(maxBatch + more))
          const answer = await post(larger.body, larger.headers, larger.query)
          assert.ok(played[0]?.body.equals(Buffer.from(larger.body)), 'untouched')
          assert.is(clients.health().unread, 1)
          // The net has found what the game answered all the same.
          assert.match(answer, '"session_id":"s1"')
          assert.is((await clients.usage.read('(unread)')).sessions, 2)
          // The largest that is read: its logins are refused.
          const whole = send(calls(maxBatch))
          if (whole.query === undefined) {
            assert.match(await post(whole.body, whole.headers), '-32001')
          }
        })
      }),
      { numRuns: 8 },
    )
  })
}

test('with `strict` the session of a batch that is too large is refused', async () => {
  await play({ protocol: protocolOf(5), strict: true }, async (post, clients) => {
    const answer = await post(JSON.stringify(Array.from({ length: 6 }, (_, id) => login(id, 'anonymous'))))
    assert.match(answer, '-32001')
    assert.not.match(answer, 'session_id')
    assert.is((await clients.usage.read('(unread)')).sessions, 0)
  })
})

test('a batch that a parser has read has the same bound, and many sessions in an answer are all found', async () => {
  await play(
    { enforce: 'off' },
    async (post, clients) => {
      const batch = (count: number) => JSON.stringify(Array.from({ length: count }, (_, id) => login(id, 'iOS')))
      await post(batch(1_000))
      assert.equal([(await clients.usage.read('iOS')).sessions, clients.health().unread], [1_000, 0])
      await post(batch(1_001))
      assert.equal([(await clients.usage.read('iOS')).sessions, clients.health().unread], [1_000, 1])
      assert.is((await clients.usage.read('(unread)')).sessions, 1_001)
    },
    { parser: bodyParser() as unknown as Koa.Middleware, answered: (batch) => batch.map(({ id }) => id) },
  )
})

test('the preset has the bound too', async () => {
  const request = (count: number) => ({
    method: 'POST',
    path: '/empire',
    query: '',
    headers: {},
    body: JSON.stringify(Array.from({ length: count }, () => ({ method: 'login' }))),
  })
  assert.is(lacuna().read(request(1_000)).length, 1_000)
  assert.is(lacuna().read(request(1_001)).length, 0)
})

test('a wrong bound is told at once', () => {
  for (const wrong of [0, -1, 1.5, 1e9, '10', null]) {
    assert.throws(() => protocolOf(wrong as number), /maxBatch.*whole number of messages from 1/)
  }
})

test.run()
