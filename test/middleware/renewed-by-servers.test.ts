// Sessions that change their id while they are played, as real servers do it: a cookie that is written anew with each answer,
// tokens that are refreshed, a token that each answer renews. Every call counts for the client that logged in.
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import { createSession } from 'koa-session'
import Koa2 from 'koa2'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, type ClienteleError, clientele, jsonRpc, type Protocol, rest } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'

type Game = (app: Koa, ours: Koa.Middleware) => void

/** Someone who plays with a client's program: logs in and makes calls, and says how many of each feature. */
type Player = (url: string, publicKey: string, calls: number) => Promise<Record<string, number>>

/** Three clients play side by side; what each did is what its developer sees. */
async function play(protocol: Protocol, game: Game, player: Player, koa: typeof Koa = Koa): Promise<void> {
  for (const strict of [false, true]) {
    const errors: ClienteleError[] = []
    const store = memory()
    const start = () =>
      clientele({
        store,
        protocol,
        secret,
        strict,
        smallestCrowd: 1,
        onError(error) {
          errors.push(error)
        },
      })
    const clients = start()
    const app = new koa()
    app.keys = ['a key for cookies']
    app.use(clients.console())
    game(app, clients.middleware() as Koa.Middleware)
    await serve(app, async (url) => {
      const played = await Promise.all(
        [10, 27, 50].map(async (calls) => {
          const { publicKey, privateKey } = await clients.registry.register({ name: `Of ${calls}` })
          const two = [await player(url, publicKey, calls), await player(url, publicKey, 3)]
          return { publicKey, privateKey, counted: two.reduce(added) }
        }),
      )
      for (const { publicKey, privateKey, counted } of played) {
        await check(clients, publicKey, counted)
        const headers = { authorization: `Bearer ${privateKey}` }
        const answer = await fetch(`${url}/apikey/stats.json`, { headers })
        const { allTime } = (await answer.json()) as { allTime: Awaited<ReturnType<Clientele['usage']['read']>> }
        assert.is(allTime.sessions, 2)
        assert.equal(callsOf(allTime.features), counted)
      }
      for (const row of ['(none)', '(unread)', '(unknown)']) {
        const { sessions, calls } = await clients.usage.read(row)
        assert.equal([row, sessions, calls], [row, 0, 0])
      }
      const { unread, unlearned } = clients.health()
      assert.equal([unread, unlearned], [0, 0])
    })
    await clients.close()
    assert.equal(errors, [])
  }
}

async function check(clients: Clientele, publicKey: string, counted: Record<string, number>): Promise<void> {
  const report = await clients.usage.read(publicKey)
  assert.is(report.sessions, 2)
  assert.equal(callsOf(report.features), counted)
}

const callsOf = (features: Record<string, { calls: number }>) =>
  Object.fromEntries(Object.entries(features).map(([name, { calls }]) => [name, calls]))

function added(one: Record<string, number>, other: Record<string, number>): Record<string, number> {
  const sum = { ...one }
  for (const [name, calls] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + calls
  return sum
}

/** As a browser keeps them. */
class Jar {
  readonly #kept = new Map<string, string>()

  async fetch(url: string, init: { method?: string; headers?: Record<string, string> } = {}): Promise<Response> {
    const cookie = [...this.#kept].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { ...init, headers: { ...init.headers, cookie } })
    await answer.clone().arrayBuffer()
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      this.#kept.set(name, value)
    }
    return answer
  }

  get(name: string): string | undefined {
    return this.#kept.get(name)
  }
}

const cookieApi = rest({
  sessions: { 'POST /login': { answer: { sessionId: { cookie: 'koa.sess' } } } },
  apiKey: { header: 'x-api-key' },
  sessionId: { cookie: 'koa.sess' },
  renewed: { cookie: 'koa.sess' },
  ends: ['POST /logout'],
  features: ['GET /view', 'POST /move'],
})

const sessionsOfKoa = [
  ['rolling', { rolling: true }, false],
  ['changed by every request', {}, true],
  ['renewed when it is old', { renew: true, maxAge: 1_000 }, true],
] as const

let logins = 0
for (const koa of [Koa, Koa2 as unknown as typeof Koa]) {
  for (const [name, options, changes] of koa === Koa ? sessionsOfKoa : sessionsOfKoa.slice(0, 1)) {
    for (const where of ['before', 'after'] as const) {
      const version = koa === Koa ? 3 : 2
      test(`koa-session ${name}, mounted ${where} us, Koa ${version}: a cookie that is the session`, async () => {
        const game: Game = (app, ours) => {
          // biome-ignore lint/suspicious/noExplicitAny: it knows the types of one Koa
          const session = createSession(options as any, app as any) as unknown as Koa.Middleware
          for (const middleware of where === 'before' ? [session, ours] : [ours, session]) app.use(middleware)
          app.use((ctx) => {
            // biome-ignore lint/suspicious/noExplicitAny: as above
            const host = ctx as any
            if (ctx.path === '/login') host.session.player = `${++logins}`
            else if (host.session.player === undefined) ctx.throw(401)
            if (changes) host.session.views = (host.session.views ?? 0) + 1
            if (ctx.path === '/logout') host.session = null
            ctx.body = ctx.path === '/view' ? 'a view' : { ok: true }
          })
        }
        const seen = new Set<string | undefined>()
        const player: Player = async (url, publicKey, calls) => {
          const jar = new Jar()
          assert.is(
            (await jar.fetch(`${url}/login`, { method: 'POST', headers: { 'x-api-key': publicKey } })).status,
            200,
          )
          for (let call = 0; call < calls; call++) {
            await jar.fetch(`${url}/${call % 2 ? 'view' : 'move'}`, { method: call % 2 ? 'GET' : 'POST' })
            seen.add(jar.get('koa.sess'))
          }
          // A page that loads three things at once.
          await Promise.all([0, 1, 2].map(() => jar.fetch(`${url}/view`)))
          await jar.fetch(`${url}/view`)
          assert.is((await jar.fetch(`${url}/logout`, { method: 'POST' })).status, 200)
          const views = Math.floor(calls / 2)
          return { 'POST /login': 1, 'POST /move': calls - views, 'GET /view': views + 4, 'POST /logout': 1 }
        }
        await play(cookieApi, game, player, koa)
        assert.ok(seen.size > 10, `${seen.size} cookies`)
      })
    }
  }
}

const tokenApi = rest({
  sessions: { 'POST /login': { answer: { sessionId: [{ body: '/access_token' }, { body: '/refresh_token' }] } } },
  apiKey: { header: 'x-api-key' },
  sessionId: [{ bearer: true }, { body: '/refresh_token' }],
  renews: ['POST /token/refresh'],
  features: ['GET /games'],
})

/** An access token is good for three calls, a refresh token for one refresh. */
function oauth(app: Koa): void {
  let made = 0
  const left = new Map<string, number>()
  app.use((ctx) => {
    const token = ctx.get('authorization').replace('Bearer ', '')
    if (ctx.path === '/games') {
      const calls = left.get(token) ?? 0
      if (calls === 0) ctx.throw(401)
      left.set(token, calls - 1)
      ctx.body = []
      return
    }
    if (ctx.path === '/token/refresh') {
      const { refresh_token } = (ctx.request as unknown as { body: { refresh_token: string } }).body
      if (!left.delete(refresh_token)) ctx.throw(400)
    }
    const tokens = { access_token: `access-${++made}`, refresh_token: `refresh-${made}` }
    left.set(tokens.access_token, 3).set(tokens.refresh_token, 1)
    ctx.body = { ...tokens, token_type: 'Bearer' }
  })
}

for (const sends of ['the expired token too', 'the refresh token alone']) {
  for (const where of ['before', 'after'] as const) {
    test(`an OAuth refresh with ${sends}, us ${where} the parser: access and refresh token are one session`, async () => {
      const game: Game = (app, ours) => {
        const parser = bodyParser() as Koa.Middleware
        for (const middleware of where === 'before' ? [ours, parser] : [parser, ours]) app.use(middleware)
        oauth(app)
      }
      const player: Player = async (url, publicKey, calls) => {
        const post = async (path: string, body: object, headers: Record<string, string>) => {
          headers['content-type'] = 'application/json'
          const answer = await fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers })
          return (await answer.json()) as { access_token: string; refresh_token: string }
        }
        let tokens = await post('/login', {}, { 'x-api-key': publicKey })
        const counted = { 'POST /login': 1, 'GET /games': 0, 'POST /token/refresh': 0 }
        for (let done = 0; done < calls; ) {
          const authorization = `Bearer ${tokens.access_token}`
          const { status } = await fetch(`${url}/games`, { headers: { authorization } })
          counted['GET /games']++
          if (status === 200) done++
          else {
            const headers: Record<string, string> = sends === 'the expired token too' ? { authorization } : {}
            tokens = await post('/token/refresh', { refresh_token: tokens.refresh_token }, headers)
            counted['POST /token/refresh']++
          }
        }
        // Nobody refreshes three calls.
        return Object.fromEntries(Object.entries(counted).filter(([, count]) => count > 0))
      }
      await play(tokenApi, game, player)
    })
  }
}

test('a token that every answer renews, in a header, with calls at the same time', async () => {
  const protocol = rest({
    sessions: { 'POST /login': { answer: { sessionId: { header: 'x-token' } } } },
    apiKey: { header: 'x-api-key' },
    sessionId: { header: 'x-token' },
    renewed: { header: 'x-token' },
    features: ['GET /games', 'GET /stream'],
  })
  let made = 0
  const game: Game = (app, ours) => {
    app.use(ours).use((ctx) => {
      ctx.set('x-token', `token-${++made}`)
      ctx.body = ctx.path === '/stream' ? new Blob(['a', 'b']).stream() : []
      // A token that was not renewed is as good.
      if (ctx.query.same) ctx.set('x-token', ctx.get('x-token'))
    })
  }
  const player: Player = async (url, publicKey, calls) => {
    const login = await fetch(`${url}/login`, { method: 'POST', headers: { 'x-api-key': publicKey } })
    let token = login.headers.get('x-token') ?? ''
    const call = async (path: string) => {
      const answer = await fetch(url + path, { headers: { 'x-token': token } })
      await answer.arrayBuffer()
      return answer.headers.get('x-token') ?? ''
    }
    for (let done = 0; done < calls; done++) {
      token = await call(done % 5 === 0 ? '/games?same=yes' : '/games')
      const [, one = ''] = await Promise.all([call('/games'), call('/stream'), call('/games')])
      // Whichever of them came last.
      token = one
    }
    return { 'POST /login': 1, 'GET /games': calls * 3, 'GET /stream': calls }
  }
  await play(protocol, game, player)
})

test('JSON-RPC: a token that every result renews, with batches and calls at the same time', async () => {
  const protocol = jsonRpc({
    path: '/rpc',
    sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
    sessionId: { index: 0, name: 'token' },
    answer: { sessionId: '/token' },
    renewed: '/token',
    refusal: { code: 1002, message: 'You need an API Key.', status: 500, contentType: 'application/json-rpc' },
  })
  let made = 0
  const game: Game = (app, ours) => {
    app.use(ours).use(bodyParser({ enableTypes: ['json'] }) as Koa.Middleware)
    app.use((ctx) => {
      const { body } = ctx.request as unknown as { body: { id: number } | { id: number }[] }
      const answer = ({ id }: { id: number }) => ({ jsonrpc: '2.0', id, result: { token: `token-${++made}` } })
      ctx.body = Array.isArray(body) ? body.map(answer) : answer(body)
    })
  }
  const player: Player = async (url, publicKey, calls) => {
    let id = 0
    const message = (method: string, params: unknown) => ({ jsonrpc: '2.0', id: ++id, method, params })
    const send = async (body: object) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${url}/rpc`, { method: 'POST', body: JSON.stringify(body), headers })
      const said = (await answer.json()) as { result: { token: string } } | { result: { token: string } }[]
      return [said].flat().at(-1)?.result.token ?? ''
    }
    let token = await send(message('login', ['ada', 'secret', publicKey]))
    for (let done = 0; done < calls; done++) {
      token = await send(message('view', [token]))
      token = await send([message('view', [token]), message('move', { token })])
      const [one = ''] = await Promise.all([send(message('view', [token])), send(message('move', [token]))])
      token = one
    }
    return { login: 1, view: calls * 3, move: calls * 2 }
  }
  await play(protocol, game, player)
})

test('a server that starts anew knows the token that was renewed last, and three before it', async () => {
  const store = memory()
  const protocol = rest({
    sessions: { 'POST /login': { answer: { sessionId: { header: 'x-token' } } } },
    apiKey: { header: 'x-api-key' },
    sessionId: { header: 'x-token' },
    renewed: { header: 'x-token' },
    features: ['GET /games'],
  })
  let made = 0
  const tokens: string[] = []
  for (let round = 0; round < 3; round++) {
    const clients = clientele({ store, protocol, secret })
    const app = new Koa()
    app.use(clients.middleware()).use((ctx) => {
      tokens.push(`token-${++made}`)
      ctx.set('x-token', tokens.at(-1) as string)
      ctx.body = []
    })
    await serve(app, async (url) => {
      const login = { method: 'POST', headers: { 'x-api-key': 'anonymous' } }
      if (round === 0) await fetch(`${url}/login`, login)
      for (let call = 0; call < 5; call++) {
        await fetch(`${url}/games`, { headers: { 'x-token': tokens.at(-1) as string } })
      }
      const known = tokens.slice(-4)
      for (const token of known) await fetch(`${url}/games`, { headers: { 'x-token': token } })
    })
    const { sessions, calls } = await clients.usage.read('anonymous')
    assert.equal([sessions, calls], [1, 1 + (round + 1) * 9])
    assert.is((await clients.usage.read('(none)')).calls, 0)
    await clients.close()
  }
})

test.run()
