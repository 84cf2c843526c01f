import type { IncomingMessage } from 'node:http'
import type { Hooks } from './caller.js'
import { answerQuery, answerText, answerValue, type Dispatch, type HttpAnswer, isRecord } from './json-rpc.js'
import { callMethod, MODULES } from './methods.js'
import type { Universe } from './universe.js'

const BODY_LIMIT = 1_048_576
const MODULE_PATH = /^\/([a-z]+)\/?$/i

/** What the game uses of Koa's context; the contexts of Koa 2 and 3 both fit. */
export interface GameContext {
  method: string
  path: string
  querystring: string
  status: number
  body: unknown
  req: IncomingMessage
  /** As body parsers leave it. */
  request: { body?: unknown; rawBody?: unknown }
  /** A client of the API, where something in front of the game knows which one it is. */
  state: { client?: { count(metric: string, amount?: number): void } }
  get(field: string): string
  set(field: string, value: string): void
}

export type GameMiddleware = (ctx: GameContext, next: () => Promise<unknown>) => Promise<unknown>

/** The game behind anything: a body parser, something that sets the parsed body, or nothing at all. */
export function empireGame(universe: Universe): GameMiddleware {
  return serve(universe, async (ctx, dispatch) => {
    const { body, rawBody } = ctx.request
    // An array is what it says: no form parser makes one, and whoever put it there may have left calls out.
    if (Array.isArray(body)) return answerValue(body, dispatch)
    // Half of the web clients send JSON as a form. The parser makes nonsense of it, but keeps the text.
    if (typeof rawBody === 'string' && isForm(ctx)) return answerText(rawBody, dispatch)
    if (typeof body === 'string') return answerText(body, dispatch)
    if (body === undefined || isUnread(ctx)) return answerText(await readStream(ctx.req), dispatch)
    return answerValue(body, dispatch)
  })
}

/** The game that takes the request's stream by its events and nothing else, as games without Koa's habits do. */
export function empireGameOnStream(universe: Universe): GameMiddleware {
  return serve(universe, async (ctx, dispatch) => answerText(await listenToStream(ctx.req), dispatch))
}

function serve(
  universe: Universe,
  answerPost: (ctx: GameContext, dispatch: Dispatch) => Promise<HttpAnswer>,
): GameMiddleware {
  return async (ctx, next) => {
    const module = MODULE_PATH.exec(ctx.path)?.[1]?.toLowerCase()
    if (module === undefined || !MODULES.has(module)) return next()
    if (ctx.method !== 'POST' && ctx.method !== 'GET') return next()
    const hooks: Hooks = { count: (metric, amount) => ctx.state.client?.count(metric, amount) }
    const dispatch: Dispatch = (method, params) => callMethod(universe, module, method, params, hooks)
    send(ctx, ctx.method === 'GET' ? answerQuery(ctx.querystring, dispatch) : await answerPost(ctx, dispatch))
  }
}

function send(ctx: GameContext, { status, contentType, body }: HttpAnswer): void {
  ctx.status = status
  // Before the body, and by hand: Koa guesses a type for a body that has none, and would add a charset to some.
  if (contentType) ctx.set('Content-Type', contentType)
  ctx.body = contentType ? body : null
}

function isForm(ctx: GameContext): boolean {
  return ctx.get('content-type').toLowerCase().startsWith('application/x-www-form-urlencoded')
}

/** A parser that skips a content type leaves `{}` and the stream as it was. */
function isUnread({ req, request: { body } }: GameContext): boolean {
  return isRecord(body) && Object.keys(body).length === 0 && !req.readableEnded
}

async function readStream(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  // Left alone after the limit: destroying it would take the connection with it, and the answer.
  const stream: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false })
  try {
    for await (const chunk of stream) {
      size += chunk.length
      if (size > BODY_LIMIT) break
      chunks.push(chunk)
    }
  } catch {
    throw incomplete()
  }
  if (size > BODY_LIMIT) throw tooLarge()
  return Buffer.concat(chunks).toString()
}

function listenToStream(request: IncomingMessage): Promise<string> {
  // Someone in front took it all: its `end` is over and would be waited for without end.
  if (request.readableEnded) return Promise.resolve('')
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > BODY_LIMIT) reject(tooLarge())
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks).toString()))
    request.on('error', () => reject(incomplete()))
    request.on('close', () => reject(incomplete()))
  })
}

function tooLarge(): Error {
  return Object.assign(new Error('The body is too large.'), { status: 413, expose: true })
}

/** The client hung up half-way: nothing of what it sent may be executed. */
function incomplete(): Error {
  return Object.assign(new Error('The body is not complete.'), { status: 400, expose: true })
}
