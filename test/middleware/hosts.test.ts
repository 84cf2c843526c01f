// Where a host may have the middleware, and what it may do in front of it.
import Router from '@koa/router'
import type Koa from 'koa'
import mount from 'koa-mount'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, clientele, jsonRpc } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { overSocket, type RawRequest } from '../helpers/raw.js'
import { secret, serve } from '../helpers/serve.js'

const protocol = (path: string, feature: string) =>
  jsonRpc({
    path,
    sessions: { [feature]: { apiKey: { index: 2, name: 'api_key' } } },
    sessionId: { index: 0, name: 'session_id' },
    answer: { sessionId: '/session_id' },
    refusal: { status: 403 },
  })

const login = (publicKey: string, more: Partial<RawRequest> = {}): RawRequest => ({
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'login', params: ['me', 'right', publicKey] }),
  ...more,
})

const game: Koa.Middleware = (ctx) => {
  ctx.body = '{"jsonrpc":"2.0","id":1,"result":{"session_id":"s1"}}'
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])

interface Place {
  path: string
  feature: string
  mount(app: Koa, ours: Koa.Middleware, KoaClass: typeof Koa): void
  /** Where the API is, and where it is not. */
  addresses: string[]
  others: string[]
}

const inner = (ours: Koa.Middleware, KoaClass: typeof Koa): Koa => {
  const app = new KoaClass()
  app.use(ours).use(game)
  return app
}
const places: Record<string, Place> = {
  'in front': {
    path: '/:module',
    feature: 'empire.login',
    mount: (app, ours) => app.use(ours),
    addresses: [
      '/empire',
      '/empire/',
      '/Empire?x=1',
      '/empire#x',
      'http://localhost/empire',
      'http://localhost/empire?x',
    ],
    others: ['/', '/v1/empire', 'http://localhost/'],
  },
  'below a mount point': {
    path: '/:module',
    feature: 'empire.login',
    mount: (app, ours, KoaClass) => app.use(mount('/v1', inner(ours, KoaClass))),
    addresses: ['/v1/empire', '/v1/empire/', '/v1/Empire?x=1', '/v1/empire#x', 'http://localhost/v1/empire'],
    others: ['/empire', '/v1', '/v1x/empire', '/v1/a/empire'],
  },
  'mounted at the address of the API': {
    path: '/',
    feature: 'login',
    mount: (app, ours, KoaClass) => app.use(mount('/rpc', inner(ours, KoaClass))),
    addresses: ['/rpc', '/rpc/', '/rpc?x=1', 'http://localhost/rpc'],
    others: ['/', '/rpcs', '/rpc/x'],
  },
  'in a router with a prefix': {
    path: '/v1/:module',
    feature: 'empire.login',
    mount: (app, ours) => app.use(new Router({ prefix: '/v1' }).use(ours).post('/:module', game).routes()),
    // Routers 14 and 15 play `/V1/empire` as well, and leave out what is `use`d: a prefix in capitals is theirs alone.
    addresses: ['/v1/empire', '/v1/Empire/', '/v1/empire#x', 'http://localhost/v1/empire'],
    others: ['/empire', '/v1', '/v1/a/empire'],
  },
  'on a route of a router with a prefix': {
    path: '/v1/:module',
    feature: 'empire.login',
    mount: (app, ours) => app.use(new Router({ prefix: '/v1' }).post('/:module', ours, game).routes()),
    addresses: ['/v1/empire', '/V1/Empire/', '/v1/empire#x', 'http://localhost/v1/empire'],
    others: ['/empire', '/v1', '/v1/a/empire'],
  },
  'in a router below a mount point': {
    path: '/:module',
    feature: 'empire.login',
    mount: (app, ours) => app.use(mount('/v1', new Router().post('/:module', ours, game).routes() as Koa.Middleware)),
    addresses: ['/v1/empire', '/v1/Empire/', 'http://localhost/v1/empire'],
    others: ['/empire', '/v1', '/v1/a/empire'],
  },
}

for (const [version, KoaClass] of Object.entries(koas)) {
  for (const [what, { path, feature, mount, addresses, others }] of Object.entries(places)) {
    test(`${version}, ${what}: every spelling of the address is judged and counted, and no other`, async () => {
      for (const proxy of [false, true]) {
        const clients = clientele({ store: memory(), protocol: protocol(path, feature), secret })
        const app = new KoaClass({ proxy })
        mount(app, clients.middleware() as Koa.Middleware, KoaClass)
        app.use(game)
        const headers = { 'x-forwarded-host': 'elsewhere', 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.0.0.1' }
        await serve(app, async (url) => {
          const ask = async (address: string, publicKey: string) =>
            statusOf(await overSocket(Number(new URL(url).port), address, login(publicKey, { headers })))
          for (const address of addresses) {
            assert.equal([await ask(address, 'bad'), await ask(address, 'anonymous')], [403, 200], address)
          }
          for (const address of others) assert.is(await ask(address, 'bad'), 200, address)
        })
        const { sessionsByMethod, calls } = await clients.usage.read('anonymous')
        assert.equal([{ ...sessionsByMethod }, calls], [{ [feature]: addresses.length }, addresses.length])
        assert.equal({ ...(await clients.usage.read('(refused)')).refusals }, { unknown: addresses.length })
        await clients.close()
      }
    })
  }
}

/** What a browser asks before it sends JSON from the page of another origin. */
const cors: Koa.Middleware = async (ctx, next) => {
  ctx.set('access-control-allow-origin', '*')
  if (ctx.method !== 'OPTIONS') return next()
  ctx.set('access-control-allow-methods', 'POST')
  ctx.set('x-read', String(ctx.req.readableDidRead))
  ctx.status = 204
}

test('a preflight is left to the host, wherever it answers, and a refusal keeps what the host has set', async () => {
  for (const [version, KoaClass] of Object.entries(koas)) {
    const answers = await Promise.all(
      [[cors], [cors, 'ours'], ['ours', cors]].map(async (middleware) => {
        const clients: Clientele = clientele({
          store: memory(),
          protocol: protocol('/:module', 'empire.login'),
          secret,
        })
        const app = new KoaClass()
        for (const one of middleware) app.use(typeof one === 'string' ? clients.middleware() : one)
        app.use(game)
        const answer = await serve(app, async (url) => {
          const port = Number(new URL(url).port)
          const preflights = ['/empire', '*', '/'].map((address) =>
            overSocket(port, address, login('bad', { method: 'OPTIONS' })),
          )
          return { preflights: await Promise.all(preflights), refusal: await overSocket(port, '/empire', login('bad')) }
        })
        assert.is(clients.health().unread, 0)
        assert.equal(await clients.usage.overview(), [])
        await clients.close()
        return answer
      }),
    )
    const [without, behind, inFront] = answers
    assert.match(
      without?.preflights[0] ?? '',
      /^HTTP\/1\.1 204 [\s\S]*access-control-allow-methods: POST[\s\S]*x-read: false/,
    )
    assert.equal(behind?.preflights, without?.preflights, version)
    assert.equal(inFront?.preflights, without?.preflights, version)
    assert.match(behind?.refusal ?? '', /^HTTP\/1\.1 403 [\s\S]*access-control-allow-origin: \*/)
  }
})

test.run()
