import { type Sums, shownPlayers, type UsageReport } from '../usage/report.js'
import type { BothPeriods } from './stats-model.js'

/** `stats.json`: both periods as the usage reader gives them; `players` is null where there are fewer than `smallestCrowd`. */
export function statsJson(
  { publicKey, name }: { publicKey: string; name: string },
  { past30Days, allTime }: BothPeriods,
  smallestCrowd: number,
): string {
  const shown = <Part extends Sums>(part: Part) => ({
    ...part,
    players: shownPlayers(part.players, smallestCrowd) ?? null,
  })
  const report = (whole: UsageReport) => ({
    ...shown(whole),
    days: whole.days.map(shown),
    months: whole.months.map(shown),
  })
  const file = { publicKey, name, smallestCrowd, past30Days: report(past30Days), allTime: report(allTime) }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

const COLUMNS = ['period', 'from', 'to', 'measure', 'name', 'value'] as const
type Line = [period: string, from: string, to: string, measure: string, name: string, value: number | string]

/**
 * `stats.csv`: one number a line, RFC 4180. Days are UTC, both ends included.
 *
 * - `period`: `past 30 days`, `all time`, `month` or `day`; filter by it, the periods overlap.
 * - `measure`: `sessions`, `calls`, `errors`, `players` (an estimate; `<5` where it is withheld) or `metric` (the game's own).
 * - `name`: the method, feature or metric that is counted; empty for the sum.
 */
export function statsCsv({ past30Days, allTime }: BothPeriods, smallestCrowd: number): string {
  const lines = [
    ...reportLines('past 30 days', past30Days, smallestCrowd),
    ...reportLines('all time', allTime, smallestCrowd),
    ...allTime.months.flatMap((sums) =>
      sumLines('month', `${sums.month}-01`, lastDayOf(sums.month), sums, smallestCrowd),
    ),
    ...allTime.days.flatMap((sums) => sumLines('day', sums.day, sums.day, sums, smallestCrowd)),
  ]
  return [COLUMNS, ...lines].map((line) => `${line.map(csvField).join(',')}\r\n`).join('')
}

/** A field of RFC 4180; a text that a spreadsheet would run as a formula gets an apostrophe in front. */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const harmless = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

function reportLines(period: string, report: UsageReport, smallestCrowd: number): Line[] {
  const line = (measure: string, name: string, value: number): Line => {
    return [period, report.from, report.to, measure, name, value]
  }
  const lines = sumLines(period, report.from, report.to, report, smallestCrowd)
  for (const [method, sessions] of Object.entries(report.sessionsByMethod))
    lines.push(line('sessions', method, sessions))
  for (const [feature, { calls, errors }] of Object.entries(report.features)) {
    lines.push(line('calls', feature, calls), line('errors', feature, errors))
  }
  for (const [metric, amount] of Object.entries(report.metrics)) lines.push(line('metric', metric, amount))
  return lines
}

function sumLines(period: string, from: string, to: string, sums: Sums, smallestCrowd: number): Line[] {
  const players = shownPlayers(sums.players, smallestCrowd) ?? `<${smallestCrowd}`
  const values = { sessions: sums.sessions, calls: sums.calls, errors: sums.errors, players }
  return Object.entries(values).map(([measure, value]): Line => [period, from, to, measure, '', value])
}

function lastDayOf(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10)
}
