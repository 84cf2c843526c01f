import { csvText, periodLines, spanLines } from '../console/stats-files.js'
import { refused } from '../keys/key-format.js'
import type { Range } from '../usage/report.js'
import { readShownRange } from '../usage/shown-report.js'
import { UsageError, write } from './output.js'
import { type StoreOptions, withClients } from './session.js'

interface ExportOptions extends StoreOptions {
  from?: string
  to?: string
  days?: number
  all?: boolean
  smallestCrowd: number
}

const columns = ['public_key', 'name', 'period', 'from', 'to', 'measure', 'item', 'value']

/**
 * Every client that did anything in the range, one at a time, and last the refusals of the server as a whole. As in
 * `stats.csv`, with the client in front: filter by `period`, because the range holds what the days and the months do.
 */
export async function exportUsage(options: ExportOptions): Promise<void> {
  const range = rangeOf(options)
  const { smallestCrowd, json } = options
  await withClients(options, async ({ usage }) => {
    const clients: { publicKey: string; name?: string }[] = [...(await usage.overview(range)), { publicKey: refused }]
    if (!json) write(csvText([columns]))
    let separator = '[\n'
    for (const { publicKey, name } of clients) {
      const { report, tellsPlayers } = await readShownRange(usage, publicKey, range, smallestCrowd)
      if (publicKey === refused && Object.keys(report.refusals).length === 0) continue
      if (json) {
        write(separator + JSON.stringify({ ...(name === undefined ? {} : { name }), publicKey, ...report }))
        separator = ','
      } else {
        const terms = { smallestCrowd, tellsPlayers }
        const lines = [...periodLines('range', report, terms), ...spanLines(report, terms)]
        write(csvText(lines.map((line) => [publicKey, name ?? '', ...line])))
      }
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
