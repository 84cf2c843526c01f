import { kindOf } from '../../storage/paths.js'
import { type Entry, type KeyvLike, Store } from '../../storage/store.js'
import { WriterDirectory } from '../../storage/writer-directory.js'
import { Failure } from '../output.js'
import { derivedNames } from './names.js'

/** A Keyv that tells when a record expires: every keyv from 5.4 on. */
export type RawKeyv = KeyvLike & {
  getManyRaw(names: string[]): Promise<({ value?: unknown; expires?: number | null } | undefined)[]>
}

/** One of the two stores of a copy. */
export interface Side {
  keyv: RawKeyv
  store: Store
}

const recordsAtOnce = 500
const timeoutMs = 60_000
const session = 'session'

export function sideOf(keyv: RawKeyv): Side {
  return { keyv, store: new Store(keyv, timeoutMs, () => {}) }
}

/** A server shows every minute that it lives. */
export const heartbeatMs = 90_000

/** How long ago any server showed that it lives. */
export async function silentMs({ store }: Side): Promise<number> {
  const writers = await new WriterDirectory(store).read()
  return Math.max(0, Date.now() - Math.max(0, ...writers.map(({ atMs }) => atMs)))
}

/** Everything that clientele keeps, some hundreds at a time; without the sessions where the store cannot list its records. */
export async function* recordsOf({ keyv, store }: Side): AsyncIterable<Entry[]> {
  if (!keyv.iterator) {
    for await (const names of grouped(derivedNames(store))) {
      const values = await store.getMany(names)
      yield names.flatMap((name, index) => {
        const value = values[index]
        return value === undefined ? [] : [{ name, value }]
      })
    }
    return
  }
  for await (const some of grouped(keyv.iterator(undefined))) {
    const records = (some as [name: string, value: unknown][]).flatMap(([name, value]) =>
      // A probe of a server, or of ours, is over in a moment.
      !['', 'probe'].includes(kindOf(name)) && typeof value === 'string' ? [{ name, value }] : [],
    )
    const sessions = records.filter(({ name }) => kindOf(name) === session)
    const lasting = records.filter(({ name }) => kindOf(name) !== session)
    yield [...lasting, ...(await withLifetimes(keyv, sessions))]
  }
}

/** How many there are of each kind. */
export async function countRecords(side: Side): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const seen = side.keyv.iterator ? undefined : new Set<string>()
  for await (const records of recordsOf(side)) {
    for (const { name } of records) {
      if (seen?.has(name)) continue
      seen?.add(name)
      counts.set(kindOf(name), (counts.get(kindOf(name)) ?? 0) + 1)
    }
  }
  return counts
}

/** Names in the target that the source does not have, sessions aside: they end by themselves. */
export async function* foreignNames(from: Side, to: Side): AsyncIterable<string[]> {
  for await (const records of recordsOf(to)) {
    const names = records.map(({ name }) => name).filter((name) => kindOf(name) !== session)
    const there = await from.store.getMany(names)
    const foreign = names.filter((_, index) => there[index] === undefined)
    if (foreign.length > 0) yield foreign
  }
}

/** Copies every record that is not in the target as it is in the source, and answers how many it wrote. */
export async function copyRecords(from: Side, to: Side, told: (records: number) => void): Promise<number> {
  let written = 0
  let writing: Promise<number> = Promise.resolve(0)
  try {
    for await (const records of recordsOf(from)) {
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

async function copyThese(records: Entry[], { store }: Side): Promise<number> {
  const there = await store.getMany(records.map(({ name }) => name))
  const changed = records.filter(({ value }, index) => there[index] !== value)
  if (changed.length === 0) return 0
  const saved = await store.setMany(changed)
  if (saved.includes(false)) throw new Failure('The other store did not confirm every record.')
  return changed.length
}

async function withLifetimes(keyv: RawKeyv, sessions: Entry[]): Promise<Entry[]> {
  if (sessions.length === 0) return []
  const raw = await keyv.getManyRaw(sessions.map(({ name }) => name))
  return sessions.flatMap(({ name, value }, index) => {
    const expires = raw[index]?.expires
    const ttlMs = typeof expires === 'number' ? expires - Date.now() : 0
    return ttlMs > 0 ? [{ name, value, ttlMs }] : []
  })
}

async function* grouped<Item>(items: AsyncIterable<Item>): AsyncIterable<Item[]> {
  let some: Item[] = []
  for await (const item of items) {
    some.push(item)
    if (some.length < recordsAtOnce) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
