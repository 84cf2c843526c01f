// What the operator's first page must say.

import { periods, type Quantity } from '../disclosure/facts.js'
import { type AnswersOf, answersOf, isClearlyMore, reservedKeys, type Seen } from './answers.js'
import { everybodyRefused } from './book.js'
import { checkTable, type Page, tablesNamed, textOf } from './page.js'
import { spoken, type Words } from './stats.js'
import { world } from './traffic.js'

const perPage = 50
const { recent, before } = periods

export interface ListQuery {
  q?: string
  show?: string
  sort?: string
  page?: number
}

/** The clients that the list should have, in its order. */
export function listed({ book, names }: Seen, { q = '', show = 'active', sort = 'sessions' }: ListQuery): string[] {
  const active = [...new Set([...book.active(recent), ...book.active(before)])].filter(
    (key) => !reservedKeys.includes(key),
  )
  const all = [...new Set([...active, ...Object.keys(names)])]
  const asked =
    show === 'unregistered' ? active.filter((key) => !names[key]) : show === 'all' || q !== '' ? all : active
  const isFound = (key: string) =>
    [key, names[key]?.name, names[key]?.contact].some((text) => text?.toLowerCase().includes(q.toLowerCase()))
  const of = (client: string, measure: Quantity['measure'], span = recent) => book.sum({ client, measure, ...span })
  const weights: Record<string, (key: string) => number> = {
    sessions: (key) => of(key, 'sessions'),
    calls: (key) => of(key, 'calls'),
    change: (key) => of(key, 'sessions') - of(key, 'sessions', before),
  }
  const weigh = weights[sort] ?? (() => 0)
  return asked
    .filter(isFound)
    .sort(
      (one, another) =>
        weigh(another) - weigh(one) || of(another, 'calls') - of(one, 'calls') || (one < another ? -1 : 1),
    )
}

export function checkOverviewPage(page: Page, seen: Seen, words: Words, query: ListQuery): void {
  const { book, names } = seen
  const { messages, write } = words
  const { list, reserved, answers, lead } = messages.operator
  const whole = book.sums(undefined, recent)
  const active = book.active(recent).filter((key) => !reservedKeys.includes(key)).length
  const counted = [active, whole.sessions, whole.calls].flatMap(write.some)
  page.sentence(
    'lead',
    page.all('p.lead')[0],
    messages.language === 'en' ? [...counted, '30'] : ['30', ...counted],
    lead(active, whole),
  )

  const of = (client: string, measure: Quantity['measure'], span = recent) => book.sum({ client, measure, ...span })
  const cells = (key: string) => [
    write.count(of(key, 'sessions')),
    write.percent(of(key, 'sessions'), whole.sessions),
    trendOf(of(key, 'sessions', before), of(key, 'sessions'), words),
    write.count(of(key, 'calls')),
    write.percent(of(key, 'calls'), whole.calls),
    write.percent(of(key, 'errors'), of(key, 'calls')),
  ]
  const heads = [list.sessions, list.share, list.trend, list.calls, list.share, list.errors]
  const keys = listed(seen, query)
  const pages = Math.max(1, Math.ceil(keys.length / perPage))
  const start = (Math.min(query.page ?? 1, pages) - 1) * perPage
  const rows = keys.slice(start, start + perPage).map((key, at) => {
    const { name = key, official = false } = names[key] ?? {}
    const tags = names[key]
      ? [...(official ? [list.official] : []), ...(world.retired?.includes(key) ? [list.retired] : [])]
      : [list.notRegistered]
    return [key, { head: [write.count(start + at + 1), name, ...tags].join(' '), cells: cells(key) }] as const
  })
  checkTable(page, 'list', tablesNamed(page, list.caption), heads, new Map(rows))
  if (rows.length > 0)
    page.sentence(
      'how many',
      page.all('p.hint').find((hint) => textOf(hint) === list.found(keys.length)),
      write.some(keys.length),
    )
  const [turns] = page.all('nav.paging')
  page.row('pages', String(turns !== undefined), String(pages > 1))
  if (turns) {
    const place = [Math.min(query.page ?? 1, pages), pages].map(write.count)
    page.sentence('which page', page.all('span', turns)[0], place, list.place(Math.min(query.page ?? 1, pages), pages))
  }
  const days = [recent, before].map(({ from, to }) => write.days(from, to)) as [string, string]
  for (const [what, text] of [
    ['hint', list.hint(...days)],
    ['evidence', answers.overtakingEvidence(...days)],
  ] as const) {
    for (const hint of page.all('p.hint').filter((one) => textOf(one) === text)) page.sentence(what, hint, days)
  }

  const reservedRows = reservedKeys.filter((key) => of(key, 'calls') + of(key, 'calls', before) > 0)
  const explained: Record<string, string> = {
    anonymous: reserved.anonymous,
    '(none)': reserved.nobody,
    '(unread)': reserved.unread,
  }
  checkTable(
    page,
    'reserved',
    tablesNamed(page, reserved.title),
    heads,
    new Map(reservedRows.map((key) => [key, { head: `${key} ${explained[key]}`, cells: cells(key) }])),
  )
  const refusals = [...book.named(everybodyRefused, 'refusals', recent)].sort(
    ([one, some], [another, more]) => more - some || (one < another ? -1 : 1),
  )
  const reasons: Record<string, string> = reserved.reasons
  checkTable(
    page,
    'refused',
    tablesNamed(page, reserved.refusedTitle),
    [reserved.times],
    new Map(refusals.map(([reason, times]) => [reasons[reason] ?? reason, { cells: [write.count(times)] }])),
  )
  page.fixed(reserved.refusedHint, '30')
  page.fixed(list.active, '60')
  checkAnswers(page, answersOf(seen), seen, words)
}

/** "+40.0 %" of 20 or more, "from 7" of fewer; level where the difference may be chance. */
function trendOf(then: number, now: number, { messages, write }: Words): string {
  if (then === 0) return now === 0 ? '–' : messages.operator.list.isNew
  const arrow = isClearlyMore(now, then) ? '↗' : isClearlyMore(then, now) ? '↘' : '→'
  return `${arrow} ${then < 20 ? messages.operator.list.from(then) : write.change(then, now)}`
}

function checkAnswers(
  page: Page,
  { bots, botClients, botCalls, overtakings }: AnswersOf,
  seen: Seen,
  { messages, write }: Words,
): void {
  const { answers } = messages.operator
  const nameOf = (key: string) => seen.names[key]?.name ?? key
  const sentencesIn = (id: string) => {
    const section = page.all('section').find(({ attributes }) => attributes['aria-labelledby'] === id)
    const items = page.all('li', section)
    const [first, ...others] = page.all('p', section)
    return items.length > 0 ? { items, others: [first, ...others] } : { items: [first], others }
  }
  const { items, others } = sentencesIn('bots')
  page.row('features of bots', String(items.length), String(Math.max(1, Math.min(5, bots.length))))
  for (const [at, { name, calls, foreign, clients, most }] of bots.slice(0, 5).entries()) {
    const share = write.percent(foreign, calls)
    const parts = [name, share, write.count(calls), ...(clients > 1 ? [write.count(clients)] : []), nameOf(most)]
    page.sentence(
      `feature of bots ${at + 1}`,
      items[at],
      parts,
      spoken(answers.botFeature(name, share, calls, clients, nameOf(most))),
    )
  }
  if (bots.length === 0) page.fixed(answers.botsNone, '100')
  const more = bots.length > 5 ? others.find((one) => textOf(one) === answers.botsMore(bots.length - 5)) : undefined
  if (bots.length > 5) page.sentence('more features of bots', more, [write.count(bots.length - 5)])
  const days = write.days(recent.from, recent.to)
  const share = write.percent(botCalls, seen.book.sums(undefined, recent).calls)
  page.sentence(
    'evidence of bots',
    others.at(-1),
    [days, write.count(botClients), share, '100'],
    answers.botsEvidence(days, botClients, share),
  )

  const { items: overtook, others: rest } = sentencesIn('overtaking')
  page.row('overtakings', String(overtook.length), String(Math.max(1, Math.min(5, overtakings.length))))
  for (const [at, { ahead, behind, more }] of overtakings.slice(0, 5).entries()) {
    const [now, then] = [recent, before].map((span) =>
      [ahead, behind].map((client) => seen.book.sum({ client, measure: 'sessions', ...span })),
    ) as [[number, number], [number, number]]
    const parts = [
      nameOf(ahead),
      nameOf(behind),
      ...now.map(write.count),
      '30',
      ...then.map(write.count),
      '30',
      ...write.some(more),
    ]
    const said = `${spoken(answers.overtook(nameOf(ahead), nameOf(behind)))}${answers.overtookBy(now, then)}${more > 0 ? answers.overtookMore(more) : ''}`
    page.sentence(`overtaking ${at + 1}`, overtook[at], parts, said)
  }
  const left = overtakings.length - 5
  if (left > 0)
    page.sentence(
      'more overtakings',
      rest.find((one) => textOf(one) === answers.overtakingMore(left)),
      [write.count(left)],
    )
}
