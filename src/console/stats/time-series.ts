import { addDays, addMonths, monthOf } from '../../usage/days.js'
import type { ShownSums, ShownUsage } from '../../usage/disclosure/suppression.js'

/** As in the address: `?range=90`. */
export const rangeNames = ['7', '30', '90', '365', 'all'] as const
export type RangeName = (typeof rangeNames)[number]

/** Whatever else is in an address is the past 30 days. */
export function rangeNamed(text: string | null): RangeName {
  return rangeNames.find((name) => name === text) ?? '30'
}

export type Unit = 'day' | 'week' | 'month'

/** A day, a week from Monday on, or a month. */
export interface TimeSpan {
  from: string
  /** Not after today. */
  to: string
  /** Undefined where it is withheld, or a day in it is. Players are those of one day: of several they cannot be added. */
  sums?: ShownSums
}

/** The spans of a range without a gap, the last of them not yet over. */
export interface TimeSeries {
  unit: Unit
  spans: TimeSpan[]
}

/** Longer than this the days, and then the weeks, of all time would be too many to be told apart. */
const maxDaysInDays = 120
const maxDaysInWeeks = 731

/** A range as it may be shown, in days, weeks or months. It begins with a whole one, so a year has up to 371 days. */
export function timeSeriesOf(shown: ShownUsage, range: RangeName): TimeSeries {
  const { to: today, allFrom } = shown
  const days = new Map(shown.days.map(({ day, sums }) => [day, sums]))
  const months = new Map(shown.months.map(({ month, sums }) => [month, sums]))
  const sumsOfSpan = ({ from, to }: TimeSpan): ShownSums | undefined => {
    if (months.has(monthOf(from))) return months.get(monthOf(from))
    return from === to ? sumsOfDay(days, from) : sumsOfDays(days, from, to)
  }
  // A client of yesterday has a week to look at.
  const isYoung = allFrom > addDays(today, -6)
  const from = range === 'all' && !isYoung ? allFrom : addDays(today, 1 - (Number(range) || 7))
  const unit = unitOf(range, from, shown)
  const spans: TimeSpan[] = []
  for (let start = startOf(unit, from); start <= today; ) {
    const next = nextStart(unit, start)
    const span = { from: start, to: next > today ? today : addDays(next, -1) }
    const sums = sumsOfSpan(span)
    spans.push({ ...span, ...(sums && { sums }) })
    start = next
  }
  return { unit, spans }
}

function unitOf(range: RangeName, from: string, { to, months }: ShownUsage): Unit {
  if (range !== 'all') return range === '365' ? 'week' : 'day'
  if (months.length > 0 || from < addDays(to, -maxDaysInWeeks)) return 'month'
  return from < addDays(to, -maxDaysInDays) ? 'week' : 'day'
}

function startOf(unit: Unit, day: string): string {
  if (unit === 'month') return `${monthOf(day)}-01`
  return unit === 'week' ? addDays(day, -((new Date(day).getUTCDay() + 6) % 7)) : day
}

function nextStart(unit: Unit, start: string): string {
  if (unit === 'month') return `${addMonths(monthOf(start), 1)}-01`
  return addDays(start, unit === 'week' ? 7 : 1)
}

const noSums: ShownSums = { sessions: 0, calls: 0, errors: 0, players: 0 }

function sumsOfDay(days: ReadonlyMap<string, ShownSums | undefined>, day: string): ShownSums | undefined {
  return days.has(day) ? days.get(day) : noSums
}

function sumsOfDays(days: ReadonlyMap<string, ShownSums | undefined>, from: string, to: string): ShownSums | undefined {
  let [sessions, calls, errors] = [0, 0, 0]
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const sums = sumsOfDay(days, day)
    if (!sums) return undefined
    sessions += sums.sessions
    calls += sums.calls
    errors += sums.errors
  }
  return { sessions, calls, errors }
}
