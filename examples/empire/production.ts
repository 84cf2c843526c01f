import type { Empire, Planet, Resource } from './seed.js'

const HOUR_MS = 3_600_000
const BOOST = 0.25

export function capacity(planet: Planet): number {
  return planet.level * 1_000
}

export function perHour(planet: Planet, owner: Empire, resource: Resource, nowMs: number): number {
  const isBoosted = (owner.boostedUntilMs[resource] ?? 0) > nowMs
  return planet.level * 40 * (isBoosted ? 1 + BOOST : 1)
}

/** Calculated when someone looks, so that nothing has to tick; a boost may have ended on the way. */
export function storedNow(planet: Planet, owner: Empire, resource: Resource, nowMs: number): number {
  const boostEndMs = Math.min(nowMs, owner.boostedUntilMs[resource] ?? 0)
  const boostedMs = Math.max(0, boostEndMs - planet.storedAtMs)
  const hours = (nowMs - planet.storedAtMs + BOOST * boostedMs) / HOUR_MS
  return Math.min(capacity(planet), Math.floor(planet.stored[resource] + planet.level * 40 * hours))
}
