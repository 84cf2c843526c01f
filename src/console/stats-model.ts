import { playersError, type Sums, shownPlayers, type UsageReport } from '../usage/report.js'
import { formatCount, formatDays, formatEstimate, formatPercent, formatPlural, sentence } from './format.js'

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
export function statsModel({ past30Days, allTime }: BothPeriods, smallestCrowd: number): StatsModel | undefined {
  if (isEmpty(past30Days) && isEmpty(allTime)) return undefined
  const both = [past30Days, allTime]
  const mostUsed = namesByWeight(past30Days.features, undefined, (feature) => feature.calls)[0]
  const features = namesByWeight(past30Days.features, allTime.features, (feature) => feature.calls)
  const metrics = namesByWeight(past30Days.metrics, allTime.metrics, (amount) => amount)
  const sessions = namesByWeight(past30Days.sessionsByMethod, allTime.sessionsByMethod, (amount) => amount)
  const total = (name: string, cell: (sums: Sums) => string): Row => ({ name, cells: both.map(cell) })
  const amounts = (pick: (report: UsageReport) => Record<string, number>) => (name: string) => ({
    name,
    cells: both.map((report) => formatCount(pick(report)[name] ?? 0)),
  })
  return {
    summary: summaryOf(past30Days, allTime, smallestCrowd),
    ...(mostUsed !== undefined && { mostUsed }),
    periods: [
      { title: 'Past 30 days', days: formatDays(past30Days.from, past30Days.to) },
      { title: 'All time', days: formatDays(allTime.from, allTime.to) },
    ],
    totals: [
      total('Sessions', (sums) => formatCount(sums.sessions)),
      total('Calls', (sums) => formatCount(sums.calls)),
      total('Distinct players', (sums) => playersIn(sums, smallestCrowd)),
      total('Errors', (sums) => formatPercent(sums.errors, sums.calls)),
    ],
    sessions: sessions.map(amounts((report) => report.sessionsByMethod)),
    features: features.map((name) => ({ name, cells: both.flatMap((report) => featureCells(report, name)) })),
    metrics: metrics.map(amounts((report) => report.metrics)),
    notes: notesFor(features, metrics, sessions),
  }
}

function isEmpty(report: UsageReport): boolean {
  return report.calls === 0 && report.sessions === 0 && Object.keys(report.metrics).length === 0
}

function summaryOf(past30Days: UsageReport, allTime: UsageReport, smallestCrowd: number): string {
  const sessions = formatPlural(past30Days.sessions, 'session')
  if (past30Days.calls === 0 && past30Days.sessions === 0) {
    return sentence(`${sessions} in the past 30 days; ${formatPlural(allTime.sessions, 'session')} in all.`)
  }
  const players = past30Days.players > 0 ? ` by ${playersIn(past30Days, smallestCrowd)} distinct players` : ''
  return sentence(`${sessions}${players} and ${formatPlural(past30Days.calls, 'call')} in the past 30 days.`)
}

function playersIn(sums: Sums, smallestCrowd: number): string {
  const players = shownPlayers(sums.players, smallestCrowd)
  return players === undefined ? `<\u00a0${smallestCrowd}` : formatEstimate(players, playersError(players))
}

function featureCells(report: UsageReport, name: string): string[] {
  const { calls, errors } = report.features[name] ?? { calls: 0, errors: 0 }
  return [formatCount(calls), formatPercent(calls, report.calls), formatPercent(errors, calls)]
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

function notesFor(features: string[], metrics: string[], sessions: string[]): string[] {
  const notes: string[] = []
  if (features.includes('(unknown)')) notes.push('(unknown): calls of methods that this server does not have.')
  if ([...features, ...metrics, ...sessions].includes('(other)')) {
    notes.push('(other): what was too rare to be listed by name on a day with very many names.')
  }
  return notes
}
