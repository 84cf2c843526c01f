// Ordinary games on Koa, each with its own manner of reading a request. Whoever logs in gets a session id that nobody had before.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import zlib from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import jayson from 'jayson'
import type Koa from 'koa'
import { koaBody } from 'koa-body'
import koaBodyParser from 'koa-bodyparser'
import qs from 'qs'
import { empireGame } from '../../examples/empire/game.js'
import { createUniverse } from '../../examples/empire/universe.js'
import { jsonRpc, lacuna, type Protocol, rest } from '../../src/index.js'
import { inflated, leniently } from './lenient-readers.js'

export interface Game {
  /** Where it takes logins. */
  path: string
  protocol: Protocol | Protocol[]
  /** A login is an address there, and not a method. */
  isRest?: true
  /** What the host has in front of all, us included. */
  front?: Koa.Middleware
  parser?: Koa.Middleware
  handler: Koa.Middleware
}

export const player = { name: 'Stub Empire', password: 'secret' }

/** The sessions of those who logged in with the public key that everyone shares. */
export const openToAll = new Set<string>()

/** An answer that is longer than what we look into. */
const manual = 'All about it. '.repeat(3_000)

interface Fields {
  name?: unknown
  password?: unknown
  api_key?: unknown
  session_id?: unknown
}

function enter({ name, password, api_key }: Fields): string | undefined {
  if (name !== player.name || password !== player.password) return undefined
  const id = randomUUID()
  if (api_key === 'anonymous') openToAll.add(id)
  return id
}

const methods: Record<string, (params: Fields) => unknown> = {
  login: (params) => {
    const session_id = enter(params)
    return session_id && { session_id }
  },
  ping: () => 'pong',
  view: ({ name, session_id = name }) => ({ session_id, planets: 1 }),
  help: () => manual,
}

/** `[name, password, api_key]`, `{ name, … }`, `[{ name, … }]`, and any of them as text. */
function fieldsOf(params: unknown): Fields {
  if (typeof params === 'string') return fieldsOf(JSON.parse(params))
  const [first, password, api_key] = [params].flat()
  return typeof first === 'object' && first !== null ? first : { name: first, password, api_key }
}

interface Message {
  id?: unknown
  method?: unknown
  params?: unknown
}

/** The answer to a message, or to a batch of them. `nameOf` says what the game takes for a method's name. */
function play(message: unknown, nameOf: (name: string) => string = String): unknown {
  if (Array.isArray(message)) return message.map((one) => play(one, nameOf))
  const { id = null, method, params } = (message ?? {}) as Message
  const name = nameOf(method as string)
  const result = Object.hasOwn(methods, name) ? methods[name]?.(fieldsOf(params)) : undefined
  return { jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32600, message: 'No.', data: null } }) }
}

const lowerCased = (name: string) => String(name).toLowerCase()

const at = (path: string) =>
  jsonRpc({
    path,
    sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
    sessionId: { index: 0, name: 'session_id' },
    answer: { sessionId: '/session_id' },
  })

const routes = (features: string[] = []) =>
  rest({
    sessions: { 'POST /login': { answer: { sessionId: [{ body: '/token' }, { cookie: 'sid' }] } } },
    apiKey: [{ header: 'x-api-key' }, { body: '/api_key' }, { query: 'api_key' }],
    sessionId: { bearer: true },
    features,
  })

/** A handler of a method call: none of its failures is ours. */
function onRpc(
  isThere: (ctx: Koa.Context) => boolean,
  answer: (ctx: Koa.Context) => Promise<void> | void,
): Koa.Middleware {
  return async (ctx, next) => {
    if (!isThere(ctx)) return next()
    try {
      await answer(ctx)
    } catch {
      ctx.status = 400
      ctx.body = 'no'
    }
  }
}

const isRpc = ({ path }: Koa.Context) => path === '/rpc'

/** As whoever resolves an address like a browser sees it. */
const isRpcResolved = ({ req }: Koa.Context) =>
  decodeURIComponent(new URL(req.url ?? '', 'http://game').pathname) === '/rpc'

const queryOf = ({ querystring }: Koa.Context) => Object.fromEntries(new URLSearchParams(querystring))

const isText = (value: unknown): value is string => typeof value === 'string'
const isEmpty = (value: unknown) => value === undefined || value === null || Object.keys(value).length === 0

/** Whatever the content type is: the body if there is one, else the query. */
const ofRawText: Koa.Middleware = onRpc(isRpcResolved, async (ctx) => {
  const sent = await text(ctx.req)
  const answer = JSON.stringify(play(sent === '' ? queryOf(ctx) : JSON.parse(sent)))
  ctx.type = 'application/json'
  ctx.body = Readable.from([answer.slice(0, 30), answer.slice(30)], { objectMode: false })
})

/** Packs what the client says it can unpack. */
function packed(ctx: Koa.Context, answer: string): void {
  ctx.type = 'application/json'
  const coding = ctx.acceptsEncodings('gzip', 'deflate', 'br', 'identity') || 'identity'
  const pack = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync }[coding]
  if (pack) ctx.set('content-encoding', coding)
  ctx.body = pack ? pack(answer) : answer
}

/** What a parser made of the body; raw JSON that came as a form, as half of the web clients send it, is taken as such. */
const ofParsed: Parameters<typeof onRpc>[1] = (ctx) => {
  const { body, rawBody } = ctx.request as { body?: unknown; rawBody?: string }
  const isSentAsForm = ctx.is('application/x-www-form-urlencoded') && rawBody && /^\s*[[{]/.test(rawBody)
  ctx.body = isSentAsForm
    ? play(JSON.parse(rawBody))
    : play(isText(body) ? JSON.parse(body) : isEmpty(body) ? queryOf(ctx) : body)
}

/** Everything is a form to it, whose fields end at a semicolon too; written by hand into Node's response. */
const ofForms: Koa.Middleware = onRpc(isRpc, async (ctx) => {
  const delimiter = /[&;]/
  const sent = qs.parse(await text(ctx.req), { allowDots: true, delimiter })
  const answer = JSON.stringify(play({ ...qs.parse(ctx.querystring, { delimiter }), ...sent }))
  ctx.respond = false
  ctx.res.setHeader('content-type', 'application/json')
  ctx.res.write(answer.slice(0, 30))
  ctx.res.end(answer.slice(30))
})

const server = new jayson.Server(
  Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      (params: unknown, done: (error: object | null, result?: unknown) => void) => {
        const result = method(fieldsOf(params))
        if (result) done(null, result)
        else done({ code: 1004, message: 'No.' })
      },
    ]),
  ),
  {
    router(method) {
      return this.getMethod(lowerCased(method))
    },
  },
)
const listener = server.http().listeners('request')[0] as (req: IncomingMessage, res: Koa.Context['res']) => void
const ofJayson: Koa.Middleware = (ctx, next) => {
  if (!isRpc(ctx)) return next()
  return new Promise<void>((resolve) => {
    ctx.respond = false
    ctx.res.on('close', resolve)
    listener(ctx.req, ctx.res)
  })
}

/** Member names in any case, as the readers of some languages take them. */
const anyCase = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(anyCase)
    : Object.fromEntries(Object.entries(value as object).map(([name, member]) => [name.toLowerCase(), member]))

const ofLenient: Koa.Middleware = onRpc(isRpc, async (ctx) => {
  const answer = JSON.stringify(play(anyCase(leniently(await buffer(ctx.req))), lowerCased))
  ctx.type = 'application/json'
  // Some answer in the charset that they were asked for.
  ctx.body = /utf-16/i.test(ctx.get('accept-charset')) ? Buffer.from(`\ufeff${answer}`, 'utf16le') : answer
})

function restGame(protocol: Protocol | Protocol[]): Game {
  const router = new Router()
  router.all('/login', (ctx) => {
    const token = enter({ ...ctx.query, ...(ctx.request.body as object) })
    if (token === undefined) {
      ctx.status = 403
      return
    }
    ctx.cookies.set('sid', token)
    if (ctx.accepts('json', 'html') === 'html') ctx.redirect('/play')
    else ctx.body = { token }
  })
  return {
    path: '/login',
    isRest: true,
    protocol,
    parser: bodyParser({
      enableTypes: ['json', 'form'],
      parsedMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    }) as Koa.Middleware,
    handler: router.routes() as unknown as Koa.Middleware,
  }
}

/** A router minds neither case nor a slash at the end. */
const ofRouter = new Router().all('/rpc', onRpc(() => true, ofParsed) as never).routes() as unknown as Koa.Middleware

export const games: Record<string, Game> = {
  'raw JSON': { path: '/rpc', protocol: at('/rpc'), handler: ofRawText },
  'raw JSON, inflated': {
    path: '/rpc',
    protocol: at('/rpc'),
    handler: onRpc(isRpc, async (ctx) => {
      const sent = inflated(await buffer(ctx.req), ctx.get('content-encoding'))
      const query = qs.parse(ctx.querystring)
      packed(ctx, JSON.stringify(play(sent.length === 0 ? query : JSON.parse(new TextDecoder().decode(sent)))))
    }),
  },
  'raw JSON behind setEncoding': {
    path: '/rpc',
    protocol: at('/rpc'),
    front: (ctx, next) => {
      ctx.req.setEncoding('utf8')
      return next()
    },
    handler: ofRawText,
  },
  '@koa/bodyparser': {
    path: '/rpc',
    protocol: at('/rpc'),
    parser: bodyParser({
      enableTypes: ['json', 'form', 'text'],
      parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
    }) as Koa.Middleware,
    handler: ofRouter,
  },
  'koa-bodyparser': { path: '/rpc', protocol: at('/rpc'), parser: koaBodyParser(), handler: onRpc(isRpc, ofParsed) },
  'koa-body': {
    path: '/rpc',
    protocol: at('/rpc'),
    parser: koaBody({ multipart: true, includeUnparsed: true, textTypes: ['text/*', 'application/octet-stream'] }),
    handler: onRpc(isRpc, ofParsed),
  },
  qs: { path: '/rpc', protocol: at('/rpc'), handler: ofForms },
  jayson: { path: '/rpc', protocol: at('/rpc'), handler: ofJayson },
  '@koa/router': restGame(routes()),
  'examples/empire': { path: '/empire', protocol: lacuna(), handler: empireGame(createUniverse()) as Koa.Middleware },
  'lenient JSON': { path: '/rpc', protocol: at('/rpc'), handler: ofLenient },
  '[lacuna(), rest()]': restGame([lacuna(), routes()]),
  '[rest(), jsonRpc()]': { path: '/rpc', protocol: [routes(['POST /rpc']), at('/rpc')], handler: ofRawText },
}
