import { kindOf } from '../storage/paths.js'
import { type Entry, type KeyvLike, Store } from '../storage/store.js'
import { WriterDirectory } from '../storage/writer-directory.js'
import { reachableNames } from './reachable-names.js'

/** A Keyv that tells when a record expires: every keyv from 5.4 on. */
export type RawKeyv = KeyvLike & {
  getManyRaw(names: string[]): Promise<({ value?: unknown; expires?: number | null } | undefined)[]>
}

/** A store as `copy` and `purge` go through it: record by record. */
export interface RawStore {
  keyv: RawKeyv
  store: Store
}

const recordsAtOnce = 500
const timeoutMs = 60_000

export function rawStore(keyv: RawKeyv): RawStore {
  return { keyv, store: new Store(keyv, timeoutMs, () => {}) }
}

/** A server shows every minute that it lives. */
export const heartbeatMs = 90_000

/** How long ago any server showed that it lives. */
export async function silentMs({ store }: RawStore): Promise<number> {
  const writers = await new WriterDirectory(store).read()
  return Math.max(0, Date.now() - Math.max(0, ...writers.map(({ atMs }) => atMs)))
}

/** Sessions end by themselves; everything else lasts. */
export function isOfSession(name: string): boolean {
  return kindOf(name) === 'session'
}

/** Everything that clientele keeps, some hundreds at a time; without the sessions where the store cannot list its records. */
export async function* allRecords({ keyv, store }: RawStore): AsyncIterable<Entry[]> {
  if (!keyv.iterator) {
    for await (const names of grouped(reachableNames(store))) {
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
    const sessions = records.filter(({ name }) => isOfSession(name))
    const lasting = records.filter(({ name }) => !isOfSession(name))
    yield [...lasting, ...(await withLifetimes(keyv, sessions))]
  }
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

export async function* grouped<Item>(items: AsyncIterable<Item>): AsyncIterable<Item[]> {
  let some: Item[] = []
  for await (const item of items) {
    some.push(item)
    if (some.length < recordsAtOnce) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
