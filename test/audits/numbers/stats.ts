// What a client's own page must say.
import type { Messages } from '../../../src/console/messages/en/en.js'
import type { Rich } from '../../../src/console/messages/rich.js'
import { addDays } from '../../../src/usage/days.js'
import { type Period, periods } from '../disclosure/facts.js'
import { today } from '../disclosure/world.js'
import { checkTable, type Page, tablesNamed, textOf } from './page.js'
import type { ClientNumbers } from './shown.js'
import { checkTime } from './time.js'
import type { Writer } from './written.js'

export interface Words {
  messages: Messages
  write: Writer
}

export const spoken = (parts: Rich) => parts.map((part) => (typeof part === 'string' ? part : part.text)).join('')

export function checkStats(page: Page, numbers: ClientNumbers, words: Words, range: string): void {
  const { messages, write } = words
  const { stats } = messages
  checkLead(page, numbers, words)
  const heads = [
    `${stats.past30Days} ${write.days(addDays(today, -29), today)}, UTC`,
    `${stats.allTime} ${write.days(numbers.first, today)}, UTC`,
  ]
  const columns: Period[] = ['recent', 'all']
  checkTable(
    page,
    'numbers',
    tablesNamed(page, 'numbers'),
    heads,
    new Map([...totals(numbers, words, columns), ...amounts(numbers, words, 'metric', columns)]),
  )
  checkTime(page, numbers, words, range)
  checkFeatures(page, numbers, words)
  const methods = amounts(numbers, words, 'sessions', columns)
  const expected = methods.size > 1 ? methods : new Map()
  checkTable(page, 'sessions', tablesNamed(page, 'sessions'), [stats.past30Days, stats.allTime], expected)
  page.fixed(stats.daysHint, '00:00')
  page.fixed(stats.playersHint, '19', '20')
  page.fixed(stats.trendHint, '30', '10 %')
  page.fixed(stats.withholding(numbers.smallestCrowd), String(numbers.smallestCrowd))
  page.row(
    'whether it is withheld',
    String(page.all('p.hint').some((hint) => textOf(hint) === stats.withholding(numbers.smallestCrowd))),
    String(numbers.smallestCrowd > 1),
  )
  for (const name of ['7', '30', '90'] as const) page.fixed(stats.ranges[name], name)
  page.fixed(stats.ranges['365'], '1')
  for (const notice of page.all('p.notice')) page.sentence('retired', notice, [write.day(today)])
}

/** Sessions, calls, players and the share of errors, in columns of periods. */
export function totals(numbers: ClientNumbers, { messages, write }: Words, columns: readonly Period[]) {
  const { stats } = messages
  const row = (cell: (period: Period) => string) => ({ cells: columns.map(cell) })
  const players = (period: Period) => {
    const { players } = numbers.sums(period)
    if (players === undefined) return `< ${numbers.smallestCrowd}`
    const error = Math.round(players * 0.0325)
    return error === 0 ? write.count(players) : `${write.count(players)} ± ${write.count(error)}`
  }
  return new Map<string, { cells: string[] }>([
    [stats.sessions, row((period) => write.count(numbers.sums(period).sessions))],
    [stats.calls, row((period) => write.count(numbers.sums(period).calls))],
    ...(numbers.tellsPlayers ? [[stats.players, row(players)] as const] : []),
    [stats.errors, row((period) => write.percent(numbers.sums(period).errors, numbers.sums(period).calls))],
  ])
}

/** Of methods or of metrics; the most of the first column first, what is withheld last. */
export function amounts(
  numbers: ClientNumbers,
  { messages, write }: Words,
  measure: 'sessions' | 'metric',
  columns: readonly Period[],
) {
  const names = ordered([...numbers.named(measure, 'all').keys()], (name) =>
    columns.map((period) => numbers.amount(measure, name, period)),
  )
  const said = (amount: number | undefined) => (amount === undefined ? messages.stats.withheld : write.count(amount))
  return new Map(
    names.map((name) => [name, { cells: columns.map((period) => said(numbers.amount(measure, name, period))) }]),
  )
}

/** The most of the first and the last number first, then by name. What is withheld comes last. */
export function ordered(names: readonly string[], pick: (name: string) => readonly (number | undefined)[]): string[] {
  const weights = (name: string) => [pick(name)[0] ?? -1, pick(name).at(-1) ?? -1] as const
  return names.toSorted((one, another) => {
    const [[some, someEver], [more, moreEver]] = [weights(one), weights(another)]
    return more - some || moreEver - someEver || (one < another ? -1 : 1)
  })
}

function featuresOf(numbers: ClientNumbers): string[] {
  return ordered([...numbers.named('calls', 'all').keys()], (name) => [
    numbers.amount('calls', name, 'recent'),
    numbers.amount('calls', name, 'all'),
  ])
}

function checkLead(page: Page, numbers: ClientNumbers, { messages, write }: Words): void {
  const { stats } = messages
  const [recent, before, all] = (['recent', 'before', 'all'] as const).map((period) => numbers.sums(period))
  if (!recent || !before || !all) return
  const features = featuresOf(numbers)
  const calls = (name: string, period: Period) => numbers.amount('calls', name, period)
  const withheld = features.reduce((rest, name) => rest - (calls(name, 'recent') ?? 0), recent.calls)
  const [first = ''] = features
  const most = calls(first, 'recent') ?? 0
  const mostUsed = most > 0 && withheld <= most ? [first] : []
  const isNew = (name: string) => (calls(name, 'recent') ?? 0) > 0 && calls(name, 'recent') === calls(name, 'all')
  const newlyUsed = all.calls === recent.calls ? [] : features.filter(isNew).slice(0, 3)
  const names = `${mostUsed.map((name) => spoken(stats.mostUsed(name))).join('')}${newlyUsed.length > 0 ? spoken(stats.newlyUsed(newlyUsed)) : ''}`
  const [lead] = page.all('p.lead')
  if (recent.sessions === 0) {
    const parts = ['30', ...write.some(all.sessions), ...mostUsed, ...newlyUsed]
    page.sentence('lead', lead, parts, stats.summaryOfOld(all.sessions) + names)
    return
  }
  const percent =
    before.sessions === 0 ? 0 : Math.round((100 * Math.abs(recent.sessions - before.sessions)) / before.sessions)
  const way = percent === 0 ? 'same' : recent.sessions > before.sessions ? 'more' : 'fewer'
  const changed = percent === 0 ? [] : [write.wholePercent(percent)]
  const parts = [write.count(recent.sessions), '30', ...changed, '30', ...mostUsed, ...newlyUsed]
  const said = stats.summary(recent.sessions, before.sessions === 0 ? 'none' : way, write.wholePercent(percent))
  page.sentence('lead', lead, parts, said + names)
}

function checkFeatures(page: Page, numbers: ClientNumbers, { messages, write }: Words): void {
  const { stats } = messages
  const names = featuresOf(numbers)
  const all = numbers.sums('recent').calls
  const most = Math.max(...names.map((name) => numbers.amount('calls', name, 'recent') ?? 0))
  const bars = new Map<string, string>()
  const cells = (name: string): string[] => {
    const [recent, before, ever] = (['recent', 'before', 'all'] as const).map((period) =>
      numbers.amount('calls', name, period),
    )
    const allCalls = ever === undefined ? stats.withheld : write.count(ever)
    const trend = recent === undefined || before === undefined ? '' : trendOf(recent, before, ever, stats.trends)
    if (recent === undefined) return [stats.withheld, stats.withheld, stats.withheld, trend, allCalls]
    bars.set(name, String(most === 0 ? 0 : Math.round((1000 * recent) / most) / 10))
    const errors = numbers.book.sum({ client: numbers.client, measure: 'errors', name, ...periods.recent })
    return [write.count(recent), write.percent(recent, all), write.percent(errors, recent), trend, allCalls]
  }
  const tables = [...tablesNamed(page, 'features'), ...tablesNamed(page, 'more-features')]
  const heads = [stats.past30Days, stats.allTime, stats.calls, stats.share, stats.errors, stats.trend, stats.calls]
  checkTable(page, 'features', tables, heads, new Map(names.map((name) => [name, { cells: cells(name) }])))
  for (const { name, cells } of tables.flatMap(({ rows }) => rows)) {
    const [bar] = page.all('rect', cells[1])
    page.row(`bar of ${name}`, bar?.attributes.width ?? 'none', bars.get(name) ?? 'none')
  }
  const rest = page.byId('more-features')
  if (rest || names.length > 20) page.sentence('how many more', rest, [write.count(names.length - 20)])
}

function trendOf(recent: number, before: number, all: number | undefined, trends: Messages['stats']['trends']): string {
  if (recent === 0 && before === 0) return ''
  if (before === 0 && recent === all) return trends.new
  if (recent > 1.1 * before) return `↗ ${trends.more}`
  return recent < 0.9 * before ? `↘ ${trends.fewer}` : `→ ${trends.same}`
}
