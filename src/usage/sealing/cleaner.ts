import { clientIdOf } from '../../keys/key-format.js'
import type { StoredClients } from '../../keys/stored-clients.js'
import { deadAfterMs, type OwnWriter } from '../../storage/own-writer.js'
import {
  dayPath,
  featuresPath,
  monthPath,
  registeredPath,
  rowsPath,
  sealedPath,
  summaryPath,
  usagePath,
} from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'
import type { WriterRecord } from '../../storage/writer-directory.js'
import { addDays, dayOf, daysOf, deletableFrom, monthsBetween } from '../days.js'
import type { FeatureNames } from '../recording/feature-names.js'
import { readTotal, sealedAmong } from './seal-marks.js'
import { rowPages, rowsOn } from './seal-records.js'

const sweepIntervalMs = 3_600_000

/** Deletes what has been sealed into something else, and what has expired. */
export class Cleaner {
  readonly #store: Store
  readonly #own: OwnWriter
  readonly #registry: StoredClients
  readonly #features: FeatureNames
  readonly #retentionDays: number
  #retainedOn = ''
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(
    parts: { store: Store; own: OwnWriter; registry: StoredClients; features: FeatureNames },
    retentionDays: number,
  ) {
    this.#store = parts.store
    this.#own = parts.own
    this.#registry = parts.registry
    this.#features = parts.features
    this.#retentionDays = retentionDays
  }

  async clean(): Promise<void> {
    await this.#cleanOwn()
    for (const writer of await this.#own.others()) {
      if (this.#own.silentMs(writer) >= deadAfterMs) await this.#bury(writer)
    }
    await this.#forgetOldRecords()
    if (performance.now() - this.#sweptAtMs >= sweepIntervalMs) {
      this.#sweptAtMs = performance.now()
      await this.#store.sweep()
    }
  }

  async #cleanOwn(): Promise<void> {
    const { record } = this.#own
    for (const day of await this.#deletable(record)) {
      await this.#deleteShards(record, day)
      this.#own.noteDay(day, 0)
    }
  }

  /** A dead writer leaves the directory as a whole, when all its days can go and its clients are on our list. */
  async #bury(writer: WriterRecord): Promise<void> {
    const days = await this.#deletable(writer)
    if (days.length < Object.keys(writer.days).length) return
    const pages = Array.from({ length: writer.registeredPages }, (_, page) => registeredPath(writer.writer, page))
    await this.#registry.takeOver(await this.#store.getMany(pages))
    const { featurePages: lists = 0 } = writer
    const featurePages = Array.from({ length: lists }, (_, page) => featuresPath(writer.writer, page))
    await this.#features.takeOver(writer)
    for (const day of days) await this.#deleteShards(writer, day)
    await this.#store.delete([...pages, ...featurePages])
    await this.#own.bury(writer.writer)
  }

  async #deletable({ days }: WriterRecord): Promise<string[]> {
    const old = Object.keys(days).filter((day) => deletableFrom(day) <= dayOf(Date.now()))
    return [...(await sealedAmong(this.#store, old)).keys()]
  }

  // The names first, then the records, and last the pages that had the names.
  async #deleteShards({ writer, days }: WriterRecord, day: string): Promise<void> {
    const pages = Array.from({ length: days[day] ?? 0 }, (_, page) => summaryPath(day, writer, page))
    const publicKeys = await this.#publicKeysOn(pages)
    await this.#store.delete(publicKeys.map((publicKey) => usagePath(day, clientIdOf(publicKey), writer)))
    await this.#store.delete(pages)
  }

  /** Once a day. Days past the retention go, when their month is sealed; and what months were before they were folded. */
  async #forgetOldRecords(): Promise<void> {
    const today = dayOf(Date.now())
    if (this.#retainedOn === today) return
    const total = await readTotal(this.#store)
    if (total) {
      const oldest = addDays(today, -this.#retentionDays)
      const months = await sealedAmong(this.#store, monthsBetween(total.first, oldest))
      const days = [...months].flatMap(([month, { mark }]) => mark.days ?? daysOf(month)).filter((day) => day < oldest)
      for (const [day, { pages }] of await sealedAmong(this.#store, days)) {
        await this.#deleteRows(day, pages, dayPath)
        await this.#store.delete([sealedPath(day)])
      }
      for (const [month, { span }] of await sealedAmong(this.#store, total.months)) {
        if (span !== month) await this.#deleteRows(month, await this.#countPages(month), monthPath)
      }
    }
    this.#retainedOn = today
  }

  // The names first, then the records, and last the page that had the names; the first page last of all.
  async #deleteRows(span: string, count: number, path: (span: string, clientId: string) => string): Promise<void> {
    for (const page of rowPages(span, count).reverse()) {
      const publicKeys = await this.#publicKeysOn([page])
      await this.#store.delete(publicKeys.map((publicKey) => path(span, clientIdOf(publicKey))))
      await this.#store.delete([page])
    }
  }

  /** The mark tells only of the pages after the folding. */
  async #countPages(span: string): Promise<number> {
    let count = 0
    while ((await this.#store.get(rowsPath(span, count))) !== undefined) count++
    return count
  }

  async #publicKeysOn(pages: readonly string[]): Promise<string[]> {
    return (await rowsOn(this.#store, pages)).map(([publicKey]) => publicKey)
  }
}
