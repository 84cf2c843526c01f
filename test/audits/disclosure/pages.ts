// Reads every number off a client's own page, and off the operator's.
import type { Messages } from '../../../src/console/messages/en/en.js'
import { periods, type Quantity, type Read, type Span } from './facts.js'
import { languages, PageReading, plain, type Row, readTables, spanNamed, spansIn, type Table } from './tables.js'

const { recent, before } = periods

/** A client's own page. */
export function readStats(where: string, language: string, client: string, page: string): Read {
  const messages = languages[language] as Messages
  const reading = new PageReading(where, messages)
  const spans = spansIn(messages)
  const readers: Record<string, (table: Table) => void> = {
    numbers: ({ rows }) => readNumbers(reading, client, rows, [recent, periods.all]),
    time: (table) => readTime(reading, client, table, spans),
    features: (table) => readFeatures(reading, client, table),
    sessions: ({ rows }) => readAmounts(reading, client, rows, 'sessions', [recent, periods.all]),
  }
  readTables(where, page, readers)
  readSpots(reading, client, page, spans)
  return reading
}

function readNumbers(reading: PageReading, client: string, rows: readonly Row[], spans: readonly Span[]): void {
  const { sessions, calls, players, errors } = reading.messages.stats
  for (const { name, cells } of rows) {
    for (const [at, span] of spans.entries()) {
      const of = (measure: Quantity['measure']): Quantity => ({ client, measure, ...span })
      if (name === sessions) reading.count(of('sessions'), cells[at])
      else if (name === calls) reading.count(of('calls'), cells[at])
      else if (name === players) reading.players(of('players'), cells[at])
      else if (name === errors) reading.percent(of('errors'), of('calls'), cells[at])
      else reading.count({ client, measure: 'metric', name, ...span }, cells[at])
    }
  }
}

function readAmounts(
  reading: PageReading,
  client: string,
  rows: readonly Row[],
  measure: Quantity['measure'],
  spans: readonly Span[],
): void {
  for (const { name, cells } of rows) {
    for (const [at, span] of spans.entries()) reading.count({ client, measure, name, ...span }, cells[at])
  }
}

function readTime(reading: PageReading, client: string, { rows, heads }: Table, spans: Map<string, Span>): void {
  const hasPlayers = heads.includes(reading.messages.stats.players)
  for (const { name, cells } of rows) {
    const span = spanNamed(reading, spans, name)
    const of = (measure: Quantity['measure']): Quantity => ({ client, measure, ...span })
    reading.count(of('sessions'), cells[0])
    reading.count(of('calls'), cells[1])
    reading.percent(of('errors'), of('calls'), cells[2])
    if (hasPlayers) reading.count(of('players'), cells[3])
  }
}

function readFeatures(reading: PageReading, client: string, { rows }: Table): void {
  for (const { name, cells } of rows) {
    const [calls, share, errors, trend, allCalls] = cells
    const of = (measure: Quantity['measure'], span: Span): Quantity => ({ client, measure, name, ...span })
    const called = of('calls', recent)
    reading.count(called, calls)
    reading.percent(called, { client, measure: 'calls', ...recent }, share)
    reading.percent(of('errors', recent), called, errors)
    reading.count(of('calls', periods.all), allCalls)
    const [, bar] = /<rect width="([^"]*)"/.exec(share ?? '') ?? []
    if (bar !== undefined) reading.derive([called], bar, barOf(reading))
    const { trends } = reading.messages.stats
    // Without a trend nothing is said.
    const said = plain(trend ?? '').replace(/^[↗→↘] /, '')
    reading.derive(
      [called, of('calls', before), of('calls', periods.all)],
      said === '' ? undefined : said,
      (...calls) => trendOf(calls as [number, number, number], trends),
    )
  }
}

/** The longest bar is of the most calls that are shown. */
const barOf = (reading: PageReading) => (calls: number) => {
  const shown = reading.facts.flatMap(({ measure, name, from, amount }) =>
    measure === 'calls' && name !== undefined && from === recent.from ? [amount ?? 0] : [],
  )
  return String(Math.round((1000 * calls) / Math.max(...shown)) / 10)
}

function trendOf([now, then, ever]: [number, number, number], trends: Messages['stats']['trends']): string {
  if (then === 0) return now === 0 ? '' : now === ever ? trends.new : trends.more
  return now > 1.1 * then ? trends.more : now < 0.9 * then ? trends.fewer : trends.same
}

/** What a pointer is told over the chart, and how high the line is there. */
function readSpots(reading: PageReading, client: string, page: string, spans: Map<string, Span>): void {
  const none = reading.messages.format.plural(0, { none: '', one: '', other: '' })
  for (const [chart] of page.matchAll(/<svg class="chart.*?<\/svg>/gs)) {
    const ticks = Array.from(
      chart.matchAll(/<text class="tick" x="[^"]*" y="([^"]*)" dy[^>]*>(.*?)<\/text>/gs),
      (tick) => ({
        y: Number(tick[1]),
        amount: reading.parse(plain(tick[2] ?? '')),
      }),
    )
    const [zero, highest] = [ticks[0], ticks.at(-1)]
    if (zero?.amount !== 0 || !highest || none !== '') throw new Error(`${reading.where}: an axis without a zero`)
    for (const [spot, title = ''] of chart.matchAll(/<g class="spot"><title>(.*?)<\/title>.*?<\/g>/gs)) {
      const [name = '', said = ''] = plain(title).split(': ')
      const quantity: Quantity = { client, measure: 'sessions', ...spanNamed(reading, spans, name) }
      const text = reading.text(said)
      const counted = text !== undefined && !/\d/.test(text) ? '0' : text?.replace(/ .*/, '')
      reading.fact(quantity, counted === undefined ? undefined : reading.parse(counted))
      const [, y] = /<circle[^>]* cy="([^"]*)"/.exec(spot) ?? []
      reading.derive([quantity], y, (sessions) => {
        const height = zero.y + ((highest.y - zero.y) * sessions) / highest.amount
        // Each is rounded to a tenth.
        return Math.abs(height - Number(y)) < 0.21 ? String(y) : height.toFixed(1)
      })
    }
  }
}

/** The operator's list of clients. */
export function readOverview(where: string, language: string, page: string): Read {
  const messages = languages[language] as Messages
  const { list, reserved } = messages.operator
  const reading = new PageReading(where, messages)
  const readRows = ({ rows }: Table) => {
    for (const { client, cells } of rows) {
      const of = (measure: Quantity['measure'], span: Span = recent): Quantity => ({
        ...(client && { client }),
        measure,
        ...span,
      })
      const whole = (measure: Quantity['measure']): Quantity => ({ measure, ...recent })
      reading.count(of('sessions'), cells[0])
      reading.percent(of('sessions'), whole('sessions'), cells[1])
      reading.derive([of('sessions', before), of('sessions')], reading.text(cells[2]), (then, now) =>
        operatorTrend(then ?? 0, now ?? 0, messages),
      )
      reading.count(of('calls'), cells[3])
      reading.percent(of('calls'), whole('calls'), cells[4])
      reading.percent(of('errors'), of('calls'), cells[5])
    }
  }
  const readers: Record<string, (table: Table) => void> = {
    [list.caption]: readRows,
    [reserved.title]: readRows,
    [reserved.refusedTitle]: ({ rows }) => {
      for (const { name, cells } of rows) {
        const [reason] = Object.entries(reserved.reasons).find(([, text]) => plain(text) === name) ?? [name]
        reading.count({ client: '(refused)', measure: 'refusals', name: reason, ...recent }, cells[0])
      }
    },
  }
  readTables(where, page, readers)
  return reading
}

function operatorTrend(then: number, now: number, { format, operator }: Messages): string {
  if (then === 0) return now === 0 ? '–' : operator.list.isNew
  const arrow = Math.abs(now - then) <= 2 * Math.sqrt(now + then) ? '→' : now > then ? '↗' : '↘'
  if (then < 20) return `${arrow} ${operator.list.from(then)}`
  const sign = now > then ? '+' : now < then ? '−' : ''
  return `${arrow} ${sign}${plain(format.percent(Math.abs(now - then), then))}`
}

/** The operator's page of one client. */
export function readClient(where: string, language: string, client: string, page: string): Read {
  const messages = languages[language] as Messages
  const { stats, operator } = messages
  const reading = new PageReading(where, messages)
  const spans = [recent, before, periods.all]
  const readers: Record<string, (table: Table) => void> = {
    [operator.client.numbers]: ({ rows }) => readNumbers(reading, client, rows, spans),
    [operator.features]: ({ rows }) => {
      for (const { name, cells } of rows) {
        const of = (measure: Quantity['measure'], span: Span): Quantity => ({ client, measure, name, ...span })
        reading.count(of('calls', recent), cells[0])
        reading.percent(of('calls', recent), { client, measure: 'calls', ...recent }, cells[1])
        reading.percent(of('errors', recent), of('calls', recent), cells[2])
        reading.count(of('calls', before), cells[3])
        reading.count(of('calls', periods.all), cells[4])
      }
    },
    [stats.sessionsTitle]: ({ rows }) => readAmounts(reading, client, rows, 'sessions', spans),
    [stats.metricsTitle]: ({ rows }) => readAmounts(reading, client, rows, 'metric', spans),
  }
  readTables(where, page, readers)
  return reading
}

/** Clients × features, and the list behind it. */
export function readHeat(where: string, language: string, page: string): Read {
  const messages = languages[language] as Messages
  const { heat } = messages.operator
  const reading = new PageReading(where, messages)
  const clients = new Map<string, string>()
  const readers: Record<string, (table: Table) => void> = {
    [heat.caption]({ rows, heads }) {
      const cells: { quantity: Quantity; isShown: boolean }[][] = []
      for (const { client, name, cells: row } of rows) {
        if (client === undefined) {
          for (const [at, sum] of row.entries()) {
            const shown = cells.flatMap((one) => (one[at]?.isShown ? [one[at].quantity] : []))
            reading.derive(shown, plain(sum), (...calls) =>
              messages.format.short(calls.reduce((all, one) => all + one, 0)),
            )
          }
          continue
        }
        clients.set(name, client)
        cells.push(
          row.map((cell, at) => {
            const quantity: Quantity = { client, measure: 'calls', name: heads[at] ?? '', ...recent }
            const text = reading.text(cell.replace(/<span aria-hidden.*?<\/span>/, ''))
            reading.derive([quantity], text, (calls) => (calls === 0 ? '' : messages.format.short(calls)))
            return { quantity, isShown: text !== undefined }
          }),
        )
      }
    },
    [heat.table]({ rows }) {
      for (const { client, cells } of rows) {
        const of = (measure: Quantity['measure']): Quantity => {
          return { ...(client && { client }), measure, name: plain(cells[0] ?? ''), ...recent }
        }
        reading.count(of('calls'), cells[1])
        reading.percent(of('errors'), of('calls'), cells[2])
      }
    },
  }
  readTables(where, page, readers)
  return reading
}
