import { performance } from 'node:perf_hooks'
import { type Client, type ClientRegistry, clientCacheMs } from '../keys/client-registry.js'
import type { Health } from '../storage/health.js'
import type { Totals } from '../usage/recording/live-totals.js'
import type { Snapshot } from './instruments.js'

/** What metrics read of a `Clientele`. */
export interface MetricsSource {
  /** Tells what clients are called. */
  readonly registry: Pick<ClientRegistry, 'findMany' | 'remembered'>
  /** What this process has counted. */
  totals(): Totals
  /** How the store is. */
  health(): Health
}

export function snapshotOf(source: MetricsSource): Snapshot {
  return { health: source.health(), totals: source.totals() }
}

/**
 * What registered clients are called, as far as it is known: a scrape waits for no store, so it is asked in the background,
 * every ten seconds at most, for the next time.
 */
export function detailsReader(registry: MetricsSource['registry']): (publicKeys: string[]) => (Client | undefined)[] {
  let details: ReadonlyMap<string, Client | undefined> = new Map()
  let askedAtMs = Number.NEGATIVE_INFINITY

  async function ask(publicKeys: string[]): Promise<void> {
    askedAtMs = performance.now()
    const found = new Map((await registry.findMany(publicKeys)).map((client) => [client.publicKey, client]))
    details = new Map(publicKeys.map((publicKey) => [publicKey, found.get(publicKey)]))
  }

  return (publicKeys) => {
    // The store has reported it, and what is known stays.
    if (performance.now() - askedAtMs >= clientCacheMs) ask(publicKeys).catch(() => undefined)
    // Who is new here was looked up a moment ago, to be admitted.
    return publicKeys.map((one) => (details.has(one) ? details.get(one) : registry.remembered(one)?.client))
  }
}
