// A protocol that looks for the session in the wrong place is told of, and a stranger's wrong passwords ring no alarm.
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, clientele, jsonRpc, lacuna, type Protocol, rest } from '../../src/index.js'
import { rpc, secret, serve } from '../helpers/serve.js'

interface Played {
  url: string
  clients: Clientele
  told: { code: string; message: string }[]
  codes(): string[]
}

async function play(protocol: Protocol, game: Koa.Middleware, use: (played: Played) => Promise<void>): Promise<void> {
  const told: Played['told'] = []
  const onError = ({ code, message }: { code: string; message: string }) => told.push({ code, message })
  const clients = clientele({ store: memory(), protocol, secret, enforce: 'off', flushIntervalMs: 10, onError })
  await clients.ready()
  const app = new Koa()
  app.use(clients.middleware()).use(game)
  try {
    await serve(app, (url) => use({ url, clients, told, codes: () => told.map(({ code }) => code) }))
  } finally {
    await clients.close()
  }
}

const rpcAt = (sessionId: string) =>
  jsonRpc({
    path: '/rpc',
    sessions: {
      login: { apiKey: { index: 2, name: 'api_key' } },
      found: { apiKey: { index: 2, name: 'api_key' } },
      measure: { apiKey: { index: 0, name: 'api_key' }, session: false },
    },
    sessionId: { index: 0, name: 'session_id' },
    answer: { sessionId },
  })
const restAt = (pointer: string) =>
  rest({
    sessions: {
      'POST /login': { answer: { sessionId: { body: pointer } } },
      'POST /measure': {},
    },
    apiKey: { header: 'x-api-key' },
    sessionId: { header: 'x-session' },
    features: ['GET /games'],
  })

async function ask(ctx: Koa.Context): Promise<{ id?: unknown; method?: string }> {
  const chunks: Buffer[] = []
  for await (const chunk of ctx.req) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}')
}

const login = (url: string, method = 'login') =>
  rpc(`${url}/rpc`, { jsonrpc: '2.0', id: 1, method, params: ['me', 'right', 'anonymous'] })
const logIn = (url: string, route = '/login') =>
  fetch(`${url}${route}`, { method: 'POST', headers: { 'x-api-key': 'anonymous' }, redirect: 'manual' }).then(
    (answer) => answer.text(),
  )

let given = 0
/** Whoever logs in gets a token, another one each time. */
const rpcGame: Koa.Middleware = async (ctx) => {
  const { id } = await ask(ctx)
  ctx.body = { jsonrpc: '2.0', id, result: { token: `t${given++}` } }
}

for (const [place, right] of [
  ['/result/token', '/token'],
  ['/session/id', '/token'],
] as const) {
  test(`jsonRpc: twelve logins without anything at ${place} are told once, as such`, async () => {
    await play(rpcAt(place), rpcGame, async ({ url, clients, told, codes }) => {
      for (let time = 0; time < 11; time++) await login(url)
      assert.equal([codes(), clients.health().unlearned], [[], 11])
      await login(url)
      assert.equal([codes(), clients.health().unlearned], [['session_unlearned'], 12])
      assert.match(told[0]?.message ?? '', `12 logins of login were answered without anything at ${place}:`)
      for (let time = 0; time < 20; time++) await login(url)
      assert.equal([codes(), clients.health().unlearned], [['session_unlearned'], 32])
      for (let time = 0; time < 12; time++) await login(url, 'found')
      assert.equal(codes(), ['session_unlearned', 'session_unlearned'])
      assert.match(told[1]?.message ?? '', '12 logins of found ')
      // A token is a session id that nobody knows, and so no message may show one.
      assert.not.match(JSON.stringify(told), /"t\d+"|\bt\d+\b/)
      assert.is((await clients.usage.read('anonymous')).sessions, 0)
    })
    await play(rpcAt(right), rpcGame, async ({ url, clients, codes }) => {
      for (let time = 0; time < 14; time++) await login(url)
      assert.equal([codes(), clients.health().unlearned], [[], 0])
      assert.is((await clients.usage.read('anonymous')).sessions, 14)
    })
  })
}

test('rest: twelve logins without anything in the place are told once, as such', async () => {
  const game: Koa.Middleware = (ctx) => {
    ctx.body = ctx.path === '/login' ? { token: `t${given++}` } : []
  }
  await play(restAt('/session/token'), game, async ({ url, clients, told, codes }) => {
    for (let time = 0; time < 12; time++) await logIn(url)
    assert.equal([codes(), clients.health().unlearned], [['session_unlearned'], 12])
    assert.match(told[0]?.message ?? '', '12 logins of POST /login were answered without anything at /session/token:')
    for (let time = 0; time < 12; time++) await logIn(url)
    assert.equal([codes(), clients.health().unlearned], [['session_unlearned'], 24])
  })
})

test('a batch of logins counts each of them', async () => {
  const game: Koa.Middleware = async (ctx) => {
    const messages = (await ask(ctx)) as unknown as { id: number }[]
    ctx.body = messages.map(({ id }) => ({ jsonrpc: '2.0', id, result: { token: `t${given++}` } }))
  }
  await play(rpcAt('/result/token'), game, async ({ url, clients, codes }) => {
    const one = (id: number) => ({ jsonrpc: '2.0', id, method: 'login', params: ['me', 'right', 'anonymous'] })
    await rpc(
      `${url}/rpc`,
      Array.from({ length: 12 }, (_, id) => one(id)),
    )
    assert.equal([codes(), clients.health().unlearned], [['session_unlearned'], 12])
  })
})

/** The manners in which games say that a password is wrong, each time with something that differs where there is room for it. */
const wrong: Record<string, (ctx: Koa.Context, id: unknown) => void> = {
  'an error member': (ctx, id) => {
    ctx.body = { jsonrpc: '2.0', id, error: { code: 1004, message: `Wrong, ${given++}.` } }
  },
  'a 401': (ctx, id) => {
    ctx.status = 401
    ctx.body = { jsonrpc: '2.0', id, result: { said: `Wrong, ${given++}.` } }
  },
  '{ ok: false }': (ctx, id) => {
    const said = { ok: false, said: `Wrong, ${given++}.` }
    ctx.body = { jsonrpc: '2.0', id, result: said, ...said }
  },
  '{ success: false }': (ctx, id) => {
    const said = { success: false, try: given++ }
    ctx.body = { jsonrpc: '2.0', id, result: said, ...said }
  },
  '{ status: "error" }': (ctx, id) => {
    const said = { status: 'error', try: given++ }
    ctx.body = { jsonrpc: '2.0', id, result: said, ...said }
  },
  'an error in the result': (ctx, id) => {
    const said = { error: `Wrong, ${given++}.` }
    ctx.body = { jsonrpc: '2.0', id, result: said, ...said }
  },
  'the same words each time': (ctx, id) => {
    ctx.body = { jsonrpc: '2.0', id, result: { message: 'Wrong password.' }, message: 'Wrong password.' }
  },
  false: (ctx, id) => {
    ctx.body = ctx.path === '/rpc' ? { jsonrpc: '2.0', id, result: false } : 'false'
  },
  null: (ctx, id) => {
    ctx.body = ctx.path === '/rpc' ? { jsonrpc: '2.0', id, result: null } : 'null'
  },
  'a redirect': (ctx) => ctx.redirect('/login?failed'),
  'a page': (ctx) => {
    ctx.body = '<h1>Wrong password.</h1>'
  },
  nothing: (ctx) => {
    ctx.status = 204
  },
}
for (const [manner, answer] of Object.entries(wrong)) {
  test(`fifty wrong passwords never ring: ${manner}`, async () => {
    const game: Koa.Middleware = async (ctx) => answer(ctx, ctx.path === '/rpc' ? (await ask(ctx)).id : 1)
    await play(rpcAt('/token'), game, async ({ url, codes }) => {
      const message = { jsonrpc: '2.0', id: 1, method: 'login', params: ['me', 'wrong', 'anonymous'] }
      for (let time = 0; time < 50; time++) {
        await fetch(`${url}/rpc`, { method: 'POST', body: JSON.stringify(message), redirect: 'manual' })
      }
      assert.equal(codes(), [])
    })
    await play(restAt('/token'), game, async ({ url, codes }) => {
      for (let time = 0; time < 50; time++) await logIn(url)
      assert.equal(codes(), [])
    })
  })
}

test('one player who gets in is enough: what a hundred strangers are told never rings', async () => {
  const game: Koa.Middleware = async (ctx) => {
    const { id } = await ask(ctx)
    ctx.body = { jsonrpc: '2.0', id, result: given++ % 50 === 0 ? { token: `t${given}` } : { said: `No, ${given}.` } }
  }
  given = 0
  await play(rpcAt('/token'), game, async ({ url, clients, codes }) => {
    for (let time = 0; time < 100; time++) await login(url)
    assert.equal([codes(), clients.health().unlearned], [[], 98])
  })
})

test('what needs a key and has no session never rings: session: false, a route without an answer, benchmark', async () => {
  await play(rpcAt('/token'), rpcGame, async ({ url, clients, codes }) => {
    for (let time = 0; time < 50; time++) await login(url, 'measure')
    assert.equal([codes(), clients.health().unlearned], [[], 0])
  })
  const seconds: Koa.Middleware = async (ctx) => {
    const { id } = await ask(ctx)
    ctx.body = { jsonrpc: '2.0', id, result: { login: given++ / 1_000, status: given++ / 1_000 } }
  }
  await play(lacuna(), seconds, async ({ url, clients, codes }) => {
    const message = { jsonrpc: '2.0', id: 1, method: 'benchmark', params: ['me', 'right', 'anonymous'] }
    for (let time = 0; time < 50; time++) await rpc(`${url}/empire`, message)
    assert.equal([codes(), clients.health().unlearned], [[], 0])
  })
  await play(restAt('/token'), seconds, async ({ url, clients, codes }) => {
    for (let time = 0; time < 50; time++) await logIn(url, '/measure')
    assert.equal([codes(), clients.health().unlearned], [[], 0])
  })
})

test.run()
