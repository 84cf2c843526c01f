import { ClienteleError } from '../errors.js'
import { clientIdOf } from '../keys/key-format.js'
import {
  dayPath,
  monthPath,
  rowsPath,
  sealedPath,
  summaryPath,
  totalPath,
  totalSpan,
  usagePath,
} from '../storage/paths.js'
import type { Entry, Store } from '../storage/store.js'
import { deadAfterMs, type WriterRecord, type Writers } from '../storage/writers.js'
import { monthsBetween, readTotal, type SealedMark, type SealedTotal, sealedAmong } from './calendar.js'
import { addDays, dayOf, daysOf, monthOf } from './days.js'
import { rowsIn } from './ledger.js'
import type { Recorder } from './recorder.js'
import { type Part, rowOf, sealDay, sealMonth, sealTotal } from './seals.js'
import { paged, type SummaryRow } from './shard.js'

/** Clients that are sealed together: a few hundred kilobytes of records. */
const clientsAtOnce = 200

/**
 * Seals days, months and totals. Each seal is computed whole from records that do not change any more, so it does not matter
 * who seals, how often, or where a process was killed in the middle: the mark comes last.
 */
export class Sealer {
  readonly #store: Store
  readonly #writers: Writers
  readonly #recorder: Recorder

  constructor(store: Store, writers: Writers, recorder: Recorder) {
    this.#store = store
    this.#writers = writers
    this.#recorder = recorder
  }

  /** Seals whatever is due, oldest first. */
  async seal(): Promise<void> {
    this.#recorder.closeDays(await sealedAmong(this.#store, this.#recorder.heldDays()))
    const writers = [...(await this.#writers.others()), this.#writers.own]
    const days = [...new Set(writers.flatMap((writer) => Object.keys(writer.days)))].sort()
    const sealed = await sealedAmong(this.#store, days)
    const late = new Set<string>()
    for (const day of days) {
      if (sealed.has(day) || !this.#isDue(day, writers)) continue
      await this.#sealDay(day, writers)
      late.add(monthOf(day))
    }
    await this.#sealMonths(writers, late)
  }

  /**
   * A day is due 48 hours after its end, unless some writer may still count on it: one that is alive and by whose own clock
   * it is not over for 24 hours, or one that has not been watched for long enough to know.
   */
  #isDue(day: string, writers: readonly WriterRecord[]): boolean {
    if (addDays(day, 3) > dayOf(Date.now()) || this.#recorder.heldDays().includes(day)) return false
    return writers
      .filter(({ writer }) => writer !== this.#writers.id)
      .every((writer) => this.#writers.silentMs(writer) >= deadAfterMs || addDays(day, 2) < dayOf(writer.atMs))
  }

  async #sealDay(day: string, writers: readonly WriterRecord[]): Promise<void> {
    // A seal cannot name all writers of a crash loop; those that may still ask are the ones that moved last.
    const present = writers.filter(({ days }) => day in days).sort((one, another) => one.atMs - another.atMs)
    const pages = present.flatMap(({ writer, days }) =>
      Array.from({ length: days[day] ?? 0 }, (_, page) => summaryPath(day, writer, page)),
    )
    const ids = present.map(({ writer }) => writer)
    const rows = await this.#writeSeals(
      await this.#publicKeysOn(pages),
      (clientId) => dayPath(day, clientId),
      (clientIds) => this.#parts(clientIds, ids, (writer, clientId) => usagePath(day, clientId, writer), sealDay),
      // A seal of a day is final: a writer may have read it, and moved what it lacks.
      { isFinal: true },
    )
    const total = await readTotal(this.#store)
    if (!total || day < total.first) {
      const mark: SealedTotal = { through: '', months: [], pages: 0, ...total, first: day }
      await this.#writeMark('total', mark)
    }
    await this.#writeMark(day, { pages: await this.#writePages(day, rows) })
  }

  /**
   * Seals the months of which every day is sealed or was never counted on, and then the totals. A month that got one more
   * sealed day since is computed again, whole.
   */
  async #sealMonths(writers: readonly WriterRecord[], late: ReadonlySet<string>): Promise<void> {
    const total = await readTotal(this.#store)
    if (!total) return
    const isOver = (month: string) => addDays(daysOf(month).at(-1) ?? '', 3) <= dayOf(Date.now())
    for (const month of monthsBetween(monthOf(total.first), monthOf(dayOf(Date.now())))) {
      if (!isOver(month) || (month <= total.through && !late.has(month))) continue
      const sealed = await sealedAmong(this.#store, daysOf(month))
      const counted = writers.flatMap(({ days }) => Object.keys(days)).filter((day) => monthOf(day) === month)
      if (counted.some((day) => !sealed.has(day))) return
      await this.#sealMonth(month, sealed)
      await this.#sealTotal(month)
    }
  }

  async #sealMonth(month: string, sealed: ReadonlyMap<string, number>): Promise<void> {
    const pages = [...sealed].flatMap(([day, count]) => Array.from({ length: count }, (_, page) => rowsPath(day, page)))
    const days = [...sealed.keys()].sort()
    const rows = await this.#writeSeals(
      await this.#publicKeysOn(pages),
      (clientId) => monthPath(month, clientId),
      (clientIds) => this.#parts(clientIds, days, dayPath, sealMonth),
    )
    await this.#writeMark(month, { pages: await this.#writePages(month, rows) })
  }

  /** Brings the totals of the clients of a month up to it; whoever did nothing in it keeps the totals of before. */
  async #sealTotal(month: string): Promise<void> {
    const total = await readTotal(this.#store)
    if (!total) return
    const through = month > total.through ? month : total.through
    const months = [...new Set([...total.months, month])].sort()
    const [monthRows, totalRows] = await Promise.all([
      this.#rowsOf(month, (await sealedAmong(this.#store, [month])).get(month) ?? 0),
      this.#rowsOf(totalSpan(total.through), total.pages),
    ])
    const sums = await this.#writeSeals(
      monthRows.map(([publicKey]) => publicKey),
      totalPath,
      (clientIds) => this.#parts(clientIds, months, monthPath, (parts) => sealTotal(parts, through)),
    )
    const rows = new Map([...totalRows, ...sums].map((row) => [row[0], row]))
    const pages = await this.#writePages(totalSpan(through), [...rows.values()])
    const mark: SealedTotal = { first: total.first, through, months, pages }
    await this.#writeMark('total', mark)
    if (through !== total.through) {
      await this.#store.delete(
        Array.from({ length: total.pages }, (_, page) => rowsPath(totalSpan(total.through), page)),
      )
    }
  }

  /** Computes and writes the seals of clients, some at a time, and answers their rows. */
  async #writeSeals(
    publicKeys: readonly string[],
    path: (clientId: string) => string,
    compute: (clientIds: readonly string[]) => Promise<(string | undefined)[]>,
    { isFinal = false } = {},
  ): Promise<SummaryRow[]> {
    const rows: SummaryRow[] = []
    for (let start = 0; start < publicKeys.length; start += clientsAtOnce) {
      const some = publicKeys.slice(start, start + clientsAtOnce)
      const names = some.map((publicKey) => path(clientIdOf(publicKey)))
      const values = await compute(some.map(clientIdOf))
      // Looked for as late as can be.
      const there = isFinal ? await this.#store.getMany(names) : []
      await this.#write(
        names.flatMap((name, index): Entry[] => {
          const value = there[index] === undefined ? values[index] : undefined
          return value === undefined ? [] : [{ name, value }]
        }),
      )
      for (const [index, publicKey] of some.entries()) {
        const text = there[index] ?? values[index]
        if (text !== undefined) rows.push(rowOf(publicKey, text))
      }
    }
    return rows
  }

  /** For each client, a seal of its records under the given spans: writers, days or months. */
  async #parts(
    clientIds: readonly string[],
    spans: readonly string[],
    path: (span: string, clientId: string) => string,
    seal: (parts: readonly Part[]) => string | undefined,
  ): Promise<(string | undefined)[]> {
    const texts = await this.#store.getMany(clientIds.flatMap((clientId) => spans.map((span) => path(span, clientId))))
    return clientIds.map((_, client) =>
      seal(
        spans.flatMap((span, index) => {
          const text = texts[client * spans.length + index]
          return text === undefined ? [] : [{ span, text }]
        }),
      ),
    )
  }

  async #publicKeysOn(pages: readonly string[]): Promise<string[]> {
    const publicKeys = new Set<string>()
    for (const text of await this.#store.getMany(pages)) {
      if (text !== undefined) for (const [publicKey] of rowsIn(text)) publicKeys.add(publicKey)
    }
    return [...publicKeys]
  }

  async #rowsOf(span: string, pages: number): Promise<SummaryRow[]> {
    const texts = await this.#store.getMany(Array.from({ length: pages }, (_, page) => rowsPath(span, page)))
    return texts.flatMap((text) => (text === undefined ? [] : rowsIn(text)))
  }

  async #writePages(span: string, rows: readonly SummaryRow[]): Promise<number> {
    const pages = paged(rows)
    await this.#write(
      pages.map((page, index) => ({ name: rowsPath(span, index), value: JSON.stringify({ rows: page }) })),
    )
    return pages.length
  }

  async #writeMark(span: string, mark: SealedMark): Promise<void> {
    await this.#store.set({ name: sealedPath(span), value: JSON.stringify(mark) })
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    const saved = await this.#store.setMany(entries)
    if (saved.includes(false)) throw new ClienteleError('store_failed', 'The store did not take a seal.')
  }
}
