import type { ClientRegistry } from '../keys/client-registry.js'
import { refused } from '../keys/key-format.js'
import { boundsOf, dayOf } from './days.js'
import type { Ledger } from './ledger.js'
import { type ClientSummary, reportOf, type UsageReader } from './report.js'

const pastMonth = { days: 30 }

export function createUsageReader(ledger: Ledger, registry: ClientRegistry): UsageReader {
  return {
    async read(publicKey, range = pastMonth) {
      const today = dayOf(Date.now())
      const bounds = boundsOf(range, today)
      const found = await ledger.read(publicKey, bounds)
      return reportOf(publicKey, bounds?.from ?? found.first ?? today, bounds?.to ?? today, found)
    },

    async overview(range = pastMonth) {
      const rows = (await ledger.rows(boundsOf(range, dayOf(Date.now())))).filter(
        ([publicKey]) => publicKey !== refused,
      )
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
