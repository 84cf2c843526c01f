import { kindOf } from '../../storage/paths.js'
import type { KeyvLike } from '../../storage/store.js'

/** What every report asks for first, and what does not change while nothing writes: the directory and the marks of seals. */
const repeated: readonly string[] = ['sealed', 'writers', 'writer']

/** A store that asks for these once, so that 10,000 reports cost half. Only for a store that nobody writes to. */
export function remembering(keyv: KeyvLike): KeyvLike {
  const known = new Map<string, unknown>()
  async function getMany(names: string[]): Promise<unknown[]> {
    const asked = names.filter((name) => !known.has(name))
    const answers = asked.length === 0 ? [] : await keyv.getMany(asked)
    const fresh = new Map(asked.map((name, index) => [name, answers[index]]))
    for (const [name, value] of fresh) if (repeated.includes(kindOf(name))) known.set(name, value)
    return names.map((name) => (known.has(name) ? known.get(name) : fresh.get(name)))
  }
  return {
    getMany,
    get: async (name) => (await getMany([name]))[0],
    set: (name, value, ttlMs) => keyv.set(name, value, ttlMs),
    setMany: (entries) => keyv.setMany(entries),
    delete: (name) => keyv.delete(name),
    deleteMany: (names) => keyv.deleteMany(names),
    on: (event, listener) => keyv.on(event, listener),
    store: keyv.store,
  }
}
