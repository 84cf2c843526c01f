import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Committer, Savable } from './committer.js'
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

const beatIntervalMs = 60_000
const firstBeatMs = 1_000
/** Entering costs the first login of a process so long, once. */
const entryPauseMs = 20
const entryRounds = 5
/** After it a writer that has not moved is dead, as far as a watcher's steady clock can tell. */
export const deadAfterMs = 10 * beatIntervalMs
/** Records of the directory. */
export const buckets = 32
/** With 23 bytes a name, the record of a writer stays small however many there are. */
const maxSeenWriters = 500

/**
 * The directory: how readers find every process that ever counted. Shared records name the writers. A stale write of one
 * may drop a name, so each writer also names in its own record whom it has seen, and puts back whom it misses.
 */
export class Writers {
  /** New at every start: a writer that came back and counted from zero would overwrite its own totals. */
  readonly id = randomBytes(10).toString('hex')
  readonly own: WriterRecord = {
    writer: this.id,
    atMs: 0,
    days: Object.create(null),
    registeredPages: 0,
    seen: [this.id],
  }
  readonly #store: Store
  readonly #savable: Savable
  /** When the record of each other writer was last seen to change, by this process's steady clock. */
  readonly #moved = new Map<string, { atMs: number; steadyMs: number }>()
  /** When this process was last seen in the directory. */
  #listedAtMs = Number.NEGATIVE_INFINITY
  #timer?: NodeJS.Timeout
  #firstBeat?: NodeJS.Timeout
  #sentDays: Record<string, number> = {}
  #savedDays: Record<string, number> = {}

  constructor(store: Store) {
    this.#store = store
    this.#savable = {
      name: writerPath(this.id),
      encode: () => {
        this.own.atMs = Date.now()
        this.#sentDays = { ...this.own.days }
        return JSON.stringify(this.own)
      },
      saved: () => {
        this.#savedDays = this.#sentDays
      },
    }
  }

  /**
   * Enters this process into the directory, before it writes anything, and keeps it there. Does nothing where it was seen
   * there lately; whoever slept for longer may have been taken for dead.
   */
  async join(committer: Committer): Promise<void> {
    if (Math.abs(Date.now() - this.#listedAtMs) < deadAfterMs / 2) return
    for (let round = 0; round < entryRounds && !(await this.#listed()).includes(this.id); round++) {
      await this.enter([this.id])
      // Another process that enters in the same moment may write over our name; by then it has.
      await pause(entryPauseMs * (1 + Math.random()))
    }
    this.#listedAtMs = Date.now()
    if (this.#timer) return
    this.#timer = setInterval(() => void this.beat(committer), beatIntervalMs)
    this.#timer.unref()
    this.#firstBeat = setTimeout(() => void this.beat(committer), firstBeatMs)
    this.#firstBeat.unref()
  }

  /** Shows that this process lives, and puts back whoever is missing in the directory. */
  async beat(committer: Committer): Promise<void> {
    try {
      await this.others()
      committer.put(this.#savable, false)
    } catch {
      // The store has reported it; the next beat heals.
    }
  }

  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#firstBeat)
  }

  /** Says that this writer has so many summary pages on a day; none when the day's records are deleted. */
  noteDay(day: string, pages: number, committer: Committer): void {
    if (pages > 0) this.own.days[day] = pages
    else delete this.own.days[day]
    committer.put(this.#savable, true)
  }

  /** Whether the store is known to say that this writer has so many pages on a day; else nobody looks for them. */
  hasSaid(day: string, pages: number): boolean {
    return (this.#savedDays[day] ?? 0) >= pages
  }

  noteRegistered(pages: number, committer: Committer): void {
    this.own.registeredPages = pages
    committer.put(this.#savable, true)
  }

  noteFeatures(pages: number, committer: Committer): void {
    this.own.featurePages = pages
    committer.put(this.#savable, true)
  }

  /** Every other writer that has committed anything. */
  async others(): Promise<WriterRecord[]> {
    const found = new Map<string, WriterRecord>([[this.id, this.own]])
    const listed = await this.#listed()
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
      names = [...new Set(named)].filter((name) => !found.has(name) && !asked.has(name))
    }
    found.delete(this.id)
    const others = [...found.values()]
    this.own.seen = [this.id, ...others.toSorted((one, another) => another.atMs - one.atMs).map(({ writer }) => writer)]
    this.own.seen.length = Math.min(this.own.seen.length, maxSeenWriters)
    // A process that has committed nothing has no record to lead to, so it stays out.
    const present = [...others.map(({ writer }) => writer), ...(this.#timer ? [this.id] : [])]
    const dropped = present.filter((writer) => !listed.includes(writer))
    if (dropped.length > 0) await this.enter(dropped)
    if (this.#timer) this.#listedAtMs = Date.now()
    this.#watch(others)
    return others
  }

  /**
   * How long the record of another writer has not changed, by a clock that nobody can set; what a clock says that was set
   * is no proof that somebody is dead.
   */
  silentMs({ writer }: WriterRecord): number {
    const moved = this.#moved.get(writer)
    return moved ? performance.now() - moved.steadyMs : 0
  }

  /** Takes a dead writer out of the directory, when nothing of it is needed any more. */
  async forget(writer: string): Promise<void> {
    await this.#store.delete([writerPath(writer)])
    const path = directoryPath(bucketOf(writer))
    const names = namesIn(await this.#store.get(path)).filter((name) => name !== writer)
    await this.#store.set({ name: path, value: JSON.stringify({ writers: names }) })
    this.own.seen = this.own.seen.filter((name) => name !== writer)
    this.#moved.delete(writer)
  }

  #watch(others: readonly WriterRecord[]): void {
    const steadyMs = performance.now()
    for (const { writer, atMs } of others) {
      if (this.#moved.get(writer)?.atMs !== atMs) this.#moved.set(writer, { atMs, steadyMs })
    }
  }

  async #listed(): Promise<string[]> {
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
}

function bucketOf(writer: string): number {
  return Number.parseInt(writer.slice(0, 2), 16) % buckets
}

function namesIn(text: string | undefined): string[] {
  return text === undefined ? [] : (JSON.parse(text) as { writers: string[] }).writers
}
