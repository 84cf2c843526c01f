import { ClienteleError } from '../../errors.js'
import { deadAfterMs, type OwnWriter } from '../../storage/own-writer.js'
import { dayPath, monthPath, summaryPath, totalPath, totalSpan, usagePath } from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'
import type { WriterRecord } from '../../storage/writer-directory.js'
import { addMonths, dayOf, daysOf, monthOf, monthsBetween, sealableFrom } from '../days.js'
import type { Recorder } from '../recording/recorder.js'
import { Folder, monthsUntilFinal } from './folder.js'
import { readTotal, type Sealed, type SealedTotal, sealedAmong } from './seal-marks.js'
import { partsOf, readRows, rowPages, rowsOn, sealClients, writeMark, writeRows } from './seal-records.js'
import { addToMonth, sealDay, sealMonth, sealTotal } from './seals.js'

/**
 * Seals days, months and totals. Each seal is computed whole from records that do not change any more, so it does not matter
 * who seals, how often, or where a process was killed in the middle: the mark comes last.
 */
export class Sealer {
  readonly #store: Store
  readonly #own: OwnWriter
  readonly #recorder: Recorder
  readonly #folder: Folder
  /** The span of a month that was final in the last round. */
  #seen = ''

  constructor(store: Store, own: OwnWriter, recorder: Recorder) {
    this.#store = store
    this.#own = own
    this.#recorder = recorder
    this.#folder = new Folder(store)
  }

  /** Seals whatever is due, oldest first. */
  async seal(): Promise<void> {
    this.#recorder.closeDays(await sealedAmong(this.#store, this.#recorder.heldDays()))
    const writers = [...(await this.#own.others()), this.#own.record]
    const days = [...new Set(writers.flatMap((writer) => Object.keys(writer.days)))].sort()
    const sealed = await sealedAmong(this.#store, days)
    for (const day of days) if (!sealed.has(day) && this.#isDue(day, writers)) await this.#sealDay(day, writers)
    await this.#sealMonths(writers)
    await this.#sealTotals()
  }

  /**
   * A day is due when it is sealable (`sealableFrom`), unless some writer may still count on it: one that is alive and by whose
   * own clock it is not, or one that has not been watched for long enough to know.
   */
  #isDue(day: string, writers: readonly WriterRecord[]): boolean {
    if (sealableFrom(day) > dayOf(Date.now()) || this.#recorder.heldDays().includes(day)) return false
    return writers
      .filter(({ writer }) => writer !== this.#own.id)
      .every((writer) => this.#own.silentMs(writer) >= deadAfterMs || sealableFrom(day) <= dayOf(writer.atMs))
  }

  async #sealDay(day: string, writers: readonly WriterRecord[]): Promise<void> {
    // A seal cannot name all writers of a crash loop; those that may still ask are the ones that moved last.
    const present = writers.filter(({ days }) => day in days).sort((one, another) => one.atMs - another.atMs)
    const pages = present.flatMap(({ writer, days }) =>
      Array.from({ length: days[day] ?? 0 }, (_, page) => summaryPath(day, writer, page)),
    )
    const ids = present.map(({ writer }) => writer)
    const shardPath = (writer: string, clientId: string) => usagePath(day, clientId, writer)
    const rows = await sealClients(
      this.#store,
      await this.#publicKeysOn(pages),
      (clientId) => dayPath(day, clientId),
      async (clientIds) => (await partsOf(this.#store, clientIds, ids, shardPath)).map(sealDay),
      // A seal of a day is final: a writer may have read it, and moved what it lacks.
      { isFinal: true },
    )
    const total = await readTotal(this.#store)
    const isLate = total !== undefined && monthOf(day) <= total.through
    // Before the day: whoever is killed in between leaves a month that is looked at once more, and not one that nobody looks at.
    if (!total || day < total.first || isLate) {
      const { first = day, late = [] } = total ?? {}
      const mark: SealedTotal = { through: '', months: [], pages: 0, ...total, first: day < first ? day : first }
      if (isLate) mark.late = [...new Set([...late, monthOf(day)])]
      await writeMark(this.#store, 'total', mark)
    }
    await writeMark(this.#store, day, { pages: await writeRows(this.#store, day, rows) })
  }

  /**
   * Seals the months of which every day is sealed or was never counted on. A month that got one more sealed day since is
   * sealed again.
   */
  async #sealMonths(writers: readonly WriterRecord[]): Promise<void> {
    const total = await readTotal(this.#store)
    if (!total) return
    const isOver = (month: string) => sealableFrom(daysOf(month).at(-1) ?? '') <= dayOf(Date.now())
    for (const month of monthsBetween(monthOf(total.first), monthOf(dayOf(Date.now())))) {
      const isLate = total.late?.includes(month) === true
      if (!isOver(month) || (month <= total.through && !isLate)) continue
      const days = await sealedAmong(this.#store, daysOf(month))
      const counted = writers.flatMap((writer) => Object.keys(writer.days)).filter((day) => monthOf(day) === month)
      if (counted.some((day) => !days.has(day))) return
      const sealed = (await sealedAmong(this.#store, [month])).get(month)
      const taken = sealed?.mark.days ?? []
      const missing = [...days.keys()].filter((day) => !taken.includes(day)).sort()
      if (sealed && missing.length === 0 && !isLate) continue
      // Those that an earlier version sealed do not name their days.
      const isWhole = sealed?.mark.days !== undefined && taken.every((day) => days.has(day))
      if (sealed && (sealed.mark.span !== undefined || !isWhole)) {
        if (missing.length > 0) await this.#addToMonth(month, sealed, missing)
      } else await this.#sealMonth(month, days)
      if (month <= total.through) await this.#sealTotal(month)
    }
  }

  /** Whole, from its days. */
  async #sealMonth(month: string, sealed: ReadonlyMap<string, Sealed>): Promise<void> {
    const days = [...sealed.keys()].sort()
    const rows = await sealClients(
      this.#store,
      await this.#publicKeysOn([...sealed.values()].flatMap(({ span, pages }) => rowPages(span, pages))),
      (clientId) => monthPath(month, clientId),
      async (clientIds) => (await partsOf(this.#store, clientIds, days, dayPath)).map(sealMonth),
    )
    const pages = await writeRows(this.#store, month, rows)
    const { mark } = (await sealedAmong(this.#store, [month])).get(month) ?? {}
    // It slept for months, and the month is final.
    if (mark?.span !== undefined) return
    await writeMark(this.#store, month, { pages, days })
  }

  /** A month that is final, or of which days are gone already, gets the days that were sealed late. */
  async #addToMonth(month: string, { span, pages, mark }: Sealed, missing: readonly string[]): Promise<void> {
    const late = await sealedAmong(this.#store, missing)
    const added = await sealClients(
      this.#store,
      await this.#publicKeysOn([...late.values()].flatMap((day) => rowPages(day.span, day.pages))),
      (clientId) => monthPath(span, clientId),
      async (clientIds) => {
        const months = await this.#store.getMany(clientIds.map((clientId) => monthPath(span, clientId)))
        const days = await partsOf(this.#store, clientIds, missing, dayPath)
        return days.map((parts, index) => addToMonth(months[index], parts))
      },
    )
    const rows = new Map([...(await readRows(this.#store, { span, pages })), ...added].map((row) => [row[0], row]))
    const days = [...(mark.days ?? []), ...missing].sort()
    await writeMark(this.#store, month, {
      ...mark,
      pages: await writeRows(this.#store, span, [...rows.values()]),
      days,
    })
  }

  /** Takes into the totals the month that has been final since the round before, and makes the next one final if it is due. */
  async #sealTotals(): Promise<void> {
    const sealed = await this.#nextOfTotals()
    // Two processes may make it final at once: the span that is still there in the next round is the one that stays.
    if (sealed?.mark.span !== undefined && sealed.span === this.#seen) await this.#sealTotal(monthOf(sealed.span))
    const next = await this.#nextOfTotals()
    if (next && next.mark.span === undefined) await this.#folder.fold(monthOf(next.span))
    this.#seen = (await this.#nextOfTotals())?.mark.span ?? ''
  }

  /** The month that the totals are to take next, if it is due. */
  async #nextOfTotals(): Promise<Sealed | undefined> {
    const total = await readTotal(this.#store)
    if (!total) return undefined
    const month = total.through === '' ? monthOf(total.first) : addMonths(total.through, 1)
    const marks = await sealedAmong(this.#store, [month, addMonths(month, monthsUntilFinal)])
    return marks.size === 2 ? marks.get(month) : undefined
  }

  /** Brings the totals of the clients of a month up to it; whoever did nothing in it keeps the totals of before. */
  async #sealTotal(month: string): Promise<void> {
    const total = await readTotal(this.#store)
    if (!total) return
    const through = month > total.through ? month : total.through
    const months = [...new Set([...total.months, month])].sort()
    const marks = await sealedAmong(this.#store, months)
    const path = (one: string, clientId: string) => monthPath(marks.get(one)?.span ?? one, clientId)
    const [monthRows, totalRows] = await Promise.all([
      readRows(this.#store, marks.get(month) ?? { span: month, pages: 0 }),
      readRows(this.#store, { span: totalSpan(total.through), pages: total.pages }),
    ])
    const sums = await sealClients(
      this.#store,
      monthRows.map(([publicKey]) => publicKey),
      totalPath,
      async (clientIds) =>
        (await partsOf(this.#store, clientIds, months, path)).map((parts) => sealTotal(parts, through)),
    )
    // Who has replaced them has deleted the pages that were just read, or is about to: with what is left clients would be lost.
    const now = await readTotal(this.#store)
    if (JSON.stringify(now) !== JSON.stringify(total)) {
      throw new ClienteleError('store_failed', 'Another process has sealed the totals at the same time.')
    }
    const rows = new Map([...totalRows, ...sums].map((row) => [row[0], row]))
    const pages = await writeRows(this.#store, totalSpan(through), [...rows.values()])
    const late = (total.late ?? []).filter((one) => one !== month)
    const mark: SealedTotal = { first: total.first, through, months, pages, ...(late.length > 0 && { late }) }
    await writeMark(this.#store, 'total', mark)
    if (through !== total.through) await this.#store.delete(rowPages(totalSpan(total.through), total.pages))
  }

  async #publicKeysOn(pages: readonly string[]): Promise<string[]> {
    return [...new Set((await rowsOn(this.#store, pages)).map(([publicKey]) => publicKey))]
  }
}
