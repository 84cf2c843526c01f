import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Committer, Savable } from './committer.js'
import { writerPath } from './paths.js'
import { maxNamedWriters, type WriterDirectory, type WriterRecord } from './writer-directory.js'

const beatIntervalMs = 60_000
const firstBeatMs = 1_000
/** Entering costs the first login of a process so long, once. */
const entryPauseMs = 20
const entryRounds = 5
/** After it a writer that has not moved is dead, as far as a watcher's steady clock can tell. */
export const deadAfterMs = 10 * beatIntervalMs

/**
 * This process as a writer of its own counts: its id, the record in which it says what it has, and the heartbeat that shows that it
 * lives. It enters the directory before it writes anything, and watches the other writers, because whoever has died leaves work behind.
 */
export class OwnWriter {
  /** New at every start: a writer that came back and counted from zero would overwrite its own totals. */
  readonly id = randomBytes(10).toString('hex')
  readonly record: WriterRecord = {
    writer: this.id,
    atMs: 0,
    days: Object.create(null),
    registeredPages: 0,
    seen: [this.id],
  }
  readonly #directory: WriterDirectory
  readonly #committer: Committer
  readonly #savable: Savable
  /** When the record of each other writer was last seen to change, by this process's steady clock. */
  readonly #moved = new Map<string, { atMs: number; steadyMs: number }>()
  /** When this process was last seen in the directory. */
  #listedAtMs = Number.NEGATIVE_INFINITY
  #timer?: NodeJS.Timeout
  #firstBeat?: NodeJS.Timeout
  #sentDays: Record<string, number> = {}
  #savedDays: Record<string, number> = {}

  constructor(directory: WriterDirectory, committer: Committer) {
    this.#directory = directory
    this.#committer = committer
    this.#savable = {
      name: writerPath(this.id),
      encode: () => {
        this.record.atMs = Date.now()
        this.#sentDays = { ...this.record.days }
        return JSON.stringify(this.record)
      },
      saved: () => {
        this.#savedDays = this.#sentDays
      },
    }
    committer.beforeWrite(() => this.#join())
  }

  /** Shows that this process lives, and puts back whoever is missing in the directory. */
  async beat(): Promise<void> {
    try {
      await this.others()
      this.#committer.put(this.#savable, false)
    } catch {
      // The store has reported it; the next beat heals.
    }
  }

  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#firstBeat)
  }

  /** Says that this writer has so many summary pages on a day; none when the day's records are deleted. */
  noteDay(day: string, pages: number): void {
    if (pages > 0) this.record.days[day] = pages
    else delete this.record.days[day]
    this.#committer.put(this.#savable, true)
  }

  /** Whether the store is known to say that this writer has so many pages on a day; else nobody looks for them. */
  hasSaid(day: string, pages: number): boolean {
    return (this.#savedDays[day] ?? 0) >= pages
  }

  noteRegistered(pages: number): void {
    this.record.registeredPages = pages
    this.#committer.put(this.#savable, true)
  }

  noteFeatures(pages: number): void {
    this.record.featurePages = pages
    this.#committer.put(this.#savable, true)
  }

  /** Every other writer that has committed anything. */
  async others(): Promise<WriterRecord[]> {
    // A process that has committed nothing has no record to lead to, so it stays out.
    const self = this.#timer && this.id
    const all = await this.#directory.read(self)
    if (self !== undefined) this.#listedAtMs = Date.now()
    const others = all.filter(({ writer }) => writer !== this.id)
    const lastFirst = others.toSorted((one, another) => another.atMs - one.atMs)
    this.record.seen = [this.id, ...lastFirst.map(({ writer }) => writer)].slice(0, maxNamedWriters)
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
  async bury(writer: string): Promise<void> {
    await this.#directory.remove(writer)
    this.record.seen = this.record.seen.filter((name) => name !== writer)
    this.#moved.delete(writer)
  }

  /**
   * Enters the directory, before anything is written, and stays there. Does nothing where this process was seen there lately; whoever
   * slept for longer may have been taken for dead.
   */
  async #join(): Promise<void> {
    if (Math.abs(Date.now() - this.#listedAtMs) < deadAfterMs / 2) return
    for (let round = 0; round < entryRounds && !(await this.#directory.listed()).includes(this.id); round++) {
      await this.#directory.enter([this.id])
      // Another process that enters in the same moment may write over our name; by then it has.
      await pause(entryPauseMs * (1 + Math.random()))
    }
    this.#listedAtMs = Date.now()
    if (this.#timer) return
    this.#timer = setInterval(() => void this.beat(), beatIntervalMs)
    this.#timer.unref()
    this.#firstBeat = setTimeout(() => void this.beat(), firstBeatMs)
    this.#firstBeat.unref()
  }

  #watch(others: readonly WriterRecord[]): void {
    const steadyMs = performance.now()
    for (const { writer, atMs } of others) {
      if (this.#moved.get(writer)?.atMs !== atMs) this.#moved.set(writer, { atMs, steadyMs })
    }
  }
}
