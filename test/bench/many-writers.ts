import { setTimeout as pause } from 'node:timers/promises'
import type { Keyv } from 'keyv'
import { counted } from './counting.js'
import type { Library } from './in-process.js'

export interface ReadCost {
  writers: number
  /** What every process does once a minute, and a report at its start: reads the record of each writer. */
  directory: Cost
  /** One client's past 30 days. */
  report: Cost
  overview: Cost
}

export interface Cost {
  ms: number
  records: number
  bytes: number
}

/** What reading costs by the number of processes that write, each of which has seen all others. */
export async function measureWriters(
  { core }: Library,
  open: (prefix: string) => Keyv,
  counts: readonly number[],
): Promise<ReadCost[]> {
  const costs: ReadCost[] = []
  for (const writers of counts) {
    const start = (store: Keyv) =>
      core.clientele({
        store,
        protocol: core.lacuna(),
        secret: 'a secret of the bench, long enough for it',
        storeTimeoutMs: 60_000,
      })
    const shared = open(`writers_${writers}`)
    const processes = Array.from({ length: writers }, () => start(shared))
    const [first] = processes
    if (!first) continue
    await first.ready()
    const { publicKey } = await first.registry.register({ name: 'bench' })
    for (const [index, one] of processes.entries()) {
      await one.ready()
      await one.open({ sessionId: `session-${index}`, publicKey, method: 'empire.login', playerId: String(index) })
    }
    // Each has seen the others when it has beaten once, a second after its first commit.
    for (const one of processes) await one.usage.overview({ days: 1 })
    await pause(3_000)
    for (const one of processes) await one.close()

    const store = open(`writers_${writers}`)
    const traffic = counted(store)
    const reader = start(store)
    await reader.ready()
    const cost = async (work: () => Promise<unknown>): Promise<Cost> => {
      const before = { ...traffic }
      const startedAtMs = performance.now()
      await work()
      return {
        ms: performance.now() - startedAtMs,
        records: traffic.recordsRead - before.recordsRead,
        bytes: traffic.bytesRead - before.bytesRead,
      }
    }
    await reader.usage.overview()
    // Of nobody there is nothing but the directory, and what is not there.
    costs.push({
      writers,
      directory: await cost(() => reader.usage.overview({ from: '2000-01-01', to: '2000-01-01' })),
      report: await cost(() => reader.usage.read(publicKey)),
      overview: await cost(() => reader.usage.overview()),
    })
    const { sessions } = await reader.usage.read(publicKey)
    if (sessions !== writers) throw new Error(`Read ${sessions} of ${writers} sessions.`)
    await reader.close()
    await Promise.all([shared.disconnect(), store.disconnect()])
  }
  return costs
}
