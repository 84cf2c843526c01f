import type { Hooks, Methods } from './caller.js'
import { EMPIRE_METHODS } from './empire-methods.js'
import { GameError } from './json-rpc.js'
import { nameParams } from './params.js'
import type { Universe } from './universe.js'
import { WORLD_METHODS } from './world-methods.js'

const METHODS: Methods = { ...EMPIRE_METHODS, ...WORLD_METHODS }

/** The first part of a method's name, and the only part of its address. */
export const MODULES: ReadonlySet<string> = new Set(Object.keys(METHODS).map((name) => name.split('.')[0] ?? ''))

/** Runs `<module>.<method>`, or throws a `GameError`. */
export function callMethod(universe: Universe, module: string, method: string, sent: unknown, hooks: Hooks): unknown {
  const name = `${module}.${method}`
  const found = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
  if (!found) throw new GameError(-32601, 'Method not found.', method)
  return found.run(universe, nameParams(found.params, sent), hooks, sent)
}
