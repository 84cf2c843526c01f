import type { Keyv } from 'keyv'
import { type KeyvLike, Store } from '../../src/storage/store.js'
import type { Records } from './contract.js'

/** A Keyv as the tests see it. */
export function recordsOf(keyv: Keyv): Records {
  const { store } = keyv as { store: { sweep?: () => Promise<number> } }
  return {
    get: (name) => keyv.get(name),
    getMany: (names) => keyv.getMany(names),
    set: (name, value, ttlMs) => keyv.set(name, value, ttlMs),
    setMany: (entries) => keyv.setMany(entries),
    delete: (name) => keyv.delete(name),
    deleteMany: (names) => keyv.deleteMany(names),
    iterator: keyv.iterator,
    ...(store.sweep ? { sweep: () => store.sweep?.() ?? Promise.resolve(0) } : {}),
  }
}

/** Longer than anything here takes on a slow disk. */
const timeoutMs = 60_000

/** A Keyv of the host's own, through the guard with which the core uses it. */
export function guarded(keyv: KeyvLike): Records {
  const store = new Store(keyv, timeoutMs, () => {
    // The call that failed rejects too.
  })
  const entry = (name: string, value: string, ttlMs?: number) => ({
    name,
    value,
    ...(ttlMs === undefined ? {} : { ttlMs }),
  })
  return {
    get: (name) => store.get(name),
    getMany: (names) => store.getMany(names),
    set: (name, value, ttlMs) => store.set(entry(name, value, ttlMs)),
    setMany: (entries) => store.setMany(entries.map(({ key, value, ttl }) => entry(key, value, ttl))),
    delete: (name) => store.delete([name]),
    deleteMany: (names) => store.delete(names),
  }
}
