import {
  addPlayer,
  decodePlayers,
  encodePlayers,
  estimatePlayers,
  mergePlayers,
  type PlayerSketch,
} from './player-sketch.js'

/** What one writer counted for one client on one UTC day. */
export interface Counters {
  sessions: Map<string, number>
  features: Map<string, { calls: number; errors: number }>
  refusals: Map<string, number>
  metrics: Map<string, number>
  /** By the name of the secret under which the players were hashed: sketches of two secrets cannot be merged. */
  players: Map<string, PlayerSketch>
}

/** Features that a client invents must not fill the store: what is past these bounds counts under `(other)`. */
export const mostFeatures = 256
export const mostMetrics = 64
export const mostMethods = 64
/** Calls that the game answered with "method not found". */
export const unknownFeature = '(unknown)'
export const other = '(other)'
/** In bytes of JSON. With the bounds above a shard stays under 60 KB. */
const longestName = 100

export function emptyCounters(): Counters {
  return { sessions: new Map(), features: new Map(), refusals: new Map(), metrics: new Map(), players: new Map() }
}

export function countSession(counters: Counters, method: string): void {
  add(counters.sessions, bounded(counters.sessions, method, mostMethods), 1)
}

export function countCall(counters: Counters, feature: string, failed: boolean): void {
  addCalls(counters.features, bounded(counters.features, feature, mostFeatures), 1, failed ? 1 : 0)
}

export function countRefusal(counters: Counters, reason: string): void {
  add(counters.refusals, reason, 1)
}

export function countMetric(counters: Counters, metric: string, amount: number): void {
  add(counters.metrics, bounded(counters.metrics, metric, mostMetrics), amount)
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
  for (const [method, count] of from.sessions) add(into.sessions, method, count)
  for (const [feature, { calls, errors }] of from.features) addCalls(into.features, feature, calls, errors)
  for (const [reason, count] of from.refusals) add(into.refusals, reason, count)
  for (const [metric, amount] of from.metrics) add(into.metrics, metric, amount)
  for (const [secretId, sketch] of from.players) {
    const known = into.players.get(secretId)
    if (known) mergePlayers(known, sketch)
    else into.players.set(secretId, new Map(sketch))
  }
}

export function totals(counters: Counters): { sessions: number; calls: number; errors: number } {
  let [sessions, calls, errors] = [0, 0, 0]
  for (const count of counters.sessions.values()) sessions += count
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
 * every merge and never one in between, because it is not associative.
 */
export function boundCounters(counters: Counters): Counters {
  return {
    ...counters,
    sessions: bound(counters.sessions, mostMethods, (count) => count, sum),
    metrics: bound(counters.metrics, mostMetrics, (amount) => amount, sum),
    features: bound(
      counters.features,
      mostFeatures,
      ({ calls }) => calls,
      (one, another) => ({ calls: one.calls + another.calls, errors: one.errors + another.errors }),
    ),
  }
}

const sum = (one: number, another: number) => one + another

function bound<Value>(
  counts: Map<string, Value>,
  most: number,
  weigh: (value: Value) => number,
  add: (one: Value, another: Value) => Value,
): Map<string, Value> {
  if (counts.size <= most) return counts
  const named = [...counts].filter(([name]) => name !== other)
  // Equal weights in the order of their names, so that every process keeps the same.
  named.sort(([one, some], [another, more]) => weigh(more) - weigh(some) || (one < another ? -1 : 1))
  const bounded = new Map(named.slice(0, most - 1))
  const rest = named.slice(most - 1).map(([, value]) => value)
  const others = counts.get(other)
  bounded.set(other, (others === undefined ? rest : [others, ...rest]).reduce(add))
  return bounded
}

/** As stored: plain JSON, readable in the store by a person. */
interface StoredCounters {
  sessions: Record<string, number>
  features: Record<string, [calls: number, errors: number]>
  refusals: Record<string, number>
  metrics: Record<string, number>
  players: Record<string, string>
}

/** `about`: what stands beside the counts in the record. */
export function encodeCounters(counters: Counters, about: object): string {
  const stored: StoredCounters = {
    sessions: Object.fromEntries(counters.sessions),
    features: Object.fromEntries(
      Array.from(counters.features, ([feature, { calls, errors }]) => [feature, [calls, errors]]),
    ),
    refusals: Object.fromEntries(counters.refusals),
    metrics: Object.fromEntries(counters.metrics),
    players: Object.fromEntries(
      Array.from(counters.players, ([secretId, sketch]) => [secretId, encodePlayers(sketch)]),
    ),
  }
  return JSON.stringify({ ...about, ...stored })
}

/** The counts of a record, and what stands beside them. */
export function decodeCounters<About = object>(text: string): { counters: Counters; about: About } {
  const { sessions, features, refusals, metrics, players, ...about } = JSON.parse(text) as StoredCounters
  const counters: Counters = {
    sessions: new Map(Object.entries(sessions)),
    features: new Map(Object.entries(features).map(([name, [calls, errors]]) => [name, { calls, errors }])),
    refusals: new Map(Object.entries(refusals)),
    metrics: new Map(Object.entries(metrics)),
    players: new Map(Object.entries(players).map(([secretId, text]) => [secretId, decodePlayers(text)])),
  }
  return { counters, about: about as About }
}

// One place is kept for `(other)` itself.
function bounded(known: ReadonlyMap<string, unknown>, name: string, most: number): string {
  if (known.has(name)) return name
  return known.size >= most - 1 || !fits(name) ? other : name
}

function fits(name: string): boolean {
  return name.length <= longestName && name.isWellFormed() && Buffer.byteLength(JSON.stringify(name)) <= longestName
}

function add(counts: Map<string, number>, name: string, amount: number): void {
  counts.set(name, finite((counts.get(name) ?? 0) + amount))
}

// JSON knows no infinity.
function finite(amount: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, amount))
}

function addCalls(features: Counters['features'], name: string, calls: number, errors: number): void {
  const known = features.get(name)
  if (known) {
    known.calls += calls
    known.errors += errors
  } else features.set(name, { calls, errors })
}
