import type { IncomingMessage } from 'node:http'
import { ClienteleError } from '../errors.js'
import { nobody } from '../keys/key-format.js'
import { parseJson } from '../protocols/json-text.js'
import type { Call, GameAnswer, GameRequest, Lesson, Protocol, Refusal } from '../protocols/protocol.js'
import { refusalMessages } from '../sessions/decision.js'
import type { Starter } from '../sessions/session-bindings.js'
import type { ClientState, Durability, Tracker } from '../sessions/tracker.js'
import { unknownFeature } from '../usage/counters.js'
import { type AnswerSource, readAnswer } from './game-answer.js'
import { HandWritten, ofBody } from './hand-written.js'
import { inSlices } from './in-slices.js'
import { type BodySource, handOverBody, type RequestBody, readBody, replaceBody } from './request-body.js'

/** What we use of a Koa context, structurally: Koa 2 and Koa 3 both fit. */
export interface GameContext extends AnswerSource, BodySource {
  /** Node's request. */
  req: IncomingMessage
  /** Below any mount point, without the query. */
  path: string
  /** Without the question mark. */
  querystring: string
  /** Where `client`, a {@link ClientState}, is put. */
  state: Record<string, unknown>
  /** `false` when the game writes its answer by hand. */
  respond?: boolean
  /** Sets a header of the answer. */
  set(name: string, value: string | string[]): void
}

/** Koa middleware, of Koa 2 and of Koa 3. */
export type Middleware = (ctx: GameContext, next: () => Promise<unknown>) => Promise<unknown>

export interface MiddlewareOptions {
  protocols: readonly Protocol[]
  bodyLimitBytes: number
  handOver: boolean
  /** With `'all'` each call's answer waits, and not a login's only. */
  durability: Durability
  onUnread(): void
  onError(error: ClienteleError): void
}

/** What Koa's parser of addresses takes out or cuts off; HTTP/2 lets clients send it. */
const odd = /[#\s\ufeff]/

/**
 * The longest that an answer is kept from the client because it is not whole yet, in milliseconds: a stream, or one that is
 * written by hand, may go on for ever.
 */
const holdMs = 2_000
/** Of a batch that is put together again the game's part is always whole; as long as Node's timers can be. */
const wholeAnswer = { bytes: 2 ** 30, ms: 2 ** 31 - 1 }

interface Identified {
  protocol: Protocol
  request: GameRequest
  calls: readonly Call[]
}

interface Judged {
  call: Call
  client?: ClientState
  starter?: Starter
  refusal?: Refusal
}

export function createMiddleware(tracker: Tracker, options: MiddlewareOptions): Middleware {
  const { protocols, bodyLimitBytes, handOver, durability } = options
  const handled = new WeakSet<IncomingMessage>()

  // Not async: a request that is none of ours costs one look at its address.
  return (ctx, next) => {
    const { method = '', url = '' } = ctx.req
    const queryAt = url.indexOf('?')
    // Koa knows better what `http://host/empire`, `/empire#x` and a space at the end mean, and takes longer to say it.
    const isPlain = url.startsWith('/') && !odd.test(url)
    const path = !isPlain ? ctx.path : queryAt < 0 ? url : url.slice(0, queryAt)
    if (!protocols.some((one) => isOf(one, method, path)) || handled.has(ctx.req)) return next()
    handled.add(ctx.req)
    return handle(ctx, next, { method, path, query: ctx.querystring, headers: ctx.req.headers })
  }

  async function handle(ctx: GameContext, next: () => Promise<unknown>, address: GameRequest) {
    // Whatever is wrong with us, or with a protocol, the game goes on.
    const admitted = await admit(ctx, address).catch(fail)
    if (admitted === 'refused') return undefined
    if (!admitted) return next()
    const { protocol, request, calls, judged, refusals, rest } = admitted
    const client = judged.find((one) => one.client)?.client
    if (client) ctx.state.client = client
    const look = calls.some(({ createsSession }) => createsSession)
    const { batch } = protocol
    const isJoined = batch !== undefined && rest !== undefined
    const limits = isJoined ? wholeAnswer : { bytes: bodyLimitBytes, ms: holdMs }
    let isRecorded = false
    const learnFrom = async (given: GameAnswer) => {
      isRecorded = true
      // The game saw these calls, which have other places when some were refused.
      const { body: _, ...bare } = request
      const seen = rest === undefined ? calls : protocol.read({ ...bare, parsed: rest })
      const played = rest === undefined ? judged : judged.filter(({ refusal }) => !refusal)
      await record(
        played.map((one, index) => ({ ...one, call: seen[index] ?? one.call })),
        (call) => guard(() => protocol.learn(call, given) ?? {}, {}),
      )
      const joined = isJoined ? batch.join(request, refusals, given) : given
      return joined === given ? undefined : joined
    }
    const onAnswer = (given: GameAnswer) => learnFrom(given).catch(fail)
    const isHeld = look || isJoined || durability === 'all'
    const handWritten = new HandWritten(ctx.res, { isHeld, mayBeReplaced: isJoined, limits }, onAnswer)
    try {
      await next()
    } catch (error) {
      await handWritten.isGiven(false)
      if (!isRecorded) await record(judged, () => ({ failed: true }))
      throw error
    }
    if (await handWritten.isGiven(ctx.respond === false)) return
    const instead = await readAnswer(ctx, look || isJoined, limits, onAnswer)
    if (!instead) return
    for (const name of ofBody) ctx.res.removeHeader(name)
    answer(ctx, instead)
  }

  /** Reads and judges the calls of a request. `refused`: all were, and the answer says so; undefined: none of it is ours. */
  async function admit(ctx: GameContext, address: GameRequest) {
    const found = await identify(ctx, address)
    if (!found) return undefined
    const { protocol, request, calls } = found
    const judged = await inSlices(calls, judge)
    const refusals = judged.flatMap(({ refusal }) => (refusal ? [refusal] : []))
    const rest = guard(() => {
      const left = refusals.length > 0 ? protocol.batch?.without(request, refusals) : undefined
      // Throws where it is nested too deeply for JSON to say it again.
      if (left !== undefined) replaceBody(ctx, left)
      return left
    }, undefined)
    if (refusals.length < calls.length || rest !== undefined) return { ...found, judged, refusals, rest }
    answer(ctx, protocol.refuse(request, refusals))
    return 'refused'
  }

  /** The calls of a request, and whose they are: of several protocols the first that finds any. */
  async function identify(ctx: GameContext, address: GameRequest): Promise<Identified | undefined> {
    const body = address.method === 'GET' ? undefined : await readBody(ctx, bodyLimitBytes)
    const requests = body ? readings(ctx, address, body) : [address]
    for (const protocol of protocols) {
      if (!isOf(protocol, address.method, address.path)) continue
      for (const request of requests) {
        const calls = guard(() => [...protocol.read(request)], [])
        if (calls.length > 0) return { protocol, request, calls }
      }
    }
    if (body && 'unread' in body && body.unread !== 'multipart') options.onUnread()
    return undefined
  }

  /** The request with its body, in the ways that it can be taken, the likelier first. */
  function readings(ctx: GameContext, address: GameRequest, body: RequestBody): GameRequest[] {
    if ('unread' in body) return [address]
    if ('parsed' in body) {
      const request = { ...address, parsed: body.parsed }
      if (body.raw === undefined) return [request]
      // A parser takes raw JSON that was sent as a form for a form; what it kept of the text still has the calls.
      const raw = { ...address, body: Buffer.from(body.raw) }
      return isForm(address) && /^\s*[[{]/.test(body.raw) ? [raw, request] : [request, raw]
    }
    if (!handOver) return [{ ...address, body: body.bytes }]
    const parsed = parseJson(body.bytes)
    if (typeof parsed !== 'object' || parsed === null) return [{ ...address, body: body.bytes }]
    handOverBody(ctx, parsed)
    return [{ ...address, parsed }]
  }

  async function judge(call: Call): Promise<Judged> {
    if (!call.createsSession) {
      const known = call.sessionId === undefined ? undefined : await tracker.clientOf(call.sessionId)
      return { call, ...known }
    }
    const verdict = await tracker.check(call.publicKey)
    if (verdict.admitted) return { call, client: verdict.client }
    return { call, refusal: { call, reason: verdict.reason, message: refusalMessages[verdict.reason] } }
  }

  async function record(judged: readonly Judged[], learn: (call: Call) => Lesson): Promise<void> {
    const done = judged.flatMap(({ call, client, starter, refusal }) => {
      if (refusal) return []
      const { sessionId, playerId, failed = false, unknown = false } = learn(call)
      const publicKey = client?.publicKey ?? nobody
      const tracked = tracker.record(starter ?? { publicKey }, unknown ? unknownFeature : call.feature, failed)
      if (call.endsSession && !failed && call.sessionId !== undefined) void tracker.end(call.sessionId)
      if (!call.createsSession || sessionId === undefined) return [tracked]
      return [
        tracked,
        tracker.open({ sessionId, publicKey, method: call.feature, ...(playerId === undefined ? {} : { playerId }) }),
      ]
    })
    await Promise.all(done)
  }

  function isOf(protocol: Protocol, method: string, path: string): boolean {
    return guard(() => protocol.matches(method, path), false)
  }

  function guard<Value>(work: () => Value, otherwise: Value): Value {
    try {
      return work()
    } catch (error) {
      fail(error)
      return otherwise
    }
  }

  function fail(error: unknown): undefined {
    options.onError(new ClienteleError('protocol_failed', 'A protocol threw; the request passed.', { cause: error }))
  }
}

function isForm({ headers }: GameRequest): boolean {
  return /^application\/x-www-form-urlencoded/i.test(String(headers['content-type']))
}

function answer(ctx: GameContext, { status, headers, body }: GameAnswer): void {
  // First, so that what is no answer at all leaves no trace on the game's.
  const fields = Object.entries(headers)
  ctx.status = status
  for (const [name, value] of fields) {
    if (value !== undefined) ctx.set(name, typeof value === 'number' ? String(value) : value)
  }
  ctx.body = status === 204 ? null : body
}
