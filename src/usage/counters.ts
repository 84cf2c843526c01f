import { other } from '../row-names.js'
import { type Crowd, decodeCrowd, encodeCrowd, joinCrowds, nobodyYet, seated } from './crowd.js'
import { isPlainName } from './plain-name.js'
import {
  addPlayer,
  decodePlayers,
  encodePlayers,
  estimatePlayers,
  mergePlayers,
  type PlayerSketch,
} from './player-sketch.js'

/** A number, and who shares it. */
export interface Amount {
  amount: number
  crowd: Crowd
}

export interface Calls {
  calls: number
  errors: number
  crowd: Crowd
}

/** What one writer counted for one client on one UTC day. */
export interface Counters {
  sessions: Map<string, Amount>
  features: Map<string, Calls>
  refusals: Map<string, number>
  metrics: Map<string, Amount>
  /** By the name of the secret under which the players were hashed: sketches of two secrets cannot be merged. */
  players: Map<string, PlayerSketch>
}

/** Features that a client invents must not fill the store: what is past these bounds counts under `(other)`. */
export const maxFeatures = 256
export const maxMetrics = 64
export const maxMethods = 64

/** How many names of each kind a client has a day, `(other)` among them. */
export interface Bounds {
  features: number
  methods: number
  metrics: number
}

const registeredBounds: Bounds = { features: maxFeatures, methods: maxMethods, metrics: maxMetrics }
/** Of a public key that nobody registered: anyone can make up many. A client that is real seldom uses more. */
export const unregisteredBounds: Bounds = { features: 64, methods: 16, metrics: 16 }
/** Of such a one as long as nothing that it did on a day went well: whoever has no login gets so far. */
export const failedBounds: Bounds = { features: 16, methods: 16, metrics: 16 }

/** In bytes of JSON. With the bounds above a shard stays under 60 KB. */
const maxNameLength = 100

export function emptyCounters(): Counters {
  return { sessions: new Map(), features: new Map(), refusals: new Map(), metrics: new Map(), players: new Map() }
}

export function countSession(counters: Counters, method: string, { methods }: Bounds = registeredBounds): void {
  amountOf(counters.sessions, method, methods).amount++
}

/**
 * `seat`: of the player whose session it is, where it is known. `isKnown`: whether the day has this name already, so that it keeps
 * its place however many new ones come.
 */
export function countCall(
  counters: Counters,
  feature: string,
  failed: boolean,
  seat?: number,
  isKnown?: (name: string) => boolean,
  { features }: Bounds = registeredBounds,
): void {
  const calls =
    counters.features.get(feature) ?? newFeature(counters.features, feature, isKnown?.(feature) === true, features)
  calls.calls++
  if (failed) calls.errors++
  if (seat !== undefined) calls.crowd = seated(calls.crowd, seat)
}

function newFeature(features: Map<string, Calls>, feature: string, isKnown: boolean, max: number): Calls {
  const name = isKnown ? feature : bounded(features, feature, max)
  const calls = features.get(name) ?? { calls: 0, errors: 0, crowd: nobodyYet }
  features.set(name, calls)
  return calls
}

/** Who shares a session, and the call that created it: known later than these. */
export function countSeat(
  counters: Counters,
  method: string,
  seat: number,
  { methods, features }: Bounds = registeredBounds,
): void {
  const sessions = amountOf(counters.sessions, method, methods)
  sessions.crowd = seated(sessions.crowd, seat)
  const calls = counters.features.get(bounded(counters.features, method, features))
  if (calls) calls.crowd = seated(calls.crowd, seat)
}

export function countRefusal(counters: Counters, reason: string, count = 1): void {
  add(counters.refusals, reason, count)
}

export function countMetric(
  counters: Counters,
  metric: string,
  amount: number,
  seat?: number,
  { metrics }: Bounds = registeredBounds,
): void {
  const known = amountOf(counters.metrics, metric, metrics)
  known.amount = finite(known.amount + amount)
  if (seat !== undefined) known.crowd = seated(known.crowd, seat)
}

export function countPlayer(counters: Counters, secretId: string, playerHash: Uint8Array): void {
  const sketch: PlayerSketch = counters.players.get(secretId) ?? new Map()
  counters.players.set(secretId, sketch)
  addPlayer(sketch, playerHash)
}

/** Whether nothing was counted. */
export function isEmpty(counters: Counters): boolean {
  return Object.values(counters).every((counts: Map<string, unknown>) => counts.size === 0)
}

/**
 * Adds what another writer, or another day, counted. Adding is commutative and associative; the same writer's shard must
 * not be added twice, which is the reader's care.
 */
export function addCounters(into: Counters, from: Counters): void {
  for (const [method, amount] of from.sessions) join(into.sessions, method, amount, addAmounts)
  for (const [feature, calls] of from.features) join(into.features, feature, calls, addCalls)
  for (const [reason, count] of from.refusals) add(into.refusals, reason, count)
  for (const [metric, amount] of from.metrics) join(into.metrics, metric, amount, addAmounts)
  for (const [secretId, sketch] of from.players) {
    const known = into.players.get(secretId)
    if (known) mergePlayers(known, sketch)
    else into.players.set(secretId, new Map(sketch))
  }
}

/** Of all its names together. */
export function sumsOf(counters: Counters): { sessions: number; calls: number; errors: number } {
  let [sessions, calls, errors] = [0, 0, 0]
  for (const { amount } of counters.sessions.values()) sessions += amount
  for (const feature of counters.features.values()) {
    calls += feature.calls
    errors += feature.errors
  }
  return { sessions, calls, errors }
}

/** About how many distinct players; those hashed under different secrets are added. */
export function playersOf(counters: Counters): number {
  let players = 0
  for (const sketch of counters.players.values()) players += estimatePlayers(sketch)
  return Math.round(players)
}

/**
 * With the bounds on the number of names kept again, after adding: the least used go to `(other)`. It is the last step of
 * every merge and never one in between, because it is not associative. `times`: a wider bound, for what is still being counted.
 */
export function boundCounters(counters: Counters, times = 1, bounds: Bounds = registeredBounds): Counters {
  return {
    ...counters,
    sessions: bound(counters.sessions, times * bounds.methods, ({ amount }) => amount, addAmounts),
    metrics: bound(counters.metrics, times * bounds.metrics, ({ amount }) => amount, addAmounts),
    // Names that are only ever refused go first.
    features: bound(counters.features, times * bounds.features, ({ calls, errors }) => calls - errors, addCalls),
  }
}

function bound<Value>(
  counts: Map<string, Value>,
  max: number,
  weigh: (value: Value) => number,
  add: (one: Value, another: Value) => Value,
): Map<string, Value> {
  if (counts.size <= max) return counts
  const named = [...counts].filter(([name]) => name !== other)
  // Equal weights in the order of their names, so that every process keeps the same.
  named.sort(([one, some], [another, more]) => weigh(more) - weigh(some) || (one < another ? -1 : 1))
  const bounded = new Map(named.slice(0, max - 1))
  const rest = named.slice(max - 1).map(([, value]) => value)
  const others = counts.get(other)
  bounded.set(other, (others === undefined ? rest : [others, ...rest]).reduce(add))
  return bounded
}

/** As stored: plain JSON, readable in the store by a person. */
interface StoredCounters {
  sessions: Record<string, [amount: number, crowd: string]>
  features: Record<string, [calls: number, errors: number, crowd: string]>
  refusals: Record<string, number>
  metrics: Record<string, [amount: number, crowd: string]>
  players: Record<string, string>
}

/** `about`: what stands beside the counts in the record. */
export function encodeCounters(counters: Counters, about: object): string {
  const stored: StoredCounters = {
    sessions: mapped(counters.sessions, ({ amount, crowd }) => [amount, encodeCrowd(crowd)]),
    features: mapped(counters.features, ({ calls, errors, crowd }) => [calls, errors, encodeCrowd(crowd)]),
    refusals: Object.fromEntries(counters.refusals),
    metrics: mapped(counters.metrics, ({ amount, crowd }) => [amount, encodeCrowd(crowd)]),
    players: mapped(counters.players, encodePlayers),
  }
  return JSON.stringify({ ...about, ...stored })
}

/** The counts of a record, and what stands beside them. */
export function decodeCounters<About = object>(text: string): { counters: Counters; about: About } {
  const { sessions, features, refusals, metrics, players, ...about } = JSON.parse(text) as StoredCounters
  const counters: Counters = {
    sessions: readMap(sessions, ([amount, crowd]) => ({ amount, crowd: decodeCrowd(crowd) })),
    features: readMap(features, ([calls, errors, crowd]) => ({ calls, errors, crowd: decodeCrowd(crowd) })),
    refusals: new Map(Object.entries(refusals)),
    metrics: readMap(metrics, ([amount, crowd]) => ({ amount, crowd: decodeCrowd(crowd) })),
    players: readMap(players, decodePlayers),
  }
  return { counters, about: about as About }
}

function mapped<From, To>(map: ReadonlyMap<string, From>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Array.from(map, ([name, value]) => [name, to(value)]))
}

function readMap<From, To>(record: Record<string, From>, to: (value: From) => To): Map<string, To> {
  return new Map(Object.entries(record).map(([name, value]) => [name, to(value)]))
}

function amountOf(amounts: Map<string, Amount>, name: string, max: number): Amount {
  const boundedName = bounded(amounts, name, max)
  const amount = amounts.get(boundedName) ?? { amount: 0, crowd: nobodyYet }
  amounts.set(boundedName, amount)
  return amount
}

// One place is kept for `(other)` itself.
function bounded(known: ReadonlyMap<string, unknown>, name: string, max: number): string {
  if (known.has(name)) return name
  return known.size >= max - 1 || !fits(name) ? other : name
}

/** Whether a text may be a name in a record. */
export function fits(name: string): boolean {
  return name.length <= maxNameLength && isPlainName(name) && Buffer.byteLength(JSON.stringify(name)) <= maxNameLength
}

function add(counts: Map<string, number>, name: string, amount: number): void {
  counts.set(name, finite((counts.get(name) ?? 0) + amount))
}

// JSON knows no infinity.
function finite(amount: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, amount))
}

// Always a value of its own: who counts changes it in its place.
function join<Value extends object>(
  into: Map<string, Value>,
  name: string,
  value: Value,
  add: (one: Value, another: Value) => Value,
): void {
  const known = into.get(name)
  into.set(name, known === undefined ? { ...value } : add(known, value))
}

function addAmounts(one: Amount, another: Amount): Amount {
  return { amount: finite(one.amount + another.amount), crowd: joinCrowds(one.crowd, another.crowd) }
}

function addCalls(one: Calls, another: Calls): Calls {
  return {
    calls: one.calls + another.calls,
    errors: one.errors + another.errors,
    crowd: joinCrowds(one.crowd, another.crowd),
  }
}
