import { type PlacedValue, valuesOfAnswer, valuesOfRequest } from './placed-values.js'
import type { Redactor } from './redactor.js'
import type { ReplayedCall } from './replay.js'

/** What looks wrong with a protocol: sentences in which no value of the traffic stands. */
export interface Problem {
  feature?: string
  says: string
  /** Of what is no login to the protocol: there are sessions that it does not see. */
  handsOut?: true
}

/** Shorter than this, the same value in two places may be chance, wherever the place is not named like a session's. */
const minIdLength = 12
const likelyName = /token|sess|sid\b|auth|ticket|credential/i

export function diagnose(all: readonly ReplayedCall[], redactor: Redactor): Problem[] {
  const carriers = carriersOf(all)
  const seen = all.filter(({ outcome }) => isMissing(outcome) || outcome === 'session learned')
  const known = new Set(seen.map(({ call }) => call?.feature))
  // What says nothing looks refused, and may have a cookie beside it.
  const others = all.filter((one) => mayBeWell(one) && !known.has(one.call?.feature))
  const found = [...seen, ...others]
  const features = new Set(found.flatMap(({ call }) => call?.feature ?? []))
  return [
    ...[...features].flatMap((feature) => {
      const logins = found.filter(({ call }) => call?.feature === feature)
      return wrongOfFeature(feature, logins, carriers, redactor)
    }),
    ...handedOutElsewhere(all, carriers, redactor),
    ...notRead(all),
  ]
}

/** Of a login: it went well, and the protocol saw no session. */
export function isMissing(outcome: ReplayedCall['outcome']): boolean {
  return outcome === 'no session'
}

function mayBeWell({ outcome, failed, exchange }: ReplayedCall): boolean {
  return outcome === 'refused' && !failed && exchange.answer.status < 400
}

/** What later requests carry: as their session, or anywhere in a call that has none for the protocol. */
interface Carriers {
  bySession: Map<string, ReplayedCall[]>
  byPlace: Map<string, { seen: ReplayedCall; place: string }[]>
}

function carriersOf(all: readonly ReplayedCall[]): Carriers {
  const carriers: Carriers = { bySession: new Map(), byPlace: new Map() }
  for (const seen of all) {
    const { call, exchange, outcome } = seen
    if (call?.sessionId !== undefined) push(carriers.bySession, call.sessionId, seen)
    else if (call && !call.createsSession && outcome === 'in no session') {
      for (const { place, value } of valuesOfRequest(exchange.request)) {
        // The name of a method is no session, whatever it is.
        if (mayBeId({ place, value }) && !place.endsWith('/method')) push(carriers.byPlace, value, { seen, place })
      }
    }
  }
  return carriers
}

function wrongOfFeature(
  feature: string,
  logins: readonly ReplayedCall[],
  { bySession, byPlace }: Carriers,
  redactor: Redactor,
): Problem[] {
  /** By the place in the answer: the logins that have it, and the places in which requests carry it where nobody looks. */
  const places = new Map<
    string,
    { logins: Set<ReplayedCall>; carried: number; unseen: Map<string, Set<ReplayedCall>> }
  >()
  for (const login of logins) {
    const own = new Set(valuesOfRequest(login.exchange.request).map(valueIn))
    for (const { place, value } of valuesOfAnswer(login.exchange.answer)) {
      if (own.has(value)) continue
      const isLearned = login.learned.includes(value)
      const carried = isLearned ? [] : (bySession.get(value) ?? []).filter(({ at }) => at > login.at)
      const unseen = isLearned || mayBeId({ place, value }) ? (byPlace.get(value) ?? []) : []
      const later = unseen.filter(({ seen }) => seen.at > login.at)
      if (carried.length + later.length === 0) continue
      const at = places.get(place) ?? { logins: new Set(), carried: 0, unseen: new Map() }
      places.set(place, at)
      at.logins.add(login)
      at.carried += carried.length
      for (const one of later) at.unseen.set(one.place, (at.unseen.get(one.place) ?? new Set()).add(one.seen))
    }
  }
  // The place that most of the logins have; one that a few have by chance is none.
  const most = Math.max(0, ...Array.from(places.values(), (one) => one.logins.size))
  const right = [...places].filter(([, one]) => one.logins.size === most)
  const missing = logins.filter((login) => isMissing(login.outcome) || isCarried(login))
  const unseen = sortedBySize(right.flatMap(([, one]) => [...one.unseen]))
  const carried = Math.max(0, ...right.map(([, one]) => one.carried))
  const [carrier] = unseen
  const where = right.map(([place]) => redactor.place(place)).join(' and ')
  const have = right.length > 1 ? 'have' : 'has'
  if (missing.length === 0) {
    if (!carrier) return []
    const says = `${calls(carrier[1].size)} the session of ${feature} at ${redactor.place(carrier[0])}, where the protocol looks for none: correct \`sessionId\`.`
    return [{ feature, says }]
  }
  const place = missing.find((one) => one.place !== undefined)?.place
  const nothing = `${feature}: ${missing.length} ${missing.length === 1 ? 'login' : 'logins'} went well and showed nothing${place === undefined ? '' : ` at ${place}`}`
  if (right.length === 0) {
    // Somebody was let in, so the place is right, and these may have been refused in words of the game's own.
    if (logins.length > missing.length) return []
    const says = `${nothing}, and no later request carries anything of their answers: correct the protocol, or say \`session: false\` (of a route: no \`answer\`) if the feature has no session.`
    return [{ feature, says }]
  }
  const also = carrier ? alsoAt(redactor.place(carrier[0]), carrier[1].size, carried > 0) : ''
  return [{ feature, says: `${nothing}; ${where} ${have} what later calls carry${also}.` }]

  function isCarried(login: ReplayedCall): boolean {
    return login.outcome === 'refused' && right.some(([, one]) => one.logins.has(login))
  }
}

function alsoAt(place: string, count: number, isSeenToo: boolean): string {
  return isSeenToo
    ? `, and ${calls(count)} it at ${place}, where the protocol looks for none: correct \`sessionId\` too`
    : ` at ${place}, where the protocol looks for none either: correct \`sessionId\` too`
}

/** Sessions that the file hands out and no login of the protocol does. */
function handedOutElsewhere(all: readonly ReplayedCall[], { bySession }: Carriers, redactor: Redactor): Problem[] {
  const unknown = new Map(
    [...bySession].filter(([, carriers]) => carriers.some(({ outcome }) => outcome === 'in an unknown session')),
  )
  // What a login showed is its own, however often it is said again.
  const ofLogins = new Set(
    all.flatMap(({ call, exchange }) => (call?.createsSession ? valuesOfAnswer(exchange.answer) : [])).map(valueIn),
  )
  const found = new Map<string, { seen: ReplayedCall; places: Set<string>; ids: Set<string> }>()
  for (const seen of all) {
    const { call, exchange, isStray, learned } = seen
    if (call?.createsSession) continue
    const own = new Set(valuesOfRequest(exchange.request).map(valueIn))
    const isCarried = (one: PlacedValue) =>
      mayBeId(one) && !ofLogins.has(one.value) && unknown.get(one.value)?.some(({ at }) => at > seen.at) === true
    const isIt = (one: PlacedValue) =>
      !own.has(one.value) && (isCarried(one) || (isStray && learned.includes(one.value)))
    for (const { place, value } of valuesOfAnswer(exchange.answer).filter(isIt)) {
      const { method, path } = exchange.request
      const what = call?.feature ?? `${method} ${path}`
      const one = found.get(what) ?? { seen, places: new Set(), ids: new Set() }
      found.set(what, one)
      one.places.add(place)
      one.ids.add(value)
    }
  }
  return Array.from(found.values(), ({ seen, places, ids }) => {
    const { method, path } = seen.exchange.request
    const feature = seen.call && redactor.place(seen.call.feature)
    const what = feature ?? `${redactor.place(method)} ${redactor.address(path)}`
    const where = [...places].map(redactor.place).join(' and ')
    const sessions = ids.size === 1 ? 'a session' : `${ids.size} sessions`
    const fix =
      seen.outcome === 'not read'
        ? 'nobody could read the request, so `strict: true` would refuse it'
        : 'if it is a login, name it in `sessions`; if it renews the session that it is called in, in `renews` (or the place in `renewed`)'
    return {
      ...(feature !== undefined && { feature }),
      handsOut: true as const,
      says: `${what} handed out ${sessions} at ${where} and is no login to the protocol: ${fix}.`,
    }
  })
}

function notRead(all: readonly ReplayedCall[]): Problem[] {
  const count = all.filter(({ outcome }) => outcome === 'not read').length
  if (count === 0) return []
  const requests =
    count === 1 ? '1 request to an address of the protocol is' : `${count} requests to addresses of the protocol are`
  return [{ says: `${requests} no call to it: look at the method, the type and the place of the public key.` }]
}

function mayBeId({ place, value }: PlacedValue): boolean {
  return value.length >= minIdLength || (value.length >= 4 && likelyName.test(place))
}

function valueIn({ value }: PlacedValue): string {
  return value
}

function calls(count: number): string {
  return count === 1 ? '1 call carries' : `${count} calls carry`
}

function sortedBySize<One>(entries: [string, Set<One>][]): [string, Set<One>][] {
  return entries.sort(([, one], [, another]) => another.size - one.size)
}

function push<Value>(map: Map<string, Value[]>, under: string, value: Value): void {
  const list = map.get(under) ?? []
  map.set(under, list)
  list.push(value)
}
