import { clientIdOf } from '../../keys/key-format.js'
import { dayPath, summaryPath, usagePath, writerPath } from '../../storage/paths.js'
import type { KeyvLike, Store } from '../../storage/store.js'
import { maxNamedWriters, WriterDirectory, type WriterRecord } from '../../storage/writer-directory.js'
import {
  addCounters,
  boundCounters,
  type Counters,
  decodeCounters,
  emptyCounters,
  encodeCounters,
  sumsOf,
} from '../../usage/counters.js'
import { addDays, dayOf } from '../../usage/days.js'
import { paged, type SummaryRow } from '../../usage/recording/shard.js'
import { sealedAmong } from '../../usage/sealing/seal-marks.js'
import { rowsIn } from '../../usage/sealing/seal-records.js'
import type { DayAbout } from '../../usage/sealing/seals.js'

/** Writers with a record that no directory leads to: nobody reads what they counted. Undefined where names cannot be listed. */
export async function findOrphans(keyv: KeyvLike, store: Store): Promise<WriterRecord[] | undefined> {
  if (!keyv.iterator) return undefined
  const there = new Set<string>()
  const start = writerPath('')
  for await (const entry of keyv.iterator(undefined)) {
    const [name] = entry as [string]
    if (name.startsWith(start)) there.add(name.slice(start.length))
  }
  // Asked afterwards: a server that starts meanwhile enters the directory before it writes anything.
  for (const { writer } of await new WriterDirectory(store).read()) there.delete(writer)
  const texts = await store.getMany([...there].map(writerPath))
  return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as WriterRecord]))
}

/**
 * Puts an orphan back, so that its counts are read. What it counted on days that were sealed without it goes to today, as
 * late counts do. It may be cut at any point and be done again.
 */
export async function repairOrphan(store: Store, orphan: WriterRecord): Promise<void> {
  const sealed = [...(await sealedAmong(store, Object.keys(orphan.days))).keys()]
  const late = new Map<string, Counters>()
  const moved: string[] = []
  for (const day of sealed) {
    const pages = pagesOf(orphan, day)
    const publicKeys = (await store.getMany(pages)).flatMap((text) => (text === undefined ? [] : rowsIn(text)))
    for (const [publicKey] of publicKeys) {
      const clientId = clientIdOf(publicKey)
      const path = usagePath(day, clientId, orphan.writer)
      const [shard, seal] = await store.getMany([path, dayPath(day, clientId)])
      moved.push(path)
      if (shard === undefined || isIn(seal, orphan.writer)) continue
      const counters = late.get(publicKey) ?? emptyCounters()
      late.set(publicKey, counters)
      addCounters(counters, decodeCounters(shard).counters)
    }
    moved.push(...pages)
  }
  const days = Object.fromEntries(Object.entries(orphan.days).filter(([day]) => !sealed.includes(day)))
  let today = dayOf(Date.now())
  while (today in orphan.days) today = addDays(today, 1)
  if (late.size > 0) days[today] = await writeShards(store, today, orphan.writer, late)
  const record: WriterRecord = { ...orphan, days }
  // From here on the counts are found, and are no orphan's any more.
  await store.set({ name: writerPath(orphan.writer), value: JSON.stringify(record) })
  await new WriterDirectory(store).enter([orphan.writer])
  await store.delete(moved)
}

/** Absolute values under the orphan's own name: written twice they are still counted once. */
async function writeShards(store: Store, day: string, writer: string, late: Map<string, Counters>): Promise<number> {
  const rows = Array.from(late, ([publicKey, counters]): SummaryRow => {
    const { sessions, calls, errors } = sumsOf(counters)
    return [publicKey, sessions, calls, errors]
  })
  const pages = paged(rows)
  const saved = await store.setMany([
    ...Array.from(late, ([publicKey, counters]) => ({
      name: usagePath(day, clientIdOf(publicKey), writer),
      value: encodeCounters(boundCounters(counters), { commit: 1 }),
    })),
    ...pages.map((page, index) => ({ name: summaryPath(day, writer, index), value: JSON.stringify({ rows: page }) })),
  ])
  if (saved.includes(false)) throw new Error('The store did not take all that was to be put back; run it again.')
  return pages.length
}

function pagesOf({ writer, days }: WriterRecord, day: string): string[] {
  return Array.from({ length: days[day] ?? 0 }, (_, page) => summaryPath(day, writer, page))
}

function isIn(seal: string | undefined, writer: string): boolean {
  if (seal === undefined) return false
  const { taken } = decodeCounters<DayAbout>(seal).about
  // One that it does not name may still be in it.
  return writer in taken || Object.keys(taken).length >= maxNamedWriters
}
