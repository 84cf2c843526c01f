// Reads pages: their tables, in both languages.
import { de } from '../../../src/console/messages/de/de.js'
import { en, type Messages } from '../../../src/console/messages/en/en.js'
import { addDays, addMonths, monthOf } from '../../../src/usage/days.js'
import { playersError } from '../../../src/usage/report.js'
import { type Quantity, Reading, type Span } from './facts.js'
import { today } from './world.js'

export const languages: Record<string, Messages> = { en, de }

/** A page in one language. */
export class PageReading extends Reading {
  readonly format
  readonly withheld: Set<string>

  constructor(
    where: string,
    readonly messages: Messages,
  ) {
    super(where)
    this.format = messages.format
    this.withheld = new Set([messages.stats.withheld, messages.operator.client.withheld])
  }

  text(cell: string | undefined): string | undefined {
    if (cell === undefined) throw new Error(`${this.where}: a cell is missing`)
    const text = plain(cell)
    return this.withheld.has(text) || text.startsWith('< 5') ? undefined : text
  }

  count(quantity: Quantity, cell: string | undefined): void {
    const text = this.text(cell)
    this.fact(quantity, text === undefined ? undefined : this.parse(text))
  }

  /** `87 ± 3`; a dash where the game does not tell. */
  players(quantity: Quantity, cell: string | undefined): void {
    const text = this.text(cell)
    if (text === '–') return
    this.fact(quantity, text === undefined ? undefined : this.parse(text.replace(/ ±.*/, '')))
    const estimate = (players: number) => plain(this.format.estimate(players, playersError(players)))
    this.derive([quantity], text, estimate)
  }

  percent(part: Quantity, whole: Quantity, cell: string | undefined): void {
    this.derive([part, whole], this.text(cell), (some, all) => plain(this.format.percent(some ?? 0, all ?? 0)))
  }

  parse(text: string): number {
    const [group, point] = this.messages === de ? ['.', ','] : [',', '.']
    const number = Number(text.replaceAll(group, '').replace(point, '.'))
    if (text === '' || Number.isNaN(number)) throw new Error(`${this.where}: “${text}” is no number`)
    return number
  }
}

export interface Row {
  /** Where it leads to a client. */
  client?: string
  name: string
  /** As HTML. */
  cells: string[]
}

export interface Table {
  /** The id of the heading, or the label. */
  title: string
  heads: string[]
  rows: Row[]
  /** As HTML. */
  html: string
}

export function tablesOf(page: string): Table[] {
  const boxes = page.matchAll(/<div class="scroll"[^>]*? aria-label(?:ledby)?="([^"]*)"[^>]*>(<table.*?<\/table>)/gs)
  return Array.from(boxes, ([, title = '', html = '']) => ({
    title: decoded(title),
    heads: Array.from(html.matchAll(/<th scope="col"[^>]*>(.*?)<\/th>/gs), ([, head = '']) => plain(head)),
    rows: Array.from(html.matchAll(/<tr>(.*?)<\/tr>/gs), ([, row = '']) => rowOf(row)).filter(
      ({ name }) => name !== '',
    ),
    html,
  }))
}

function rowOf(html: string): Row {
  const [, head = ''] = /<th scope="row">(.*?)<\/th>/s.exec(html) ?? []
  const [, href] = /public_key=([^"&]*)"/.exec(head) ?? []
  const [, name = head] = /<bdi>(.*?)<\/bdi>/s.exec(head) ?? []
  return {
    ...(href !== undefined && { client: decodeURIComponent(href.replaceAll('+', ' ')) }),
    name: plain(name),
    cells: Array.from(html.matchAll(/<td[^>]*>(.*?)<\/td>/gs), ([, cell = '']) => cell),
  }
}

/** A table that no reader knows would be a number that no test reads. */
export function readTables(where: string, page: string, readers: Record<string, (table: Table) => void>): void {
  for (const table of tablesOf(page)) {
    const reader = readers[table.title]
    if (!reader) throw new Error(`${where}: nobody reads the table “${table.title}”`)
    reader(table)
  }
}

export function spanNamed({ where }: Reading, spans: Map<string, Span>, name: string): Span {
  const span = spans.get(name)
  if (!span) throw new Error(`${where}: which days are “${name}”?`)
  return span
}

/** The days, weeks and months of two years, by how a language writes them. */
export function spansIn({ format }: Messages): Map<string, Span> {
  const spans = new Map<string, Span>()
  const untilToday = (day: string) => [day, today].sort()[0] ?? today
  for (let ago = 731; ago >= 0; ago--) {
    const day = addDays(today, -ago)
    const [sunday, monthEnd] = [addDays(day, 6), addDays(`${addMonths(monthOf(day), 1)}-01`, -1)].map(untilToday)
    if (new Date(day).getUTCDay() === 1)
      spans.set(plain(format.days(day, sunday ?? '')), { from: day, to: sunday ?? '' })
    if (day.endsWith('-01')) spans.set(plain(format.month(monthOf(day))), { from: day, to: monthEnd ?? '' })
    spans.set(plain(format.day(day)), { from: day, to: day })
  }
  return spans
}

/** The text of HTML as a person reads it. */
export function plain(html: string): string {
  const text = html.replace(/<(wbr|\/?bdi|\/?code|\/?strong)>/g, '').replace(/<[^>]*>/g, ' ')
  return decoded(text)
    .replace(/[\s\u00a0\u202f]+/g, ' ')
    .trim()
}

function decoded(html: string): string {
  const letters: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&', '#39': "'" }
  return html.replace(/&(lt|gt|quot|amp|#39);/g, (_, name: string) => letters[name] ?? '')
}
