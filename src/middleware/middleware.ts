import type { IncomingMessage } from 'node:http'
import { ClienteleError } from '../errors.js'
import { nobody } from '../keys/key-format.js'
import type { Call, GameAnswer, GameRequest, Lesson, Protocol, Refusal } from '../protocols/protocol.js'
import type { ClientState } from '../sessions/client-state.js'
import { refusalMessages } from '../sessions/decision.js'
import type { Starter } from '../sessions/session-bindings.js'
import type { Durability, Tracker } from '../sessions/tracker.js'
import { unknownFeature } from '../usage/counters.js'
import { readAnswer } from './game-answer.js'
import { answer, type GameContext } from './game-context.js'
import { HandWritten, ofBody } from './hand-written.js'
import { inSlices } from './in-slices.js'
import { readings } from './readings.js'
import { type RequestBody, readBody, replaceBody } from './request-body.js'
import { after, type Soon } from './soon.js'

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

interface Admitted extends Identified {
  judged: readonly Judged[]
  refusals: readonly Refusal[]
  /** What of a batch goes on to the game, when some of it was refused. */
  rest: unknown
}

interface Judged {
  call: Call
  client?: ClientState
  starter?: Starter
  refusal?: Refusal
}

const noStarter: Starter = { publicKey: nobody }
const noRefusals: readonly Refusal[] = []
const isRefused = ({ refusal }: Judged) => refusal !== undefined

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
    if (!isOurs(method, path) || handled.has(ctx.req)) return next()
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
    const { protocol, request, calls, judged, refusals, rest } = admitted
    const client = judged.find((one) => one.client)?.client
    if (client) ctx.state.client = client
    const look = calls.some(({ createsSession }) => createsSession)
    const { batch } = protocol
    const isJoined = batch !== undefined && rest !== undefined
    const limits = isJoined ? wholeAnswer : { bytes: bodyLimitBytes, ms: holdMs }
    let isRecorded = false
    const learnFrom = (given: GameAnswer): Soon<GameAnswer | undefined> => {
      isRecorded = true
      const learn = (call: Call) => guard(() => protocol.learn(call, given) ?? {}, {})
      return after(record(rest === undefined ? judged : seenByGame(admitted, rest), learn), () => {
        const joined = isJoined ? batch.join(request, refusals, given) : given
        return joined === given ? undefined : joined
      })
    }
    const onAnswer = (given: GameAnswer) => safely(() => learnFrom(given))
    const isHeld = look || isJoined || durability === 'all'
    const handWritten = new HandWritten(ctx.res, { isHeld, mayBeReplaced: isJoined, limits }, onAnswer)
    try {
      await next()
    } catch (error) {
      await handWritten.isGiven(false)
      if (!isRecorded) await record(judged, () => ({ failed: true }))
      throw error
    }
    const isGiven = handWritten.isGiven(ctx.respond === false)
    if (isGiven instanceof Promise ? await isGiven : isGiven) return
    const replacement = readAnswer(ctx, look || isJoined, limits, onAnswer)
    const instead = replacement instanceof Promise ? await replacement : replacement
    if (!instead) return
    for (const name of ofBody) ctx.res.removeHeader(name)
    answer(ctx, instead)
  }

  /** Reads and judges the calls of a request. `refused`: all were, and the answer says so; undefined: none of it is ours. */
  function admit(ctx: GameContext, address: GameRequest): Soon<Admitted | 'refused' | undefined> {
    const body = address.method === 'GET' ? undefined : readBody(ctx, bodyLimitBytes)
    return after(body, (read) => {
      const found = identify(ctx, address, read)
      return found && after(inSlices(found.calls, judge), (judged) => withJudgement(ctx, found, judged))
    })
  }

  function withJudgement(ctx: GameContext, found: Identified, judged: readonly Judged[]): Admitted | 'refused' {
    const { protocol, request, calls } = found
    // A spread would take longer than all the rest of this.
    if (!judged.some(isRefused)) return { protocol, request, calls, judged, refusals: noRefusals, rest: undefined }
    const refusals = judged.flatMap(({ refusal }) => (refusal ? [refusal] : []))
    const rest = guard(() => {
      const left = protocol.batch?.without(request, refusals)
      // Throws where it is nested too deeply for JSON to say it again.
      if (left !== undefined) replaceBody(ctx, left)
      return left
    }, undefined)
    if (refusals.length < calls.length || rest !== undefined) return { ...found, judged, refusals, rest }
    answer(ctx, protocol.refuse(request, refusals))
    return 'refused'
  }

  /** The calls that the game saw, which have other places when some were refused. */
  function seenByGame({ protocol, request, judged }: Admitted, rest: unknown): Judged[] {
    const { body: _, ...bare } = request
    const seen = protocol.read({ ...bare, parsed: rest })
    const played = judged.filter(({ refusal }) => !refusal)
    return played.map((one, index) => ({ ...one, call: seen[index] ?? one.call }))
  }

  /** The calls of a request, and whose they are: of several protocols the first that finds any. */
  function identify(ctx: GameContext, address: GameRequest, body: RequestBody | undefined): Identified | undefined {
    const requests = body ? readings(ctx, address, body, handOver) : [address]
    for (const protocol of protocols) {
      if (!matches(protocol, address.method, address.path)) continue
      for (const request of requests) {
        const calls = guard(() => protocol.read(request), [])
        if (calls.length > 0) return { protocol, request, calls }
      }
    }
    if (body && 'unread' in body && body.unread !== 'multipart') options.onUnread()
    return undefined
  }

  function judge(call: Call): Soon<Judged> {
    if (call.createsSession) return judgeLogin(call)
    if (call.sessionId === undefined) return { call }
    return after(tracker.clientOf(call.sessionId), (known) => {
      return known ? { call, client: known.client, starter: known.starter } : { call }
    })
  }

  async function judgeLogin(call: Call): Promise<Judged> {
    const admitted = await tracker.admit(call.publicKey)
    if (typeof admitted !== 'string') return { call, client: admitted.client, starter: admitted.starter }
    return { call, refusal: { call, reason: admitted, message: refusalMessages[admitted] } }
  }

  /** A promise only where somebody waits for the store. */
  function record(judged: readonly Judged[], learn: (call: Call) => Lesson): Soon<unknown> {
    const waiting: Promise<unknown>[] = []
    for (const { call, starter = noStarter, refusal } of judged) {
      if (refusal) continue
      const { sessionId, playerId, failed = false, unknown = false } = learn(call)
      const { publicKey } = starter
      const tracked = tracker.record(starter, unknown ? unknownFeature : call.feature, failed)
      if (tracked) waiting.push(tracked)
      if (call.endsSession && !failed && call.sessionId !== undefined) void tracker.end(call.sessionId)
      if (!call.createsSession || sessionId === undefined) continue
      const player = playerId === undefined ? {} : { playerId }
      waiting.push(tracker.open({ sessionId, publicKey, method: call.feature, ...player }))
    }
    return waiting.length === 0 ? undefined : Promise.all(waiting)
  }

  function isOurs(method: string, path: string): boolean {
    for (const protocol of protocols) if (matches(protocol, method, path)) return true
    return false
  }

  // Every request of the server comes here, so there is no closure.
  function matches(protocol: Protocol, method: string, path: string): boolean {
    try {
      return protocol.matches(method, path)
    } catch (error) {
      fail(error)
      return false
    }
  }

  function guard<Value>(work: () => Value, otherwise: Value): Value {
    try {
      return work()
    } catch (error) {
      fail(error)
      return otherwise
    }
  }

  function safely<Value>(work: () => Soon<Value>): Soon<Value | undefined> {
    const soon = guard(work, undefined)
    return soon instanceof Promise ? soon.catch(fail) : soon
  }

  function fail(error: unknown): undefined {
    options.onError(new ClienteleError('protocol_failed', 'A protocol threw; the request passed.', { cause: error }))
  }
}
