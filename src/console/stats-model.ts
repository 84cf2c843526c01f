import { playersError, type Sums, shownPlayers, type UsageReport } from '../usage/report.js'
import type { Format } from './format.js'
import type { Messages } from './messages/en.js'

/** One client's numbers for both periods that the console shows. */
export interface BothPeriods {
  past30Days: UsageReport
  allTime: UsageReport
}

/** A name and its cells, already in words: first the past 30 days', then all time's. */
export interface Row {
  name: string
  cells: string[]
}

export interface StatsModel {
  /** The page's answer in one sentence, and the feature that ends it. */
  summary: string
  mostUsed?: string
  periods: { title: string; days: string }[]
  totals: Row[]
  sessions: Row[]
  features: Row[]
  metrics: Row[]
  notes: string[]
}

/** The page's numbers in words; undefined when there are none yet. */
export function statsModel(
  { past30Days, allTime }: BothPeriods,
  smallestCrowd: number,
  messages: Messages,
): StatsModel | undefined {
  if (isEmpty(past30Days) && isEmpty(allTime)) return undefined
  const { format, stats } = messages
  const both = [past30Days, allTime]
  const mostUsed = namesByWeight(past30Days.features, undefined, (feature) => feature.calls)[0]
  const features = namesByWeight(past30Days.features, allTime.features, (feature) => feature.calls)
  const metrics = namesByWeight(past30Days.metrics, allTime.metrics, (amount) => amount)
  const sessions = namesByWeight(past30Days.sessionsByMethod, allTime.sessionsByMethod, (amount) => amount)
  const total = (name: string, cell: (sums: Sums) => string): Row => ({ name, cells: both.map(cell) })
  const amounts = (pick: (report: UsageReport) => Record<string, number>) => (name: string) => ({
    name,
    cells: both.map((report) => format.count(pick(report)[name] ?? 0)),
  })
  return {
    summary: summaryOf(past30Days, allTime, smallestCrowd, messages),
    ...(mostUsed !== undefined && { mostUsed }),
    periods: [
      { title: stats.past30Days, days: stats.utcDays(format.days(past30Days.from, past30Days.to)) },
      { title: stats.allTime, days: stats.utcDays(format.days(allTime.from, allTime.to)) },
    ],
    totals: [
      total(stats.sessions, (sums) => format.count(sums.sessions)),
      total(stats.calls, (sums) => format.count(sums.calls)),
      total(stats.players, (sums) => playersIn(sums, smallestCrowd, format)),
      total(stats.errors, (sums) => format.percent(sums.errors, sums.calls)),
    ],
    sessions: sessions.map(amounts((report) => report.sessionsByMethod)),
    features: features.map((name) => ({ name, cells: both.flatMap((report) => featureCells(report, name, format)) })),
    metrics: metrics.map(amounts((report) => report.metrics)),
    notes: notesFor(features, metrics, sessions, messages),
  }
}

function isEmpty(report: UsageReport): boolean {
  return report.calls === 0 && report.sessions === 0 && Object.keys(report.metrics).length === 0
}

function summaryOf(
  past30Days: UsageReport,
  allTime: UsageReport,
  smallestCrowd: number,
  { stats, format }: Messages,
): string {
  if (past30Days.calls === 0 && past30Days.sessions === 0) return stats.summaryOfOld(allTime.sessions)
  const players = past30Days.players > 0 ? playersIn(past30Days, smallestCrowd, format) : undefined
  return stats.summary(past30Days, players)
}

function playersIn(sums: Sums, smallestCrowd: number, format: Format): string {
  const players = shownPlayers(sums.players, smallestCrowd)
  return players === undefined
    ? `<\u00a0${format.count(smallestCrowd)}`
    : format.estimate(players, playersError(players))
}

function featureCells(report: UsageReport, name: string, format: Format): string[] {
  const { calls, errors } = report.features[name] ?? { calls: 0, errors: 0 }
  return [format.count(calls), format.percent(calls, report.calls), format.percent(errors, calls)]
}

/** The most of the past 30 days first, then the most of all time, then by name, so that the order is always the same. */
function namesByWeight<Value>(
  recent: Record<string, Value>,
  all: Record<string, Value> | undefined,
  weigh: (value: Value) => number,
): string[] {
  const weight = (values: Record<string, Value> | undefined, name: string): number => {
    const value = values?.[name]
    return value === undefined ? 0 : weigh(value)
  }
  return [...new Set([...Object.keys(recent), ...Object.keys(all ?? {})])].sort(
    (one, another) =>
      weight(recent, another) - weight(recent, one) ||
      weight(all, another) - weight(all, one) ||
      (one < another ? -1 : 1),
  )
}

function notesFor(features: string[], metrics: string[], sessions: string[], { stats }: Messages): string[] {
  const notes: string[] = []
  if (features.includes('(unknown)')) notes.push(stats.unknown)
  if ([...features, ...metrics, ...sessions].includes('(other)')) notes.push(stats.other)
  return notes
}
