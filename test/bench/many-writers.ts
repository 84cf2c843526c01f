import { randomBytes } from 'node:crypto'
import type { Keyv } from 'keyv'
import { clientIdOf } from '../../src/keys/key-format.js'
import { directoryPath, summaryPath, usagePath, writerPath } from '../../src/storage/paths.js'
import { buckets } from '../../src/storage/writer-directory.js'
import { counted } from './counting.js'
import type { Library } from './in-process.js'

export interface ReadCost {
  writers: number
  /** What every process does once a minute, and a report before all else: reads the record of each process. */
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

/** As many as a process names in its own record. */
const maxSeenWriters = 500
const atOnce = 100

/**
 * What reading costs by the number of processes that counted a client today. One process really ran; the records of the others
 * are copies of its own under other names, because a thousand processes do not fit on the machine.
 */
export async function measureWriters(
  { core }: Library,
  open: (prefix: string) => Keyv,
  counts: readonly number[],
): Promise<ReadCost[]> {
  const costs: ReadCost[] = []
  for (const writers of counts) {
    const store = open(`writers_${writers}`)
    const start = () =>
      core.clientele({ store, protocol: core.lacuna(), secret: 'a secret of the bench, long enough for it' })
    const first = start()
    await first.ready()
    const { publicKey } = await first.registry.register({ name: 'bench' })
    for (let index = 0; index < 20; index++) {
      const sessionId = `session-${index}`
      await first.openSession({ sessionId, publicKey, method: 'empire.login', playerId: String(index) })
      await first.track({ sessionId, feature: `body.get_feature_${index}` })
    }
    await first.close()
    const { sessions: ofOne } = await first.usage.read(publicKey)
    await copyWriter(store, publicKey, writers)

    const traffic = counted(store)
    const reader = start()
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
    costs.push({
      writers,
      // Of a day long ago there is nothing else to read.
      directory: await cost(() => reader.usage.overview({ from: '2000-01-01', to: '2000-01-01' })),
      report: await cost(() => reader.usage.read(publicKey)),
      overview: await cost(() => reader.usage.overview()),
    })
    const { sessions } = await reader.usage.read(publicKey)
    if (sessions !== ofOne * writers) throw new Error(`Read ${sessions} of ${ofOne * writers} sessions.`)
    await reader.close()
    await store.disconnect()
  }
  return costs
}

async function copyWriter(store: Keyv, publicKey: string, writers: number): Promise<void> {
  const directory = new Map<number, string[]>()
  for (let bucket = 0; bucket < buckets; bucket++) {
    const text = await store.get<string>(directoryPath(bucket))
    directory.set(bucket, text === undefined ? [] : JSON.parse(text).writers)
  }
  const [original = ''] = [...directory.values()].flat()
  const record = JSON.parse((await store.get<string>(writerPath(original))) ?? '')
  const [day = ''] = Object.keys(record.days)
  const usage = await store.get<string>(usagePath(day, clientIdOf(publicKey), original))
  const summary = await store.get<string>(summaryPath(day, original, 0))
  const copies = Array.from({ length: writers - 1 }, () => randomBytes(10).toString('hex'))
  const seen = [original, ...copies].slice(0, maxSeenWriters)
  const entries = [original, ...copies].flatMap((writer) => [
    { key: writerPath(writer), value: JSON.stringify({ ...record, writer, seen }) },
    { key: usagePath(day, clientIdOf(publicKey), writer), value: usage },
    { key: summaryPath(day, writer, 0), value: summary },
  ])
  for (const writer of copies) directory.get(Number.parseInt(writer.slice(0, 2), 16) % buckets)?.push(writer)
  for (const [bucket, names] of directory) {
    entries.push({ key: directoryPath(bucket), value: JSON.stringify({ writers: names }) })
  }
  for (let start = 0; start < entries.length; start += atOnce) await store.setMany(entries.slice(start, start + atOnce))
}
