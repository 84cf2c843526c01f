import { createRequire } from 'node:module'
import { performance } from 'node:perf_hooks'
import { type Client, type ClientRegistry, clientCacheMs } from '../keys/client-registry.js'
import type { Health } from '../storage/health.js'
import type { Counted } from '../usage/tally.js'
import type { Numbers } from './instruments.js'

/** What metrics read of a `Clientele`. */
export interface Measured {
  readonly registry: Pick<ClientRegistry, 'findMany'>
  counted(): Counted
  health(): Health
}

/**
 * Reads the numbers of a moment, and waits for nothing: what clients are called is asked of the store in the background, for
 * the next time.
 */
export function reader(clients: Measured): () => Numbers {
  let details: ReadonlyMap<string, Client> = new Map()
  let askedAtMs = Number.NEGATIVE_INFINITY

  async function ask(publicKeys: string[]): Promise<void> {
    askedAtMs = performance.now()
    const found = await clients.registry.findMany(publicKeys)
    details = new Map(found.map((client) => [client.publicKey, client]))
  }

  return () => {
    const counted = clients.counted()
    if (performance.now() - askedAtMs >= clientCacheMs) {
      // The store has reported it, and what is known stays.
      ask(counted.clients.map(({ publicKey }) => publicKey)).catch(() => undefined)
    }
    return { health: clients.health(), counted, details }
  }
}

const require = createRequire(import.meta.url)

/** Loads an optional package. A missing one is an error with the code `driver_missing`, when the metrics are mounted. */
export function loadPeer<Module>(caller: string, name: string, major: number): Module {
  let path: string
  try {
    path = require.resolve(name)
  } catch (cause) {
    const message = `${caller}() needs the package ${name}, which is not installed. Install it: npm install ${name}@${major}`
    throw Object.assign(new Error(message, { cause }), { code: 'driver_missing' })
  }
  return require(path)
}
