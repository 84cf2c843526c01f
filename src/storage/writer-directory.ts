import { directoryPath, writerPath } from './paths.js'
import type { Store } from './store.js'

/** What a writer tells of itself, so that a reader knows which of its records there are. */
export interface WriterRecord {
  writer: string
  /** By its own clock, when it last wrote this. */
  atMs: number
  /** How many summary pages it has for each UTC day whose records are not deleted yet. */
  days: Record<string, number>
  /** How many pages its list of registered clients has. */
  registeredPages: number
  /** How many pages its list of features has; 0.1.0 had none. */
  featurePages?: number
  /** The writers that it has seen last, itself included. */
  seen: string[]
}

/** Records of the directory. */
export const buckets = 32

/**
 * A record names at most so many writers, the last ones: with 23 bytes a name it stays small however many there are. It is spelled here
 * and nowhere else. Whoever is not named by a seal that is full may be in it all the same; were this larger where `clientele doctor`
 * repairs than where the seal was made, the repair would take such a writer for missing and count it a second time.
 */
export const maxNamedWriters = 500

/**
 * How readers find every process that ever counted. Shared records name the writers. A stale write of one may drop a name, so each
 * writer also names in its own record whom it has seen, and whoever reads the directory puts back whom that misses.
 */
export class WriterDirectory {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Every writer that has a record. `self`: a writer that is to be in the directory before it has one. */
  async read(self?: string): Promise<WriterRecord[]> {
    const found = new Map<string, WriterRecord>()
    const listed = await this.listed()
    let names = listed
    // Whoever was dropped from the directory is still named by those who saw it.
    while (names.length > 0) {
      const named: string[] = []
      for (const text of await this.#store.getMany(names.map(writerPath))) {
        if (text === undefined) continue
        const record = JSON.parse(text) as WriterRecord
        found.set(record.writer, record)
        named.push(...record.seen)
      }
      const asked = new Set(names)
      names = [...new Set(named)].filter((name) => !found.has(name) && !asked.has(name) && name !== self)
    }
    const present = new Set(found.keys())
    if (self !== undefined) present.add(self)
    const dropped = [...present].filter((writer) => !listed.includes(writer))
    if (dropped.length > 0) await this.enter(dropped)
    return [...found.values()]
  }

  /** Whom the directory names. */
  async listed(): Promise<string[]> {
    const texts = await this.#store.getMany(Array.from({ length: buckets }, (_, bucket) => directoryPath(bucket)))
    return texts.flatMap(namesIn)
  }

  /** Puts writers into the directory. */
  async enter(writers: readonly string[]): Promise<void> {
    for (const bucket of new Set(writers.map(bucketOf))) {
      const path = directoryPath(bucket)
      const names = new Set(namesIn(await this.#store.get(path)))
      for (const writer of writers) if (bucketOf(writer) === bucket) names.add(writer)
      await this.#store.set({ name: path, value: JSON.stringify({ writers: [...names] }) })
    }
  }

  /** Takes a writer out of the directory, and deletes its record. */
  async remove(writer: string): Promise<void> {
    await this.#store.delete([writerPath(writer)])
    const path = directoryPath(bucketOf(writer))
    const names = namesIn(await this.#store.get(path)).filter((name) => name !== writer)
    await this.#store.set({ name: path, value: JSON.stringify({ writers: names }) })
  }
}

function bucketOf(writer: string): number {
  return Number.parseInt(writer.slice(0, 2), 16) % buckets
}

function namesIn(text: string | undefined): string[] {
  return text === undefined ? [] : (JSON.parse(text) as { writers: string[] }).writers
}
