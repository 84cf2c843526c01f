import { everRegistered } from '../../keys/client-records.js'
import { sharedRows } from '../../keys/key-format.js'
import { unknownFeature } from '../../row-names.js'
import { kindOf } from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'
import { addCounters, type Counters, decodeCounters, emptyCounters } from '../../usage/counters.js'
import { isPlainName } from '../../usage/plain-name.js'
import { rowsIn } from '../../usage/sealing/seal-records.js'
import { recordsOf, type Side } from '../copy/copy-records.js'

/** Names that strangers chose, and how many records have each. */
export interface Planted {
  features: Map<string, number>
  methods: Map<string, number>
  metrics: Map<string, number>
  clients: Map<string, number>
}

/** Everything that is named in a store. */
export interface Named extends Planted {
  /** Features of which a call went well, at any time. */
  succeeded: Set<string>
}

const countKinds: readonly string[] = ['usage', 'day', 'month', 'total']
const rowKinds: readonly string[] = ['rows', 'summary']
const own: readonly string[] = [...sharedRows, unknownFeature]

export const isCounts = (name: string) => countKinds.includes(kindOf(name))
export const isRows = (name: string) => rowKinds.includes(kindOf(name))

export async function namesIn(side: Side): Promise<Named> {
  const named: Named = {
    features: new Map(),
    methods: new Map(),
    metrics: new Map(),
    clients: new Map(),
    succeeded: new Set(),
  }
  for await (const records of recordsOf(side)) {
    for (const { name, value } of records) {
      if (isCounts(name)) addNames(named, decodeCounters(value).counters)
      else if (isRows(name)) for (const [publicKey] of rowsIn(value)) rise(named.clients, publicKey)
    }
  }
  return named
}

function addNames({ features, methods, metrics, succeeded }: Named, counters: Counters): void {
  for (const [name, { calls, errors }] of counters.features) {
    rise(features, name)
    if (calls > errors) succeeded.add(name)
  }
  for (const name of counters.sessions.keys()) {
    rise(methods, name)
    succeeded.add(name)
  }
  for (const name of counters.metrics.keys()) rise(metrics, name)
}

function rise(counts: Map<string, number>, name: string): void {
  if (!own.includes(name)) counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** What nobody but a stranger can have chosen. A client that is registered stays. */
export async function plantedAmong(store: Store, named: Named): Promise<Planted> {
  const odd = (counts: Map<string, number>) => new Map([...counts].filter(([name]) => !isPlainName(name)))
  const clients = odd(named.clients)
  for (const publicKey of await everRegistered(store, [...clients.keys()])) clients.delete(publicKey)
  return {
    features: new Map([...named.features].filter(([name]) => !named.succeeded.has(name) || !isPlainName(name))),
    methods: odd(named.methods),
    metrics: odd(named.metrics),
    clients,
  }
}

/** The counts with every planted name under `(unknown)`; undefined where there is none. */
export function withoutPlanted(counters: Counters, { features, methods, metrics }: Planted): Counters | undefined {
  const isClean = [
    [counters.features, features],
    [counters.sessions, methods],
    [counters.metrics, metrics],
  ].every(([counts, names]) => ![...(counts?.keys() ?? [])].some((name) => names?.has(name)))
  if (isClean) return undefined
  const clean: Counters = { ...emptyCounters(), refusals: counters.refusals, players: counters.players }
  const nameOf = (name: string, names: Map<string, number>) => (names.has(name) ? unknownFeature : name)
  for (const [name, calls] of counters.features) {
    addCounters(clean, { ...emptyCounters(), features: new Map([[nameOf(name, features), calls]]) })
  }
  for (const [name, amount] of counters.sessions) {
    addCounters(clean, { ...emptyCounters(), sessions: new Map([[nameOf(name, methods), amount]]) })
  }
  for (const [name, amount] of counters.metrics) {
    addCounters(clean, { ...emptyCounters(), metrics: new Map([[nameOf(name, metrics), amount]]) })
  }
  return clean
}
