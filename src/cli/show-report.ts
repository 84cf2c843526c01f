import { playersError, type Sums, shownPlayers, type UsageReport } from '../usage/report.js'
import { number, table } from './output.js'

/** As JSON: `players` is null where fewer than the smallest crowd share the number. */
export function withheld(report: UsageReport, smallestCrowd: number) {
  const shown = <Part extends Sums>(part: Part) => ({
    ...part,
    players: shownPlayers(part.players, smallestCrowd) ?? null,
  })
  return { ...shown(report), days: report.days.map(shown), months: report.months.map(shown) }
}

export function sayReports(
  { past30Days, allTime }: { past30Days: UsageReport; allTime: UsageReport },
  smallestCrowd: number,
): string {
  const periods = [past30Days, allTime]
  const players = (report: UsageReport) => {
    const shown = shownPlayers(report.players, smallestCrowd)
    if (shown === undefined) return `fewer than ${smallestCrowd}`
    const error = playersError(shown)
    return error > 1 ? `${number(shown)} ± ${number(error)}` : number(shown)
  }
  const sums = [
    ['from', ...periods.map(({ from }) => from)],
    ['to', ...periods.map(({ to }) => to)],
    ['sessions', ...periods.map(({ sessions }) => number(sessions))],
    ['calls', ...periods.map(({ calls }) => number(calls))],
    ['errors', ...periods.map(({ errors }) => number(errors))],
    ['players', ...periods.map(players)],
  ]
  const heads = ['past 30 days', 'all time']
  const part = (title: string, pick: (report: UsageReport) => Map<string, number>) => {
    const [month, all] = [pick(past30Days), pick(allTime)]
    const rows = [...all].sort(([, one], [, another]) => another - one)
    return rows.length === 0
      ? []
      : [
          table(
            [title, ...heads],
            rows.map(([name, count]) => [name, month.get(name) ?? 0, count]),
          ),
        ]
  }
  const counts = (of: Record<string, number>) => new Map(Object.entries(of))
  const ofFeatures = (which: 'calls' | 'errors') => (report: UsageReport) =>
    new Map(Object.entries(report.features).flatMap(([name, { [which]: count }]) => (count > 0 ? [[name, count]] : [])))
  return [
    '',
    table(['', ...heads], sums),
    ...part('sessions by', (report) => counts(report.sessionsByMethod)),
    ...part('calls of', ofFeatures('calls')),
    ...part('errors of', ofFeatures('errors')),
    ...part('refused because', (report) => counts(report.refusals)),
    ...part("the game's own", (report) => counts(report.metrics)),
  ].join('\n\n')
}
