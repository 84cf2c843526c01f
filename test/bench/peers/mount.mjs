// What a maintainer could take instead, each set up as its own documentation says and switched to memory or SQLite. Those that
// report to a service of their makers are pointed to a hub of the bench, by the setting that is documented for self-hosting: it
// answers 200 and throws everything away.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const load = createRequire(join(process.cwd(), '.cache/peers/package.json'))
const boundless = Number.MAX_SAFE_INTEGER
const minuteMs = 60_000

const peers = {
  'swagger-stats': (app) => {
    const wrap = load('express-to-koa')
    app.use(wrap(load('swagger-stats').getMiddleware({})))
  },

  apitally: (app, { hubUrl }) => {
    process.env.APITALLY_HUB_BASE_URL = hubUrl
    const { useApitally } = load('apitally/koa')
    useApitally(app, { clientId: '00000000-0000-4000-8000-000000000000', env: 'dev' })
  },

  'node-api-analytics': (app, { hubUrl }) => {
    const { koaAnalytics, Config } = load('node-api-analytics')
    const config = new Config()
    config.serverUrl = hubUrl
    app.use(koaAnalytics('a key', config))
  },

  'koa-ratelimit, memory': (app) => {
    app.use(
      load('koa-ratelimit')({
        driver: 'memory',
        db: new Map(),
        duration: minuteMs,
        id: (ctx) => ctx.ip,
        max: boundless,
      }),
    )
  },

  'rate-limiter-flexible, memory': (app) => {
    const { RateLimiterMemory } = load('rate-limiter-flexible')
    const limiter = new RateLimiterMemory({ points: boundless, duration: 60 })
    app.use(async (ctx, next) => {
      try {
        await limiter.consume(ctx.ip)
      } catch {
        ctx.status = 429
        ctx.body = 'Too Many Requests'
        return
      }
      await next()
    })
  },

  // It takes a client's name for the label from the host: here from the session, as we do.
  'prom-client, counter per client and method': (app, { clients }) => {
    const { Counter } = load('prom-client-15')
    const counter = new Counter({ name: 'calls_total', help: 'Calls', labelNames: ['client', 'method'] })
    app.use(async (ctx, next) => {
      await next()
      for (const { client, method } of callsOf(ctx, clients)) counter.inc({ client, method })
    })
  },

  'Keyv get and set, memory': async (app, { clients }) => {
    const { default: Keyv } = await import('keyv')
    app.use(readAddWrite(new Keyv(), clients))
  },

  'Keyv get and set, SQLite': async (app, { clients, folder }) => {
    const [{ default: Keyv }, { default: KeyvSqlite }] = await Promise.all([import('keyv'), import('@keyv/sqlite')])
    app.use(readAddWrite(new Keyv({ store: new KeyvSqlite(`sqlite://${join(folder, 'keyv.sqlite')}`) }), clients))
  },

  'better-auth verifyApiKey, memory': (app) => {
    const { memoryAdapter } = load('better-auth/adapters/memory')
    return verifyApiKey(app, memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }))
  },

  'better-auth verifyApiKey, SQLite': (app, { folder }) => {
    const Database = load('better-sqlite3')
    return verifyApiKey(app, new Database(join(folder, 'better-auth.sqlite')))
  },
}

export const peerNames = Object.keys(peers)

/** @returns what a request needs for it, if anything */
export function mountPeer(name, app, options) {
  if (!peers[name]) throw new Error(`There is no peer "${name}".`)
  return peers[name](app, options)
}

async function verifyApiKey(app, database) {
  const { betterAuth } = load('better-auth')
  const { apiKey } = load('@better-auth/api-key')
  const { getMigrations } = load('better-auth/db/migration')
  const config = {
    baseURL: 'http://127.0.0.1',
    secret: 'a secret of the bench, long enough for it',
    emailAndPassword: { enabled: true },
    // By default a key has ten requests a day.
    plugins: [apiKey({ rateLimit: { enabled: false } })],
    database,
  }
  if (typeof database !== 'function') await (await getMigrations(config)).runMigrations()
  const auth = betterAuth(config)
  const { user } = await auth.api.signUpEmail({ body: { name: 'x', email: 'x@example.org', password: 'a password' } })
  const { key } = await auth.api.createApiKey({ body: { userId: user.id } })
  app.use(async (ctx, next) => {
    const { valid } = await auth.api.verifyApiKey({ body: { key: ctx.get('x-api-key') } })
    if (!valid) ctx.throw(401)
    await next()
  })
  return { apiKey: key }
}

function readAddWrite(keyv, clients) {
  return async (ctx, next) => {
    await next()
    for (const { client, method } of callsOf(ctx, clients)) {
      const name = `${client}.${method}`
      await keyv.set(name, ((await keyv.get(name)) ?? 0) + 1)
    }
  }
}

function callsOf(ctx, clients) {
  return [ctx.request.body].flat().map(({ method, params }) => ({
    // `session-17` is the 17th session; a login carries its client itself.
    client: method === 'login' ? params[2] : `client-${Number(params[0].slice(8)) % clients}`,
    method,
  }))
}
