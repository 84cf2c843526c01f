import { type FileSums, reportShown, type ShownReport } from '../usage/disclosure/shown-report.js'
import type { ShownUsage } from '../usage/disclosure/suppression.js'
import { playersError } from '../usage/report.js'
import { number, table } from './output.js'

const heads = ['past 30 days', 'the 30 before', 'all time']

/** What the client's own page shows, in plain words. */
export function sayShown(shown: ShownUsage, smallestCrowd: number): string {
  const periods = (['recent', 'before', 'all'] as const).map((period) => reportShown(shown, period))
  const sums = [
    ['from', ...periods.map(({ from }) => from)],
    ['to', ...periods.map(({ to }) => to)],
    ...(['sessions', 'calls', 'errors'] as const).map((sum) => [sum, ...periods.map((report) => said(report[sum]))]),
    ...(shown.tellsPlayers ? [['players', ...periods.map((report) => sayPlayers(report, smallestCrowd))]] : []),
  ]
  const part = (title: string, pick: (report: ShownReport) => Record<string, number | null>) => {
    const counts = periods.map(pick)
    const names = [...new Set(counts.flatMap((count) => Object.keys(count)))]
    const rows = names.map((name) => [
      name,
      ...counts.map((count) => (Object.hasOwn(count, name) ? said(count[name]) : 0)),
    ])
    // By all time, which is the last. What is withheld comes after the rest, whatever it is.
    const weight = (row: (string | number)[]) => Number(row.at(-1)) || -Number.MAX_VALUE
    rows.sort((one, another) => weight(another) - weight(one) || (String(one[0]) < String(another[0]) ? -1 : 1))
    return rows.length === 0 ? [] : [table([title, ...heads], rows)]
  }
  const ofFeatures = (which: 'calls' | 'errors') => (report: ShownReport) =>
    Object.fromEntries(
      Object.entries(report.features).flatMap(([name, { [which]: count }]) => (count === 0 ? [] : [[name, count]])),
    )
  return [
    '',
    table(['', ...heads], sums),
    ...part('sessions by', (report) => report.sessionsByMethod),
    ...part('calls of', ofFeatures('calls')),
    ...part('errors of', ofFeatures('errors')),
    ...part('refused because', (report) => report.refusals),
    ...part("the game's own", (report) => report.metrics),
  ].join('\n\n')
}

function said(value: number | null | undefined): string | number {
  return value ?? 'withheld'
}

function sayPlayers({ players }: FileSums, smallestCrowd: number): string {
  if (players === null) return `fewer than ${smallestCrowd}`
  const error = playersError(players)
  return error > 1 ? `${number(players)} ± ${number(error)}` : number(players)
}
