import type { ShownSums, ShownUsage } from '../../usage/disclosure/suppression.js'
import type { Messages } from '../messages/en/en.js'
import { type LineChart, lineChart } from './charts.js'
import { type RangeName, rangeNames, type TimeSeries, type TimeSpan, timeSeriesOf } from './time-series.js'

/** The chart over time with its words, its table and the ranges to choose from. */
export interface ChartModel {
  title: string
  /** What the chart shows, in a sentence or two. */
  description: string
  ranges: { name: string; range: RangeName; isCurrent: boolean }[]
  /** One for wide windows and one for narrow ones; none where there is nothing to draw. */
  drawings: Drawing[]
  hasGaps: boolean
  table: { heads: string[]; rows: { name: string; cells: (string | undefined)[] }[] }
}

interface Drawing extends LineChart {
  width: number
  /** Of the lower axis. */
  days: string[]
  /** Of each spot. */
  tips: string[]
}

const sizes = [
  { width: 640, height: 220, labels: 4 },
  { width: 340, height: 200, labels: 3 },
]

export function chartModel(shown: ShownUsage, range: RangeName, messages: Messages): ChartModel {
  const { stats, format } = messages
  const series = timeSeriesOf(shown, range)
  const { unit, spans } = series
  const values = spans.map(({ sums }) => sums?.sessions)
  const names = spans.map((span) => spanName(span, series, messages))
  const tips = values.map((value, at) => stats.tip(names[at] ?? '', value))
  const isDrawn = values.some((value) => value !== undefined && value > 0)
  return {
    title: stats.over[unit],
    description: descriptionOf(series, messages),
    ranges: rangeNames.map((name) => ({ name: stats.ranges[name], range: name, isCurrent: name === range })),
    drawings: isDrawn
      ? sizes.map((size) => {
          const chart = lineChart(values, size, format.count)
          const days = chart.xTicks.map(({ at }) => tickName(spans[at] as TimeSpan, series, messages))
          return { ...chart, days, tips }
        })
      : [],
    hasGaps: values.includes(undefined),
    table: chartTable(shown, series, names, messages),
  }
}

function chartTable(
  { tellsPlayers }: ShownUsage,
  { unit, spans }: TimeSeries,
  names: string[],
  { stats, format }: Messages,
) {
  // The players of several days are not their sum.
  const hasPlayers = tellsPlayers && unit === 'day'
  const cells = ({ sessions, calls, errors, players }: ShownSums) => [
    format.count(sessions),
    format.count(calls),
    format.percent(errors, calls),
    ...(hasPlayers ? [players === undefined ? undefined : format.count(players)] : []),
  ]
  const heads = [stats.sessions, stats.calls, stats.errors, ...(hasPlayers ? [stats.players] : [])]
  const rows = spans.map(({ sums }, at) => ({
    name: names[at] ?? '',
    cells: sums ? cells(sums) : heads.map(() => undefined),
  }))
  return { heads: [stats.units[unit], ...heads], rows: rows.reverse() }
}

/** From what is shown alone. */
function descriptionOf(series: TimeSeries, messages: Messages): string {
  const { stats, format } = messages
  const { spans } = series
  const first = spans[0] as TimeSpan
  const last = spans.at(-1) as TimeSpan
  const shown = spans.flatMap(({ sums }) => sums?.sessions ?? [])
  const highest = Math.max(0, ...shown)
  const most = spans.find(({ sums }) => sums?.sessions === highest)
  return stats.described({
    days: format.days(first.from, last.to),
    ...(most && highest > 0 && { most: { sessions: highest, when: spanName(most, series, messages) } }),
    withheld: spans.length - shown.length,
  })
}

function spanName({ from, to }: TimeSpan, { unit }: TimeSeries, { format }: Messages): string {
  return unit === 'month' ? format.month(from.slice(0, 7)) : format.days(from, to)
}

function tickName({ from }: TimeSpan, { unit }: TimeSeries, { format }: Messages): string {
  return unit === 'month' ? format.month(from.slice(0, 7)) : format.day(from)
}
