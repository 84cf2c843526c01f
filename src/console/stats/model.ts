import { other, unknownFeature } from '../../row-names.js'
import type { ShownCalls, ShownRow, ShownSums, ShownUsage } from '../../usage/disclosure/suppression.js'
import { playersError } from '../../usage/report.js'
import type { Messages } from '../messages/en/en.js'
import type { Comparison } from '../messages/en/stats.js'
import type { Format } from '../messages/format.js'

/** A cell in words; undefined where the number is withheld. */
export type CellText = string | undefined

/** A name and its cells: first the past 30 days', then all time's. */
export interface TableRow {
  name: string
  cells: CellText[]
}

export interface FeatureRow {
  name: string
  /** Of the past 30 days. */
  calls: CellText
  share: CellText
  /** The length of the share's bar: 100 for the longest. */
  bar: number
  errors: CellText
  trend?: 'more' | 'same' | 'fewer' | 'new'
  /** Of all time. */
  allCalls: CellText
}

export interface StatsModel {
  /** The page's answer in a sentence, and the features that go with it. */
  summary: string
  mostUsed?: string
  newlyUsed: string[]
  periods: { title: string; days: string }[]
  totals: TableRow[]
  metrics: TableRow[]
  features: FeatureRow[]
  sessions: TableRow[]
  /** What must be known of the numbers, and of the features. */
  notes: string[]
  featureNotes: string[]
}

/** The page's numbers in words; undefined when there are none yet. */
export function statsModel(shown: ShownUsage, smallestCrowd: number, messages: Messages): StatsModel | undefined {
  const { recent, all } = shown
  if (all.sessions === 0 && all.calls === 0 && shown.metrics.length === 0) return undefined
  const { format, stats } = messages
  const features = [...shown.features].sort(byAmounts(({ calls }) => calls))
  const total = (name: string, cell: (sums: ShownSums) => string): TableRow => ({
    name,
    cells: [cell(recent), cell(all)],
  })
  const amounts = (rows: readonly ShownRow<number>[]) => [...rows].sort(byAmounts(Number)).map(amountRow(format))
  const mostUsed = mostUsedOf(features[0], shown)
  return {
    summary: summarySentence(shown, messages),
    ...(mostUsed !== undefined && { mostUsed }),
    newlyUsed: newlyUsedOf(features, shown),
    periods: [
      { title: stats.past30Days, days: stats.utcDays(format.days(shown.recentFrom, shown.to)) },
      { title: stats.allTime, days: stats.utcDays(format.days(shown.allFrom, shown.to)) },
    ],
    totals: [
      total(stats.sessions, ({ sessions }) => format.count(sessions)),
      total(stats.calls, ({ calls }) => format.count(calls)),
      ...(shown.tellsPlayers ? [total(stats.players, (sums) => playersIn(sums, smallestCrowd, format))] : []),
      total(stats.errors, ({ errors, calls }) => format.percent(errors, calls)),
    ],
    metrics: amounts(shown.metrics),
    features: features.map((row) => featureRow(row, features[0]?.recent, recent, format)),
    // A single method has all of the sessions, which are in the table already.
    sessions: shown.sessionsByMethod.length > 1 ? amounts(shown.sessionsByMethod) : [],
    notes: [
      stats.daysHint,
      ...(shown.tellsPlayers ? [stats.playersHint] : []),
      ...(smallestCrowd > 1 ? [stats.withholding(smallestCrowd)] : []),
    ],
    featureNotes: featureNotes(shown, messages),
  }
}

function summarySentence({ recent, before, all }: ShownUsage, { stats, format }: Messages): string {
  if (recent.sessions === 0) return stats.summaryOfOld(all.sessions)
  const difference = recent.sessions - before.sessions
  const percent = Math.round((100 * Math.abs(difference)) / before.sessions)
  const some: Comparison = percent === 0 ? 'same' : difference > 0 ? 'more' : 'fewer'
  const change = before.sessions === 0 ? 'none' : some
  return stats.summary(recent.sessions, change, format.wholePercent(percent))
}

function playersIn({ players }: ShownSums, smallestCrowd: number, format: Format): string {
  return players === undefined
    ? `<\u00a0${format.count(smallestCrowd)}`
    : format.estimate(players, playersError(players))
}

const amountRow =
  (format: Format) =>
  ({ name, recent, all }: ShownRow<number>): TableRow => ({
    name,
    cells: [recent, all].map((amount) => (amount === undefined ? undefined : format.count(amount))),
  })

function featureRow(
  { name, recent, before, all }: ShownRow<ShownCalls>,
  most: ShownCalls | undefined,
  { calls }: ShownSums,
  format: Format,
): FeatureRow {
  const trend = recent && before && featureTrend(recent.calls, before.calls, all?.calls)
  return {
    name,
    calls: recent && format.count(recent.calls),
    share: recent && format.percent(recent.calls, calls),
    bar: recent && most && most.calls > 0 ? Math.round((1000 * recent.calls) / most.calls) / 10 : 0,
    errors: recent && format.percent(recent.errors, recent.calls),
    ...(trend && { trend }),
    allCalls: all && format.count(all.calls),
  }
}

/** Less than a tenth either way is no trend. */
function featureTrend(recent: number, before: number, all: number | undefined): FeatureRow['trend'] {
  if (recent === 0 && before === 0) return undefined
  if (before === 0 && recent === all) return 'new'
  if (recent > before * 1.1) return 'more'
  return recent < before * 0.9 ? 'fewer' : 'same'
}

/** Only where it is so whatever is withheld. */
function mostUsedOf(first: ShownRow<ShownCalls> | undefined, { features, recent }: ShownUsage): string | undefined {
  if (!first?.recent || first.recent.calls === 0) return undefined
  const withheld = features.reduce((rest, row) => rest - (row.recent?.calls ?? 0), recent.calls)
  return withheld <= first.recent.calls ? first.name : undefined
}

/** The three most used of those that were never used before; none of a client that is itself new. */
function newlyUsedOf(features: readonly ShownRow<ShownCalls>[], { recent, all }: ShownUsage): string[] {
  if (all.calls === recent.calls) return []
  const isNew = (row: ShownRow<ShownCalls>) => row.recent && row.recent.calls > 0 && row.all?.calls === row.recent.calls
  return features
    .filter(isNew)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** The most of the past 30 days first, then of all time, then by name. What is withheld comes last, whatever it is. */
function byAmounts<Value>(weigh: (value: Value) => number) {
  const weight = (value: Value | undefined) => (value === undefined ? -Infinity : weigh(value))
  const compare = (one: number, another: number) => (one === another ? 0 : another - one)
  return (one: ShownRow<Value>, another: ShownRow<Value>): number =>
    compare(weight(one.recent), weight(another.recent)) ||
    compare(weight(one.all), weight(another.all)) ||
    (one.name < another.name ? -1 : 1)
}

function featureNotes({ features, metrics, sessionsByMethod }: ShownUsage, messages: Messages): string[] {
  const names = [...features, ...metrics, ...sessionsByMethod].map(({ name }) => name)
  return [messages.stats.trendHint, ...nameNotes(names, messages)]
}

/** What stands in the place of a name, where one of these does. */
export function nameNotes(names: readonly string[], { stats }: Messages): string[] {
  return [...(names.includes(unknownFeature) ? [stats.unknown] : []), ...(names.includes(other) ? [stats.other] : [])]
}
