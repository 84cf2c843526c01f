import { createRequire } from 'node:module'
import { performance } from 'node:perf_hooks'
import type { Client, ClientRegistry } from '../keys/client-registry.js'
import { clientCacheMs, StoredClients } from '../keys/stored-clients.js'
import type { Health } from '../storage/health.js'
import type { Totals } from '../usage/recording/live-totals.js'
import type { Numbers } from './instruments.js'

/** What metrics read of a `Clientele`. */
export interface Measured {
  /** Tells what clients are called. */
  readonly registry: Pick<ClientRegistry, 'find'>
  /** What this process has counted. */
  totals(): Totals
  /** How the store is. */
  health(): Health
}

export function numbersOf(clients: Measured): Numbers {
  return { health: clients.health(), totals: clients.totals() }
}

/**
 * What registered clients are called, as far as it is known: a scrape waits for no store, so it is asked in the background,
 * every ten seconds at most, for the next time. Our own registry answers for hundreds in one question, and of whom it remembers
 * without any; another, such as a fake in a host's tests, is asked one by one.
 */
export function detailsReader(registry: Measured['registry']): (publicKeys: string[]) => (Client | undefined)[] {
  const own = registry instanceof StoredClients ? registry : undefined
  let details: ReadonlyMap<string, Client | undefined> = new Map()
  let askedAtMs = Number.NEGATIVE_INFINITY

  async function ask(publicKeys: string[]): Promise<void> {
    askedAtMs = performance.now()
    const clients = own
      ? await own.findMany(publicKeys)
      : await Promise.all(publicKeys.map((publicKey) => registry.find(publicKey)))
    const found = new Map(clients.map((client) => [client?.publicKey, client]))
    details = new Map(publicKeys.map((publicKey) => [publicKey, found.get(publicKey)]))
  }

  return (publicKeys) => {
    // The store has reported it, and what is known stays.
    if (performance.now() - askedAtMs >= clientCacheMs) ask(publicKeys).catch(() => undefined)
    // Who is new here was looked up a moment ago, to be admitted.
    return publicKeys.map((one) => (details.has(one) ? details.get(one) : own?.cached(one)?.client))
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
