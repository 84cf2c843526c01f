import { loginRank } from '../protocols/login-rank.js'
import type { Call, GameRequest, Protocol, Refusal } from '../protocols/protocol.js'
import type { ClientState } from '../sessions/client-state.js'
import { refusalMessages } from '../sessions/decision.js'
import type { Starter } from '../sessions/session-bindings.js'
import type { Tracker } from '../sessions/tracker.js'
import type { LateBody, OtherBody } from './request-body.js'
import { after, type Soon } from './soon.js'

/** The calls of a request as one protocol reads them; none where nobody could read it. */
export interface Reading {
  protocol: Protocol
  request: GameRequest
  calls: readonly Call[]
  /** Whether somebody could look into the body, if there is one. */
  isBodyRead: boolean
}

/** A call, and whose it is. */
export interface Judged {
  call: Call
  client?: ClientState
  starter?: Starter
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
  for (const protocol of protocols) {
    for (const request of requests) {
      const calls = protocol.read(request)
      const rank = loginRank(calls)
      if (rank > bestRank) [best, bestRank] = [{ protocol, request, calls }, rank]
    }
  }
  return best
}

type Likeliest = Pick<Reading, 'protocol' | 'request' | 'calls'>

/** Whose a call is; or why it is refused, which only a login can be. */
export function judge(tracker: Tracker, call: Call): Soon<Judged> {
  if (call.createsSession) return judgeLogin(tracker, call)
  if (call.sessionId === undefined) return { call }
  return after(tracker.clientOf(call.sessionId), (known) => {
    return known ? { call, client: known.client, starter: known.starter } : { call }
  })
}

/** Of a call that the game has already; undefined where it would have been refused. */
export function judgeLate(tracker: Tracker, call: Call): Soon<Judged | undefined> {
  if (!call.createsSession) return judge(tracker, call)
  return after(tracker.admitLate(call.publicKey), (admitted) => {
    return admitted && { call, client: admitted.client, starter: admitted.starter }
  })
}

async function judgeLogin(tracker: Tracker, call: Call): Promise<Judged> {
  const admitted = await tracker.admit(call.publicKey)
  if (typeof admitted !== 'string') return { call, client: admitted.client, starter: admitted.starter }
  return { call, refusal: { call, reason: admitted, message: refusalMessages[admitted] } }
}
