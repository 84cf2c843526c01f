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

/** As stored: plain JSON, readable in the store by a person. */
interface StoredCounters {
  commit: number
  sessions: Record<string, number>
  features: Record<string, [calls: number, errors: number]>
  refusals: Record<string, number>
  metrics: Record<string, number>
  players: Record<string, string>
}

export function encodeCounters(counters: Counters, commit: number): string {
  const stored: StoredCounters = {
    commit,
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
  return JSON.stringify(stored)
}

export function decodeCounters(text: string): Counters {
  const stored = JSON.parse(text) as StoredCounters
  return {
    sessions: new Map(Object.entries(stored.sessions)),
    features: new Map(Object.entries(stored.features).map(([name, [calls, errors]]) => [name, { calls, errors }])),
    refusals: new Map(Object.entries(stored.refusals)),
    metrics: new Map(Object.entries(stored.metrics)),
    players: new Map(Object.entries(stored.players).map(([secretId, text]) => [secretId, decodePlayers(text)])),
  }
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
  counts.set(name, (counts.get(name) ?? 0) + amount)
}

function addCalls(features: Counters['features'], name: string, calls: number, errors: number): void {
  const known = features.get(name)
  if (known) {
    known.calls += calls
    known.errors += errors
  } else features.set(name, { calls, errors })
}
