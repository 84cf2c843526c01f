// What was read one way may be played another. No list of readings will ever be whole, so what is handed out is looked at too:
// each session id needs an admitted login of its own in the request, or is the session that the call is in.

import type { Call, CallOutcome, GameAnswer, HandedOut, Protocol, Refusal } from '../protocols/protocol.js'
import { refusalMessages } from '../refusals.js'
import { unread as unreadRow } from '../row-names.js'
import type { Judged, Reading } from './admission.js'

/** A session id that nobody accounts for, and the protocol that found it. */
export interface Stray extends HandedOut {
  protocol: Protocol
}

/** What was learned of a call that went on to the game. */
export interface Learned {
  call: Call
  attribution: Judged['attribution'] | undefined
  outcome: CallOutcome
}

/** Those protocols that can tell what the answer to these calls hands out. */
export function watchersOf(protocols: readonly Protocol[], path: string, reader?: Protocol, calls = noCalls) {
  let watchers = none
  for (const one of protocols) {
    const mayHandOut = one.handsOut && (one.mayHandOut?.(path, one === reader ? calls : noCalls) ?? true)
    if (mayHandOut) watchers = watchers === none && protocols.length === 1 ? protocols : [...watchers, one]
  }
  return watchers
}

export function strays(
  watchers: readonly Protocol[],
  { protocol: reader, request, calls, isBodyRead }: Reading,
  learned: readonly Learned[],
  answer: GameAnswer,
): readonly Stray[] {
  let found: Stray[] | undefined
  let accounted: Set<string> | undefined
  for (const protocol of watchers) {
    const isReader = protocol === reader
    for (const one of protocol.handsOut?.(request, isReader ? calls : [], answer) ?? []) {
      accounted ??= accountedFor(learned)
      if (accounted.has(one.sessionId)) continue
      // Told once.
      accounted.add(one.sessionId)
      // To another protocol a request is no call that was read by its address; unless the body was not.
      const feature = one.feature ?? calls[0]?.feature
      const isUnread = one.unread && (isReader || calls.length === 0 || !isBodyRead)
      found ??= []
      found.push({ ...one, protocol, unread: isUnread, ...(isUnread || feature === undefined ? {} : { feature }) })
    }
  }
  return found ?? noStrays
}

/** The refusal in the place of an answer that handed a session out. */
export function refuseStray({ protocol }: Stray, { protocol: reader, request, calls }: Reading): GameAnswer {
  const asked = protocol === reader && calls.length > 0 ? calls : [nobodysCall]
  const refusals = asked.map((call): Refusal => ({ call, reason: 'missing', message: refusalMessages.missing }))
  return protocol.refuse(request, refusals)
}

const noCalls: readonly Call[] = []
const none: readonly Protocol[] = []
const noStrays: readonly Stray[] = []
const nobodysCall: Call = { index: 0, feature: unreadRow, createsSession: true, endsSession: false }

function accountedFor(learned: readonly Learned[]): Set<string> {
  const ids = new Set<string>()
  for (const { call, attribution, outcome } of learned) {
    // Known, so that nobody names a session that is yet to be.
    if (attribution && call.sessionId !== undefined) ids.add(call.sessionId)
    if (!call.createsSession && attribution === undefined) continue
    if (outcome.sessionId !== undefined) ids.add(outcome.sessionId)
    for (const other of outcome.otherIds ?? []) ids.add(other)
  }
  return ids
}
