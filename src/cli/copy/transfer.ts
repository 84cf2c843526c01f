import { kindOf } from '../../storage/paths.js'
import type { Entry } from '../../storage/store.js'
import { allRecords, isOfSession, type RawStore } from '../records.js'

/** How many there are of each kind. */
export async function countRecords(raw: RawStore): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const seen = raw.keyv.iterator ? undefined : new Set<string>()
  for await (const records of allRecords(raw)) {
    for (const { name } of records) {
      if (seen?.has(name)) continue
      seen?.add(name)
      counts.set(kindOf(name), (counts.get(kindOf(name)) ?? 0) + 1)
    }
  }
  return counts
}

/** Names in the target that the source does not have, sessions aside: they end by themselves. */
export async function* foreignNames(from: RawStore, to: RawStore): AsyncIterable<string[]> {
  for await (const records of allRecords(to)) {
    const names = records.map(({ name }) => name).filter((name) => !isOfSession(name))
    const there = await from.store.getMany(names)
    const foreign = names.filter((_, index) => there[index] === undefined)
    if (foreign.length > 0) yield foreign
  }
}

/** Copies every record that is not in the target as it is in the source, and answers how many it wrote. */
export async function copyRecords(from: RawStore, to: RawStore, told: (records: number) => void): Promise<number> {
  let written = 0
  let writing: Promise<number> = Promise.resolve(0)
  try {
    for await (const records of allRecords(from)) {
      // The next records are read while these are written.
      written += await writing
      writing = copyThese(records, to)
      told(records.length)
    }
  } finally {
    written += await writing
  }
  return written
}

async function copyThese(records: Entry[], { store }: RawStore): Promise<number> {
  const there = await store.getMany(records.map(({ name }) => name))
  const changed = records.filter(({ value }, index) => there[index] !== value)
  if (changed.length === 0) return 0
  await store.setAll(changed, 'The other store did not confirm every record.')
  return changed.length
}
