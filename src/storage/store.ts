import { randomBytes } from 'node:crypto'
import { ClienteleError } from '../errors.js'
import type { KeyvLike } from './keyv-like.js'
import { probePath } from './paths.js'

export type { KeyvLike }

export interface Entry {
  name: string
  /** JSON. */
  value: string
  ttlMs?: number
}

/** `starting` until the store has answered for the first time, `down` from a failure until it answers again. */
export type StoreState = 'starting' | 'up' | 'down'

/** MySQL's TEXT holds 64 KB, and Keyv wraps the value in JSON once more. */
const maxValueBytes = 60_000
/** SQLite's getMany in Keyv is quadratic in the number of names. */
const namesPerRead = 1_000
const entriesPerWrite = 500
const firstPauseMs = 100
const maxPauseMs = 5_000

/** A call that ran out of time. It may still land: `settled` resolves when it did, or never will. */
export class StoreTimeout extends ClienteleError {
  readonly settled: Promise<void>

  constructor(timeoutMs: number, call: Promise<unknown>) {
    super('store_timeout', `The store did not answer within ${timeoutMs} ms.`)
    this.settled = call.then(
      () => undefined,
      () => undefined,
    )
  }
}

/**
 * The only user of Keyv at run time. Keyv hides failures: a `get` of a broken store reads as "not there" and a refused
 * write as done, with an error event at most. Here every call is timed, and an error event rejects every call that is under way:
 * which of them caused it cannot be told, and a write that is done twice is harmless. (An AsyncLocalStorage could tell; it makes
 * each promise of the host two to three times as slow.)
 */
export class Store {
  state: StoreState = 'starting'
  lastError?: { code: string; at: string }
  /** Whether expired records stay, because the store can neither drop nor list them. */
  isGrowing = false
  readonly #keyv: KeyvLike
  readonly #timeoutMs: number
  readonly #onError: (error: ClienteleError) => void
  readonly #underWay = new Set<{ error?: unknown }>()
  #probeTimer?: NodeJS.Timeout
  #pauseMs = firstPauseMs
  #whenUp: (() => void)[] = []
  closed = false

  constructor(keyv: KeyvLike, timeoutMs: number, onError: (error: ClienteleError) => void) {
    this.#keyv = keyv
    this.#timeoutMs = timeoutMs
    this.#onError = onError
    if ('throwOnErrors' in keyv) keyv.throwOnErrors = true
    keyv.on('error', (error: unknown) => {
      for (const call of this.#underWay) call.error ??= error
      if (this.#underWay.size === 0) this.#failed(asFailure(error))
    })
  }

  async get(name: string): Promise<string | undefined> {
    return asText(await this.#ask(() => this.#keyv.get(name)))
  }

  async getMany(names: readonly string[]): Promise<(string | undefined)[]> {
    const values: (string | undefined)[] = []
    for (let start = 0; start < names.length; start += namesPerRead) {
      const some = names.slice(start, start + namesPerRead)
      for (const value of await this.#ask(() => this.#readMany(some))) values.push(asText(value))
    }
    return values
  }

  async set(entry: Entry): Promise<void> {
    const [saved] = await this.setMany([entry])
    if (!saved) throw new ClienteleError('store_failed', 'The store did not confirm a write.')
  }

  /** Writes all in order, or throws what is said. */
  async setAll(entries: readonly Entry[], complaint: string): Promise<void> {
    const saved = await this.setMany(entries)
    if (saved.includes(false)) throw new ClienteleError('store_failed', complaint)
  }

  /** Writes in order, and answers for each entry whether the store confirmed it. Throws when it could not be asked. */
  async setMany(entries: readonly Entry[]): Promise<boolean[]> {
    const saved: boolean[] = []
    const fitting = entries.filter(({ value }) => Buffer.byteLength(value) < maxValueBytes)
    for (let start = 0; start < fitting.length; start += entriesPerWrite) {
      const some = fitting.slice(start, start + entriesPerWrite)
      const answer = await this.#ask(() => this.#writeMany(some))
      for (let index = 0; index < some.length; index++) saved.push(!Array.isArray(answer) || answer[index] !== false)
    }
    if (saved.includes(false)) {
      this.#onError(new ClienteleError('store_failed', 'The store refused a part of a write; it is tried again.'))
    } else this.#pauseMs = firstPauseMs
    if (fitting.length === entries.length) return saved
    this.#onError(
      new ClienteleError(
        'record_too_large',
        `A record is larger than the ${maxValueBytes} bytes that fit every store.`,
      ),
    )
    const savedNames = new Set(fitting.filter((_, index) => saved[index]).map(({ name }) => name))
    return entries.map(({ name }) => savedNames.has(name))
  }

  async delete(names: readonly string[]): Promise<void> {
    for (let start = 0; start < names.length; start += entriesPerWrite) {
      await this.#ask(() => this.#keyv.deleteMany(names.slice(start, start + entriesPerWrite)))
    }
  }

  /** Deletes expired records, where the store does not drop them by itself. */
  async sweep(): Promise<void> {
    const adapter = this.#keyv.store as { sweep?(): Promise<number>; opts?: { dialect?: string } } | undefined
    if (adapter?.opts?.dialect === 'redis') return
    if (adapter?.sweep) {
      // A bounded number at a time, so that no statement takes long.
      while ((await this.#ask(async () => adapter.sweep?.())) && !this.closed);
    } else if (this.#keyv.iterator) {
      // Keyv deletes an expired record when it meets it.
      for await (const _ of this.#keyv.iterator(undefined)) if (this.closed) return
    } else this.isGrowing = true
  }

  /** Tries the store at once, and again with growing pauses until it works. */
  start(): void {
    void this.#probe()
  }

  /** Tries a store that is down at once, without its pause. */
  async retry(): Promise<void> {
    if (this.state !== 'down') return
    clearTimeout(this.#probeTimer)
    await this.#probe()
  }

  /** Resolves when the store works; at once when it does. */
  whenUp(): Promise<void> {
    if (this.state === 'up' || this.closed) return Promise.resolve()
    return new Promise((resolve) => this.#whenUp.push(resolve))
  }

  /** Ends the probing. Nothing is disconnected: the store is the host's. */
  close(): void {
    this.closed = true
    clearTimeout(this.#probeTimer)
    this.#letGo()
  }

  // Keyv's own getMany drops the errors of an adapter that has none.
  #readMany(names: string[]): Promise<unknown[]> {
    const adapter = this.#keyv.store as { getMany?: unknown } | undefined
    if (adapter && adapter.getMany === undefined) return Promise.all(names.map((name) => this.#keyv.get(name)))
    return this.#keyv.getMany(names)
  }

  // Keyv's own loop would reject as a whole, and leave it open which of the writes were done.
  async #writeMany(entries: Entry[]): Promise<unknown> {
    const adapter = this.#keyv.store as { setMany?: unknown } | undefined
    if (!adapter || adapter.setMany !== undefined) {
      return this.#keyv.setMany(
        entries.map(({ name, value, ttlMs }) => ({ key: name, value, ...(ttlMs === undefined ? {} : { ttl: ttlMs }) })),
      )
    }
    const outcomes = await Promise.allSettled(
      entries.map(({ name, value, ttlMs }) => this.#keyv.set(name, value, ttlMs)),
    )
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed && outcomes.every(({ status }) => status === 'rejected')) throw failed.reason
    return outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value !== false)
  }

  async #ask<Answer>(work: () => Promise<Answer>, probing = false): Promise<Answer> {
    if (this.state === 'down' && !probing) throw new ClienteleError('store_down', 'The store is not to be reached.')
    const call: { error?: unknown } = {}
    this.#underWay.add(call)
    // A store may throw before it has a promise to give.
    const answer = (async () => work())()
    let timer: NodeJS.Timeout | undefined
    try {
      const value = await Promise.race([
        answer,
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(new StoreTimeout(this.#timeoutMs, answer)), this.#timeoutMs)
          timer.unref()
        }),
      ])
      if (call.error !== undefined) throw call.error
      return value
    } catch (error) {
      const failure = asFailure(error)
      this.#failed(failure)
      throw failure
    } finally {
      clearTimeout(timer)
      this.#underWay.delete(call)
    }
  }

  async #probe(): Promise<void> {
    const name = probePath(randomBytes(8).toString('hex'))
    try {
      await this.#ask(async () => {
        await this.#keyv.set(name, name, 60_000)
        const read = await this.#keyv.get(name)
        await this.#keyv.delete(name)
        if (read !== name) throw new ClienteleError('store_failed', 'The store does not give back what was written.')
      }, true)
      this.state = 'up'
      clearTimeout(this.#probeTimer)
      this.#letGo()
    } catch {
      // #ask has reported it and set the next probe.
    }
  }

  #failed(error: ClienteleError): void {
    this.lastError = { code: error.code, at: new Date().toISOString() }
    this.#onError(error)
    this.state = 'down'
    if (this.closed) return
    clearTimeout(this.#probeTimer)
    // Jitter, so that many processes do not come back in step.
    this.#probeTimer = setTimeout(() => void this.#probe(), this.#pauseMs * (0.5 + Math.random()))
    this.#probeTimer.unref()
    this.#pauseMs = Math.min(this.#pauseMs * 2, maxPauseMs)
  }

  #letGo(): void {
    const waiting = this.#whenUp
    this.#whenUp = []
    for (const resolve of waiting) resolve()
  }
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

// The store's own words stay in `cause`: they may name an address or a password, and `message` may be logged.
function asFailure(error: unknown): ClienteleError {
  if (error instanceof ClienteleError) return error
  return new ClienteleError('store_failed', 'The store failed.', { cause: error })
}
