import { hash } from 'node:crypto'
import { inSlices } from '../http/in-slices.js'
import type { OtherBody } from '../http/request-body.js'
import type { Replacement } from '../http/response-capture.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import type { GameAnswer, GameRequest } from '../protocols/protocol.js'
import { noClient, unknownFeature, unread } from '../row-names.js'
import type { Durability, Tracker } from '../sessions/tracker.js'
import type { Attribution } from '../usage/attribution.js'
import type { FeatureNames } from '../usage/recording/feature-names.js'
import type { Exchange, Judged } from './admission.js'
import { type Learned, refuseStray, type Stray, strays } from './net.js'
import type { Watch, Way } from './watch.js'

export interface LearningOptions {
  strict: boolean | readonly string[]
  durability: Durability
  features: FeatureNames
  watch: Watch
}

export interface Learning {
  learnAll(exchange: Exchange, given: GameAnswer): Learned[]
  learnFrom(exchange: Exchange, given: GameAnswer, isUnreadable: boolean): MaybePromise<Replacement | undefined>
  /** Of an answer that is out already, whatever it showed: its calls count, and no session. */
  countCalls(exchange: Exchange, given: GameAnswer): void
  /** Whether this feature may answer with a session id and is no login. */
  isExempt(feature: string | undefined): boolean
}

const noAttribution: Attribution = { publicKey: noClient }
const noStrays: readonly Stray[] = []
const nothing = () => undefined
const nothingSaid: GameAnswer = { status: 200, headers: {}, body: undefined }
const both = (one: MaybePromise<unknown>, another: MaybePromise<unknown>): MaybePromise<unknown> =>
  one instanceof Promise ? Promise.all([one, another]) : another

/** What is made of an answer: what it tells of each call is recorded, and what nobody accounts for is told or refused. */
export function createLearning(tracker: Tracker, { strict, durability, features, watch }: LearningOptions): Learning {
  /** Learns and records; gives what is to be sent in the answer's place. */
  function learnFrom(
    exchange: Exchange,
    given: GameAnswer,
    isUnreadable: boolean,
  ): MaybePromise<Replacement | undefined> {
    const { rest, watchers, isStrict } = exchange
    const learned = learnAll(exchange, given)
    const stray = watchers.length === 0 ? noStrays : strays(watchers, exchange, learned, given)
    const refused = isStrict && stray.find(({ feature }) => !isExempt(feature))
    if (refused) {
      record(exchange, learned.map(withoutSession), given)
      return tracker.admit(undefined).then(() => ({ answer: refuseStray(refused, exchange), keepsHeaders: false }))
    }
    let waiting = record(exchange, learned, given)
    for (const one of learned) if (one.call.createsSession) watchLogin(exchange, one, given, isUnreadable)
    if (stray.length > 0)
      waiting = both(
        waiting,
        inSlices(stray, (one) => recordStray(one, exchange)),
      )
    return rest === undefined ? after(waiting, nothing) : after(waiting, () => joined(exchange, given))
  }

  function countCalls(exchange: Exchange, given: GameAnswer): void {
    const learned = learnAll(exchange, given).map(withoutSession)
    // Nothing is kept of what the game said, so that no name can be told by it.
    const isBlind = exchange.protocol.isFeature === undefined
    for (const { call, outcome } of learned) if (isBlind && !features.has(call.feature)) outcome.unknown = true
    record(exchange, learned, given)
  }

  function joined({ protocol, request, refusals }: Exchange, given: GameAnswer): Replacement | undefined {
    const answer = protocol.batch?.join(request, refusals, given)
    return answer === undefined || answer === given ? undefined : { answer, keepsHeaders: true }
  }

  // Spelled out, and without closures: this is done for every call.
  function learnAll(exchange: Exchange, given: GameAnswer): Learned[] {
    const { protocol, judged, rest } = exchange
    const played = rest === undefined ? judged : seenByGame(exchange, rest)
    const learned: Learned[] = []
    for (const { call, attribution, refusal } of played) {
      if (!refusal) learned.push({ call, attribution, outcome: protocol.learn(call, given) })
    }
    return learned
  }

  /** The calls that the game saw, which have other places when some were refused. */
  function seenByGame({ protocol, request, judged }: Exchange, rest: OtherBody): Judged[] {
    // As before: in text two members of one name can be read in two ways.
    const left = request.parsed === undefined ? { ...request, body: rest.body } : { ...request, ...rest }
    const seen = protocol.read(left)
    const played = judged.filter(({ refusal }) => !refusal)
    // What is left may be read in another way: a login in the address is nobody's of the batch.
    const isSame = ({ call }: Judged, index: number) => {
      const now = seen[index]
      return now?.feature === call.feature && now.createsSession === call.createsSession
    }
    if (seen.length !== played.length || !played.every(isSame)) return played
    return played.map((one, index) => ({ ...one, call: seen[index] ?? one.call }))
  }

  /** A promise only where somebody waits for the store. */
  function record(exchange: Exchange, learned: readonly Learned[], given: GameAnswer): MaybePromise<unknown> {
    let waiting: MaybePromise<unknown>
    for (const one of learned) {
      const { call, attribution = noAttribution, outcome } = one
      const failed = outcome.failed === true
      const isKnown = features.has(call.feature)
      const tracked = isKnown
        ? tracker.record(attribution, call.feature, failed)
        : recordUnknown(exchange, one, given, attribution)
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
    { protocol, isSure, isBodyRead }: Exchange,
    { call, outcome }: Learned,
    given: GameAnswer,
    attribution: Attribution,
  ): Promise<unknown> | undefined {
    const { feature } = call
    const failed = outcome.failed === true
    // Where the game may have read another call than we did, its answer tells nothing of this one.
    const isFeature = protocol.isFeature
      ? protocol.isFeature(call, isSure && isBodyRead ? given : nothingSaid)
      : isSure && !failed && !outcome.unknown
    if (isFeature) return tracker.record(attribution, features.add(feature) ? feature : unknownFeature, failed)
    const read = features.whenRead()
    const recorded = after(read, () => {
      return tracker.record(attribution, features.has(feature) ? feature : unknownFeature, failed)
    })
    // With an answer that is not to wait for the store, this is not to be waited for either.
    return durability === 'all' ? Promise.resolve(recorded) : undefined
  }

  function recordSession(
    { call, attribution = noAttribution, outcome }: Learned,
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
    { protocol }: Exchange,
    { call, outcome }: Learned,
    given: GameAnswer,
    isUnreadable: boolean,
  ): void {
    if (outcome.sessionId !== undefined) watch.learned(call.feature)
    if (outcome.sessionId !== undefined || outcome.failed || given.status >= 400) return
    const missing = protocol.misses?.(call, given)
    if (missing && isUnreadable) watch.unreadable()
    else if (missing) watch.sessionMissing(call.feature, missing.place, hash('sha256', missing.shown, 'base64'))
  }

  function recordStray(
    { sessionId, playerId, feature, unread: isUnread }: Stray,
    exchange: Exchange,
  ): MaybePromise<unknown> {
    if (!isUnread) {
      // It was counted just now, so that its name is known if it is one.
      const name = feature !== undefined && features.has(feature) ? feature : unknownFeature
      if (!isExempt(feature)) watch.sessionUnexpected(name)
      return undefined
    }
    watch.sessionUnread(wayOf(exchange.request), exchange.isCounted)
    exchange.isCounted = true
    const player = playerId === undefined ? {} : { playerId }
    return tracker.openSession({ sessionId, publicKey: unread, method: unread, ...player })
  }

  function isExempt(feature: string | undefined): boolean {
    return typeof strict === 'object' && feature !== undefined && strict.includes(feature)
  }

  return { learnAll, learnFrom, countCalls, isExempt }
}

function withoutSession({ call, attribution, outcome }: Learned): Learned {
  return { call, attribution, outcome: { failed: outcome.failed === true, unknown: outcome.unknown === true } }
}

function wayOf({ method, headers }: GameRequest): Way {
  const { 'content-type': type, 'content-encoding': encoding } = headers
  return { method, contentType: type?.toString(), contentEncoding: encoding?.toString() }
}
