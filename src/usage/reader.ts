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
      const summaries = rows.map(async ([publicKey, sessions, calls, errors]): Promise<ClientSummary> => {
        const client = publicKey.startsWith('(') ? undefined : await registry.find(publicKey)
        const name = client ? { name: client.name } : {}
        return { publicKey, ...name, registered: client !== undefined, sessions, calls, errors }
      })
      return (await Promise.all(summaries)).sort((one, another) => another.sessions - one.sessions)
    },
  }
}
