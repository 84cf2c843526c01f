import { emptyCounters } from '../counters.js'
import { addDays } from '../days.js'
import { type Range, reportOf, type UsageReader, type UsageReport } from '../report.js'
import { readShown, type ShownRow, type ShownSums, type ShownUsage, suppress } from './suppression.js'

/** Null where it is withheld; `players` also where the game does not tell who plays. */
export interface FileSums {
  sessions: number | null
  calls: number | null
  errors: number | null
  players: number | null
}

/** One period as files and the command line show it: as a usage report, with null for what is withheld. */
export interface ShownReport extends FileSums {
  from: string
  to: string
  sessionsByMethod: Record<string, number | null>
  features: Record<string, { calls: number | null; errors: number | null }>
  metrics: Record<string, number | null>
  refusals: Record<string, number>
  days: ({ day: string } & FileSums)[]
  /** Of all time only, and there the months whose days are not in the list. */
  months: ({ month: string } & FileSums)[]
}

export function reportShown(shown: ShownUsage, period: 'recent' | 'before' | 'all'): ShownReport {
  const { recentFrom, beforeFrom, allFrom, to } = shown
  const from = { recent: recentFrom, before: beforeFrom, all: allFrom }[period]
  const last = period === 'before' ? addDays(recentFrom, -1) : to
  return {
    from,
    to: last,
    ...fileSums(shown[period]),
    sessionsByMethod: record(shown.sessionsByMethod, period, Number, null),
    features: record(shown.features, period, ({ calls }) => calls, { calls: null, errors: null }),
    metrics: record(shown.metrics, period, Number, null),
    refusals: shown.refusals[period],
    days: shown.days
      .filter(({ day }) => period === 'all' || (day >= from && day <= last))
      .map(({ day, sums }) => ({ day, ...fileSums(sums) })),
    months: period === 'all' ? shown.months.map(({ month, sums }) => ({ month, ...fileSums(sums) })) : [],
  }
}

/**
 * What may be shown of a client in a range. The past 30 days and all time are as on its page. What is withheld from any other
 * range could be found by subtracting one of these, and a single day would be shown as a total: with a crowd to keep, ask for
 * no other.
 *
 * @throws ClienteleError `store_failed`, `store_timeout`, `store_down`
 */
export async function readShownRange(
  usage: Pick<UsageReader, 'read'>,
  publicKey: string,
  range: Range,
  smallestCrowd: number,
): Promise<{ report: ShownReport; tellsPlayers: boolean }> {
  if (range === 'all') {
    const shown = await readShown(usage, publicKey, smallestCrowd)
    return { report: reportShown(shown, 'all'), tellsPlayers: shown.tellsPlayers }
  }
  return reportAlone(await usage.read(publicKey, range), smallestCrowd)
}

/** What may be shown of one report, by itself. */
export function reportAlone(
  report: UsageReport,
  smallestCrowd: number,
): { report: ShownReport; tellsPlayers: boolean } {
  const nothing = reportOf(report.publicKey, report.from, report.to, {
    whole: emptyCounters(),
    days: new Map(),
    months: new Map(),
  })
  const shown = suppress({ recent: report, before: nothing, earlier: nothing }, report, smallestCrowd)
  return { report: reportShown(shown, 'recent'), tellsPlayers: shown.tellsPlayers }
}

function fileSums(sums: ShownSums | undefined): FileSums {
  if (!sums) return { sessions: null, calls: null, errors: null, players: null }
  return { ...sums, players: sums.players ?? null }
}

/** Without what was not used in the period. A name may be `__proto__`. */
function record<Value, Withheld>(
  rows: readonly ShownRow<Value>[],
  period: 'recent' | 'before' | 'all',
  weigh: (value: Value) => number,
  withheld: Withheld,
): Record<string, Value | Withheld> {
  const result: Record<string, Value | Withheld> = Object.create(null)
  for (const row of rows) {
    const value = row[period]
    if (value === undefined || weigh(value) !== 0) result[row.name] = value ?? withheld
  }
  return result
}
