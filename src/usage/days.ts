import { ClienteleError } from '../errors.js'
import type { Range } from './report.js'

const dayMs = 86_400_000

/** The UTC day of a moment: `YYYY-MM-DD`. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** Today, in UTC; spelled once a day, because it is asked for with every call. */
export class DayClock {
  #number = Number.NaN
  #name = ''

  today(): string {
    const number = Math.floor(Date.now() / dayMs)
    if (number !== this.#number) {
      this.#number = number
      this.#name = dayOf(number * dayMs)
    }
    return this.#name
  }
}

export function monthOf(day: string): string {
  return day.slice(0, 7)
}

export function addDays(day: string, count: number): string {
  return dayOf(Date.parse(day) + count * dayMs)
}

/** A writer counts on a day until so many days after it are over, by its own clock: long enough for a store that was away for a night. */
const daysOpenAfterwards = 1

/** The first UTC day on which nothing is counted on `day` any more. */
export function closedFrom(day: string): string {
  return addDays(day, 1 + daysOpenAfterwards)
}

/** The first UTC day on which `day` may be sealed: a day later, because a write may be late and clocks differ. */
export function sealableFrom(day: string): string {
  return addDays(closedFrom(day), 1)
}

/** The first UTC day on which the writers' shards of `day` may be deleted: a seal is a week old then, and can still be held against them. */
export function deletableFrom(day: string): string {
  return addDays(sealableFrom(day), 7)
}

/** `addMonths('2024-12', 1)` → `2025-01`. */
export function addMonths(month: string, count: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return dayOf(Date.UTC(year, number - 1 + count, 1)).slice(0, 7)
}

/** All days of a month, in order. */
export function daysOf(month: string): string[] {
  const next = `${addMonths(month, 1)}-01`
  const days: string[] = []
  for (let day = `${month}-01`; day < next; day = addDays(day, 1)) days.push(day)
  return days
}

/** The months of two days or months and all between. */
export function monthsBetween(from: string, to: string): string[] {
  const months: string[] = []
  for (let month = monthOf(from); month <= monthOf(to); month = addMonths(month, 1)) months.push(month)
  return months
}

/** Periods that are compared with each other: UTC days, both ends included. */
export interface Periods {
  /** The past 30 days, today included. */
  recent: { from: string; to: string }
  /** The 30 before. */
  before: { from: string; to: string }
}

export function periodsOf(today: string): Periods {
  const from = addDays(today, -29)
  return { recent: { from, to: today }, before: { from: addDays(from, -30), to: addDays(from, -1) } }
}

/** The first and the last day of a range; none for `all`. */
export function boundsOf(range: Range, today: string): { from: string; to: string } | undefined {
  if (range === 'all') return undefined
  if ('days' in range) {
    if (!Number.isInteger(range.days) || range.days < 1) {
      throw new ClienteleError('option_invalid', `range.days must be a whole number from 1, not ${range.days}.`)
    }
    return { from: addDays(today, 1 - range.days), to: today }
  }
  for (const day of [range.from, range.to]) {
    if (!isDay(day))
      throw new ClienteleError('option_invalid', 'A range runs from and to a UTC day, written YYYY-MM-DD.')
  }
  return { from: range.from, to: range.to }
}

function isDay(text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && dayOf(ms) === text
}
