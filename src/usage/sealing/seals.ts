import { maxNamedWriters } from '../../storage/writer-directory.js'
import {
  addCounters,
  boundCounters,
  type Counters,
  decodeCounters,
  emptyCounters,
  encodeCounters,
  sumsOf,
  unregisteredBounds,
} from '../counters.js'
import { type ShardAbout, type SummaryRow, summaryRow } from '../recording/shard.js'
import { type SpanSums, spanSumsOf } from '../report.js'

interface SealAbout {
  /** All that it is made of is of a public key that nobody had registered; it keeps to the bounds of such. */
  isMadeUp?: true
}

/** What stands beside the counts in the seal of a client's day. */
export interface DayAbout extends SealAbout {
  /** For each writer, which of its writes the seal took. */
  taken: Record<string, number>
}

/** Beside the counts of a client's month: the sums of its days. */
export interface MonthAbout extends SealAbout {
  days: Record<string, SpanSums>
}

/** Beside the counts of all of a client's sealed months: their sums. */
export interface TotalAbout extends SealAbout {
  /** The first day on which the client did anything. */
  first: string
  /** The last month that is in the counts. */
  through: string
  months: Record<string, SpanSums>
}

/** One record that a seal is made of: a writer's shard, a day's seal, a month's. */
export interface Part {
  /** The writer, the day or the month. */
  span: string
  text: string
}

/** The seal of one client's day, from the shards of all writers; none when there are no shards. */
export function sealDay(shards: readonly Part[]): string | undefined {
  if (shards.length === 0) return undefined
  const sum = emptyCounters()
  const taken: DayAbout['taken'] = {}
  let isUnregistered = true
  for (const { span: writer, text } of shards) {
    const { counters, about } = decodeCounters<ShardAbout>(text)
    addCounters(sum, counters)
    taken[writer] = about.commit
    isUnregistered &&= about.isMadeUp === true
  }
  // A crash loop has more, and its writers are dead.
  const named = Object.fromEntries(Object.entries(taken).slice(-maxNamedWriters))
  return encodeSeal(sum, isUnregistered, { taken: named } satisfies DayAbout)
}

/** A client's month, whole, from the seals of its days. */
export function sealMonth(days: readonly Part[]): string | undefined {
  if (days.length === 0) return undefined
  const { sum, sums, isUnregistered } = merged(days)
  return encodeSeal(sum, isUnregistered, { days: sums } satisfies MonthAbout)
}

/**
 * A client's month with days that were sealed after it was final, or after its own days were gone. Those that it has already are
 * not taken again.
 */
export function addToMonth(month: string | undefined, days: readonly Part[]): string | undefined {
  if (month === undefined) return sealMonth(days)
  const { counters, about } = decodeCounters<MonthAbout>(month)
  const late = merged(days.filter(({ span }) => !(span in about.days)))
  if (Object.keys(late.sums).length === 0) return month
  addCounters(counters, late.sum)
  const sums = Object.fromEntries(Object.entries({ ...about.days, ...late.sums }).sort())
  return encodeSeal(counters, about.isMadeUp === true && late.isUnregistered, { days: sums } satisfies MonthAbout)
}

/** One month of several clients, as of one. */
export class FoldedMonth {
  #sum = emptyCounters()
  readonly #days: Record<string, SpanSums> = {}

  /** In the same order everywhere, because the bound on names is kept now and then: there may be 30,000 of them. */
  add(months: readonly string[]): void {
    for (const text of months) {
      const { counters, about } = decodeCounters<MonthAbout>(text)
      addCounters(this.#sum, counters)
      for (const [day, sums] of Object.entries(about.days)) this.#days[day] = addSums(this.#days[day], sums)
    }
    this.#sum = boundCounters(this.#sum, 16)
  }

  seal(): string {
    const days = Object.fromEntries(Object.entries(this.#days).sort())
    return encodeSeal(this.#sum, false, { days } satisfies MonthAbout)
  }
}

/** Of two clients: players are added, and whom they share is known to be no fewer than the fewest. */
function addSums(one: SpanSums | undefined, another: SpanSums): SpanSums {
  if (!one) return another
  const crowds = [one.crowd, another.crowd].filter((crowd) => crowd !== undefined)
  return {
    sessions: one.sessions + another.sessions,
    calls: one.calls + another.calls,
    errors: one.errors + another.errors,
    players: one.players + another.players,
    ...(crowds.length > 0 && { crowd: Math.min(...crowds) }),
  }
}

/** A client's total, whole, from its months in order. */
export function sealTotal(months: readonly Part[], through: string): string | undefined {
  const [oldest] = months
  if (!oldest) return undefined
  const [first = through] = Object.keys(decodeCounters<MonthAbout>(oldest.text).about.days)
  const { sum, sums, isUnregistered } = merged(months)
  return encodeSeal(sum, isUnregistered, { first, through, months: sums } satisfies TotalAbout)
}

/** A client's row, from its seal of any span. */
export function rowOfSeal(publicKey: string, text: string): SummaryRow {
  return summaryRow(publicKey, sumsOf(decodeCounters(text).counters))
}

function merged(parts: readonly Part[]): { sum: Counters; sums: Record<string, SpanSums>; isUnregistered: boolean } {
  const sum = emptyCounters()
  const sums: Record<string, SpanSums> = {}
  let isUnregistered = true
  for (const { span, text } of parts) {
    const { counters, about } = decodeCounters<SealAbout>(text)
    addCounters(sum, counters)
    sums[span] = spanSumsOf(counters)
    isUnregistered &&= about.isMadeUp === true
  }
  return { sum, sums, isUnregistered }
}

function encodeSeal(sum: Counters, isUnregistered: boolean, about: object): string {
  if (!isUnregistered) return encodeCounters(boundCounters(sum), about)
  return encodeCounters(boundCounters(sum, 1, unregisteredBounds), {
    ...about,
    isMadeUp: true,
  } satisfies SealAbout)
}
