import { setTimeout as pause } from 'node:timers/promises'
import { ClienteleError } from '../errors.js'
import { clientPaths } from '../storage/paths.js'
import { type Store, StoreTimeout } from '../storage/store.js'
import type { Change, Decide } from './client-changes.js'
import { type ClientRecords, isOf, type RecordTexts, recordsOf } from './client-records.js'
import { clientIdOf } from './key-format.js'

/** From reading to having written a change may take so long. After that somebody may have been told "done" of what it buried. */
const withinMs = 400
/** So long after it was written a change is looked at. By then whoever had read what was there before has written: > `withinMs`. */
const settleMs = 500
/** While a write is on its way it is looked so often whether somebody else wrote. */
const lookEveryMs = 40
const maxAttempts = 5
/** Whoever waits is told after so long that it failed, while it is still being taken back. */
const givenUpAfterMs = 2_000
/** A write that has not ended after so long never will. */
const lostAfterMs = 20_000

const recordNames = ['details', 'secret', 'retired'] as const

/** A record that a change writes, and how to take that back. Texts; undefined is a record that is not there. */
interface Written {
  record: keyof ClientRecords
  /** All that this change wrote there, the newest last. */
  ours: (string | undefined)[]
  /** What is put back where ours is to go. */
  last: string | undefined
  /** What is never put back. */
  replaced?: string
}

/** The names of a client's three records. */
export function namesOf(clientId: string): string[] {
  const paths = clientPaths(clientId)
  return recordNames.map((record) => paths[record])
}

export function textsOf([details, secret, retired]: readonly (string | undefined)[]): RecordTexts {
  return { details, secret, retired }
}

/**
 * Changes clients, each record by one change at a time in this process. Keyv has no compare-and-set, so a change of another
 * process may write over this one. Each writes, waits until all who read what was there before have written too, and looks:
 * whose change is still there is told "done", and all others that they lost. What took too long to write nobody may believe in,
 * so it is taken back, also where it lands only after it was given up.
 */
export class ClientWriter {
  readonly #store: Store
  readonly #lines = new Map<string, Promise<unknown>>()
  readonly #takingBack = new Set<Promise<void>>()

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * Makes the change that `decide` derives from what is there, after others of this process that are about the same `record`.
   *
   * @throws ClienteleError `client_changed` where another change was made at the same time, and whatever `decide` throws
   */
  async change(publicKey: string, record: keyof ClientRecords, decide: Decide): Promise<void> {
    const line = `${record} ${publicKey}`
    const isMeant = sameRegistration()
    // Who waits means the client as it is now, and not another who adopts its public key meanwhile.
    if (this.#lines.has(line)) isMeant(recordsOf(await this.#read(publicKey)))
    await this.#inLine(line, () => this.#change(publicKey, record, decide, isMeant))
  }

  /** Writes what nobody else can write at the same time. */
  async create(publicKey: string, change: Change): Promise<void> {
    await this.#write(publicKey, writtenBy(change, textsOf([])))
  }

  /** Resolves when nothing is to be taken back any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#takingBack)
  }

  async #change(
    publicKey: string,
    record: keyof ClientRecords,
    decide: Decide,
    isMeant: (now: ClientRecords) => boolean,
  ): Promise<void> {
    let isLate = false
    let found: { change: string | undefined } | undefined
    let previous: { change: Change; written: Written[] } | undefined
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const startedAtMs = performance.now()
      const texts = await this.#read(publicKey)
      const now = recordsOf(texts)
      if (!isMeant(now)) break
      // Tried again, because it was late, it must not bury what another was told "done" of meanwhile.
      found ??= { change: now[record]?.change }
      if (isLate && !previous?.change.wins && now[record]?.change !== found.change) throw changedAtOnce()
      const change = decide(now)
      if (change) {
        const written = writtenBy(change, texts)
        previous = { change, written }
        await this.#write(publicKey, written)
        isLate = performance.now() - startedAtMs > withinMs
        if (isLate) {
          const isUndone = this.#takeBack(publicKey, written).then(() => true)
          if (await Promise.race([isUndone, pause(givenUpAfterMs, false, { ref: false })])) continue
          break
        }
      }
      if (!previous || (await this.#stands(publicKey, previous))) return
      if (previous.change.wins) continue
      // A write that came too late may have buried it for a moment, and is being taken back.
      if (await this.#stands(publicKey, previous)) return
      throw changedAtOnce()
    }
    if (isLate) throw new ClienteleError('store_timeout', 'The store was too slow to change a client safely.')
    throw changedAtOnce()
  }

  async #stands(publicKey: string, { change, written }: { change: Change; written: Written[] }): Promise<boolean> {
    await pause(settleMs)
    try {
      return change.stands(recordsOf(await this.#read(publicKey)))
    } catch (error) {
      // Whoever is told of a failure has no use for what was written.
      void this.#takeBack(publicKey, written)
      throw error
    }
  }

  async #read(publicKey: string): Promise<RecordTexts> {
    return textsOf(await this.#store.getMany(namesOf(clientIdOf(publicKey))))
  }

  /** What fails here may have been written all the same, or may be later: it is taken back once that is known. */
  async #write(publicKey: string, written: Written[]): Promise<void> {
    try {
      await this.#put(publicKey, written)
    } catch (error) {
      void this.#takeBack(publicKey, written, error)
      throw error
    }
  }

  async #put(publicKey: string, written: Written[]): Promise<void> {
    const paths = clientPaths(clientIdOf(publicKey))
    const entries: { name: string; value: string }[] = []
    const gone: string[] = []
    for (const { record, ours } of written) {
      const value = ours.at(-1)
      if (value === undefined) gone.push(paths[record])
      else entries.push({ name: paths[record], value })
    }
    if (entries.length > 0) {
      const saved = await this.#lookOn(publicKey, written, this.#store.setMany(entries))
      if (saved.includes(false)) throw new ClienteleError('store_failed', 'The store did not confirm a write.')
    }
    if (gone.length > 0) await this.#lookOn(publicKey, written, this.#store.delete(gone))
  }

  /** Waits for a write, and while it is on its way sees what others write, because it may bury that. */
  async #lookOn<Answer>(publicKey: string, written: Written[], write: Promise<Answer>): Promise<Answer> {
    let isOver = false
    const over = write.then(noop, noop).then(() => {
      isOver = true
    })
    while (!isOver) {
      await Promise.race([over, pause(lookEveryMs, undefined, { ref: false })])
      const now = isOver ? undefined : await this.#read(publicKey).catch(noop)
      for (const one of now ? written : []) {
        const text = now?.[one.record]
        if (text !== one.replaced && !one.ours.includes(text)) one.last = text
      }
    }
    return write
  }

  #takeBack(publicKey: string, written: Written[], failure?: unknown): Promise<void> {
    const work = this.#takeBackWhenUp(publicKey, written, failure).finally(() => this.#takingBack.delete(work))
    this.#takingBack.add(work)
    return work
  }

  async #takeBackWhenUp(publicKey: string, written: Written[], failed: unknown): Promise<void> {
    let failure = failed
    while (!this.#store.closed) {
      if (failure instanceof StoreTimeout) {
        const lost = pause(lostAfterMs, undefined, { ref: false })
        await this.#lookOn(publicKey, written, Promise.race([failure.settled, lost]))
      }
      await this.#store.whenUp()
      try {
        return await this.#putBack(publicKey, written)
      } catch (error) {
        // The store has reported it.
        failure = error
        await pause(settleMs, undefined, { ref: false })
      }
    }
  }

  /** Where a record is ours, puts back what was there last; again, until nothing of ours is left. */
  async #putBack(publicKey: string, written: Written[]): Promise<void> {
    for (;;) {
      const now = await this.#read(publicKey)
      const wanted = { ...now }
      for (const { record, ours, last } of written) if (ours.includes(now[record])) wanted[record] = last
      const { details, secret } = recordsOf(wanted)
      const isOurs = written.some(({ record, ours }) => record === 'details' && ours.includes(now.details))
      // Never the name of a client that was removed meanwhile.
      if (details && secret && (isOurs ? !isOf(details, secret) : secret.hash === undefined)) wanted.details = undefined
      const wrong = written.filter(({ record }) => wanted[record] !== now[record])
      if (wrong.length === 0) return
      for (const one of wrong) {
        one.last = wanted[one.record]
        one.ours.push(one.last)
      }
      await this.#put(publicKey, wrong)
    }
  }

  #inLine(line: string, work: () => Promise<void>): Promise<void> {
    const mine = (this.#lines.get(line) ?? Promise.resolve()).then(work)
    const over = mine.catch(noop).finally(() => {
      if (this.#lines.get(line) === over) this.#lines.delete(line)
    })
    this.#lines.set(line, over)
    return mine
  }
}

/** Whether a client, as far as it is one, is of the same registration as the one that was looked at first. */
function sameRegistration(): (now: ClientRecords) => boolean {
  let first: ClientRecords | undefined
  return (now) => {
    first ??= now
    return !first.details || !now.details || first.details.registration === now.details.registration
  }
}

function writtenBy({ write, wins }: Change, before: RecordTexts): Written[] {
  return recordNames.flatMap((record) => {
    const value = write[record]
    if (value === undefined) return []
    const text = value === null ? undefined : JSON.stringify(value)
    const replaced = before[record]
    return wins ? { record, ours: [text], last: text, replaced } : { record, ours: [text], last: replaced }
  })
}

/** Two changed a client at the same time, and this is told to whoever lost. */
export const changedAtOnce = () =>
  new ClienteleError('client_changed', 'Somebody else changed this client at the same time, so this was not done.')

const noop = (): undefined => undefined
