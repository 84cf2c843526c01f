import { clientIdOf } from '../../keys/key-format.js'
import type { OwnWriter } from '../../storage/own-writer.js'
import { dayPath, monthPath, summaryPath, totalPath, totalSpan, usagePath } from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'
import type { WriterRecord } from '../../storage/writer-directory.js'
import { addCounters, type Counters, decodeCounters, emptyCounters } from '../counters.js'
import { boundsOf, dayOf, monthOf } from '../days.js'
import type { Recorder } from '../recording/recorder.js'
import type { SummaryRow } from '../recording/shard.js'
import { type LedgerEntry, type Range, spanSumsOf } from '../report.js'
import { readTotal } from '../sealing/seal-marks.js'
import { addRows, rowPages, rowsIn } from '../sealing/seal-records.js'
import type { MonthAbout, TotalAbout } from '../sealing/seals.js'
import { planOf, type ReadPlan } from './read-plan.js'

/** Clients whose features stand for those of all. */
const maxSampled = 50

/** What the store has, as far as a page tells it. */
export interface Holdings {
  /** Processes whose records are not all sealed, this one included. */
  writers: number
  /** The first day that was sealed. */
  first?: string
  /** The last month that cannot change any more. */
  through?: string
}

/** Everything that was counted, wherever it is: sealed, in the shards of any writer, or in this process's memory. */
export class Ledger {
  readonly #store: Store
  readonly #own: OwnWriter
  readonly #recorder: Recorder

  constructor(store: Store, own: OwnWriter, recorder: Recorder) {
    this.#store = store
    this.#own = own
    this.#recorder = recorder
  }

  /** The numbers of clients in a range of days, or all of them, in the order of the public keys. */
  async read(publicKeys: readonly string[], bounds?: { from: string; to: string }): Promise<LedgerEntry[]> {
    const plan = await planOf(this.#store, bounds)
    const open = await this.#openDays(plan)
    const totals = await this.#totals(publicKeys, plan)
    const spans = totals.map((total) => spansOf(plan, total))
    const names = publicKeys.map((publicKey, index) => {
      const clientId = clientIdOf(publicKey)
      return [
        ...(spans[index]?.months ?? []).map(({ span }) => monthPath(span, clientId)),
        ...[...plan.days.keys()].map((day) => dayPath(day, clientId)),
        ...open.map(({ writer, day }) => usagePath(day, clientId, writer)),
      ]
    })
    // Together: a store that is asked fifty times takes fifty times as long.
    const texts = (await this.#store.getMany(names.flat())).values()
    const next = () => texts.next().value
    return publicKeys.map((publicKey, index) => {
      const { months = [], isInTotal = () => false } = spans[index] ?? {}
      const found = foundIn(totals[index])
      for (const { month } of months) addMonth(found, month, next(), isInTotal(month))
      const byDay = new Map<string, Counters>()
      for (const day of plan.days.keys()) addText(byDay, day, next())
      for (const { day } of open) addText(byDay, day, next())
      for (const day of this.#recorder.heldDays()) {
        const counters = plan.isOpen(day) ? this.#recorder.held(day, publicKey) : undefined
        if (counters) addDay(byDay, day, counters)
      }
      addDays(found, byDay, isInTotal)
      return found
    })
  }

  /** Every client's sums in a range, from pages and not from clients. */
  async rows(range: Range, attempts = 3): Promise<SummaryRow[]> {
    const plan = await planOf(this.#store, boundsOf(range, dayOf(Date.now())))
    const ofTotals = plan.total ? rowPages(totalSpan(plan.total.through), plan.total.pages) : []
    const names = [
      ...ofTotals,
      ...[...plan.months.values(), ...plan.days.values()].flatMap(({ span, pages }) => rowPages(span, pages)),
    ]
    for (const { writer, day, pages } of await this.#openDays(plan)) {
      for (let page = 0; page < pages; page++) names.push(summaryPath(day, writer, page))
    }
    const texts = await this.#store.getMany(names)
    // Since the plan was made the totals went on by a month, and these pages with them.
    if (attempts > 1 && texts.slice(0, ofTotals.length).includes(undefined)) return this.rows(range, attempts - 1)
    const sums = new Map<string, SummaryRow>()
    for (const text of texts) if (text !== undefined) addRows(sums, rowsIn(text))
    for (const day of this.#recorder.heldDays()) if (plan.isOpen(day)) addRows(sums, this.#recorder.heldRows(day))
    return [...sums.values()]
  }

  /** The features of the clients with the most calls that ever succeeded. */
  async succeeded(): Promise<Set<string>> {
    const rows = (await this.rows('all')).sort(([, , one], [, , another]) => another - one).slice(0, maxSampled)
    const found = await this.read(rows.map(([publicKey]) => publicKey))
    const features = found.flatMap(({ whole }) => [...whole.features])
    return new Set(features.flatMap(([feature, { calls, errors }]) => (calls > errors ? [feature] : [])))
  }

  /** What there is to be read: how many writers have records, and what is sealed. */
  async holdings(): Promise<Holdings> {
    const [total, others] = await Promise.all([readTotal(this.#store), this.#own.others()])
    return { ...total, writers: others.length + 1 }
  }

  async #totals(publicKeys: readonly string[], plan: ReadPlan): Promise<(Total | undefined)[]> {
    if (!plan.total) return publicKeys.map(() => undefined)
    const texts = await this.#store.getMany(publicKeys.map((publicKey) => totalPath(clientIdOf(publicKey))))
    return texts.map((text) => (text === undefined ? undefined : decodeCounters<TotalAbout>(text)))
  }

  /** The days of a plan that are not sealed, by writer; those that this process holds are read from its memory. */
  async #openDays(plan: ReadPlan): Promise<{ writer: string; day: string; pages: number }[]> {
    const held = new Set(this.#recorder.heldDays())
    const daysOfWriter = ({ writer, days }: WriterRecord, isHeld: (day: string) => boolean) =>
      Object.entries(days).flatMap(([day, pages]) => (plan.isOpen(day) && !isHeld(day) ? [{ writer, day, pages }] : []))
    const others = await this.#own.others()
    return [
      ...others.flatMap((record) => daysOfWriter(record, () => false)),
      ...daysOfWriter(this.#own.record, (day) => held.has(day)),
    ]
  }
}

type Total = ReturnType<typeof decodeCounters<TotalAbout>>

/** The months of a client to read, and which of them its totals hold already: totals may be ahead of the mark. */
function spansOf(
  plan: ReadPlan,
  total: Total | undefined,
): { months: { month: string; span: string }[]; isInTotal(month: string): boolean } {
  const through = total?.about.through ?? plan.total?.through ?? ''
  const its = total?.about.months ?? {}
  const read = [...plan.recent, ...plan.months].filter(([month]) => month in its || month > through)
  return {
    months: read.map(([month, { span }]) => ({ month, span })),
    isInTotal: (month) => month <= through,
  }
}

function foundIn(total: Total | undefined): LedgerEntry {
  const found: LedgerEntry = { whole: emptyCounters(), days: new Map(), months: new Map() }
  if (!total) return found
  addCounters(found.whole, total.counters)
  found.first = total.about.first
  for (const [month, sums] of Object.entries(total.about.months)) found.months.set(month, sums)
  return found
}

/** Of a month that is in the totals only the days are new. */
function addMonth(found: LedgerEntry, month: string, text: string | undefined, isInTotal: boolean): void {
  if (text === undefined) return
  const { counters, about } = decodeCounters<MonthAbout>(text)
  for (const [day, sums] of Object.entries(about.days)) found.days.set(day, sums)
  if (isInTotal) return
  addCounters(found.whole, counters)
  found.months.set(month, spanSumsOf(counters))
}

function addText(byDay: Map<string, Counters>, day: string, text: string | undefined): void {
  if (text !== undefined) addDay(byDay, day, decodeCounters(text).counters)
}

function addDay(byDay: Map<string, Counters>, day: string, counters: Counters): void {
  const sum = byDay.get(day) ?? emptyCounters()
  byDay.set(day, sum)
  addCounters(sum, counters)
}

function addDays(found: LedgerEntry, byDay: Map<string, Counters>, isInTotal: (month: string) => boolean): void {
  const byMonth = new Map<string, Counters>()
  for (const [day, counters] of byDay) {
    if (isInTotal(monthOf(day))) continue
    addCounters(found.whole, counters)
    found.days.set(day, spanSumsOf(counters))
    addDay(byMonth, monthOf(day), counters)
  }
  for (const [month, counters] of byMonth) found.months.set(month, spanSumsOf(counters))
  found.days = new Map([...found.days].sort(inOrder))
  found.months = new Map([...found.months].sort(inOrder))
  found.first ??= found.days.keys().next().value
}

function inOrder<Value>([one]: [string, Value], [another]: [string, Value]): number {
  return one < another ? -1 : 1
}
