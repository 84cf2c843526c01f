// The ways in which a host reads a request's body, and behind each the same game. Its answer tells what it was given.
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import jayson from 'jayson'
import type Koa from 'koa'
import { koaBody } from 'koa-body'
import koaBodyParser from 'koa-bodyparser'

/** How often the game played a login, by the public key in it. */
export const played = new Map<string, number>()

export const digest = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Answers a session to whoever logs in with the password `right`. */
function play(message: unknown): object {
  const { id = null, method, params = [] } = message as { id?: unknown; method?: string; params?: unknown[] }
  const envelope = { jsonrpc: '2.0', id }
  if (method !== 'login') return { ...envelope, error: { code: -32600, message: 'Invalid request.' } }
  const outcome = login(params)
  return { ...envelope, ...('code' in outcome ? { error: outcome } : { result: outcome }) }
}

function login(params: unknown[]): { session_id: string; saw: string } | { code: number; message: string } {
  const [, password, publicKey] = params
  played.set(String(publicKey), (played.get(String(publicKey)) ?? 0) + 1)
  if (password !== 'right') return { code: 1004, message: 'Password incorrect.' }
  return { session_id: `session of ${publicKey}`, saw: digest(JSON.stringify(params)) }
}

function answerMessage(ctx: Koa.Context, message: unknown): void {
  ctx.body = JSON.stringify(Array.isArray(message) ? message.map(play) : play(message))
}

function answerBytes(ctx: Koa.Context, bytes: Buffer): void {
  ctx.set('x-saw', digest(bytes))
  try {
    answerMessage(ctx, JSON.parse(String(ctx.get('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes)))
  } catch {
    ctx.status = 400
    ctx.body = 'no JSON'
  }
}

function answerParsed(ctx: Koa.Context): void {
  const { body } = ctx.request
  ctx.set('x-saw', digest(String(JSON.stringify(body))))
  answerMessage(ctx, body ?? {})
}

/** A parser with a limit of its own for requests that ask for it. */
function parser(make: (jsonLimit: string) => Koa.Middleware): Koa.Middleware {
  const [usual, tight] = [make('1mb'), make('20b')]
  return (ctx, next) => (ctx.get('x-tight') ? tight : usual)(ctx, next)
}

const parsedBy =
  (parse: Koa.Middleware): Koa.Middleware =>
  (ctx) =>
    parse(ctx, async () => answerParsed(ctx))

const readBy =
  (read: (req: IncomingMessage) => Promise<Buffer>): Koa.Middleware =>
  async (ctx) =>
    answerBytes(ctx, await read(ctx.req))

function gather(req: IncomingMessage, listen: (take: (chunk: Buffer) => void) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    req.on('end', () => resolve(Buffer.concat(chunks))).on('error', reject)
    listen((chunk) => chunks.push(chunk))
  })
}

const byData = (req: IncomingMessage) => gather(req, (take) => req.on('data', take))

const server = new jayson.Server({
  login: (params: unknown[], done: (error: object | null, result?: object) => void) => {
    const outcome = login(params)
    if ('code' in outcome) done(outcome)
    else done(null, outcome)
  },
})
type Listener = (req: IncomingMessage, res: Koa.Context['res'], failed?: (error?: unknown) => void) => void
const listener = server.http().listeners('request')[0] as Listener
const connectMiddleware = server.middleware() as Listener
const patching = bodyParser({ patchNode: true })

/** A game's answer written by hand: Koa is told to keep out. */
const byHand = (ctx: Koa.Context, answer: (failed: (error?: unknown) => void) => void) =>
  new Promise<void>((resolve, reject) => {
    ctx.respond = false
    ctx.res.on('close', resolve)
    answer(reject)
  })

export const readers: Record<string, Koa.Middleware> = {
  '@koa.bodyparser': parsedBy(parser((jsonLimit) => bodyParser({ jsonLimit }))),
  'koa-bodyparser': parsedBy(parser((jsonLimit) => koaBodyParser({ jsonLimit }))),
  'koa-body': parsedBy(parser((jsonLimit) => koaBody({ jsonLimit }))),
  data: readBy(byData),
  'late-data': readBy(async (req) => {
    await sleep(3)
    return byData(req)
  }),
  iteration: readBy(buffer),
  pipe: readBy((req) => buffer(req.pipe(new PassThrough()))),
  readable: readBy((req) =>
    gather(req, (take) => {
      req.on('readable', () => {
        for (let chunk = req.read(); chunk !== null; chunk = req.read()) take(chunk)
      })
    }),
  ),
  'jayson-listener': (ctx) => byHand(ctx, () => listener(ctx.req, ctx.res)),
  'jayson-middleware': (ctx) =>
    patching(ctx, () => byHand(ctx, (failed) => connectMiddleware(ctx.req, ctx.res, failed))),
}
