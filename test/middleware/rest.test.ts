import { createRequire } from 'node:module'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import Koa2 from 'koa2'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import {
  type AnswerPlace,
  type Clientele,
  type ClienteleOptions,
  clientele,
  lacuna,
  type RequestPlace,
  type RestOptions,
  rest,
  type UsageReport,
} from '../../src/index.js'
import { issueKeyPair } from '../../src/keys/key-format.js'
import { rpc, secret, serve } from '../helpers/serve.js'

// koa-mount comes without types.
const mount: (path: string, app: Koa) => Koa.Middleware = createRequire(import.meta.url)('koa-mount')

interface Played {
  url: string
  clients: Clientele
  /** What reached the game: `POST /login {"password":"right"}`. */
  seen: string[]
  usage(publicKey: string): Promise<UsageReport>
}

interface Host {
  options: Partial<ClienteleOptions>
  koa?: typeof Koa
  before?: Koa.Middleware[]
  between?: Koa.Middleware[]
}

const game: RestOptions = {
  sessions: { 'POST /login': { answer: { sessionId: { body: '/session/id' } } } },
  apiKey: { header: 'x-api-key' },
  sessionId: { header: 'x-session' },
  ends: ['DELETE /sessions/:id'],
  features: ['POST /games/:name/moves', 'GET /games'],
}

/** A game that answers a session, in every place that there is, to whoever has the right password. */
async function play({ options, koa = Koa, before = [], between = [] }: Host, use: (played: Played) => Promise<void>) {
  const clients = clientele({ store: memory(), protocol: rest(game), secret, ...options })
  const app = new koa()
  const seen: string[] = []
  for (const middleware of [...before, clients.middleware(), ...between]) app.use(middleware)
  app.use(async (ctx) => {
    const chunks: Buffer[] = []
    if (!ctx.req.readableEnded) for await (const chunk of ctx.req) chunks.push(chunk)
    seen.push(`${ctx.method} ${ctx.path} ${Buffer.concat(chunks)}`.trim())
    if (ctx.query.at === 'nowhere') ctx.throw(404, 'No such field.')
    ctx.body = { ok: true }
    if (ctx.path !== '/login') return
    if (ctx.query.password === 'wrong') ctx.throw(401, 'Wrong password.')
    const id = `s/${seen.length}`
    ctx.set({ 'x-session': id, authorization: `Bearer ${id}` })
    ctx.set('set-cookie', ['theme=dark', `sid=${encodeURIComponent(id)}; Path=/; HttpOnly`])
    ctx.body = { session: { id }, player: 'me' }
    if (ctx.query.then === 'games') ctx.redirect('/games')
  })
  try {
    await serve(app, (url) => use({ url, clients, seen, usage: (publicKey) => clients.usage.read(publicKey) }))
  } finally {
    await clients.close()
  }
}

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** Where a value is, how a request has it there, and where a login is answered with it. */
interface Way {
  place: RequestPlace
  put(value: string): { query?: string; headers?: Record<string, string>; body?: string }
  answer: AnswerPlace
}
const ways: Way[] = [
  {
    place: { header: 'X-Value' },
    put: (value) => ({ headers: { 'x-value': value } }),
    answer: { header: 'X-Session' },
  },
  {
    place: { query: 'v' },
    put: (value) => ({ query: `v=${encodeURIComponent(value)}` }),
    answer: { body: '/session/id' },
  },
  {
    place: { cookie: 'sid' },
    put: (value) => ({ headers: { cookie: `theme=dark; sid=${encodeURIComponent(value)}` } }),
    answer: { cookie: 'sid' },
  },
  {
    place: { bearer: true },
    put: (value) => ({ headers: { authorization: `Bearer ${value}` } }),
    answer: { bearer: true },
  },
  {
    place: { body: '/data/v' },
    put: (value) => ({ headers: json, body: JSON.stringify({ data: { v: value } }) }),
    answer: { body: '/session/id' },
  },
  {
    place: { body: '/v' },
    put: (value) => ({ headers: form, body: `a=b&v=${encodeURIComponent(value)}` }),
    answer: { body: '/session/id' },
  },
]
const hosts = [Koa, Koa2].flatMap((koa) => [
  { koa },
  { koa, before: [bodyParser()] },
  { koa, between: [bodyParser()] },
  { koa, between: [bodyParser()], handOver: true },
])

test('each place of the public key and the session id, in requests and answers, on Koa 3 and Koa 2', async () => {
  for (const { place, put, answer } of ways) {
    const sessions = { 'POST /login': { answer: { sessionId: answer, playerId: { body: '/player' } } } }
    const protocol = rest({ ...game, sessions, apiKey: place, sessionId: place })
    for (const { handOver = false, ...host } of hosts) {
      await play({ ...host, options: { protocol, handOver } }, async ({ url, clients, seen, usage }) => {
        const { publicKey } = await clients.registry.register({ name: 'One' })
        const send = async (method: string, address: string, value: string) => {
          const { query = '', ...init } = put(value)
          return (await fetch(`${url}${address}&${query}`, { method, ...init })).status
        }
        const statuses = [
          await send('POST', '/login?password=right', publicKey),
          await send('POST', '/login?password=wrong', publicKey),
          await send('POST', '/games/chess/moves?at=a1', 's/1'),
          await send('POST', '/Games/go/Moves/?at=nowhere', 's/1'),
          await send('DELETE', '/sessions/s%2F1?', 's/1'),
          await send('POST', '/games/chess/moves?at=a2', 's/1'),
          await send('POST', '/login?password=right', 'made-up'),
        ]
        const words = JSON.stringify(place)
        assert.equal(statuses, [200, 401, 200, 404, 200, 200, 403], words)
        assert.is(seen.length, 6, words)
        const report = await usage(publicKey)
        assert.equal([{ ...report.sessionsByMethod }, report.players], [{ 'POST /login': 1 }, 1], words)
        assert.equal(
          { ...report.features },
          {
            'POST /login': { calls: 2, errors: 1 },
            'POST /games/:name/moves': { calls: 2, errors: 1 },
            'DELETE /sessions/:id': { calls: 1, errors: 0 },
          },
          words,
        )
        assert.equal({ ...(await usage('(none)')).features }, { 'POST /games/:name/moves': { calls: 1, errors: 0 } })
      })
    }
  }
})

test('each refusal, byte by byte, and the game hears nothing of it', async () => {
  for (const koa of [Koa, Koa2]) {
    await play({ koa, options: {} }, async ({ url, clients, seen, usage }) => {
      const { publicKey, privateKey } = await clients.registry.register({ name: 'One' })
      await clients.registry.retire(publicKey)
      const table: [string | undefined, number, string, string][] = [
        [undefined, 401, 'missing', 'You need an API Key.'],
        ['', 401, 'missing', 'You need an API Key.'],
        ['x'.repeat(129), 403, 'malformed', 'The API Key must be text of at most 128 characters.'],
        [`${publicKey}x`, 403, 'mistyped', 'This API Key is mistyped: its last characters do not fit the rest.'],
        [issueKeyPair('other').publicKey, 403, 'foreign', 'This API Key was issued by another server.'],
        [issueKeyPair('ck').publicKey, 403, 'unknown', 'This API Key is not registered here.'],
        [publicKey, 403, 'retired', 'This API Key was retired.'],
        [
          privateKey,
          403,
          'reserved',
          'This is not a public key. If it is a private key, keep it to yourself and send the public key.',
        ],
      ]
      for (const [sent, status, reason, detail] of table) {
        const headers = sent === undefined ? json : { ...json, 'x-api-key': sent }
        const refused = await fetch(`${url}/login`, { method: 'POST', headers, body: '{"name":"me"}' })
        const title = status === 401 ? 'Unauthorized' : 'Forbidden'
        assert.is(
          await refused.text(),
          `{"type":"about:blank","title":"${title}","status":${status},"detail":"${detail}","reason":"${reason}"}`,
        )
        assert.is(refused.status, status)
        assert.equal(
          ['content-type', 'cache-control', 'www-authenticate'].map((name) => refused.headers.get(name)),
          ['application/problem+json', 'no-store', status === 401 ? 'ApiKey' : null],
        )
      }
      assert.equal(seen, [])
      const refusals = Object.fromEntries(table.map(([, , reason]) => [reason, reason === 'missing' ? 2 : 1]))
      assert.equal({ ...(await usage('(refused)')).refusals }, refusals)
    })
  }
})

test('what is not named passes as it was, and is not counted', async () => {
  await play({ options: {} }, async ({ url, seen, usage }) => {
    for (const [method, path] of [
      ['OPTIONS', '/login'],
      ['GET', '/login'],
      ['POST', '/games'],
      ['POST', '/login/now'],
    ] as const) {
      const body = method === 'POST' ? 'any text' : null
      assert.is((await fetch(`${url}${path}`, { method, body })).status, 200)
    }
    assert.equal(seen, ['OPTIONS /login', 'GET /login', 'POST /games any text', 'POST /login/now any text'])
    assert.is((await usage('(none)')).calls, 0)
  })
})

test('a HEAD is counted as its GET, and a login by GET may be answered with a redirect and a cookie', async () => {
  const protocol = rest({
    ...game,
    sessions: { 'GET /login': { answer: { sessionId: { cookie: 'sid' } } } },
    apiKey: [{ header: 'x-api-key' }, { query: 'from' }],
    sessionId: { cookie: 'sid' },
  })
  await play({ options: { protocol } }, async ({ url, seen, usage }) => {
    const login = await fetch(`${url}/login?then=games&from=anonymous`, { redirect: 'manual' })
    assert.is(login.status, 302)
    const cookie = login.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ')
    assert.is((await fetch(`${url}/games`, { method: 'HEAD', headers: { cookie } })).status, 200)
    const refused = await fetch(`${url}/login`, { method: 'HEAD' })
    assert.equal([refused.status, await refused.text(), seen.length], [401, '', 2])
    const report = await usage('anonymous')
    assert.equal(
      [report.sessions, { ...report.features }],
      [1, { 'GET /login': { calls: 1, errors: 0 }, 'GET /games': { calls: 1, errors: 0 } }],
    )
  })
})

test('a body that cannot be read passes to the game', async () => {
  const protocol = rest({ ...game, apiKey: { body: '/api_key' } })
  await play({ options: { protocol } }, async ({ url, seen }) => {
    const body = new FormData()
    body.set('api_key', 'made up')
    assert.is((await fetch(`${url}/login`, { method: 'POST', body })).status, 200)
    const headers = { 'content-encoding': 'compress' }
    assert.is((await fetch(`${url}/login`, { method: 'POST', headers, body: 'packed' })).status, 200)
    assert.is(seen.length, 2)
  })
})

test('below a mount point the routes are those of the mounted app', async () => {
  const clients = clientele({ store: memory(), protocol: rest(game), secret })
  const below = new Koa()
  below.use(clients.middleware())
  below.use((ctx) => {
    ctx.body = { session: { id: 's' } }
  })
  const app = new Koa()
  app.use(mount('/v1', below))
  await serve(app, async (url) => {
    const headers = { 'x-api-key': 'anonymous' }
    for (const path of ['/v1/login', '/login', '/v1/games']) {
      await fetch(`${url}${path}`, { method: path === '/v1/games' ? 'GET' : 'POST', headers })
    }
  })
  assert.equal({ ...(await clients.usage.read('anonymous')).features }, { 'POST /login': { calls: 1, errors: 0 } })
  assert.equal({ ...(await clients.usage.read('(none)')).features }, { 'GET /games': { calls: 1, errors: 0 } })
  await clients.close()
})

// `/:module` takes every address, and finds no call in what is none of its own.
const orders = { 'the wider one last': [rest(game), lacuna()], 'the wider one first': [lacuna(), rest(game)] }
for (const [order, protocol] of Object.entries(orders)) {
  test(`two protocols live in one server, each with its own refusals, ${order}`, async () => {
    await play({ options: { protocol } }, async ({ url, usage }) => {
      const login = { id: 1, method: 'login', params: ['me', 'right', 'anonymous'] }
      const headers = { 'x-api-key': 'anonymous' }
      assert.is((await fetch(`${url}/login?password=right`, { method: 'POST', headers })).status, 200)
      assert.is((await rpc(`${url}/empire`, login)).status, 200)
      assert.is(
        (await fetch(`${url}/login`, { method: 'POST' })).headers.get('content-type'),
        'application/problem+json',
      )
      assert.is((await rpc(`${url}/empire`, { ...login, params: [] })).type, 'application/json-rpc')
      const report = await usage('anonymous')
      assert.equal(
        { ...report.features },
        { 'POST /login': { calls: 1, errors: 0 }, 'empire.login': { calls: 1, errors: 0 } },
      )
      assert.equal({ ...(await usage('(refused)')).refusals }, { missing: 2 })
    })
  })
}

test('an upload that nobody looks into is a call all the same, where its session is in a header', async () => {
  await play({ options: { protocol: rest(game), bodyLimitBytes: 1_000 } }, async ({ url, clients, usage }) => {
    await fetch(`${url}/login?password=right`, { method: 'POST', headers: { 'x-api-key': 'anonymous' } })
    const body = new FormData()
    body.set('replay', new Blob(['x'.repeat(500)]))
    const headers = { 'x-session': 's/1' }
    for (const upload of [body, 'x'.repeat(5_000)]) {
      assert.is((await fetch(`${url}/games/go/moves`, { method: 'POST', headers, body: upload })).status, 200)
    }
    assert.equal((await usage('anonymous')).features['POST /games/:name/moves'], { calls: 2, errors: 0 })
    assert.is(clients.health().unread, 0)
  })
})

test.run()
