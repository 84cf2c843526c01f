import { inSlices } from '../http/in-slices.js'
import type { LateBody, OtherBody } from '../http/request-body.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import { loginRank } from '../protocols/login-rank.js'
import type { Call, GameRequest, Protocol, Refusal } from '../protocols/protocol.js'
import type { RefusalReason } from '../refusals.js'
import { refusalMessages } from '../refusals.js'
import type { ClientState } from '../sessions/client-state.js'
import type { KnownClient, Tracker } from '../sessions/tracker.js'
import type { Attribution } from '../usage/attribution.js'

/** The calls of a request as one protocol reads them; none where nobody could read it. */
export interface Reading {
  protocol: Protocol
  request: GameRequest
  calls: readonly Call[]
  /** There is no other way to read it. */
  isSure: boolean
  /** Whether somebody could look into the body, if there is one. */
  isBodyRead: boolean
}

/** A call, and whose it is. */
export interface Judged {
  call: Call
  client?: ClientState
  attribution?: Attribution
  refusal?: Refusal
}

/** A request on its way to the game. */
export interface Exchange extends Reading {
  judged: readonly Judged[]
  refusals: readonly Refusal[]
  /** What of a batch goes on, when some of it was refused. */
  rest: OtherBody | undefined
  watchers: readonly Protocol[]
  /** A session that nobody accounts for is refused. */
  isStrict: boolean
  /** That nobody could read it is counted. */
  isCounted: boolean
}

export type Identified = Reading & Pick<Exchange, 'isCounted'>

/** A request that is with the game while its body still comes. */
export interface LateExchange {
  /** Without calls, as nobody has read it; undefined where it could hand nothing out. */
  unread: Exchange | undefined
  body: LateBody
}

/**
 * The calls of a request, by the protocol and in the way in which it is a login, if there is one, and then with a public key: the
 * game may read it so. Otherwise the first that finds any.
 */
export function likeliest(protocols: readonly Protocol[], requests: readonly GameRequest[]): Likeliest | undefined {
  let best: Likeliest | undefined
  let bestRank = 0
  let readings = 0
  for (const protocol of protocols) {
    for (const request of requests) {
      const calls = protocol.read(request)
      const rank = loginRank(calls)
      if (calls.length > 0) readings++
      if (rank > bestRank) [best, bestRank] = [{ protocol, request, calls, isSure: true }, rank]
    }
  }
  if (best && readings > 1) best.isSure = false
  return best
}

type Likeliest = Pick<Reading, 'protocol' | 'request' | 'calls' | 'isSure'>

type Whose = KnownClient | RefusalReason | undefined

/**
 * Whose the calls of a request are, or why they are refused, which only logins can be. A public key or a session that many calls of
 * a batch carry is looked up once. `isLate`: the game has them already and nobody can refuse them, so no refusal counts.
 */
export function judgeAll(tracker: Tracker, calls: readonly Call[], isLate = false): MaybePromise<Judged[]> {
  const [only] = calls
  if (only && calls.length === 1) {
    return after(whoseIs(tracker, only, isLate ? 0 : 1), (whose) => [judged(only, whose)])
  }
  const logins = new Map<unknown, number>()
  for (const { createsSession, publicKey } of calls) {
    if (createsSession && !isLate) logins.set(publicKey, (logins.get(publicKey) ?? 0) + 1)
  }
  const [byPublicKey, bySession] = [new Map<unknown, MaybePromise<Whose>>(), new Map<unknown, MaybePromise<Whose>>()]
  return inSlices(calls, (call) => {
    const [found, said] = call.createsSession ? [byPublicKey, call.publicKey] : [bySession, call.sessionId]
    const whose = found.has(said) ? found.get(said) : whoseIs(tracker, call, logins.get(said) ?? 0)
    found.set(said, whose)
    return after(whose, (one) => judged(call, one))
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

function judged(call: Call, whose: Whose): Judged {
  if (whose === undefined) return { call }
  if (typeof whose !== 'string') return { call, client: whose.client, attribution: whose.attribution }
  return { call, refusal: { call, reason: whose, message: refusalMessages[whose] } }
}
