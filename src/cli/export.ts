import { csvField } from '../console/stats-files.js'
import { refused } from '../keys/key-format.js'
import { type Range, type Sums, shownPlayers, type UsageReport } from '../usage/report.js'
import { UsageError, write } from './output.js'
import { type StoreOptions, withClients } from './session.js'
import { withheld } from './show-report.js'

interface ExportOptions extends StoreOptions {
  from?: string
  to?: string
  days?: number
  all?: boolean
  smallestCrowd: number
}

type Line = (string | number)[]

const columns = ['public_key', 'name', 'period', 'from', 'to', 'measure', 'item', 'value']

/** Every client that did anything in the range, one at a time, and last the refusals of the server as a whole. */
export async function exportUsage(options: ExportOptions): Promise<void> {
  const range = rangeOf(options)
  const { smallestCrowd, json } = options
  await withClients(options, async ({ usage }) => {
    const clients: { publicKey: string; name?: string }[] = [...(await usage.overview(range)), { publicKey: refused }]
    if (!json) write(csvLine(columns))
    let separator = '[\n'
    for (const { publicKey, name } of clients) {
      const report = await usage.read(publicKey, range)
      if (publicKey === refused && Object.keys(report.refusals).length === 0) continue
      if (json) {
        write(
          separator + JSON.stringify({ ...(name === undefined ? {} : { name }), ...withheld(report, smallestCrowd) }),
        )
        separator = ','
      } else write(linesOf(report, smallestCrowd, name).map(csvLine).join(''))
    }
    if (json) write(separator === ',' ? ']' : '[]')
  })
}

function rangeOf({ from, to, days, all }: ExportOptions): Range {
  if (all) return 'all'
  if (from === undefined && to === undefined) return { days: days ?? 30 }
  if (from === undefined || to === undefined) throw new UsageError('--from and --to go together.')
  if (from > to) throw new UsageError('--from must not be after --to.')
  return { from, to }
}

function csvLine(line: Line): string {
  return `${line.map(csvField).join(',')}\r\n`
}

/** One number a line. Filter by `period`: the range holds what the days and the months do. */
function linesOf(report: UsageReport, smallestCrowd: number, name = ''): Line[] {
  const line = (period: string, from: string, to: string, measure: string, item: string, value: string | number) => {
    return [report.publicKey, name, period, from, to, measure, item, value]
  }
  const sums = (period: string, from: string, to: string, { sessions, calls, errors, players }: Sums) =>
    Object.entries({
      sessions,
      calls,
      errors,
      players: shownPlayers(players, smallestCrowd) ?? `<${smallestCrowd}`,
    }).map(([measure, value]) => line(period, from, to, measure, '', value))
  const items = (measure: string, counts: Record<string, number>) =>
    Object.entries(counts).map(([item, value]) => line('range', report.from, report.to, measure, item, value))
  return [
    ...sums('range', report.from, report.to, report),
    ...items('sessions', report.sessionsByMethod),
    ...Object.entries(report.features).flatMap(([feature, { calls, errors }]) => [
      ...items('calls', { [feature]: calls }),
      ...items('errors', { [feature]: errors }),
    ]),
    ...items('refusals', report.refusals),
    ...items('metric', report.metrics),
    ...report.days.flatMap((sum) => sums('day', sum.day, sum.day, sum)),
  ]
}
