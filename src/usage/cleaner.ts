import type { ClientRegistry } from '../keys/client-registry.js'
import { clientIdOf } from '../keys/key-format.js'
import type { Committer } from '../storage/committer.js'
import {
  dayPath,
  featuresPath,
  registeredPath,
  rowsPath,
  sealedPath,
  summaryPath,
  usagePath,
} from '../storage/paths.js'
import type { Store } from '../storage/store.js'
import { deadAfterMs, type WriterRecord, type Writers } from '../storage/writers.js'
import { readTotal, sealedAmong } from './calendar.js'
import { addDays, dayOf, daysOf } from './days.js'
import type { FeatureNames } from './feature-names.js'
import { rowsIn } from './ledger.js'

/** A day's shards go when the day has been over for nine days: two until it is sealed, and a week. */
const daysUntilDeleted = 9
const sweepIntervalMs = 3_600_000

/** Deletes what has been sealed into something else, and what has expired. */
export class Cleaner {
  readonly #store: Store
  readonly #writers: Writers
  readonly #registry: ClientRegistry
  readonly #committer: Committer
  readonly #features: FeatureNames
  readonly #retentionDays: number
  #retainedOn = ''
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(
    parts: {
      store: Store
      writers: Writers
      registry: ClientRegistry
      committer: Committer
      features: FeatureNames
    },
    retentionDays: number,
  ) {
    this.#store = parts.store
    this.#writers = parts.writers
    this.#registry = parts.registry
    this.#committer = parts.committer
    this.#features = parts.features
    this.#retentionDays = retentionDays
  }

  async clean(): Promise<void> {
    await this.#cleanOwn()
    for (const writer of await this.#writers.others()) {
      if (this.#writers.silentMs(writer) >= deadAfterMs) await this.#bury(writer)
    }
    await this.#forgetOldDays()
    if (performance.now() - this.#sweptAtMs >= sweepIntervalMs) {
      this.#sweptAtMs = performance.now()
      await this.#store.sweep()
    }
  }

  async #cleanOwn(): Promise<void> {
    const { own } = this.#writers
    for (const day of await this.#deletable(own)) {
      await this.#deleteShards(own, day)
      this.#writers.noteDay(day, 0, this.#committer)
    }
  }

  /** A dead writer leaves the directory as a whole, when all its days can go and its clients are on our list. */
  async #bury(writer: WriterRecord): Promise<void> {
    const days = await this.#deletable(writer)
    if (days.length < Object.keys(writer.days).length) return
    const pages = Array.from({ length: writer.registeredPages }, (_, page) => registeredPath(writer.writer, page))
    await this.#registry.takeOver(await this.#store.getMany(pages))
    await this.#features.takeOver(writer.writer)
    for (const day of days) await this.#deleteShards(writer, day)
    await this.#store.delete([...pages, featuresPath(writer.writer)])
    await this.#writers.forget(writer.writer)
  }

  async #deletable({ days }: WriterRecord): Promise<string[]> {
    const old = Object.keys(days).filter((day) => addDays(day, daysUntilDeleted + 1) <= dayOf(Date.now()))
    return [...(await sealedAmong(this.#store, old)).keys()]
  }

  // The names first, then the records, and last the pages that had the names.
  async #deleteShards({ writer, days }: WriterRecord, day: string): Promise<void> {
    const pages = Array.from({ length: days[day] ?? 0 }, (_, page) => summaryPath(day, writer, page))
    const publicKeys = await this.#publicKeysOn(pages)
    await this.#store.delete(publicKeys.map((publicKey) => usagePath(day, clientIdOf(publicKey), writer)))
    await this.#store.delete(pages)
  }

  /** Daily records past the retention go, when the totals hold their month. */
  async #forgetOldDays(): Promise<void> {
    const today = dayOf(Date.now())
    if (this.#retainedOn === today) return
    const total = await readTotal(this.#store)
    const oldest = addDays(today, -this.#retentionDays)
    const days = (total?.months ?? []).flatMap(daysOf).filter((day) => day < oldest)
    for (const [day, count] of await sealedAmong(this.#store, days)) {
      const pages = Array.from({ length: count }, (_, page) => rowsPath(day, page))
      const publicKeys = await this.#publicKeysOn(pages)
      await this.#store.delete(publicKeys.map((publicKey) => dayPath(day, clientIdOf(publicKey))))
      await this.#store.delete([...pages, sealedPath(day)])
    }
    this.#retainedOn = today
  }

  async #publicKeysOn(pages: readonly string[]): Promise<string[]> {
    const texts = await this.#store.getMany(pages)
    return texts.flatMap((text) => (text === undefined ? [] : rowsIn(text).map(([publicKey]) => publicKey)))
  }
}
