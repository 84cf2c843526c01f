import type { Sums, UsageReport } from '../usage/report.js'
import type { BothPeriods } from './stats-model.js'

/** `stats.json`: both periods as the usage reader gives them. */
export function statsJson(client: { publicKey: string; name: string }, { past30Days, allTime }: BothPeriods): string {
  const { publicKey, name } = client
  return `${JSON.stringify({ publicKey, name, past30Days, allTime }, undefined, 2)}\n`
}

const COLUMNS = ['period', 'from', 'to', 'measure', 'name', 'value'] as const
type Line = [period: string, from: string, to: string, measure: string, name: string, value: number]

/**
 * `stats.csv`: one number a line, RFC 4180. Days are UTC, both ends included.
 *
 * - `period`: `past 30 days`, `all time`, `month` or `day`; filter by it, the periods overlap.
 * - `measure`: `sessions`, `calls`, `errors`, `players` (an estimate) or `metric` (the game's own).
 * - `name`: the method, feature or metric that is counted; empty for the sum.
 */
export function statsCsv({ past30Days, allTime }: BothPeriods): string {
  const lines = [
    ...reportLines('past 30 days', past30Days),
    ...reportLines('all time', allTime),
    ...allTime.months.flatMap((sums) => sumLines('month', `${sums.month}-01`, lastDayOf(sums.month), sums)),
    ...allTime.days.flatMap((sums) => sumLines('day', sums.day, sums.day, sums)),
  ]
  return [COLUMNS, ...lines].map((line) => `${line.map(csvField).join(',')}\r\n`).join('')
}

/** A field of RFC 4180; a text that a spreadsheet would run as a formula gets an apostrophe in front. */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const harmless = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

function reportLines(period: string, report: UsageReport): Line[] {
  const line = (measure: string, name: string, value: number): Line => {
    return [period, report.from, report.to, measure, name, value]
  }
  const lines = sumLines(period, report.from, report.to, report)
  for (const [method, sessions] of Object.entries(report.sessionsByMethod))
    lines.push(line('sessions', method, sessions))
  for (const [feature, { calls, errors }] of Object.entries(report.features)) {
    lines.push(line('calls', feature, calls), line('errors', feature, errors))
  }
  for (const [metric, amount] of Object.entries(report.metrics)) lines.push(line('metric', metric, amount))
  return lines
}

function sumLines(period: string, from: string, to: string, sums: Sums): Line[] {
  const measures = ['sessions', 'calls', 'errors', 'players'] as const
  return measures.map((measure): Line => [period, from, to, measure, '', sums[measure]])
}

function lastDayOf(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10)
}
