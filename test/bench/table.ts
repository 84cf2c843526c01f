import type { Added } from './in-process.js'
import type { Cost, ReadCost } from './many-writers.js'
import type { Memory } from './memory.js'
import type { Measured, Spread } from './rounds.js'
import type { StoreCost } from './store-cost.js'

/** A table in Markdown, whose columns also line up where it is read as text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => {
    const padded = widths.map((width, column) =>
      column === 0 ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width),
    )
    return `| ${padded.join(' | ')} |`
  }
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

const head = ['', 'requests/s', 'ratio: min / median / max', 'CPU µs a request', 'ratio', 'p50 ms', 'p99 ms']

export function comparison(measured: readonly Measured[]): string {
  const rows = measured.map((one) =>
    one.failed === undefined
      ? [
          one.name,
          one.requestsPerSecond.median.toFixed(0),
          three(one.ratio),
          one.cpuUsPerRequest.median.toFixed(1),
          one.cpuRatio.median.toFixed(2),
          one.p50Ms.median.toFixed(1),
          one.p99Ms.median.toFixed(1),
        ]
      : [one.name, '–', '–', '–', '–', '–', '–'],
  )
  const failures = measured.flatMap(({ name, failed }) =>
    failed === undefined ? [] : [`\n${name}: no figures. ${failed}`],
  )
  return table(head, rows) + failures.join('')
}

export function three({ min, median, max }: Spread): string {
  return `${min.toFixed(2)} / **${median.toFixed(2)}** / ${max.toFixed(2)}`
}

export function addedTable(added: readonly Added[]): string {
  return table(
    ['', 'without', 'added: fastest tenth', 'median', 'mean'],
    added.map(({ name, passNs, lowNs, medianNs, meanNs }) => [name, ...[passNs, lowNs, medianNs, meanNs].map(whole)]),
  )
}

export function memoryTable({ calls, callsAndLogins, bytesPerSession, bytesPerClient }: Memory): string {
  const heaps = table(
    ['requests', 'heap, MB: calls', 'heap, MB: one in five is a login'],
    calls.map(({ requests, heapBytes }, index) => [
      whole(requests),
      (heapBytes / 1e6).toFixed(1),
      ((callsAndLogins[index]?.heapBytes ?? Number.NaN) / 1e6).toFixed(1),
    ]),
  )
  return `${heaps}\n\nA session that is remembered: ${whole(bytesPerSession)} bytes. A client that played today: ${whole(bytesPerClient)} bytes.`
}

export function storeCostTable(costs: readonly StoreCost[]): string {
  return table(
    ['flushIntervalMs', 'writes/s', 'records/s', 'KB/s', 'MB written, client and day', 'KB kept, client and day'],
    costs.map((cost) => [
      whole(cost.flushIntervalMs),
      cost.writesPerSecond.toFixed(1),
      cost.recordsPerSecond.toFixed(0),
      (cost.bytesPerSecond / 1e3).toFixed(0),
      (cost.bytesWrittenPerClientAndDay / 1e6).toFixed(1),
      (cost.bytesKeptPerClientAndDay / 1e3).toFixed(2),
    ]),
  )
}

export function writersTable(costs: readonly ReadCost[]): string {
  const cells = ({ ms, records, bytes }: Cost) => [
    `${ms.toFixed(1)} ms`,
    whole(records),
    `${(bytes / 1e3).toFixed(0)} KB`,
  ]
  return table(
    ['processes', 'directory', 'records', '', "a client's month", 'records', '', 'overview', 'records', ''],
    costs.map((cost) => [whole(cost.writers), ...[cost.directory, cost.report, cost.overview].flatMap(cells)]),
  )
}

const whole = (number: number) => Math.round(number).toLocaleString('en')
