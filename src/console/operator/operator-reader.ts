import type { Client } from '../../keys/client-registry.js'
import { noClient, refused, unread } from '../../row-names.js'
import { dayOf, type Periods, periodsOf } from '../../usage/days.js'
import { reportAlone } from '../../usage/disclosure/shown-report.js'
import type { ConsoleParts } from '../web/console-parts.js'
import { activitiesOf, type ClientActivity } from './activity.js'

/** What everybody did in the two periods that are compared. */
export interface Activity extends Periods {
  clients: ClientActivity[]
}

/** What the clients with the most calls used in the past 30 days, the one with the most first. */
export interface FeatureUse {
  clients: ClientUse[]
  atMs: number
}

/** What one client used, as far as it may be shown. */
export interface ClientUse {
  publicKey: string
  features: UsedFeature[]
}

export interface UsedFeature {
  name: string
  /** Undefined when they are withheld. */
  shown?: { calls: number; errors: number }
}

/** Whose features are read, which are not in the summary pages. */
const maxClientsRead = 50
/** Reading 50 clients costs some 2,000 records. */
const featureUseMaxAgeMs = 60_000

/** What the operator's pages read of the store. */
export function createOperatorReader({ registry, usage, operator: { rows }, smallestCrowd }: ConsoleParts) {
  const featureUse = memoizedFor(
    featureUseMaxAgeMs,
    async (activities: readonly ClientActivity[]): Promise<FeatureUse> => {
      const atMs = Date.now()
      const read = activities
        .filter(({ publicKey, recent }) => publicKey !== noClient && publicKey !== unread && recent.calls > 0)
        .sort((one, another) => another.recent.calls - one.recent.calls || (one.publicKey < another.publicKey ? -1 : 1))
        .slice(0, maxClientsRead)
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
    },
  )

  return {
    async activity(): Promise<Activity> {
      const periods = periodsOf(dayOf(Date.now()))
      const [recent, before] = await Promise.all([rows(periods.recent), rows(periods.before)])
      return { ...periods, clients: activitiesOf(recent, before) }
    },
    /** Of the clients with the most calls of these; a minute old at most. */
    featureUse,
    /** The registered ones among public keys. */
    async known(publicKeys: readonly string[]): Promise<Map<string, Client>> {
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

/** Work that is done once for everybody who asks, and again after a while. A failure is not kept. */
export function memoizedFor<From, Value>(
  maxAgeMs: number,
  work: (from: From) => Promise<Value>,
): (from: From) => Promise<Value> {
  let last: { value: Promise<Value>; startedAtMs: number } | undefined
  return (from) => {
    if (last && Date.now() - last.startedAtMs < maxAgeMs) return last.value
    const value = work(from)
    const started = { value, startedAtMs: Date.now() }
    last = started
    value.catch(() => {
      if (last === started) last = undefined
    })
    return value
  }
}
