import { hash } from 'node:crypto'
import { nobody, unread } from '../keys/key-format.js'
import type { GameAnswer, GameRequest } from '../protocols/protocol.js'
import type { Starter } from '../sessions/session-bindings.js'
import type { Tracker } from '../sessions/tracker.js'
import { unknownFeature } from '../usage/counters.js'
import type { Exchange, Judged } from './admission.js'
import { type Learned, refuseStray, type Stray, strays } from './net.js'
import type { OtherBody } from './request-body.js'
import type { Replacement } from './response-capture.js'
import { after, type Soon } from './soon.js'
import type { Watch, Way } from './watch.js'

export interface Learning {
  learnAll(exchange: Exchange, given: GameAnswer): Learned[]
  learnFrom(exchange: Exchange, given: GameAnswer, isUnreadable: boolean): Soon<Replacement | undefined>
  /** Whether this feature may answer with a session id and is no login. */
  isExempt(feature: string | undefined): boolean
}

const noStarter: Starter = { publicKey: nobody }

/** What is made of an answer: what it tells of each call is recorded, and what nobody accounts for is told or refused. */
export function createLearning(tracker: Tracker, strict: boolean | readonly string[], watch: Watch): Learning {
  /** Learns and records; gives what is to be sent in the answer's place. */
  function learnFrom(exchange: Exchange, given: GameAnswer, isUnreadable: boolean): Soon<Replacement | undefined> {
    const { protocol, request, refusals, rest, watchers, isStrict } = exchange
    const learned = learnAll(exchange, given)
    const stray = watchers.length === 0 ? [] : strays(watchers, exchange, learned, given)
    const refused = isStrict && stray.find(({ feature }) => !isExempt(feature))
    if (refused) {
      record(learned.map((one) => ({ ...one, lesson: { failed: one.lesson.failed === true } })))
      return tracker.admit(undefined).then(() => ({ answer: refuseStray(refused, exchange), keepsHeaders: false }))
    }
    for (const one of learned) if (one.call.createsSession) watchLogin(exchange, one, given, isUnreadable)
    const waiting = [...recordStrays(stray, exchange), record(learned)].filter((one) => one instanceof Promise)
    return after(waiting.length === 0 ? undefined : Promise.all(waiting), () => {
      const joined = rest === undefined ? undefined : protocol.batch?.join(request, refusals, given)
      return joined === undefined || joined === given ? undefined : { answer: joined, keepsHeaders: true }
    })
  }

  function learnAll(exchange: Exchange, given: GameAnswer): Learned[] {
    const { protocol, judged, rest } = exchange
    const played = rest === undefined ? judged : seenByGame(exchange, rest)
    return played.flatMap((one) => {
      return one.refusal ? [] : [{ ...one, lesson: protocol.learn(one.call, given) }]
    })
  }

  /** The calls that the game saw, which have other places when some were refused. */
  function seenByGame({ protocol, request, judged }: Exchange, rest: OtherBody): Judged[] {
    // As before: in text two members of one name can be read in two ways.
    const left = request.parsed === undefined ? { ...request, body: rest.body } : { ...request, ...rest }
    const seen = protocol.read(left)
    const played = judged.filter(({ refusal }) => !refusal)
    return played.map((one, index) => ({ ...one, call: seen[index] ?? one.call }))
  }

  /** A promise only where somebody waits for the store. */
  function record(learned: readonly Learned[]): Soon<unknown> {
    const waiting: Promise<unknown>[] = []
    for (const { call, starter = noStarter, lesson } of learned) {
      const { sessionId, playerId, otherIds = [], failed = false, unknown = false } = lesson
      const { feature, createsSession } = call
      const tracked = tracker.record(starter, unknown ? unknownFeature : feature, failed)
      if (tracked) waiting.push(tracked)
      if (call.endsSession && !failed && call.sessionId !== undefined) void tracker.end(call.sessionId)
      if (sessionId === undefined) continue
      if (createsSession) {
        const more = { ...(playerId === undefined ? {} : { playerId }), ...(otherIds.length === 0 ? {} : { otherIds }) }
        waiting.push(tracker.open({ sessionId, publicKey: starter.publicKey, method: feature, ...more }))
      } else if (call.sessionId !== undefined && starter !== noStarter) {
        for (const renewed of [sessionId, ...otherIds]) waiting.push(tracker.renewSession(call.sessionId, renewed))
      }
    }
    return waiting.length === 0 ? undefined : Promise.all(waiting)
  }

  /** Whether the protocol is right of where sessions are. */
  function watchLogin(
    { protocol }: Exchange,
    { call, lesson }: Learned,
    given: GameAnswer,
    isUnreadable: boolean,
  ): void {
    if (lesson.sessionId !== undefined) watch.learned(call.feature)
    if (lesson.sessionId !== undefined || lesson.failed || given.status >= 400) return
    const missing = protocol.misses?.(call, given)
    if (missing && isUnreadable) watch.unreadable()
    else if (missing) watch.sessionMissing(call.feature, missing.place, hash('sha256', missing.shown, 'base64'))
  }

  function recordStrays(found: readonly Stray[], { request, isCounted }: Exchange): Promise<unknown>[] {
    return found.flatMap(({ sessionId, playerId, feature, unread: isUnread }) => {
      if (!isUnread) {
        if (!isExempt(feature)) watch.sessionUnexpected(feature ?? unread)
        return []
      }
      watch.sessionUnread(wayOf(request), isCounted)
      const player = playerId === undefined ? {} : { playerId }
      return [tracker.open({ sessionId, publicKey: unread, method: unread, ...player })]
    })
  }

  function isExempt(feature: string | undefined): boolean {
    return typeof strict === 'object' && feature !== undefined && strict.includes(feature)
  }

  return { learnAll, learnFrom, isExempt }
}

function wayOf({ method, headers }: GameRequest): Way {
  const { 'content-type': type, 'content-encoding': encoding } = headers
  return { method, contentType: type?.toString(), contentEncoding: encoding?.toString() }
}
