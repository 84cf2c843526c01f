// What a client's own page must say, and draw, over time.
import { addDays, addMonths } from '../../../src/usage/days.js'
import type { Span } from '../disclosure/facts.js'
import { today } from '../disclosure/world.js'
import { checkTable, type Element, type Page, tablesNamed, textOf } from './page.js'
import type { ClientNumbers } from './shown.js'
import type { Words } from './stats.js'

type Unit = 'day' | 'week' | 'month'

function spansOf(unit: Unit, range: string, first: string): Span[] {
  const isYoung = first > addDays(today, -6)
  let from = range === 'all' && !isYoung ? first : addDays(today, 1 - Number(range === 'all' ? 7 : range))
  if (unit === 'month') from = `${from.slice(0, 7)}-01`
  while (unit === 'week' && new Date(from).getUTCDay() !== 1) from = addDays(from, -1)
  const spans: Span[] = []
  while (from <= today) {
    const next = unit === 'month' ? `${addMonths(from.slice(0, 7), 1)}-01` : addDays(from, unit === 'week' ? 7 : 1)
    spans.push({ from, to: next > today ? today : addDays(next, -1) })
    from = next
  }
  return spans
}

export function checkTime(page: Page, numbers: ClientNumbers, words: Words, range: string): void {
  const { messages, write } = words
  const { stats } = messages
  const title = textOf(page.byId('time'))
  const unit = (['day', 'week', 'month'] as const).find((one) => stats.over[one] === title) ?? 'day'
  const spans = spansOf(unit, range, numbers.first)
  const nameOf = ({ from, to }: Span) => (unit === 'month' ? write.month(from.slice(0, 7)) : write.days(from, to))
  const sums = spans.map((span) => numbers.span(span))
  const values = sums.map((one) => one?.sessions)
  const drawings = page.all('svg.chart')
  const isDrawn = values.some((value) => value !== undefined && value > 0)
  page.row('drawings', String(drawings.length), isDrawn ? '2' : '0')
  if (!isDrawn) return
  const highest = Math.max(...values.map((value) => value ?? 0))
  const mostAt = values.indexOf(highest)
  const mostName = nameOf(spans[mostAt] as Span)
  const withheld = values.filter((value) => value === undefined).length
  const whole = write.days(spans[0]?.from ?? '', today)
  const described = [whole, write.count(highest), mostName, ...write.some(withheld)]
  const said = stats.described({ days: whole, most: { sessions: highest, when: mostName }, withheld })
  for (const text of [...page.all('desc'), page.all('p.hint', page.all('section')[0])[0]]) {
    page.sentence('what the chart shows', text, described, said)
  }
  const tick = ({ from }: Span) => (unit === 'month' ? write.month(from.slice(0, 7)) : write.day(from))
  for (const drawing of drawings) {
    checkDrawing(page, drawing, values, words, spans.map(tick))
    for (const [at, spot] of page.all('g.spot', drawing).entries()) {
      const [span, value] = [spans[at] as Span, values[at]]
      const parts = [nameOf(span), ...(value === undefined ? [] : write.some(value))]
      page.sentence('a spot', page.all('title', spot)[0], parts, stats.tip(nameOf(span), value))
    }
    page.row('spots', String(page.all('g.spot', drawing).length), String(spans.length))
  }
  const hasPlayers = numbers.tellsPlayers && unit === 'day'
  const heads = [stats.units[unit], stats.sessions, stats.calls, stats.errors, ...(hasPlayers ? [stats.players] : [])]
  const rows = spans.map((span, at) => {
    const one = sums[at]
    const said = (players: number | undefined) => (players === undefined ? stats.withheld : write.count(players))
    const cells = one
      ? [
          write.count(one.sessions),
          write.count(one.calls),
          write.percent(one.errors, one.calls),
          ...(hasPlayers ? [said(one.players)] : []),
        ]
      : heads.slice(1).map(() => stats.withheld)
    return [nameOf(span), { cells }] as const
  })
  checkTable(page, 'time', tablesNamed(page, 'time'), heads, new Map(rows.reverse()))
}

/** The axes, and how high the line is at each number. */
function checkDrawing(
  page: Page,
  drawing: Element,
  values: readonly (number | undefined)[],
  { write }: Words,
  names: string[],
): void {
  const ticks = page.all('text.tick', drawing)
  const levels = ticks.filter(({ attributes }) => attributes.dy !== undefined)
  const [zero, top] = [levels[0], levels.at(-1)]
  const most = Number(textOf(top).replace(/\D/g, ''))
  const [bottom, height] = [Number(zero?.attributes.y), Number(zero?.attributes.y) - Number(top?.attributes.y)]
  for (const level of levels) {
    page.claim('a level', level, write.count(Math.round((most * (bottom - Number(level.attributes.y))) / height)))
  }
  const [rule] = page.all('line.rule', drawing)
  const [left, right] = [Number(rule?.attributes.x1), Number(rule?.attributes.x2)]
  for (const label of ticks.filter(({ attributes }) => attributes.dy === undefined)) {
    const at = Math.round(((Number(label.attributes.x) - left) / (right - left)) * (names.length - 1))
    page.claim('a day on the axis', label, names[at] ?? '')
  }
  const points = page.all('g.spot', drawing).map((spot) => page.all('circle', spot)[0]?.attributes)
  for (const [at, value] of values.entries()) {
    const y = Number(points[at]?.cy)
    const expected = value === undefined ? Number.NaN : bottom - (height * value) / most
    // Each is rounded to a tenth.
    page.row(`height ${at + 1}`, Math.abs(y - expected) < 0.21 ? expected.toFixed(1) : String(y), expected.toFixed(1))
  }
  const places = points.map((point) => point && `${point.cx},${point.cy}`)
  const [line, open] = ['line', 'line open'].map((name) =>
    page.all('path.line', drawing).find(({ attributes }) => attributes.class === name),
  )
  page.row('line', line?.attributes.d ?? '', lineThrough(places.slice(0, -1)))
  page.row('its end', open?.attributes.d ?? '', places.at(-1) && places.at(-2) ? lineThrough(places.slice(-2)) : '')
}

function lineThrough(places: readonly (string | undefined)[]): string {
  const pieces = places
    .map((place) => place ?? '|')
    .join('L')
    .split('|')
    .map((piece) => piece.replace(/^L|L$/g, ''))
  return pieces
    .filter((piece) => piece !== '')
    .map((piece) => (piece.includes('L') ? `M${piece}` : `M${piece}Z`))
    .join('')
}
