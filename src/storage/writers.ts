import { randomBytes } from 'node:crypto'
import type { Committer, Savable } from './committer.js'
import { writerPath, writersPath } from './paths.js'
import type { Store } from './store.js'

/** What a writer tells of itself, so that a reader knows which of its records there are. */
export interface WriterRecord {
  writer: string
  atMs: number
  /** For each UTC day that it counted on, how many summary pages it has. */
  days: Record<string, number>
  /** How many pages its list of registered clients has. */
  registeredPages: number
  /** The writers that it has seen, itself included. */
  seen: string[]
}

const beatIntervalMs = 60_000

/**
 * The directory: how readers find every process that ever counted. One shared record names the writers. A stale write
 * of it may drop a name, so each writer also names in its own record whom it has seen, and puts back whom it misses.
 */
export class Writers {
  /** New at every start: a writer that came back and counted from zero would overwrite its own totals. */
  readonly id = randomBytes(10).toString('hex')
  readonly #store: Store
  readonly own: WriterRecord = {
    writer: this.id,
    atMs: 0,
    days: Object.create(null),
    registeredPages: 0,
    seen: [this.id],
  }
  readonly #savable: Savable
  #timer?: NodeJS.Timeout

  constructor(store: Store) {
    this.#store = store
    this.#savable = {
      name: writerPath(this.id),
      encode: () => {
        this.own.atMs = Date.now()
        return JSON.stringify(this.own)
      },
    }
  }

  /** Enters this process into the directory, before its first commit is acknowledged, and keeps it there. */
  async join(committer: Committer): Promise<void> {
    await this.#heal()
    if (this.#timer) return
    this.#timer = setInterval(() => {
      // A failure is reported by the store; the next beat heals.
      this.#heal().then(
        () => committer.put(this.#savable, false),
        () => undefined,
      )
    }, beatIntervalMs)
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Says that this writer has so many summary pages on a day. */
  noteDay(day: string, pages: number, committer: Committer): void {
    this.own.days[day] = pages
    committer.put(this.#savable, true)
  }

  noteRegistered(pages: number, committer: Committer): void {
    this.own.registeredPages = pages
    committer.put(this.#savable, true)
  }

  /** Every other writer that has committed anything. */
  async others(): Promise<WriterRecord[]> {
    const found = new Map<string, WriterRecord>([[this.id, this.own]])
    let names = await this.#heal()
    // Whoever was dropped from the directory is still named by those who saw it.
    while (names.length > 0) {
      const records = await this.#store.getMany(names.map(writerPath))
      const named: string[] = []
      for (const text of records) {
        if (text === undefined) continue
        const record = JSON.parse(text) as WriterRecord
        found.set(record.writer, record)
        named.push(...record.seen)
      }
      names = [...new Set(named)].filter((name) => !found.has(name) && !names.includes(name))
    }
    found.delete(this.id)
    return [...found.values()]
  }

  /** Reads the directory, puts back whom it lacks, and answers the other writers. */
  async #heal(): Promise<string[]> {
    const text = await this.#store.get(writersPath)
    const listed = text === undefined ? [] : (JSON.parse(text) as { writers: string[] }).writers
    const all = [...new Set([...listed, ...this.own.seen])]
    this.own.seen = all
    if (all.length > listed.length) {
      await this.#store.set({ name: writersPath, value: JSON.stringify({ writers: all }) })
    }
    return all.filter((writer) => writer !== this.id)
  }
}
