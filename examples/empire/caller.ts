/** What nearly every method needs: who calls, and the status that goes back with the answer. */
import type { Params } from './params.js'
import type { Empire, Planet } from './seed.js'
import type { Universe } from './universe.js'
import { empireView, planetView, serverView } from './views.js'

/** What the game tells whoever runs in front of it; it plays just as well with nobody there. */
export interface Hooks {
  count?: (metric: string, amount: number) => void
}

export interface Method {
  /** In the order in which they are sent by position. */
  params: readonly string[]
  run(universe: Universe, params: Params, hooks: Hooks, sent: unknown): unknown
}

export type Methods = Readonly<Record<string, Method>>

/** The empire whose session it is, or 1006. */
export function player(universe: Universe, params: Params): Empire {
  return universe.continueSession(params.get('session_id'))
}

/** `{server, empire}`, and the planet where the answer is about one of the caller's own. */
export function status(universe: Universe, caller: Empire, planet?: Planet) {
  universe.countCall(caller)
  const home = universe.planet(caller.homePlanetId)
  const nowMs = universe.now()
  const common = { server: serverView(nowMs), empire: empireView(caller, home) }
  return planet ? { ...common, body: planetView(planet, caller, nowMs) } : common
}
