import type { IncomingMessage } from 'node:http'
import { ClienteleError } from '../errors.js'
import { flowOff, hasBody, type RequestBody, readBody, replaceBody, type WholeBody } from '../http/request-body.js'
import { type OnAnswer, ResponseCapture } from '../http/response-capture.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import type { GameAnswer, GameRequest, Protocol, Refusal } from '../protocols/protocol.js'
import type { Durability, Tracker } from '../sessions/tracker.js'
import type { FeatureNames } from '../usage/recording/feature-names.js'
import { type Exchange, type Identified, type Judged, judgeAll, type LateExchange, likeliest } from './admission.js'
import { careful } from './careful-protocol.js'
import { answer, type GameContext } from './koa-context.js'
import { createLearning } from './learning.js'
import { watchersOf } from './net.js'
import { isEmpty, readings } from './readings.js'
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
  /** Those that have names. */
  features: FeatureNames
  onError(error: ClienteleError): void
}

/** What Koa's parser of addresses takes out or cuts off; HTTP/2 lets clients send it. */
const odd = /[#\s\ufeff]/

/**
 * The longest that the game is kept from a request because its body is not whole yet, in milliseconds. A packet that gets lost is sent
 * again after one second (RFC 6298, section 2.1) and a client that waits for `100 Continue` goes on after one, as curl does; so a login
 * by an honest client is here by then, on a bad line too, and is judged before the game has it.
 */
const bodyMs = 2_000
/**
 * The longest that an answer is kept from the client because it is not whole yet, in milliseconds: a stream, or one that is
 * written by hand, may go on for ever.
 */
const holdMs = 2_000
/** Of an answer that another may replace all is needed; as long as Node's timers can be. */
const wholeAnswer = { bytes: 2 ** 30, ms: 2 ** 31 - 1 }

const pages = new Set(['GET', 'HEAD', 'OPTIONS'])
const noRefusals: readonly Refusal[] = []
const isRefused = ({ refusal }: Judged) => refusal !== undefined

export function createMiddleware(tracker: Tracker, options: MiddlewareOptions): Middleware {
  const { bodyLimitBytes, handOver, durability, strict, watch } = options
  const protocols = options.protocols.map((one) => careful(one, fail))
  const { learnAll, learnFrom, countCalls, isExempt } = createLearning(tracker, options)
  const handled = new WeakSet<IncomingMessage>()
  const looking = { bytes: bodyLimitBytes, ms: holdMs }
  // What was let through by being slow could be refused no more.
  const deadlineMs = strict === false ? bodyMs : undefined

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
    const admitted = admission instanceof Promise ? await admission : admission
    if (admitted === 'refused') return undefined
    if (!admitted) return next()
    const [capture, learn] = 'body' in admitted ? captureLate(ctx, address, admitted) : captureResponse(ctx, admitted)
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
    await learn(seen, false)
  }

  /** Looks at the answer, whoever writes it, and holds it where somebody waits for what it tells. */
  function captureResponse(ctx: GameContext, exchange: Exchange): [ResponseCapture, OnAnswer] {
    const { judged, rest, isStrict } = exchange
    tellClient(ctx, exchange)
    const mayBeReplaced = rest !== undefined || isStrict
    const mayTellByHead = judged.some(({ call, client }) => call.createsSession || (client && call.renews === 'head'))
    const learn: OnAnswer = (given, isUnreadable) => safely(() => learnFrom(exchange, given, isUnreadable))
    const holding = {
      isHeld: mayBeReplaced || mayTellByBody(exchange),
      isHeldFor: mayTellByHead ? (head: GameAnswer) => showsSession(exchange, head) : undefined,
      mayBeReplaced,
      limits: mayBeReplaced ? wholeAnswer : looking,
    }
    return [new ResponseCapture(ctx.res, holding, learn), learn]
  }

  /** The same while the body still comes. An answer that is earlier goes out as the game gives it; its calls count when they are known. */
  function captureLate(ctx: GameContext, address: GameRequest, late: LateExchange): [ResponseCapture, OnAnswer] {
    const { unread, body } = late
    let isWhole = false
    let exchange: MaybePromise<Exchange | undefined>
    let early: GameAnswer | undefined
    body.read((read) => {
      isWhole = true
      exchange = safely(() => after(read, (whole) => identifyLate(ctx, address, late, whole)))
      void safely(() =>
        after(exchange, (one) => {
          exchange = one
          if (one && early) countCalls(one, early)
          else if (one) tellClient(ctx, one)
        }),
      )
    })
    const learn: OnAnswer = (given, isUnreadable) => {
      if (isWhole) return after(exchange, (one) => safely(() => one && learnFrom(one, given, isUnreadable)))
      // An upload may take hours, and nobody keeps the answer for as long.
      early = { status: given.status, headers: {}, body: undefined }
      return safely(() => unread && learnFrom(unread, given, isUnreadable))
    }
    const holding = {
      get isHeld() {
        return isWhole && (exchange instanceof Promise || (exchange !== undefined && mayTellByBody(exchange)))
      },
      isHeldFor: (head: GameAnswer) =>
        isWhole && exchange !== undefined && !(exchange instanceof Promise) && showsSession(exchange, head),
      mayBeReplaced: false,
      limits: looking,
    }
    return [new ResponseCapture(ctx.res, holding, learn), learn]
  }

  function tellClient(ctx: GameContext, { judged }: Exchange): void {
    const client = judged.find((one) => one.client)?.client
    if (client) ctx.state.client = client
  }

  function mayTellByBody({ judged, calls }: Exchange): boolean {
    if (calls.length === 0 || durability === 'all') return true
    return judged.some(({ call, client }) => call.createsSession || (client && call.renews === 'body'))
  }

  function showsSession(exchange: Exchange, head: GameAnswer): boolean {
    return learnAll(exchange, head).some(({ outcome }) => outcome.sessionId)
  }

  /** Reads and judges the calls of a request. `refused`: all were, and the answer says so; undefined: none of it is ours. */
  function admit(
    ctx: GameContext,
    address: GameRequest,
  ): MaybePromise<Exchange | LateExchange | 'refused' | undefined> {
    const isNeeded = (start?: Buffer) => readsBody(start ? { ...address, body: start } : address)
    const reading = isUnlooked(ctx) ? undefined : readBody(ctx, { bytes: bodyLimitBytes, ms: deadlineMs, isNeeded })
    return after(reading, (body) => {
      if (body && 'unread' in body) {
        ctx.res.once('finish', () => flowOff(ctx.req))
        if (body.unread === 'late') return { unread: unreadExchange(address), body }
      }
      const found = identify(ctx, address, body)
      return found && after(judgeAll(tracker, found.calls), (judged) => withJudgement(ctx, found, judged))
    })
  }

  function withJudgement(ctx: GameContext, found: Identified, judged: readonly Judged[]): Exchange | 'refused' {
    const exchange = exchangeOf(found, judged)
    if (!judged.some(isRefused)) return exchange
    const { protocol, request, calls } = found
    const refusals = judged.flatMap(({ refusal }) => (refusal ? [refusal] : []))
    exchange.refusals = refusals
    exchange.rest = protocol.batch?.without(request, refusals)
    if (exchange.rest) replaceBody(ctx, exchange.rest)
    if (refusals.length < calls.length || exchange.rest !== undefined) return exchange
    answer(ctx, protocol.refuse(request, refusals))
    return 'refused'
  }

  /** Of a body that was late: a login that would have been refused is as good as one that nobody could read. */
  function withLateJudgement(found: Identified, judged: readonly Judged[], { unread }: LateExchange): Exchange {
    const admitted = judged.filter((one) => !isRefused(one))
    const isCounted = found.isCounted || admitted.length < judged.length
    // A session that was shown before the body had ended has counted the request already.
    if (isCounted && !found.isCounted && unread?.isCounted !== true) watch.requestUnread()
    return exchangeOf({ ...found, isCounted, calls: admitted.map(({ call }) => call) }, admitted)
  }

  function exchangeOf(found: Identified, judged: readonly Judged[]): Exchange {
    const { protocol, request, calls, isSure, isBodyRead, isCounted } = found
    const watchers = watchersOf(protocols, request.path, protocol, calls)
    const isAllExempt = calls.length > 0 && calls.every(({ feature }) => isExempt(feature))
    const isStrict = strict !== false && watchers.length > 0 && !isAllExempt
    // Spelled out: a spread would take longer than all the rest of this.
    return {
      protocol,
      request,
      calls,
      isSure,
      isBodyRead,
      isCounted,
      judged,
      refusals: noRefusals,
      rest: undefined,
      watchers,
      isStrict,
    }
  }

  function identifyLate(ctx: GameContext, address: GameRequest, late: LateExchange, body: WholeBody) {
    const found = identify(ctx, address, body, late)
    return found && after(judgeAll(tracker, found.calls, true), (judged) => withLateJudgement(found, judged, late))
  }

  /** The calls of a request and whose they are; without calls where there is something that nobody could read. */
  function identify(
    ctx: GameContext,
    address: GameRequest,
    body: RequestBody | undefined,
    late?: LateExchange,
  ): Identified | undefined {
    const { method, query, headers } = address
    const requests = body ? readings(ctx, address, body, handOver && !late) : [address]
    const asked = askedFor(address)
    const found = method === 'OPTIONS' ? undefined : likeliest(asked, requests)
    const isBodyRead = !body || !('unread' in body)
    if (found) {
      const { protocol, request, calls, isSure } = found
      return { protocol, request, calls, isSure, isBodyRead, isCounted: false }
    }
    const isCounted = !isEmpty(body)
    if (isCounted && late?.unread?.isCounted !== true) watch.requestUnread()
    // A page, or a preflight: of that which has nothing in it to tell the game who asks no login is made.
    else if (pages.has(method) && query === '' && headers.authorization === undefined && !isUnlooked(ctx)) {
      return undefined
    }
    const [protocol] = watchersOf(asked, address.path)
    return protocol && { protocol, request: requests[0] ?? address, calls: [], isSure: false, isBodyRead, isCounted }
  }

  /** A request of which nothing is known yet but its address. */
  function unreadExchange(address: GameRequest): Exchange | undefined {
    const [protocol] = watchersOf(askedFor(address), address.path)
    return (
      protocol &&
      exchangeOf({ protocol, request: address, calls: [], isSure: false, isBodyRead: false, isCounted: false }, [])
    )
  }

  function askedFor({ method, path }: GameRequest): readonly Protocol[] {
    if (protocols.length === 1) return protocols
    return protocols.filter((one) => one.matches(method === 'OPTIONS' ? 'POST' : method, path))
  }

  function readsBody(request: GameRequest): boolean {
    if (handOver && request.body === undefined) return true
    return askedFor(request).some((one) => one.readsBody?.(request) ?? true)
  }

  function isOurs(method: string, path: string): boolean {
    for (const protocol of protocols) if (protocol.matches(method, path)) return true
    return false
  }

  function safely<Value>(work: () => MaybePromise<Value>): MaybePromise<Value | undefined> {
    try {
      const value = work()
      return value instanceof Promise ? value.catch(fail) : value
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
