import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { type Store, StoreTimeout } from './store.js'

/** A record with one writer: this process. `encode` gives its whole present value, so writing it twice is harmless. */
export interface Savable {
  readonly name: string
  readonly ttlMs?: number
  /** It tells of other records: encoded after all others of a write, and written again with those that come later. */
  readonly isSummary?: boolean
  encode(): string
  /** The store has confirmed the last value that `encode` gave. */
  saved?(): void
  /** The write of that value is over, and whether it landed is not known. */
  failed?(): void
}

/**
 * Group commit: what must be saved gathers while one write is on its way, and goes with the next. A record stays here
 * until the store has confirmed a write of it that began after its last change.
 */
export class Committer {
  readonly #store: Store
  readonly #waitMs: number
  readonly #beforeWrite: (() => Promise<void> | void)[] = []
  readonly #urgent = new Map<string, Savable>()
  readonly #lazy = new Map<string, Savable>()
  readonly #timer: NodeJS.Timeout
  #onTheirWay: readonly Savable[] = []
  #waiters: ((saved: boolean) => void)[] = []
  #running = false
  #closing = false
  /** Failures since the last success. */
  #failures = 0
  /** The last write failed: counts wait, and nothing waits for them. */
  isFailing = false
  #oldestAtMs = 0

  /** `waitMs`: the longest that anybody waits for a commit. */
  constructor(store: Store, { flushIntervalMs, waitMs }: { flushIntervalMs: number; waitMs: number }) {
    this.#store = store
    this.#waitMs = waitMs
    this.#timer = setInterval(() => this.#flushLazy(), flushIntervalMs)
    this.#timer.unref()
  }

  /**
   * What is to be true of each write, in this order: this process is in the directory, and no record is of a day that is over for long.
   * Where it throws nothing is written, and it is tried again.
   */
  beforeWrite(work: () => Promise<void> | void): void {
    this.#beforeWrite.push(work)
  }

  /** Records that are to be written. */
  get waiting(): number {
    return this.#urgent.size + this.#lazy.size
  }

  /** Records that are not on the store yet: those that are to be written, and those on their way. */
  get unsaved(): number {
    const onTheirWay = this.#onTheirWay.filter(({ name }) => !this.#urgent.has(name) && !this.#lazy.has(name))
    return this.waiting + onTheirWay.length
  }

  /** How long the oldest of them has waited, in milliseconds. */
  get oldestMs(): number {
    return this.waiting === 0 ? 0 : Date.now() - this.#oldestAtMs
  }

  /** An urgent record goes with the next write, another within the flush interval. */
  put(record: Savable, urgent: boolean): void {
    const { name, isSummary = false } = record
    if (!urgent && !this.#closing && this.#lazy.get(name) === record) return
    if (this.waiting === 0) this.#oldestAtMs = Date.now()
    if (urgent || this.#closing || (this.#urgent.has(name) && !isSummary)) {
      if (!isSummary) this.#lazy.delete(name)
      this.#urgent.set(name, record)
      this.#pump()
    } else {
      this.#lazy.set(name, record)
    }
  }

  /** Takes back a record that is not to be written any more; a write that is on its way goes on. */
  drop(name: string): void {
    this.#urgent.delete(name)
    this.#lazy.delete(name)
  }

  /**
   * Resolves to true when all that was urgent is on the store, and to false as soon as that cannot be said: nothing waits
   * longer than for one store call, and nothing at all while the last write has failed.
   */
  committed(): Promise<boolean> {
    if (this.isFailing || this.#store.state === 'down') return Promise.resolve(false)
    if (this.#urgent.size === 0 && !this.#running) return Promise.resolve(true)
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, this.#waitMs, false)
      deadline.unref()
      this.#waiters.push((saved) => {
        clearTimeout(deadline)
        resolve(saved)
      })
      this.#pump()
    })
  }

  /** Writes everything there is, and resolves when that was tried. */
  flush(): Promise<boolean> {
    this.#flushLazy()
    if (this.#store.state === 'down') return Promise.resolve(false)
    if (this.#urgent.size === 0 && !this.#running) return Promise.resolve(true)
    return new Promise((resolve) => {
      this.#waiters.push(resolve)
      this.#pump()
    })
  }

  /** Stops the timer and writes everything there is. What comes later is urgent, so that nothing is left behind. */
  close(): Promise<boolean> {
    clearInterval(this.#timer)
    this.#closing = true
    return this.flush()
  }

  #flushLazy(): void {
    for (const [name, record] of this.#lazy) this.#urgent.set(name, record)
    this.#lazy.clear()
    this.#pump()
  }

  #pump(): void {
    if (this.#running || this.#urgent.size === 0) return
    this.#running = true
    void this.#run().finally(() => {
      this.#running = false
      // What came after the last look and before this moment would wait for ever.
      if (this.#urgent.size > 0 && !(this.#store.closed && this.#store.state === 'down')) this.#pump()
      else this.#answer(this.#urgent.size === 0)
    })
  }

  async #run(): Promise<void> {
    // What other requests of this turn have to save goes with the same write.
    await nextTurn()
    while (this.#urgent.size > 0) {
      if (this.#store.state === 'down') {
        this.#answer(false)
        if (this.#store.closed) return
        await this.#store.whenUp()
      } else {
        await this.#commit()
      }
    }
  }

  async #commit(): Promise<void> {
    let batch: Savable[] = []
    let waiters: ((saved: boolean) => void)[] = []
    try {
      for (const work of this.#beforeWrite) await work()
      batch = [...this.#urgent.values()].sort((one, another) => rank(one) - rank(another))
      waiters = this.#waiters
      this.#urgent.clear()
      this.#onTheirWay = batch
      this.#waiters = []
      const startedAtMs = Date.now()
      const saved = await this.#store.setMany(
        batch.map((record) => ({ name: record.name, value: record.encode(), ...ttlOf(record) })),
      )
      this.#oldestAtMs = startedAtMs
      this.isFailing = false
      this.#failures = 0
      for (const [index, record] of batch.entries()) {
        if (saved[index]) record.saved?.()
        else record.failed?.()
      }
      this.#putBack(batch.filter((_, index) => !saved[index]))
      this.#onTheirWay = []
      for (const answer of waiters) answer(!saved.includes(false))
    } catch (error) {
      this.isFailing = true
      this.#putBack(batch)
      this.#onTheirWay = []
      for (const answer of waiters) answer(false)
      this.#answer(false)
      // Two writes of one record must never be in the air: the older could land last. But one that never settles must not
      // end all counting; after so long it counts as lost.
      if (batch.length > 0 && error instanceof StoreTimeout) {
        await Promise.race([error.settled, pause(this.#waitMs * 10, undefined, { ref: false })])
      }
      for (const record of batch) record.failed?.()
      await pause(this.#pauseMs(), undefined, { ref: false })
      this.#failures++
    }
  }

  // With the default timeout from 100 ms to five seconds, and jitter, so that many processes do not come back in step.
  #pauseMs(): number {
    return this.#waitMs * Math.min(0.05 * 2 ** this.#failures, 2.5) * (0.5 + Math.random())
  }

  // A record that changed meanwhile is already there, with its newer value.
  #putBack(records: Savable[]): void {
    for (const record of records) if (!this.#urgent.has(record.name)) this.#lazy.set(record.name, record)
  }

  #answer(saved: boolean): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const answer of waiters) answer(saved)
  }
}

function rank({ isSummary = false }: Savable): number {
  return isSummary ? 1 : 0
}

function ttlOf(record: Savable): { ttlMs?: number } {
  return record.ttlMs === undefined ? {} : { ttlMs: record.ttlMs }
}
