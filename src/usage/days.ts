import { ClienteleError } from '../errors.js'
import type { Range } from './report.js'

const dayMs = 86_400_000

/** The UTC day of a moment: `YYYY-MM-DD`. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

export function monthOf(day: string): string {
  return day.slice(0, 7)
}

export function addDays(day: string, count: number): string {
  return dayOf(Date.parse(day) + count * dayMs)
}

/** The first and the last day of a range; `all` begins with the first day there is. */
export function boundsOf(range: Range, today: string): { from: string; to: string } {
  if (range === 'all') return { from: '0000-01-01', to: '9999-12-31' }
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
