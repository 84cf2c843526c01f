// What the operator's pages of one client, of clients and features, and of the store must say.
import type { Clientele } from '../../../src/index.js'
import { type Period, periods } from '../disclosure/facts.js'
import { dayAt, today } from '../disclosure/world.js'
import { comparedClients, type Seen } from './answers.js'
import { checkTable, type Page, tablesNamed, textOf } from './page.js'
import type { ClientNumbers } from './shown.js'
import { amounts, ordered, totals, type Words } from './stats.js'
import { world } from './traffic.js'

const { recent, before } = periods
const columns: Period[] = ['recent', 'before', 'all']

export function checkClientPage(page: Page, numbers: ClientNumbers, words: Words, registered: boolean): void {
  const { messages, write } = words
  const { stats, operator } = messages
  const { client: texts, list } = operator
  const [now, then, ever] = columns.map((period) => numbers.sums(period))
  if (!now || !then || !ever) return
  const lead = page.all('p.lead')[0]
  const isEmpty = ever.calls + ever.sessions === 0
  if (!isEmpty)
    page.sentence('lead', lead, [
      ...write.some(now.sessions),
      ...write.some(now.calls),
      '30',
      ...write.some(then.sessions),
      '30',
    ])
  const heads = [texts.past30Days, texts.before, texts.allTime]
  const days = [recent, before, { from: numbers.first, to: today }].map(({ from, to }) => write.days(from, to))
  const sums = totals(
    numbers,
    { ...words, messages: { ...messages, stats: { ...stats, players: texts.players } } },
    columns,
  )
  const said = (cell: string) => (cell.startsWith('< ') ? texts.withheld : cell)
  const rows = new Map(
    [...sums].map(([name, { cells }]) => [name, { cells: name === texts.players ? cells.map(said) : cells }]),
  )
  if (!numbers.tellsPlayers) rows.set(texts.players, { cells: ['–', '–', '–'] })
  const order = [list.sessions, list.calls, texts.players, list.errors]
  checkTable(
    page,
    'numbers',
    tablesNamed(page, texts.numbers),
    heads.map((head, at) => `${head} ${days[at]}`),
    new Map(
      order.flatMap((name) => (rows.has(name) && !isEmpty ? [[name, rows.get(name) ?? { cells: [] }] as const] : [])),
    ),
  )
  const count = (amount: number | undefined) => (amount === undefined ? texts.withheld : write.count(amount))
  const names = inOrder([...numbers.named('calls', 'all').keys()], (name, period) =>
    numbers.amount('calls', name, period),
  )
  const features = names.map((name) => {
    const [calls, earlier, all] = columns.map((period) => numbers.amount('calls', name, period))
    const errors = numbers.book.sum({ client: numbers.client, measure: 'errors', name, ...recent })
    const shares =
      calls === undefined
        ? [texts.withheld, texts.withheld]
        : [write.percent(calls, now.calls), write.percent(errors, calls)]
    return [name, { cells: [count(calls), ...shares, count(earlier), count(all)] }] as const
  })
  checkTable(
    page,
    'features',
    tablesNamed(page, operator.features),
    [...heads, list.calls, list.share, list.errors, list.calls, list.calls],
    new Map(features),
  )
  for (const [title, measure] of [
    [stats.sessionsTitle, 'sessions'] as const,
    [stats.metricsTitle, 'metric'] as const,
  ]) {
    const cells = amounts(numbers, words, measure, columns)
    const sortedNames = inOrder([...cells.keys()], (name, period) => numbers.amount(measure, name, period))
    checkTable(
      page,
      title,
      tablesNamed(page, title),
      heads,
      new Map(sortedNames.map((name) => [name, cells.get(name) ?? { cells: [] }])),
    )
  }
  page.fixed(texts.withheldHint(String(numbers.smallestCrowd)), String(numbers.smallestCrowd))
  for (const notice of page.all('p.notice')) page.sentence('retired', notice, [write.day(today)])
  const facts = page.all('dt').map((term, at) => [textOf(term), page.all('dd')[at]] as const)
  const when = facts.find(([term]) => term === texts.registered)?.[1]
  const first = Math.max(...world.visits.map(({ daysAgo }) => daysAgo))
  if (registered) page.claim('registered', when, write.day(dayAt(first)))
}

/** By the past 30 days; what was not used in them after that, and what is withheld last. */
function inOrder(names: readonly string[], pick: (name: string, period: Period) => number | undefined): string[] {
  return ordered(names, (name) => {
    const [now, ever] = [pick(name, 'recent'), pick(name, 'all')]
    return [now ?? (ever === undefined ? -1 : 0)]
  })
}

export function checkHeat(page: Page, seen: Seen, words: Words, times: readonly string[]): void {
  const { book, names, isHidden } = seen
  const { messages, write } = words
  const { heat, list, client: texts } = messages.operator
  const clients = comparedClients(seen).slice(0, 20)
  const called = (client: string, name: string) => book.sum({ client, measure: 'calls', name, ...recent })
  const shown = (client: string, name: string) => (isHidden(client, name) ? 0 : called(client, name))
  const all = [...new Set(clients.flatMap((client) => [...book.named(client, 'calls', recent).keys()]))]
  const sum = (name: string) => clients.reduce((sum, client) => sum + shown(client, name), 0)
  const features = all.sort((one, another) => sum(another) - sum(one) || (one < another ? -1 : 1)).slice(0, 20)
  const nameOf = (client: string) => names[client]?.name ?? client
  const cell = (client: string, name: string) => {
    if (isHidden(client, name)) return `· ${texts.withheld}`
    return called(client, name) === 0 ? '' : write.short(called(client, name))
  }
  page.sentence(
    'lead',
    page.all('p.lead')[0],
    [clients.length, features.length].map(write.count),
    heat.lead(clients.length, features.length),
  )
  page.fixed(heat.caption, '30')
  const rows = clients.map(
    (client) => [client, { head: nameOf(client), cells: features.map((name) => cell(client, name)) }] as const,
  )
  const sums = [heat.sum, { cells: features.map((name) => write.short(sum(name))) }] as const
  checkTable(page, 'heat', tablesNamed(page, heat.caption), features, new Map([...rows, sums]))
  const highest = Math.max(...clients.flatMap((client) => features.map((name) => shown(client, name))))
  const digits = String(highest).length
  const scale = Array.from({ length: Math.min(5, digits) }, (_, at) =>
    at === 0 ? 1 : 10 ** (digits - Math.min(5, digits) + at),
  )
  const steps = page.all('span.step')
  page.row('steps', String(steps.length), String(scale.length))
  for (const [at, step] of steps.entries()) page.sentence('a step', step, [write.count(scale[at] ?? 0)])
  for (const { client, cells } of tablesNamed(page, heat.caption).flatMap((table) => table.rows)) {
    if (client === undefined) continue
    for (const [at, one] of cells.entries()) {
      const shade = scale.filter((least) => shown(client, features[at] ?? '') >= least).length
      page.row(`shade of ${client} ${features[at]}`, one.attributes.class ?? '', `shade-${shade}`)
    }
  }
  const days = write.days(recent.from, recent.to)
  const share = write.percent(
    clients.reduce((sum, client) => sum + book.sum({ client, measure: 'calls', ...recent }), 0),
    book.sums(undefined, recent).calls,
  )
  const evidence = page.all('p.hint').find((hint) => times.some((time) => textOf(hint).includes(time)))
  const time = times.find((one) => textOf(evidence).includes(one)) ?? 'a minute ago'
  page.sentence('evidence', evidence, [days, share, time], heat.evidence(days, share, time))
  const [table] = tablesNamed(page, heat.table)
  const entries = clients
    .flatMap((client) => [...book.named(client, 'calls', recent).keys()].map((name) => `${client} ${name}`))
    .sort()
  const listed = table?.rows.map(({ client, cells }) => `${client} ${textOf(cells[0])}`) ?? []
  page.row('list', listed.toSorted().join(' | '), entries.join(' | '))
  for (const { head, client = '', cells } of table?.rows ?? []) {
    const name = textOf(cells[0])
    const errors = book.sum({ client, measure: 'errors', name, ...recent })
    const [calls, share] = isHidden(client, name)
      ? [texts.withheld, texts.withheld]
      : [write.count(called(client, name)), write.percent(errors, called(client, name))]
    page.claim('client', head, nameOf(client))
    page.claim(`${client}: feature`, cells[0], name)
    page.claim(`${client} ${name}: calls`, cells[1], calls ?? '')
    page.claim(`${client} ${name}: errors`, cells[2], share ?? '')
  }
  for (const [at, corner] of (table?.corners ?? []).entries()) page.claim('corner', corner, at === 0 ? list.client : '')
}

interface HeldNumbers {
  registered: number
  active: number
  writers: number
  /** The first sealed day, and the last month that is final. */
  first?: string
  through?: string
}

export function checkStore(
  page: Page,
  held: HeldNumbers,
  health: ReturnType<Clientele['health']>,
  { messages, write }: Words,
): void {
  const { holds } = messages.operator
  const seconds = Math.round(health.oldestMs / 1_000)
  const expected: [term: string, parts: string[], said: string][] = [
    [holds.waiting, [write.count(health.waiting)], ''],
    [holds.oldest, [write.count(seconds)], holds.seconds(seconds)],
    [holds.dropped, [write.count(health.dropped)], ''],
    [holds.unread, [write.count(health.unread)], ''],
    [holds.unlearned, [write.count(health.unlearned)], ''],
    [holds.registered, [write.count(held.registered)], ''],
    [holds.active, [write.count(held.active)], ''],
    [holds.writers, [write.count(held.writers)], ''],
    [holds.first, held.first ? [write.day(held.first)] : [], held.first ? '' : holds.notYet],
    [holds.through, held.through ? [write.month(held.through)] : [], held.through ? '' : holds.notYet],
  ]
  const terms = page.all('dt')
  for (const [name, parts, said] of expected) {
    const at = terms.findIndex((term) => textOf(term) === name)
    page.sentence(name, page.all('dd')[at], parts, said)
  }
  page.fixed(holds.active, '30')
}
