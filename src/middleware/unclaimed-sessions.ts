// What was read one way may be played another. No list of readings will ever be whole, so what is handed out is looked at too:
// each session id needs an admitted login of its own in the request, or is the session that the call is in.

import { type MaybePromise, mapInChunks } from '../maybe-promise.js'
import type { Call, GameAnswer, GameRequest, HandedOut, Protocol, Refusal } from '../protocols/protocol.js'
import { refusalMessages } from '../refusals.js'
import { unknownFeature, unread as unreadRow } from '../row-names.js'
import type { Tracker } from '../sessions/tracker.js'
import type { FeatureNames } from '../usage/recording/feature-names.js'
import { isExempt, type Strictness } from './admission.js'
import type { BlindSpotMonitor, SentAs } from './blind-spot-monitor.js'
import type { LearnedCall } from './learning.js'
import type { Reading } from './reading.js'

/** A session id that no login accounts for, and the protocol that found it. */
export interface UnclaimedSession extends HandedOut {
  protocol: Protocol
}

const noSessions: readonly UnclaimedSession[] = []
const nobodysCall: Call = { index: 0, feature: unreadRow, createsSession: true, endsSession: false }

/** `finders`: the protocols that look for session ids in the answer. */
export function unclaimedSessions(
  finders: readonly Protocol[],
  { protocol: reader, request, calls, isBodyRead }: Pick<Reading, 'protocol' | 'request' | 'calls' | 'isBodyRead'>,
  learned: readonly LearnedCall[],
  answer: GameAnswer,
): readonly UnclaimedSession[] {
  let found: UnclaimedSession[] | undefined
  let claimed: Set<string> | undefined
  for (const protocol of finders) {
    const isReader = protocol === reader
    for (const one of protocol.handsOut?.(request, isReader ? calls : [], answer) ?? []) {
      claimed ??= claimedIds(learned)
      if (claimed.has(one.sessionId)) continue
      // Told once.
      claimed.add(one.sessionId)
      // To another protocol a request is no call that was read by its address; unless the body was not.
      const feature = one.feature ?? calls[0]?.feature
      const isUnread = one.unread && (isReader || calls.length === 0 || !isBodyRead)
      found ??= []
      found.push({ ...one, protocol, unread: isUnread, ...(isUnread || feature === undefined ? {} : { feature }) })
    }
  }
  return found ?? noSessions
}

/** The refusal in the place of an answer that handed such a session out. */
export function refuseUnclaimed(
  { protocol }: UnclaimedSession,
  { protocol: reader, request, calls }: Reading,
): GameAnswer {
  const asked = protocol === reader && calls.length > 0 ? calls : [nobodysCall]
  const refusals = asked.map((call): Refusal => ({ call, reason: 'missing', message: refusalMessages.missing }))
  return protocol.refuse(request, refusals)
}

/** Counts the session where nobody could read the request, and tells of one that a known call was answered with. */
export function recordUnclaimed(
  tracker: Tracker,
  options: { strict: Strictness; features: FeatureNames; monitor: BlindSpotMonitor },
  reading: Reading,
  sessions: readonly UnclaimedSession[],
): MaybePromise<unknown> {
  const { strict, features, monitor } = options
  return mapInChunks(sessions, ({ sessionId, playerId, feature, unread }) => {
    if (!unread) {
      // It was counted just now, so that its name is known if it is one.
      const name = feature !== undefined && features.has(feature) ? feature : unknownFeature
      if (!isExempt(strict, feature)) monitor.sessionUnexpected(name)
      return undefined
    }
    monitor.sessionUnread(sentAs(reading.request), reading.isCountedUnread)
    reading.isCountedUnread = true
    const player = playerId === undefined ? {} : { playerId }
    return tracker.openSession({ sessionId, publicKey: unreadRow, method: unreadRow, ...player })
  })
}

function sentAs({ method, headers }: GameRequest): SentAs {
  const { 'content-type': type, 'content-encoding': encoding } = headers
  return { method, contentType: type?.toString(), contentEncoding: encoding?.toString() }
}

function claimedIds(learned: readonly LearnedCall[]): Set<string> {
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
