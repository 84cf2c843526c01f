// Reads every number off the files, and off what the command line says.
import { addDays, addMonths } from '../../../src/usage/days.js'
import { type Period, periods, type Quantity, type Read, Reading } from './facts.js'

const { recent, before } = periods

/** `stats.json`, or what the command line shows of one client: three periods. */
export function readJson(where: string, client: string, file: Record<string, unknown>): Read {
  const reading = new Reading(where)
  for (const [name, period] of [
    ['past30Days', 'recent'],
    ['previous30Days', 'before'],
    ['allTime', 'all'],
  ] as const) {
    readReport(reading, client, file[name] as Report, periods[period])
  }
  return reading
}

/** An export of all clients as JSON. */
export function readExport(where: string, reports: readonly (Report & { publicKey: string })[], period: Period): Read {
  const reading = new Reading(where)
  for (const report of reports) readReport(reading, report.publicKey, report, periods[period])
  return reading
}

type Amounts = Record<string, number | null>
interface Report extends Record<'sessions' | 'calls' | 'errors' | 'players', number | null> {
  sessionsByMethod: Amounts
  features: Record<string, { calls: number | null; errors: number | null }>
  metrics: Amounts
  refusals: Amounts
  days: ({ day: string } & Amounts)[]
  /** Whose days are kept no longer. */
  months?: ({ month: string } & Amounts)[]
}

const measures = ['sessions', 'calls', 'errors', 'players'] as const

function readReport(
  reading: Reading,
  client: string,
  report: Report,
  { from, to }: { from: string; to: string },
): void {
  const fact = (quantity: Omit<Quantity, 'client'>, amount: number | null | undefined) =>
    reading.fact({ client, ...quantity }, amount ?? undefined)
  const span = { from, to }
  for (const measure of measures) fact({ measure, ...span }, report[measure])
  for (const [name, amount] of Object.entries(report.sessionsByMethod)) {
    fact({ measure: 'sessions', name, ...span }, amount)
  }
  for (const [name, { calls, errors }] of Object.entries(report.features)) {
    fact({ measure: 'calls', name, ...span }, calls)
    fact({ measure: 'errors', name, ...span }, errors)
  }
  for (const [name, amount] of Object.entries(report.metrics)) fact({ measure: 'metric', name, ...span }, amount)
  for (const [name, amount] of Object.entries(report.refusals)) fact({ measure: 'refusals', name, ...span }, amount)
  for (const { day, ...sums } of report.days) {
    for (const measure of measures) fact({ measure, from: day, to: day }, sums[measure])
  }
  for (const { month, ...sums } of report.months ?? []) {
    const to = addDays(`${addMonths(month, 1)}-01`, -1)
    for (const measure of measures) fact({ measure, from: `${month}-01`, to }, sums[measure])
  }
}

/** `stats.csv`; what the command line exports has two columns more in front. `client`: where the file is of one. */
export function readCsv(where: string, text: string, client?: string): Read {
  const reading = new Reading(where)
  const [, ...lines] = text.trimEnd().split('\r\n')
  for (const line of lines) {
    const fields = line.split(',')
    const publicKey = client ?? fields.shift() ?? ''
    if (client === undefined) fields.shift()
    const [period = '', first = '', to = '', kind = '', name = '', value = ''] = fields
    const from = period === 'all time' || (period === 'range' && first < recent.from) ? periods.all.from : first
    const measure = kind as Quantity['measure']
    const amount = /^(withheld|<\d+)$/.test(value) ? undefined : Number(value)
    if (Number.isNaN(amount)) throw new Error(`${where}: ${line}`)
    reading.fact({ client: publicKey, measure, ...(name !== '' && { name }), from, to }, amount)
  }
  return reading
}

/** `clients.csv`. */
export function readClientsCsv(where: string, text: string): Read {
  const reading = new Reading(where)
  const [, ...lines] = text.trimEnd().split('\r\n')
  for (const line of lines) {
    const [client, , , from, to, ...amounts] = line.split(',')
    if (from !== recent.from || to !== recent.to) throw new Error(`${where}: ${line}`)
    for (const [at, measure] of (['sessions', 'calls', 'errors'] as const).entries()) {
      reading.fact({ client, measure, ...recent }, Number(amounts[2 * at]))
      reading.fact({ client, measure, ...before }, Number(amounts[2 * at + 1]))
    }
  }
  return reading
}

/** `clientele show`: tables of the three periods, in words. */
export function readShown(where: string, client: string, text: string): Read {
  const reading = new Reading(where)
  const [, ...tables] = text.trimEnd().split('\n\n')
  for (const part of tables) {
    const [heads = '', ...rows] = part.replace(/^\n/, '').split('\n')
    const [title = ''] = heads.split(/ {2,}/)
    for (const row of rows) {
      const [name = '', ...cells] = row.trim().split(/ {2,}/)
      for (const [at, { from, to }] of [recent, before, periods.all].entries()) {
        const cell = (cells[at] ?? '').replaceAll(',', '')
        if (name === 'from' || name === 'to') continue
        const amount = /^(withheld|fewer than \d+)$/.test(cell) ? undefined : Number(cell.replace(/ ±.*/, ''))
        if (Number.isNaN(amount)) throw new Error(`${where}: ${row}`)
        const measure = shownMeasures[title]
        const quantity = measure ? { measure, name } : { measure: name as Quantity['measure'] }
        reading.fact({ client, ...quantity, from, to }, amount)
      }
    }
  }
  return reading
}

const shownMeasures: Record<string, Quantity['measure']> = {
  'sessions by': 'sessions',
  'calls of': 'calls',
  'errors of': 'errors',
  'refused because': 'refusals',
  "the game's own": 'metric',
}

/** `clientele list`. */
export function readList(where: string, text: string): Read {
  const reading = new Reading(where)
  const [, ...rows] = text.trimEnd().split('\n')
  for (const row of rows) {
    const cells = row.split(/ {2,}/)
    for (const [at, measure] of (['sessions', 'calls', 'errors'] as const).entries()) {
      const amount = Number((cells.at(at - 3) ?? '').replaceAll(',', ''))
      reading.fact({ client: cells[0], measure, ...recent }, amount)
    }
  }
  return reading
}

/** `clientele list --json`. */
export function readListed(where: string, rows: readonly ({ publicKey: string } & Record<string, number>)[]): Read {
  const reading = new Reading(where)
  for (const { publicKey, ...sums } of rows) {
    for (const measure of ['sessions', 'calls', 'errors'] as const) {
      reading.fact({ client: publicKey, measure, ...recent }, sums[measure])
    }
  }
  return reading
}
