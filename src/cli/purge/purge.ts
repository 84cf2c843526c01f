import { everRegistered } from '../../keys/client-records.js'
import { holdsPrivateKey } from '../../keys/key-format.js'
import { isPlainName } from '../../usage/plain-name.js'
import { Failure, number, say, table, UsageError, write, writeJson } from '../output.js'
import { heartbeatMs, type RawStore, rawStore, silentMs } from '../records.js'
import { openStore, parseAddress } from '../store-address.js'
import type { StoreOptions } from '../with-clientele.js'
import { finishChange, isChangeCut } from './atomic-change.js'
import { type Named, namesIn, type Planted, plantedAmong } from './planted.js'
import { purgeRecords } from './purge-records.js'

interface PurgeOptions extends StoreOptions {
  feature?: string
  client?: string
  yes?: boolean
}

const maxTold = 100

/** Says which names strangers planted in a store, and with `--yes` takes them out. */
export async function purge(options: PurgeOptions): Promise<void> {
  if (options.client !== undefined && holdsPrivateKey(options.client)) {
    throw new UsageError('This holds a private key. Without --client, purge takes out all that do.')
  }
  await using opened = await openStore(parseAddress(options.store), { prefix: options.prefix })
  const raw = rawStore(opened.keyv)
  try {
    await purgeSide(raw, options)
  } finally {
    raw.store.close()
  }
}

async function purgeSide(raw: RawStore, options: PurgeOptions): Promise<void> {
  const isDone = options.yes === true
  if (isDone) {
    await refuseLiving(raw)
    await finishChange(raw.store)
  } else if (await isChangeCut(raw.store)) say('A purge was cut here. Give --yes to finish it, before a server starts.')
  const named = await namesIn(raw)
  const planted = await whatToPurge(raw, named, options)
  const found = foundAmong(planted, named)
  const changed = isDone ? await purgeRecords(raw, planted) : 0
  if (options.json) return writeJson({ done: isDone, changed, found })
  if (found.length === 0) return write('Nothing was planted in this store.')
  const cells = found.slice(0, maxTold).map(({ kind, name, why, records }) => [kind, name, why, records])
  write(table(['KIND', 'NAME', 'WHY', 'RECORDS'], cells))
  if (found.length > maxTold) write(`and ${number(found.length - maxTold)} more; --json has them all`)
  write(isDone ? `\nTaken out: ${number(changed)} records changed, and no sum.` : `\n${notYet}`)
}

const notYet = 'Nothing was changed. Stop the servers, make a backup, and give --yes: the names go, every sum stays.'

// A server writes the whole of its day again and again, and knows nothing of what was moved meanwhile.
async function refuseLiving(raw: RawStore): Promise<void> {
  const silentForMs = await silentMs(raw)
  if (silentForMs >= heartbeatMs) return
  const [wrote, wait] = [silentForMs, heartbeatMs].map((ms) => Math.round(ms / 1_000))
  throw new Failure(
    `A server seems to run on this store: it wrote ${wrote} s ago. Stop all, and try again ${wait} s after the last stopped.`,
  )
}

async function whatToPurge(raw: RawStore, named: Named, { feature, client }: PurgeOptions): Promise<Planted> {
  if (feature === undefined && client === undefined) return plantedAmong(raw.store, named)
  const only = (counts: Map<string, number>, name: string | undefined) => {
    const count = name === undefined ? undefined : counts.get(name)
    return new Map(name === undefined || count === undefined ? [] : [[name, count]])
  }
  const planted: Planted = {
    features: only(named.features, feature),
    methods: only(named.methods, feature),
    metrics: new Map(),
    clients: only(named.clients, client),
  }
  if (feature !== undefined && planted.features.size === 0) say('No call was ever counted for this feature.')
  if (client !== undefined && planted.clients.size === 0) say('Nothing was ever counted for this client.')
  if ((await everRegistered(raw.store, [...planted.clients.keys()])).size > 0) {
    throw new Failure('This client is or was registered: its name stays.')
  }
  return planted
}

interface Found {
  kind: 'feature' | 'method' | 'metric' | 'client'
  name: string
  why: string
  records: number
}

function foundAmong(planted: Planted, { succeeded }: Named): Found[] {
  const rows = (kind: Found['kind'], counts: Map<string, number>) =>
    Array.from(counts, ([name, records]): Found => ({ kind, name: shown(name), why: whyOf(kind, name), records }))
  const whyOf = (kind: Found['kind'], name: string) => {
    if (holdsPrivateKey(name)) return 'holds a private key'
    if (!isPlainName(name)) return 'not plain text'
    return kind === 'feature' && !succeeded.has(name) ? 'never succeeded' : 'as you say'
  }
  return [
    ...rows('client', planted.clients),
    ...rows('feature', planted.features),
    ...rows('method', planted.methods),
    ...rows('metric', planted.metrics),
  ]
}

/** A private key is somebody's, whoever planted it. */
function shown(name: string): string {
  return holdsPrivateKey(name) ? `${name.slice(0, 8)}…` : name
}
