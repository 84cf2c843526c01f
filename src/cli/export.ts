import { csvText, periodLines, spanLines } from '../console/stats/files.js'
import { refused } from '../row-names.js'
import { readShownRange } from '../usage/disclosure/shown-report.js'
import type { Range } from '../usage/report.js'
import { UsageError, write } from './output.js'
import { type StoreOptions, withClientele } from './with-clientele.js'

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
  await withClientele(options, async ({ usage }) => {
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

function rangeOf({ from, to, days = 30, all, smallestCrowd }: ExportOptions): Range {
  if (all) return 'all'
  const range = from === undefined && to === undefined ? { days } : spanOf(from, to)
  const isPastMonth = 'days' in range && range.days === 30
  if (!isPastMonth && smallestCrowd > 1) throw new UsageError(subtractable)
  return range
}

function spanOf(from: string | undefined, to: string | undefined): { from: string; to: string } {
  if (from === undefined || to === undefined) throw new UsageError('--from and --to go together.')
  if (from > to) throw new UsageError('--from must not be after --to.')
  return { from, to }
}

const subtractable =
  'Of a range of your own nothing can be withheld, because another range could be subtracted from it: add --smallest-crowd 1, and keep the numbers to yourself. The past 30 days and --all are as clients see them.'
