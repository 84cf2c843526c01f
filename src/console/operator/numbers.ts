import type { Client } from '../../keys/client-registry.js'
import type { StoredClients } from '../../keys/stored-clients.js'
import { noClient, refused, unread } from '../../row-names.js'
import type { Health } from '../../storage/health.js'
import { dayOf, type Periods, periodsOf } from '../../usage/days.js'
import { reportAlone } from '../../usage/disclosure/shown-report.js'
import type { SummaryRow } from '../../usage/recording/shard.js'
import type { Range, UsageReader } from '../../usage/report.js'
import type { ClientUse } from './answers.js'
import { type Standing, standingsOf } from './model.js'

/** What the operator's pages need of the rest. */
export interface OperatorParts {
  registry: Pick<StoredClients, 'find' | 'findMany' | 'list' | 'adopt' | 'rotate' | 'retire' | 'restore' | 'update'>
  /** Every public key's sums in a range, from pages and not from clients. */
  rows(range: Range): Promise<readonly SummaryRow[]>
  health(): Health
  /** Features whose logins go well and never show a session. */
  blindSpots(): readonly BlindSpot[]
  holdings(): Promise<Holdings>
}

/** Where the protocol looks for a session id in vain. */
export interface BlindSpot {
  feature: string
  /** As the option says it. */
  place: string
  logins: number
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
  usage: Pick<UsageReader, 'read' | 'readMany'>
  operator: OperatorParts
  smallestCrowd: number
}

export interface Standings extends Periods {
  standings: Standing[]
}

/** What the clients with the most calls used in the past 30 days, the one with the most first. */
export interface Uses {
  clients: ClientUse[]
  atMs: number
}

/** Whose features are read, which are not in the summary pages. */
export const clientsRead = 50
/** Reading 50 clients costs some 2,000 records. */
const rememberedMs = 60_000

/** What the operator's pages read of the store. */
export function operatorNumbers({ usage, operator, smallestCrowd }: NumbersParts) {
  const { registry, rows } = operator
  async function standings(): Promise<Standings> {
    const periods = periodsOf(dayOf(Date.now()))
    const [recent, before] = await Promise.all([rows(periods.recent), rows(periods.before)])
    return { ...periods, standings: standingsOf(recent, before) }
  }

  const uses = remembered(rememberedMs, async (standings: readonly Standing[]): Promise<Uses> => {
    const atMs = Date.now()
    const read = standings
      .filter(({ publicKey, recent }) => publicKey !== noClient && publicKey !== unread && recent.calls > 0)
      .sort((one, another) => another.recent.calls - one.recent.calls || (one.publicKey < another.publicKey ? -1 : 1))
      .slice(0, clientsRead)
    const reports = await usage.readMany(
      read.map(({ publicKey }) => publicKey),
      { days: 30 },
    )
    const clients = reports.map((report): ClientUse => {
      const shown = Object.entries(reportAlone(report, smallestCrowd).report.features)
      const features = shown.map(([name, { calls, errors }]) =>
        calls === null || errors === null ? { name } : { name, shown: { calls, errors } },
      )
      return { publicKey: report.publicKey, features }
    })
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
      return Object.entries(refusals).sort(([one, some], [another, more]) => more - some || (one < another ? -1 : 1))
    },
  }
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
