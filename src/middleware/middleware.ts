import type { IncomingMessage } from 'node:http'
import { ClienteleError } from '../errors.js'
import type { GameAnswer, GameRequest, Protocol, Refusal } from '../protocols/protocol.js'
import type { Durability, Tracker } from '../sessions/tracker.js'
import { type Exchange, type Identified, type Judged, judgeAll, likeliest } from './admission.js'
import { careful } from './careful-protocol.js'
import { answer, type GameContext } from './game-context.js'
import { createLearning } from './learning.js'
import { watchersOf } from './net.js'
import { isEmpty, readings } from './readings.js'
import { flowOff, hasBody, type RequestBody, readBody, replaceBody } from './request-body.js'
import { ResponseCapture } from './response-capture.js'
import { after, type Soon } from './soon.js'
import type { Watch } from './watch.js'

/** Koa middleware, of Koa 2 and of Koa 3. */
export type Middleware = (ctx: GameContext, next: () => Promise<unknown>) => Promise<unknown>

export interface MiddlewareOptions {
  protocols: readonly Protocol[]
  bodyLimitBytes: number
  handOver: boolean
  /** With `'all'` each call's answer waits, and not a login's only. */
  durability: Durability
  /** A session that nobody accounts for is refused; an array names the features that may answer with one. */
  strict: boolean | readonly string[]
  watch: Watch
  onError(error: ClienteleError): void
}

/** What Koa's parser of addresses takes out or cuts off; HTTP/2 lets clients send it. */
const odd = /[#\s\ufeff]/

/**
 * The longest that an answer is kept from the client because it is not whole yet, in milliseconds: a stream, or one that is
 * written by hand, may go on for ever.
 */
const holdMs = 2_000
/** Of an answer that another may replace all is needed; as long as Node's timers can be. */
const wholeAnswer = { bytes: 2 ** 30, ms: 2 ** 31 - 1 }

const noRefusals: readonly Refusal[] = []
const isRefused = ({ refusal }: Judged) => refusal !== undefined

export function createMiddleware(tracker: Tracker, options: MiddlewareOptions): Middleware {
  const { bodyLimitBytes, handOver, durability, strict, watch } = options
  const protocols = options.protocols.map((one) => careful(one, fail))
  const { learnAll, learnFrom, isExempt } = createLearning(tracker, strict, watch)
  const handled = new WeakSet<IncomingMessage>()
  const looking = { bytes: bodyLimitBytes, ms: holdMs }

  // Not async: a request that is none of ours costs one look at its address.
  return (ctx, next) => {
    const { method = '', url = '' } = ctx.req
    const queryAt = url.indexOf('?')
    // Koa knows better what `http://host/empire`, `/empire#x` and a space at the end mean, and takes longer to say it.
    const isPlain = url.startsWith('/') && !odd.test(url)
    const path = !isPlain ? oddPath(ctx) : queryAt < 0 ? url : url.slice(0, queryAt)
    // A preflight is the host's; with a body it is none, and some hosts take it for a call.
    if (!isOurs(method === 'OPTIONS' ? 'POST' : method, path) || handled.has(ctx.req)) return next()
    handled.add(ctx.req)
    const query = !isPlain ? ctx.querystring : queryAt < 0 ? '' : url.slice(queryAt + 1)
    return handle(ctx, next, { method, path, query, headers: ctx.req.headers })
  }

  async function handle(ctx: GameContext, next: () => Promise<unknown>, address: GameRequest) {
    // Whatever is wrong with us, or with a protocol, the game goes on.
    const admission = safely(() => admit(ctx, address))
    const exchange = admission instanceof Promise ? await admission : admission
    if (exchange === 'refused') return undefined
    if (!exchange) return next()
    const client = exchange.judged.find((one) => one.client)?.client
    if (client) ctx.state.client = client
    const capture = captureResponse(ctx, exchange)
    try {
      await next()
    } catch (error) {
      await capture.expect()
      throw error
    }
    if (ctx.req.method === 'HEAD') unheard(ctx.body)
    const seen = capture.hasBegun || ctx.respond === false ? undefined : unsent(ctx, capture)
    if (!seen) return capture.expect()
    capture.letGo()
    await safely(() => learnFrom(exchange, seen, false))
  }

  /** Looks at the answer, whoever writes it, and holds it where somebody waits for what it tells. */
  function captureResponse(ctx: GameContext, exchange: Exchange): ResponseCapture {
    const { judged, calls, rest, isStrict } = exchange
    const mayBeReplaced = rest !== undefined || isStrict
    let isHeld = mayBeReplaced || calls.length === 0 || durability === 'all'
    let mayTellByHead = false
    for (const { call, client } of judged) {
      if (call.createsSession || (client && call.renews === 'body')) isHeld = true
      if (call.createsSession || (client && call.renews === 'head')) mayTellByHead = true
    }
    return new ResponseCapture(
      ctx.res,
      {
        isHeld,
        isHeldFor: mayTellByHead
          ? (head) => learnAll(exchange, head).some(({ lesson }) => lesson.sessionId)
          : undefined,
        mayBeReplaced,
        limits: mayBeReplaced ? wholeAnswer : looking,
      },
      (given, isUnreadable) => safely(() => learnFrom(exchange, given, isUnreadable)),
    )
  }

  /** Reads and judges the calls of a request. `refused`: all were, and the answer says so; undefined: none of it is ours. */
  function admit(ctx: GameContext, address: GameRequest): Soon<Exchange | 'refused' | undefined> {
    return after(isUnlooked(ctx) ? undefined : readBody(ctx, bodyLimitBytes), (body) => {
      if (body && 'unread' in body) ctx.res.once('finish', () => flowOff(ctx.req))
      const found = identify(ctx, address, body)
      return found && after(judgeAll(tracker, found.calls), (judged) => withJudgement(ctx, found, judged))
    })
  }

  function withJudgement(ctx: GameContext, found: Identified, judged: readonly Judged[]): Exchange | 'refused' {
    const { protocol, request, calls, isBodyRead, isCounted } = found
    const watchers = watchersOf(protocols, request.path, protocol, calls)
    const isAllExempt = calls.length > 0 && calls.every(({ feature }) => isExempt(feature))
    const isStrict = strict !== false && watchers.length > 0 && !isAllExempt
    // Spelled out: a spread would take longer than all the rest of this.
    const exchange: Exchange = {
      protocol,
      request,
      calls,
      isBodyRead,
      isCounted,
      judged,
      refusals: noRefusals,
      rest: undefined,
      watchers,
      isStrict,
    }
    if (!judged.some(isRefused)) return exchange
    const refusals = judged.flatMap(({ refusal }) => (refusal ? [refusal] : []))
    exchange.refusals = refusals
    exchange.rest = protocol.batch?.without(request, refusals)
    if (exchange.rest) replaceBody(ctx, exchange.rest)
    if (refusals.length < calls.length || exchange.rest !== undefined) return exchange
    answer(ctx, protocol.refuse(request, refusals))
    return 'refused'
  }

  /** The calls of a request and whose they are; without calls where there is something that nobody could read. */
  function identify(ctx: GameContext, address: GameRequest, body: RequestBody | undefined): Identified | undefined {
    const { method, query, headers } = address
    const requests = body ? readings(ctx, address, body, handOver) : [address]
    const asked =
      protocols.length === 1
        ? protocols
        : protocols.filter((one) => one.matches(method === 'OPTIONS' ? 'POST' : method, address.path))
    const found = method === 'OPTIONS' ? undefined : likeliest(asked, requests)
    const isBodyRead = !body || !('unread' in body)
    if (found) {
      const { protocol, request, calls } = found
      return { protocol, request, calls, isBodyRead, isCounted: false }
    }
    const isCounted = !isEmpty(body)
    if (isCounted) watch.requestUnread()
    // What has nothing in it that could tell the game who asks is no login in disguise.
    else if (query === '' && headers.authorization === undefined && !isUnlooked(ctx)) return undefined
    const [protocol] = watchersOf(asked, address.path)
    return protocol && { protocol, request: requests[0] ?? address, calls: [], isBodyRead, isCounted }
  }

  function isOurs(method: string, path: string): boolean {
    for (const protocol of protocols) if (protocol.matches(method, path)) return true
    return false
  }

  function safely<Value>(work: () => Soon<Value>): Soon<Value | undefined> {
    try {
      const soon = work()
      return soon instanceof Promise ? soon.catch(fail) : soon
    } catch (error) {
      return fail(error)
    }
  }

  function fail(error: unknown): undefined {
    options.onError(new ClienteleError('protocol_failed', 'A protocol threw; the request passed.', { cause: error }))
  }
}

/** As Koa reads it; of a target that is no address, such as `http://[x/rpc` or that of a CONNECT, it makes none, or throws. */
function oddPath(ctx: GameContext): string {
  try {
    return ctx.path ?? ''
  } catch {
    return ''
  }
}

/** A body that is left alone, because hosts answer such a request as a preflight. */
function isUnlooked({ req }: GameContext): boolean {
  return req.method === 'OPTIONS' && hasBody(req)
}

/**
 * An answer that is looked into before it goes out: an object, which nobody has to read again when Koa has made text of it; and what
 * the client is no more there to get, but the game has said.
 */
function unsent({ status, body, res }: GameContext, { isNeeded, isClosed }: ResponseCapture): GameAnswer | undefined {
  if (isClosed) return isReadable(body) ? { status, headers: res.getHeaders(), body } : undefined
  return !isNeeded && isPlainObject(body) ? { status, headers: {}, body } : undefined
}

/** Of a stream Koa sends nothing to HEAD, and destroys it when the answer is out; if we hold that, nobody listens to what breaks. */
function unheard(body: unknown): void {
  if (typeof body !== 'object' || body === null || !('pipe' in body) || !('on' in body)) return
  ;(body as NodeJS.ReadableStream).on('error', () => undefined)
}

function isReadable(body: unknown): boolean {
  return typeof body === 'string' || body instanceof Uint8Array || isPlainObject(body)
}

/** What Koa will say as JSON. */
function isPlainObject(body: unknown): body is object {
  if (typeof body !== 'object' || body === null || 'toJSON' in body || 'pipe' in body) return false
  const prototype: unknown = Object.getPrototypeOf(body)
  return prototype === null || prototype === Object.prototype || Array.isArray(body)
}
