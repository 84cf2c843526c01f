import { clientIdOf } from '../keys/key-format.js'
import { dayPath, monthPath, rowsPath, summaryPath, totalPath, totalSpan, usagePath } from '../storage/paths.js'
import type { Store } from '../storage/store.js'
import type { WriterRecord, Writers } from '../storage/writers.js'
import { type Plan, planOf } from './calendar.js'
import { addCounters, type Counters, decodeCounters, emptyCounters } from './counters.js'
import { addMonths, monthOf } from './days.js'
import type { Recorder } from './recorder.js'
import { type Ledgered, sumsOf } from './report.js'
import type { MonthAbout, TotalAbout } from './seals.js'
import type { SummaryRow } from './shard.js'

/** Months of which a report of all time still lists the days. */
const monthsOfDays = 13

/** Everything that was counted, wherever it is: sealed, in the shards of any writer, or in this process's memory. */
export class Ledger {
  readonly #store: Store
  readonly #writers: Writers
  readonly #recorder: Recorder

  constructor(store: Store, writers: Writers, recorder: Recorder) {
    this.#store = store
    this.#writers = writers
    this.#recorder = recorder
  }

  /** One client's numbers in a range of days, or all of them. */
  async read(publicKey: string, bounds?: { from: string; to: string }): Promise<Ledgered> {
    const clientId = clientIdOf(publicKey)
    const plan = await planOf(this.#store, bounds)
    const found: Ledgered = { whole: emptyCounters(), days: new Map(), months: new Map() }
    const total = plan.total ? await this.#addTotal(clientId, plan, found) : ''
    await this.#addMonths(
      clientId,
      [...plan.months.keys()].filter((month) => month > total),
      found,
    )
    const byDay = await this.#sealedDays(clientId, [...plan.days.keys()])
    await this.#addOpen(publicKey, clientId, plan, byDay)
    for (const [day, counters] of [...byDay].sort(inOrder)) {
      // Totals may be ahead of the mark that says how far they go.
      if (monthOf(day) <= total) continue
      addCounters(found.whole, counters)
      found.days.set(day, sumsOf(counters))
    }
    this.#addMonthsOfDays(byDay, total, found)
    found.days = new Map([...found.days].sort(inOrder))
    found.first ??= found.days.keys().next().value
    found.months = new Map([...found.months].sort(inOrder))
    return found
  }

  /** Every client's sums in a range of days, or of all time. */
  async rows(bounds?: { from: string; to: string }): Promise<SummaryRow[]> {
    const plan = await planOf(this.#store, bounds)
    const pages = (span: string, count: number) => Array.from({ length: count }, (_, page) => rowsPath(span, page))
    const names = [
      ...(plan.total ? pages(totalSpan(plan.total.through), plan.total.pages) : []),
      ...[...plan.months, ...plan.days].flatMap(([span, count]) => pages(span, count)),
    ]
    for (const { writer, day, pages } of await this.#openDays(plan)) {
      for (let page = 0; page < pages; page++) names.push(summaryPath(day, writer, page))
    }
    const sums = new Map<string, SummaryRow>()
    for (const text of await this.#store.getMany(names)) if (text !== undefined) addRows(sums, rowsIn(text))
    for (const day of this.#recorder.heldDays()) if (plan.isOpen(day)) addRows(sums, this.#recorder.heldRows(day))
    return [...sums.values()]
  }

  /** Adds the totals of a client; answers the last month that is in them. */
  async #addTotal(clientId: string, { total }: Plan, found: Ledgered): Promise<string> {
    const text = await this.#store.get(totalPath(clientId))
    if (text === undefined || !total) return total?.through ?? ''
    const { counters, about } = decodeCounters<TotalAbout>(text)
    addCounters(found.whole, counters)
    found.first = about.first
    for (const [month, sums] of Object.entries(about.months)) found.months.set(month, sums)
    const lately = addMonths(monthOf(new Date(Date.now()).toISOString()), -monthsOfDays)
    const recent = Object.keys(about.months).filter((month) => month >= lately)
    for (const text of await this.#store.getMany(recent.map((month) => monthPath(month, clientId)))) {
      if (text === undefined) continue
      for (const [day, sums] of Object.entries(decodeCounters<MonthAbout>(text).about.days)) found.days.set(day, sums)
    }
    return about.through
  }

  async #addMonths(clientId: string, months: readonly string[], found: Ledgered): Promise<void> {
    const texts = await this.#store.getMany(months.map((month) => monthPath(month, clientId)))
    for (const [index, month] of months.entries()) {
      const text = texts[index]
      if (text === undefined) continue
      const { counters, about } = decodeCounters<MonthAbout>(text)
      addCounters(found.whole, counters)
      found.months.set(month, sumsOf(counters))
      for (const [day, sums] of Object.entries(about.days)) found.days.set(day, sums)
    }
  }

  async #sealedDays(clientId: string, days: readonly string[]): Promise<Map<string, Counters>> {
    const texts = await this.#store.getMany(days.map((day) => dayPath(day, clientId)))
    return new Map(
      days.flatMap((day, index) => {
        const text = texts[index]
        return text === undefined ? [] : [[day, decodeCounters(text).counters] as const]
      }),
    )
  }

  async #addOpen(publicKey: string, clientId: string, plan: Plan, byDay: Map<string, Counters>): Promise<void> {
    const add = (day: string, counters: Counters) => {
      const sum = byDay.get(day) ?? emptyCounters()
      byDay.set(day, sum)
      addCounters(sum, counters)
    }
    const open = await this.#openDays(plan)
    const texts = await this.#store.getMany(open.map(({ writer, day }) => usagePath(day, clientId, writer)))
    for (const [index, { day }] of open.entries()) {
      const text = texts[index]
      if (text !== undefined) add(day, decodeCounters(text).counters)
    }
    for (const day of this.#recorder.heldDays()) {
      const counters = plan.isOpen(day) ? this.#recorder.held(day, publicKey) : undefined
      if (counters) add(day, counters)
    }
  }

  #addMonthsOfDays(byDay: Map<string, Counters>, total: string, found: Ledgered): void {
    const byMonth = new Map<string, Counters>()
    for (const [day, counters] of byDay) {
      const month = monthOf(day)
      if (month <= total) continue
      const sum = byMonth.get(month) ?? emptyCounters()
      byMonth.set(month, sum)
      addCounters(sum, counters)
    }
    for (const [month, counters] of byMonth) found.months.set(month, sumsOf(counters))
  }

  /** The days of a plan that are not sealed, by writer; those that this process holds are read from its memory. */
  async #openDays(plan: Plan): Promise<{ writer: string; day: string; pages: number }[]> {
    const held = new Set(this.#recorder.heldDays())
    const daysOfWriter = ({ writer, days }: WriterRecord, isHeld: (day: string) => boolean) =>
      Object.entries(days).flatMap(([day, pages]) => (plan.isOpen(day) && !isHeld(day) ? [{ writer, day, pages }] : []))
    const others = await this.#writers.others()
    return [
      ...others.flatMap((record) => daysOfWriter(record, () => false)),
      ...daysOfWriter(this.#writers.own, (day) => held.has(day)),
    ]
  }
}

export function rowsIn(text: string): SummaryRow[] {
  return (JSON.parse(text) as { rows: SummaryRow[] }).rows
}

export function addRows(sums: Map<string, SummaryRow>, rows: Iterable<SummaryRow>): void {
  for (const [publicKey, sessions, calls, errors] of rows) {
    const sum = sums.get(publicKey)
    if (sum) {
      sum[1] += sessions
      sum[2] += calls
      sum[3] += errors
    } else sums.set(publicKey, [publicKey, sessions, calls, errors])
  }
}

function inOrder<Value>([one]: [string, Value], [another]: [string, Value]): number {
  return one < another ? -1 : 1
}
