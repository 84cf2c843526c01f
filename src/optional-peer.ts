import { createRequire } from 'node:module'
import { ClienteleError } from './errors.js'

const require = createRequire(import.meta.url)

/**
 * Loads a package that is not installed with this one, or the package `part` that it brings. At once, so that a missing one is
 * found out when the store is made or the metrics are mounted, and not by a request.
 *
 * @throws ClienteleError `driver_missing`
 */
export function loadPeer<Module>(user: string, name: string, version: number, part?: string): Module {
  let path: string
  try {
    path = require.resolve(name)
  } catch (cause) {
    throw missingPeer(user, name, version, cause)
  }
  return part === undefined ? require(path) : createRequire(path)(part)
}

/** For who imports the package himself, because it has no other form. */
export function missingPeer(user: string, name: string, version: number, cause: unknown): ClienteleError {
  const message = `${user} needs the package ${name}, which is not installed. Install it: npm install ${name}@${version}`
  return new ClienteleError('driver_missing', message, { cause })
}
