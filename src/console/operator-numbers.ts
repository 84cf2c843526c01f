import type { Client, ClientRegistry } from '../keys/client-registry.js'
import { nobody, refused } from '../keys/key-format.js'
import { addDays, dayOf } from '../usage/days.js'
import type { Range, UsageReader } from '../usage/report.js'
import type { SummaryRow } from '../usage/shard.js'
import { readShownRange } from '../usage/shown-report.js'
import type { ClientUse } from './operator-answers.js'
import { type Standing, standingsOf } from './operator-model.js'

/** What the operator's pages need of the rest. */
export interface OperatorParts {
  registry: Pick<ClientRegistry, 'find' | 'findMany' | 'list' | 'adopt' | 'rotate' | 'retire' | 'update'>
  /** Every public key's sums in a range, from pages and not from clients. */
  rows(range: Range): Promise<readonly SummaryRow[]>
  health(): StoreHealth
  holdings(): Promise<Holdings>
}

/** As `Health` of `Clientele`. */
export interface StoreHealth {
  store: 'starting' | 'up' | 'down'
  waiting: number
  oldestMs: number
  dropped: number
  unread: number
  growing: boolean
  secret: 'given' | 'made'
  lastError?: { code: string; at: string }
}

export interface Holdings {
  /** Processes whose records are not all sealed, this one included. */
  writers: number
  /** The first day that was sealed. */
  first?: string
  /** The last month that cannot change any more. */
  through?: string
}

interface NumbersParts {
  usage: Pick<UsageReader, 'read'>
  operator: OperatorParts
  smallestCrowd: number
}

/** The past 30 days, today included, and the 30 before: UTC days, both ends included. */
export interface Periods {
  recent: { from: string; to: string }
  before: { from: string; to: string }
}

export interface Standings extends Periods {
  standings: Standing[]
}

/** What the clients with the most calls used in the past 30 days, the one with the most first. */
export interface Uses {
  clients: ClientUse[]
  atMs: number
}

/** Whose features are read: one by one, because features are not in the summary pages. */
export const clientsRead = 50
/** Reading 50 clients costs hundreds of records. */
const rememberedMs = 60_000

/** What the operator's pages read of the store. */
export function operatorNumbers({ usage, operator, smallestCrowd }: NumbersParts) {
  const { registry, rows } = operator
  async function standings(): Promise<Standings> {
    const periods = periodsAt(Date.now())
    const [recent, before] = await Promise.all([rows(periods.recent), rows(periods.before)])
    return { ...periods, standings: standingsOf(recent, before) }
  }

  const uses = remembered(rememberedMs, async (standings: readonly Standing[]): Promise<Uses> => {
    const atMs = Date.now()
    const read = standings
      .filter(({ publicKey, recent }) => publicKey !== nobody && recent.calls > 0)
      .sort((one, another) => another.recent.calls - one.recent.calls || (one.publicKey < another.publicKey ? -1 : 1))
      .slice(0, clientsRead)
    const clients = await Promise.all(
      read.map(async ({ publicKey }): Promise<ClientUse> => {
        const { report } = await readShownRange(usage, publicKey, { days: 30 }, smallestCrowd)
        const features = Object.entries(report.features).map(([name, { calls, errors }]) =>
          calls === null || errors === null ? { name } : { name, shown: { calls, errors } },
        )
        return { publicKey, features }
      }),
    )
    return { clients, atMs }
  })

  return {
    standings,
    /** Of the clients with the most calls of these; a minute old at most. */
    uses,
    /** The registered ones among public keys. */
    async clientsOf(publicKeys: readonly string[]): Promise<Map<string, Client>> {
      const clients = await registry.findMany([...new Set(publicKeys)])
      return new Map(clients.map((client) => [client.publicKey, client]))
    },
    async registered(): Promise<Client[]> {
      const clients: Client[] = []
      for await (const client of registry.list()) clients.push(client)
      return clients
    },
    async refusals(): Promise<[reason: string, times: number][]> {
      const { refusals } = await usage.read(refused)
      return Object.entries(refusals).sort(([, one], [, another]) => another - one)
    },
  }
}

export function periodsAt(nowMs: number): Periods {
  const today = dayOf(nowMs)
  const from = addDays(today, -29)
  return { recent: { from, to: today }, before: { from: addDays(from, -30), to: addDays(from, -1) } }
}

/** Work that is done once for everybody who asks, and again after a while. A failure is not remembered. */
export function remembered<From, Value>(
  forMs: number,
  work: (from: From) => Promise<Value>,
): (from: From) => Promise<Value> {
  let last: { value: Promise<Value>; startedAtMs: number } | undefined
  return (from) => {
    if (last && Date.now() - last.startedAtMs < forMs) return last.value
    const value = work(from)
    const started = { value, startedAtMs: Date.now() }
    last = started
    value.catch(() => {
      if (last === started) last = undefined
    })
    return value
  }
}
