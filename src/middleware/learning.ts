import { hash } from 'node:crypto'
import { andThen, both, type MaybePromise } from '../maybe-promise.js'
import type { BatchRest, Call, CallOutcome, GameAnswer, GameRequest, Protocol } from '../protocols/protocol.js'
import { noClient, unknownFeature } from '../row-names.js'
import type { Durability, Tracker } from '../sessions/tracker.js'
import type { Attribution } from '../usage/attribution.js'
import type { FeatureNames } from '../usage/recording/feature-names.js'
import type { JudgedCall, JudgedRequest } from './admission.js'
import type { BlindSpotMonitor } from './blind-spot-monitor.js'

/** What was learned of a call that went on to the game. */
export interface LearnedCall {
  call: Call
  attribution: Attribution | undefined
  outcome: CallOutcome
}

export interface Recording {
  /**
   * Counts what was learned, and binds the sessions. A promise only where somebody waits for the store. `isUnreadable`: the answer had
   * a body that nobody could look into.
   */
  record(
    judged: JudgedRequest,
    learned: readonly LearnedCall[],
    answer: GameAnswer,
    isUnreadable: boolean,
  ): MaybePromise<unknown>
  /**
   * Counts the calls, and no session, whatever their answer showed. `isBodyLost`: nothing was kept of what the game said, so that no
   * name can be told by it.
   */
  recordCalls(
    judged: JudgedRequest,
    learned: readonly LearnedCall[],
    answer: GameAnswer,
    isBodyLost?: boolean,
  ): MaybePromise<unknown>
}

const noAttribution: Attribution = { publicKey: noClient }
const nothingSaid: GameAnswer = { status: 200, headers: {}, body: undefined }

/** What an answer tells of each call that the game saw. Spelled out, and without closures: this is done for every call. */
export function learn({ reading, calls, rest }: JudgedRequest, answer: GameAnswer): LearnedCall[] {
  const { protocol } = reading
  const played = rest === undefined ? calls : callsOfRest(protocol, reading.request, calls, rest)
  const learned: LearnedCall[] = []
  for (const { call, attribution, refusal } of played) {
    if (!refusal) learned.push({ call, attribution, outcome: protocol.learn(call, answer) })
  }
  return learned
}

/** The calls that the game saw, which have other places when some were refused. */
function callsOfRest(
  protocol: Protocol,
  request: GameRequest,
  calls: readonly JudgedCall[],
  rest: BatchRest,
): JudgedCall[] {
  // As before: in text two members of one name can be read in two ways.
  const left = request.parsed === undefined ? { ...request, body: rest.body } : { ...request, ...rest }
  const seen = protocol.read(left)
  const played = calls.filter(({ refusal }) => !refusal)
  // What is left may be read in another way: a login in the address is nobody's of the batch.
  const isSame = ({ call }: JudgedCall, index: number) => {
    const now = seen[index]
    return now?.feature === call.feature && now.createsSession === call.createsSession
  }
  if (seen.length !== played.length || !played.every(isSame)) return played
  return played.map((one, index) => ({ ...one, call: seen[index] ?? one.call }))
}

export function createRecording(
  tracker: Tracker,
  options: { durability: Durability; features: FeatureNames; monitor: BlindSpotMonitor },
): Recording {
  const { durability, features, monitor } = options

  function record(
    judged: JudgedRequest,
    learned: readonly LearnedCall[],
    answer: GameAnswer,
    isUnreadable: boolean,
  ): MaybePromise<unknown> {
    const waiting = recordAll(judged, learned, answer)
    for (const one of learned) if (one.call.createsSession) watchLogin(judged, one, answer, isUnreadable)
    return waiting
  }

  function recordCalls(
    judged: JudgedRequest,
    learned: readonly LearnedCall[],
    answer: GameAnswer,
    isBodyLost = false,
  ): MaybePromise<unknown> {
    const calls = learned.map(withoutSession)
    const isUntold = isBodyLost && judged.reading.protocol.isFeature === undefined
    for (const { call, outcome } of calls) if (isUntold && !features.has(call.feature)) outcome.unknown = true
    return recordAll(judged, calls, answer)
  }

  function recordAll(
    judged: JudgedRequest,
    learned: readonly LearnedCall[],
    answer: GameAnswer,
  ): MaybePromise<unknown> {
    let waiting: MaybePromise<unknown>
    for (const one of learned) {
      const { call, attribution = noAttribution, outcome } = one
      const failed = outcome.failed === true
      const isKnown = features.has(call.feature)
      const tracked = isKnown
        ? tracker.record(attribution, call.feature, failed)
        : recordUnknown(judged, one, answer, attribution)
      if (tracked) waiting = both(waiting, tracked)
      // One that nobody knows would be a record for each made-up id.
      const ends = call.endsSession && !outcome.failed && attribution !== noAttribution
      if (ends && call.sessionId !== undefined) void tracker.endSession(call.sessionId)
      if (outcome.sessionId !== undefined) waiting = both(waiting, recordSession(one, outcome.sessionId))
    }
    return waiting
  }

  /** Until the game has answered it well what a client calls a feature is only a text. */
  function recordUnknown(
    { reading: { protocol, isSure, isBodyRead } }: JudgedRequest,
    { call, outcome }: LearnedCall,
    answer: GameAnswer,
    attribution: Attribution,
  ): Promise<unknown> | undefined {
    const { feature } = call
    const failed = outcome.failed === true
    // Where the game may have read another call than we did, its answer tells nothing of this one.
    const isFeature = protocol.isFeature
      ? protocol.isFeature(call, isSure && isBodyRead ? answer : nothingSaid)
      : isSure && !failed && !outcome.unknown
    if (isFeature) return tracker.record(attribution, features.add(feature) ? feature : unknownFeature, failed)
    const read = features.whenRead()
    const recorded = andThen(read, () => {
      return tracker.record(attribution, features.has(feature) ? feature : unknownFeature, failed)
    })
    // With an answer that is not to wait for the store, this is not to be waited for either.
    return durability === 'all' ? Promise.resolve(recorded) : undefined
  }

  function recordSession(
    { call, attribution = noAttribution, outcome }: LearnedCall,
    sessionId: string,
  ): MaybePromise<unknown> {
    const { playerId, otherIds = [] } = outcome
    if (call.createsSession) {
      const more = { ...(playerId === undefined ? {} : { playerId }), ...(otherIds.length === 0 ? {} : { otherIds }) }
      return tracker.openSession({ sessionId, publicKey: attribution.publicKey, method: call.feature, ...more })
    }
    const known = attribution === noAttribution ? undefined : call.sessionId
    if (known === undefined) return undefined
    return Promise.all([sessionId, ...otherIds].map((renewed) => tracker.renewSession(known, renewed)))
  }

  /** Whether the protocol is right of where sessions are. */
  function watchLogin(
    { reading: { protocol } }: JudgedRequest,
    { call, outcome }: LearnedCall,
    answer: GameAnswer,
    isUnreadable: boolean,
  ): void {
    if (outcome.sessionId !== undefined) monitor.learned(call.feature)
    if (outcome.sessionId !== undefined || outcome.failed || answer.status >= 400) return
    const missing = protocol.misses?.(call, answer)
    if (missing && isUnreadable) monitor.unreadable()
    else if (missing) monitor.sessionMissing(call.feature, missing.place, hash('sha256', missing.shown, 'base64'))
  }

  return { record, recordCalls }
}

function withoutSession({ call, attribution, outcome }: LearnedCall): LearnedCall {
  return { call, attribution, outcome: { failed: outcome.failed === true, unknown: outcome.unknown === true } }
}
