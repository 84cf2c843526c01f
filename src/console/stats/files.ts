import { addDays, addMonths } from '../../usage/days.js'
import { type FileSums, reportShown, type ShownReport } from '../../usage/disclosure/shown-report.js'
import type { ShownUsage } from '../../usage/disclosure/suppression.js'

/**
 * `stats.json`: the past 30 days, the 30 before and all time. Days are UTC, both ends included.
 *
 * - `sessions`, `calls`, `errors`: in total, never withheld. `players`: distinct ones, an estimate.
 * - `sessionsByMethod`, `features` and `metrics` (the game's own numbers) by name, without what was not used in the period;
 *   `refusals` by reason.
 * - `days`: those on which the client did anything. `months`, of all time only: those whose days are listed no longer.
 *
 * A number is null where it is withheld: fewer players than `smallestCrowd` share it, or such a number could be found by
 * subtracting it. `players` is also null where the game does not tell who plays.
 */
export function statsJson(
  { publicKey, name }: { publicKey: string; name: string },
  shown: ShownUsage,
  smallestCrowd: number,
): string {
  const { months: _, ...past30Days } = reportShown(shown, 'recent')
  const { months: __, ...previous30Days } = reportShown(shown, 'before')
  const allTime = reportShown(shown, 'all')
  const file = { publicKey, name, smallestCrowd, past30Days, previous30Days, allTime }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

const statsColumns = ['period', 'from', 'to', 'measure', 'name', 'value'] as const
type Line = [period: string, from: string, to: string, measure: string, name: string, value: number | string]

/** What the lines of a report need to be told. */
export interface CsvTerms {
  smallestCrowd: number
  /** Where the game does not tell who plays, there are no lines of players. */
  tellsPlayers: boolean
}

/**
 * `stats.csv`: one number a line, RFC 4180. Days are UTC, both ends included.
 *
 * - `period`: `past 30 days`, `previous 30 days`, `all time`, `month` (one whose days are listed no longer) or `day`; filter by it,
 *   the periods overlap.
 * - `measure`: `sessions`, `calls`, `errors`, `players` (an estimate), `refusals` or `metric` (the game's own).
 * - `name`: the method, feature, reason or metric that is counted; empty for the sum.
 * - `value`: a number, or `withheld`; `<5` for so few players in a period.
 */
export function statsCsv(shown: ShownUsage, smallestCrowd: number): string {
  const terms = { smallestCrowd, tellsPlayers: shown.tellsPlayers }
  const allTime = reportShown(shown, 'all')
  return csvText([
    statsColumns,
    ...periodLines('past 30 days', reportShown(shown, 'recent'), terms),
    ...periodLines('previous 30 days', reportShown(shown, 'before'), terms),
    ...periodLines('all time', allTime, terms),
    ...spanLines(allTime, terms),
  ])
}

/** The numbers of a whole period, and by name. */
export function periodLines(period: string, report: ShownReport, { smallestCrowd, tellsPlayers }: CsvTerms): Line[] {
  const { from, to, sessionsByMethod, features, refusals, metrics } = report
  const line = (measure: string, name: string, value: number | string | null): Line => {
    return [period, from, to, measure, name, value ?? withheld]
  }
  const players = report.players ?? `<${smallestCrowd}`
  const lines = [
    line('sessions', '', report.sessions),
    line('calls', '', report.calls),
    line('errors', '', report.errors),
  ]
  if (tellsPlayers) lines.push(line('players', '', players))
  for (const [method, sessions] of Object.entries(sessionsByMethod)) lines.push(line('sessions', method, sessions))
  for (const [feature, { calls, errors }] of Object.entries(features)) {
    lines.push(line('calls', feature, calls), line('errors', feature, errors))
  }
  for (const [reason, count] of Object.entries(refusals)) lines.push(line('refusals', reason, count))
  for (const [metric, amount] of Object.entries(metrics)) lines.push(line('metric', metric, amount))
  return lines
}

/** The months and the days of a report. */
export function spanLines({ months, days }: ShownReport, { tellsPlayers }: CsvTerms): Line[] {
  const lines = (period: string, from: string, to: string, { sessions, calls, errors, players }: FileSums) =>
    Object.entries({ sessions, calls, errors, ...(tellsPlayers && { players }) }).map(([measure, value]): Line => {
      return [period, from, to, measure, '', value ?? withheld]
    })
  return [
    ...months.flatMap(({ month, ...sums }) => lines('month', `${month}-01`, lastDayOf(month), sums)),
    ...days.flatMap(({ day, ...sums }) => lines('day', day, day, sums)),
  ]
}

const withheld = 'withheld'

export function csvText(lines: readonly (readonly (string | number)[])[]): string {
  return lines.map((line) => `${line.map(csvField).join(',')}\r\n`).join('')
}

/**
 * A field of RFC 4180. What a spreadsheet would run as a formula gets an apostrophe in front, as OWASP has it (CSV Injection): at the
 * beginning of a text, and behind what separates fields in another country, where no quotation marks around the text would help.
 */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const harmless = value.replace(beginning, "'$&").replace(behindSeparator, "$1'$2")
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** What begins a formula, and what becomes one of these where letters that an encoding lacks are replaced by similar ones. */
const starts = '[=＝﹦⁼₌+＋﹢⁺₊﬩\\-－﹣−⁻₋@＠﹫]'
const separators = '[,;|\\t\\r\\n，；｜﹐﹔︐︔]'
/** What spreadsheets take off or pass over before they look. */
const passedOver = '[\\s\\p{C}"\']*'
const beginning = new RegExp(`^(${passedOver}${starts}|[\\t\\r\\n\\0])`, 'u')
const behindSeparator = new RegExp(`(${separators}${passedOver})(${starts})`, 'gu')

function lastDayOf(month: string): string {
  return addDays(`${addMonths(month, 1)}-01`, -1)
}
