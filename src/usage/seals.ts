import {
  addCounters,
  boundCounters,
  type Counters,
  decodeCounters,
  emptyCounters,
  encodeCounters,
  totals,
} from './counters.js'
import { type SpanSums, spanSumsOf } from './report.js'
import type { ShardAbout, SummaryRow } from './shard.js'

/** What stands beside the counts in the seal of a client's day. */
export interface DayAbout {
  /** For each writer, which of its writes the seal took. */
  taken: Record<string, number>
}

/** Beside the counts of a client's month: the sums of its days. */
export interface MonthAbout {
  days: Record<string, SpanSums>
}

/** Beside the counts of all of a client's sealed months: their sums. */
export interface TotalAbout {
  /** The first day on which the client did anything. */
  first: string
  /** The last month that is in the counts. */
  through: string
  months: Record<string, SpanSums>
}

/** A seal names at most so many writers, the last ones; a crash loop has more, and its writers are dead. */
const mostNamedWriters = 500

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
  for (const { span: writer, text } of shards) {
    const { counters, about } = decodeCounters<ShardAbout>(text)
    addCounters(sum, counters)
    taken[writer] = about.commit
  }
  const named = Object.fromEntries(Object.entries(taken).slice(-mostNamedWriters))
  return encodeCounters(boundCounters(sum), { taken: named } satisfies DayAbout)
}

/** A client's month, whole, from the seals of its days. */
export function sealMonth(days: readonly Part[]): string | undefined {
  if (days.length === 0) return undefined
  const { sum, sums } = merged(days)
  return encodeCounters(sum, { days: sums } satisfies MonthAbout)
}

/** A client's total, whole, from its months in order. */
export function sealTotal(months: readonly Part[], through: string): string | undefined {
  const [oldest] = months
  if (!oldest) return undefined
  const [first = through] = Object.keys(decodeCounters<MonthAbout>(oldest.text).about.days)
  const { sum, sums } = merged(months)
  return encodeCounters(sum, { first, through, months: sums } satisfies TotalAbout)
}

/** A client's row, from its seal of any span. */
export function rowOf(publicKey: string, text: string): SummaryRow {
  const { sessions, calls, errors } = totals(decodeCounters(text).counters)
  return [publicKey, sessions, calls, errors]
}

function merged(parts: readonly Part[]): { sum: Counters; sums: Record<string, SpanSums> } {
  const sum = emptyCounters()
  const sums: Record<string, SpanSums> = {}
  for (const { span, text } of parts) {
    const { counters } = decodeCounters(text)
    addCounters(sum, counters)
    sums[span] = spanSumsOf(counters)
  }
  return { sum: boundCounters(sum), sums }
}
