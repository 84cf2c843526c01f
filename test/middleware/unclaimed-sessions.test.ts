// The net behind the readings: what a request hands out that nobody accounts for.
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import Koa from 'koa'
import koaBodyParser from 'koa-bodyparser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, jsonRpc, rest } from '../../src/index.js'
import { unclaimedSessions } from '../../src/middleware/unclaimed-sessions.js'
import { secret, serve } from '../helpers/serve.js'

const protocol = jsonRpc({
  path: '/rpc',
  sessions: { login: { apiKey: { index: 1, name: 'api_key' } } },
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id' },
  maxBatch: 20_000,
})

interface Message {
  id?: unknown
  method?: string
}
const reply = ({ id, method }: Message, sessionId = `of ${id}`) => ({
  id,
  result: method === 'login' ? { session_id: sessionId } : { planets: 1 },
})

test('a batch of twenty thousand logins is looked through in less than a second', () => {
  const messages = Array.from({ length: 20_000 }, (_, id) => ({ id, method: 'login', params: ['ada', 'anonymous'] }))
  const request = { method: 'POST', path: '/rpc', query: '', headers: {}, body: JSON.stringify(messages) }
  const answer = { status: 200, headers: {}, body: JSON.stringify(messages.map((one) => reply(one))) }
  const calls = protocol.read(request)
  const learned = calls.map((call) => ({
    call,
    attribution: { publicKey: 'x' },
    outcome: protocol.learn(call, answer),
  }))
  const reading = { protocol, request, calls, isSure: true, isBodyRead: true }
  for (const [known, found] of [
    [learned, 0],
    [[], 20_000],
    [learned.slice(1), 1],
  ] as const) {
    const before = process.cpuUsage()
    assert.is(unclaimedSessions([protocol], reading, known, answer).length, found)
    const { user } = process.cpuUsage(before)
    assert.ok(user < 1_000_000, `${user / 1_000} ms`)
  }
})

test('a login in the address beside a batch that was cut is no login of who is in the batch', async () => {
  for (const strict of [false, true]) {
    const codes: string[] = []
    const clients = clientele({ store: memory(), protocol, secret, strict, onError: ({ code }) => codes.push(code) })
    const { publicKey } = await clients.registry.register({ name: 'a known client' })
    await clients.openSession({ sessionId: 'mine', publicKey, method: 'login' })
    const app = new Koa()
    app.use(clients.middleware() as Koa.Middleware)
    app.use(async (ctx) => {
      // It asks the address first.
      const messages: Message[] = ctx.query.method ? [ctx.query as Message] : JSON.parse(await text(ctx.req))
      ctx.body = JSON.stringify(messages.map((one) => reply(one, 'stolen')))
    })
    const answer = await serve(app, async (url) => {
      const body =
        '[{"id":1,"method":"login","params":["ada"]},{"id":2,"method":"view","params":["mine"]},{"id":3,"method":"view"}]'
      const given = await fetch(`${url}/rpc?method=login&id=2&name=ada`, { method: 'POST', body })
      return given.text()
    })
    assert.is((await clients.usage.read(publicKey)).sessions, 1)
    assert.is(answer.includes('stolen'), !strict)
    if (!strict) assert.equal(codes, ['session_unexpected'])
    await clients.close()
  }
})

test('a parser that keeps the text as bytes is understood, and gets bytes', async () => {
  const kept: unknown[] = []
  const clients = clientele({ store: memory(), protocol, secret })
  const app = new Koa()
  app.use(koaBodyParser())
  app.use((ctx, next) => {
    const request = ctx.request as { rawBody?: unknown }
    request.rawBody = Buffer.from(String(request.rawBody))
    return next()
  })
  app.use(clients.middleware() as Koa.Middleware)
  app.use((ctx) => {
    kept.push((ctx.request as { rawBody?: unknown }).rawBody)
    ctx.body = '[]'
  })
  const transfer = '{"id":9007199254740993,"method":"transfer","params":[1.0]}'
  const body = `[{"id":9007199254740993,"method":"login"},${transfer}]`
  const answer = await serve(app, async (url) => {
    const headers = { 'content-type': 'application/json' }
    return (await fetch(`${url}/rpc`, { method: 'POST', body, headers })).text()
  })
  assert.ok(kept[0] instanceof Buffer)
  assert.is(String(kept[0]), `[${transfer}]`)
  assert.match(answer, '"id":9007199254740993,')
  await clients.close()
})

test('a login without a body by another method, and under other spellings of its address, is seen', async () => {
  const routes = rest({
    sessions: { 'POST /login': { answer: { sessionId: { cookie: 'sid' } } } },
    apiKey: { header: 'x-api-key' },
    sessionId: { cookie: 'sid' },
  })
  const spellings = [
    '/login',
    '/login;x',
    '/login;jsessionid=1',
    '/;x/login',
    '/x/..;/login',
    '/login%20',
    '/login.',
    '//login',
    '/%6cogin',
  ]
  for (const strict of [false, true]) {
    const clients = clientele({ store: memory(), protocol: routes, secret, strict, onError: () => {} })
    const app = new Koa()
    app.use(clients.middleware())
    // It looks at no method and takes addresses as servers of other languages do.
    app.use((ctx) => {
      ctx.set('set-cookie', `sid=${ctx.get('cookie')}`)
      ctx.body = 'welcome'
    })
    await serve(app, async (url) => {
      for (const [index, spelling] of spellings.entries()) {
        for (const method of ['PUT', 'DELETE', 'POST']) {
          const { port } = new URL(url)
          const sent = request({
            port,
            method,
            path: spelling,
            headers: { cookie: `who=${index}`, 'content-length': 0 },
          })
          const [answer] = await once(sent.end(), 'response')
          await text(answer)
          const isLet = answer.headers['set-cookie'] !== undefined
          assert.is(isLet, method !== 'POST' && !strict, `${method} ${spelling}, strict: ${strict}`)
        }
      }
    })
    await clients.close()
    assert.is((await clients.usage.read('(unread)')).sessions, strict ? 0 : 2 * spellings.length)
    assert.is(
      (await clients.usage.read('(refused)')).refusals.missing,
      strict ? 3 * spellings.length : spellings.length,
    )
  }
})

test.run()
