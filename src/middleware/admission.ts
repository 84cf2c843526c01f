import { replaceBody } from '../http/request-body.js'
import { andThen, type MaybePromise, mapInChunks } from '../maybe-promise.js'
import type { BatchRest, Call, Protocol, Refusal } from '../protocols/protocol.js'
import type { RefusalReason } from '../refusals.js'
import { refusalMessages } from '../refusals.js'
import type { ClientState } from '../sessions/client-state.js'
import type { KnownClient, Tracker } from '../sessions/tracker.js'
import type { Attribution } from '../usage/attribution.js'
import type { BlindSpotMonitor } from './blind-spot-monitor.js'
import { answer, type GameContext } from './koa-context.js'
import { type LateRequest, type Reading, sessionFinders } from './reading.js'

/** Whether a session that no login accounts for is refused; an array names the features that may answer with one. */
export type Strictness = boolean | readonly string[]

/** A call, and whose it is. */
export interface JudgedCall {
  call: Call
  client?: ClientState
  attribution?: Attribution
  refusal?: Refusal
}

/** A request on its way to the game. */
export interface JudgedRequest {
  reading: Reading
  calls: readonly JudgedCall[]
  refusals: readonly Refusal[]
  /** What of a batch goes on, when some of it was refused. */
  rest: BatchRest | undefined
  /** Those that look for session ids in the answer. */
  finders: readonly Protocol[]
  /** A session that no login accounts for is refused. */
  isStrict: boolean
}

export interface Admission {
  /** Whose the calls are. `refused`: none of them may go on, and the answer says so. */
  judge(ctx: GameContext, reading: Reading): MaybePromise<JudgedRequest | 'refused'>
  /** The same of a request that the game has already: nothing is refused. */
  judgeLate(late: LateRequest, reading: Reading): MaybePromise<JudgedRequest>
  /** A request whose calls nobody knows yet. */
  unjudged(reading: Reading): JudgedRequest
}

const noRefusals: readonly Refusal[] = []
const isRefused = ({ refusal }: JudgedCall) => refusal !== undefined

/** Whether the calls of a request may go on to the game, and whom they count for. */
export function createAdmission(
  tracker: Tracker,
  protocols: readonly Protocol[],
  { strict, monitor }: { strict: Strictness; monitor: BlindSpotMonitor },
): Admission {
  function judge(ctx: GameContext, reading: Reading): MaybePromise<JudgedRequest | 'refused'> {
    return andThen(judgeCalls(tracker, reading.calls), (calls) => withRefusals(ctx, judgedRequest(reading, calls)))
  }

  function withRefusals(ctx: GameContext, judged: JudgedRequest): JudgedRequest | 'refused' {
    if (!judged.calls.some(isRefused)) return judged
    const { protocol, request, calls } = judged.reading
    const refusals = judged.calls.flatMap(({ refusal }) => (refusal ? [refusal] : []))
    judged.refusals = refusals
    judged.rest = protocol.batch?.without(request, refusals)
    if (judged.rest) replaceBody(ctx, judged.rest)
    if (refusals.length < calls.length || judged.rest !== undefined) return judged
    answer(ctx, protocol.refuse(request, refusals))
    return 'refused'
  }

  function judgeLate(late: LateRequest, reading: Reading): MaybePromise<JudgedRequest> {
    return andThen(judgeCalls(tracker, reading.calls, true), (calls) => {
      const admitted = calls.filter((one) => !isRefused(one))
      // A login that would have been refused is as good as one that nobody could read.
      const isCountedUnread = reading.isCountedUnread || admitted.length < calls.length
      // A session that was shown before the body had ended has counted the request already.
      if (isCountedUnread && !reading.isCountedUnread && late.unread?.isCountedUnread !== true) monitor.requestUnread()
      return judgedRequest({ ...reading, isCountedUnread, calls: admitted.map(({ call }) => call) }, admitted)
    })
  }

  function judgedRequest(reading: Reading, calls: readonly JudgedCall[]): JudgedRequest {
    const finders = sessionFinders(protocols, reading.request.path, reading.protocol, reading.calls)
    const isAllExempt = reading.calls.length > 0 && reading.calls.every(({ feature }) => isExempt(strict, feature))
    const isStrict = strict !== false && finders.length > 0 && !isAllExempt
    return { reading, calls, refusals: noRefusals, rest: undefined, finders, isStrict }
  }

  return { judge, judgeLate, unjudged: (reading) => judgedRequest(reading, []) }
}

/** Puts the client of a request where the game finds it. */
export function tellClient(ctx: GameContext, { calls }: JudgedRequest): void {
  const client = calls.find((one) => one.client)?.client
  if (client) ctx.state.client = client
}

/** Whether this feature may answer with a session id and is no login. */
export function isExempt(strict: Strictness, feature: string | undefined): boolean {
  return typeof strict === 'object' && feature !== undefined && strict.includes(feature)
}

type Whose = KnownClient | RefusalReason | undefined

/**
 * Whose the calls of a request are, or why they are refused, which only logins can be. A public key or a session that many calls of
 * a batch carry is looked up once. `isLate`: the game has them already and nobody can refuse them, so no refusal counts.
 */
function judgeCalls(tracker: Tracker, calls: readonly Call[], isLate = false): MaybePromise<JudgedCall[]> {
  const [only] = calls
  if (only && calls.length === 1) {
    return andThen(whoseIs(tracker, only, isLate ? 0 : 1), (whose) => [judgedCall(only, whose)])
  }
  const logins = new Map<unknown, number>()
  for (const { createsSession, publicKey } of calls) {
    if (createsSession && !isLate) logins.set(publicKey, (logins.get(publicKey) ?? 0) + 1)
  }
  const [byPublicKey, bySession] = [new Map<unknown, MaybePromise<Whose>>(), new Map<unknown, MaybePromise<Whose>>()]
  return mapInChunks(calls, (call) => {
    const [found, said] = call.createsSession ? [byPublicKey, call.publicKey] : [bySession, call.sessionId]
    const whose = found.has(said) ? found.get(said) : whoseIs(tracker, call, logins.get(said) ?? 0)
    found.set(said, whose)
    return andThen(whose, (one) => judgedCall(call, one))
  })
}

/** `logins`: how many calls of the request carry its public key, so that each refusal is counted. */
function whoseIs(
  tracker: Tracker,
  { createsSession, publicKey, sessionId }: Call,
  logins: number,
): MaybePromise<Whose> {
  if (createsSession) return tracker.admit(publicKey, logins)
  return sessionId === undefined ? undefined : tracker.clientOf(sessionId)
}

function judgedCall(call: Call, whose: Whose): JudgedCall {
  if (whose === undefined) return { call }
  if (typeof whose !== 'string') return { call, client: whose.client, attribution: whose.attribution }
  return { call, refusal: { call, reason: whose, message: refusalMessages[whose] } }
}
