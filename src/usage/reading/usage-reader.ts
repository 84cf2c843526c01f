import type { StoredClients } from '../../keys/stored-clients.js'
import { refused } from '../../row-names.js'
import { boundsOf, dayOf } from '../days.js'
import type { FeatureNames } from '../recording/feature-names.js'
import { type ClientSummary, type Range, reportOf, type UsageReader, type UsageReport } from '../report.js'
import type { Ledger } from './ledger.js'

const pastMonth = { days: 30 }

export function createUsageReader(ledger: Ledger, registry: StoredClients, features: FeatureNames): UsageReader {
  async function readMany(publicKeys: readonly string[], range: Range = pastMonth): Promise<UsageReport[]> {
    // Calls may wait for the names under which they count.
    await features.settled()
    const today = dayOf(Date.now())
    const bounds = boundsOf(range, today)
    const found = await ledger.read(publicKeys, bounds)
    return found.map((one, index) =>
      reportOf(publicKeys[index] ?? '', bounds?.from ?? one.first ?? today, bounds?.to ?? today, one),
    )
  }

  return {
    readMany,

    async read(publicKey, range = pastMonth) {
      const [report] = await readMany([publicKey], range)
      return report as UsageReport
    },

    async overview(range = pastMonth) {
      await features.settled()
      const rows = (await ledger.rows(range)).filter(([publicKey]) => publicKey !== refused)
      // Together: a store that is asked for 10,000 clients one by one does not answer in time.
      const clients = await registry.findMany(rows.map(([publicKey]) => publicKey))
      const names = new Map(clients.map(({ publicKey, name }) => [publicKey, name]))
      const summaries = rows.map(([publicKey, sessions, calls, errors]): ClientSummary => {
        const name = names.get(publicKey)
        const named = name === undefined ? {} : { name }
        return { publicKey, ...named, registered: name !== undefined, sessions, calls, errors }
      })
      return summaries.sort((one, another) => another.sessions - one.sessions)
    },
  }
}
