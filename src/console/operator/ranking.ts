import type { Client } from '../../keys/client-registry.js'
import type { Messages } from '../messages/en/en.js'
import type { Viewpoint } from '../web/page.js'
import {
  type ActivitySums,
  type ClientActivity,
  inactive,
  shownSharedRows,
  trendOf,
  trendText,
  wholeOf,
} from './activity.js'
import { clientHref, explanationOf, type KnownClients, tagsOf } from './client.js'
import type { Activity } from './operator-reader.js'

export const sorts = ['sessions', 'calls', 'change'] as const
export const shows = ['active', 'unregistered', 'all'] as const
export const rowsPerPage = 50

/** What the address of the list asks for. */
export interface RankingQuery {
  /** What is searched for, as it was typed. */
  q: string
  show: (typeof shows)[number]
  sort: (typeof sorts)[number]
  /** From 1. */
  page: number
}

/** An address may be typed by hand: what is odd in it is as if it were not there. */
export function readQuery(search: URLSearchParams): RankingQuery {
  const page = Number(search.get('page'))
  return {
    q: (search.get('q') ?? '').trim().slice(0, 200),
    show: shows.find((one) => one === search.get('show')) ?? 'active',
    sort: sorts.find((one) => one === search.get('sort')) ?? 'sessions',
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  }
}

/** The query of an address, without what is usual. */
export function queryText({ q, show, sort, page }: RankingQuery): string {
  const search = new URLSearchParams()
  if (q !== '') search.set('q', q)
  if (show !== 'active') search.set('show', show)
  if (sort !== 'sessions') search.set('sort', sort)
  if (page > 1) search.set('page', String(page))
  return search.size > 0 ? `?${search}` : '?'
}

/** Whether a list can be made without knowing who is registered. */
export function isOfActivity({ q, show }: RankingQuery): boolean {
  return q === '' && show === 'active'
}

/** The clients that a query asks for, in its order. `registered`: all of them, unless `isOfActivity`. */
export function rankedClients(
  activities: readonly ClientActivity[],
  registered: readonly Client[],
  query: RankingQuery,
): ClientActivity[] {
  const seen = activities.filter(({ publicKey }) => !shownSharedRows.includes(publicKey))
  const known = new Map(registered.map((client) => [client.publicKey, client]))
  const active = new Set(seen.map(({ publicKey }) => publicKey))
  const others = registered.flatMap(({ publicKey }) => (active.has(publicKey) ? [] : [inactive(publicKey)]))
  const asked =
    query.show === 'unregistered'
      ? seen.filter(({ publicKey }) => !known.has(publicKey))
      : // Who searches looks for somebody, active or not.
        query.show === 'all' || query.q !== ''
        ? [...seen, ...others]
        : seen
  const wanted = folded(query.q)
  const fits = ({ publicKey }: ClientActivity) => {
    const client = known.get(publicKey)
    return [publicKey, client?.name, client?.contact].some(
      (text) => text !== undefined && folded(text).includes(wanted),
    )
  }
  const found = wanted === '' ? [...asked] : asked.filter(fits)
  const weigh = weights[query.sort]
  return found.sort(
    (one, another) =>
      weigh(another) - weigh(one) ||
      another.recent.calls - one.recent.calls ||
      (one.publicKey < another.publicKey ? -1 : 1),
  )
}

const weights: Record<RankingQuery['sort'], (activity: ClientActivity) => number> = {
  sessions: ({ recent }) => recent.sessions,
  calls: ({ recent }) => recent.calls,
  change: ({ recent, before }) => recent.sessions - before.sessions,
}

/** As letters are compared that a person typed: `É` is `e`. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

/** What one page shows of a list. */
export interface ListPage<Item> {
  items: Item[]
  /** As asked for, or the last one where there are not so many. */
  page: number
  pages: number
  /** The place of the first item in the whole list, from 1. */
  first: number
}

export function listPageOf<Item>(list: readonly Item[], asked: number): ListPage<Item> {
  const pages = Math.max(1, Math.ceil(list.length / rowsPerPage))
  const page = Math.min(asked, pages)
  const start = (page - 1) * rowsPerPage
  return { items: list.slice(start, start + rowsPerPage), page, pages, first: start + 1 }
}

/** The list with its words. `found`: how many clients the query found; `shown`: the page of them. */
export function rankingModel(
  viewpoint: Viewpoint,
  query: RankingQuery,
  { recent, before, clients }: Activity,
  found: number,
  shown: ListPage<ClientActivity>,
  known: KnownClients,
) {
  const { format, operator } = viewpoint.messages
  const whole = wholeOf(clients)
  return {
    query,
    choices: choicesOf(query, viewpoint.messages),
    first: shown.first,
    rows: shown.items.map((activity) => clientRow(viewpoint, activity, whole, known)),
    paging: pagingOf(viewpoint, query, shown, found),
    hint: operator.list.hint(format.days(recent.from, recent.to), format.days(before.from, before.to)),
    // Below the list: what has no client of its own.
    reserved: shownSharedRows.flatMap((publicKey) => {
      const activity = clients.find((one) => one.publicKey === publicKey)
      if (!activity) return []
      const explained = explanationOf(publicKey, viewpoint.messages)
      return [{ ...clientRow(viewpoint, activity, whole, known), explained }]
    }),
  }
}

function clientRow(
  { links, messages }: Viewpoint,
  { publicKey, recent, before }: ClientActivity,
  whole: ActivitySums,
  known: KnownClients,
) {
  const { format } = messages
  const client = known.get(publicKey)
  return {
    name: client?.name ?? publicKey,
    href: clientHref(links, publicKey),
    tags: tagsOf(publicKey, client, messages),
    cells: [
      format.count(recent.sessions),
      format.percent(recent.sessions, whole.sessions),
      trendText(trendOf(before.sessions, recent.sessions), messages),
      format.count(recent.calls),
      format.percent(recent.calls, whole.calls),
      format.percent(recent.errors, recent.calls),
    ],
  }
}

interface Choice {
  name: string
  value: string
  isChosen: boolean
}

function choicesOf({ show, sort }: RankingQuery, { operator: { list } }: Messages): { show: Choice[]; sort: Choice[] } {
  const namesOfShows = { active: list.active, unregistered: list.unregistered, all: list.all }
  const namesOfSorts = { sessions: list.bySessions, calls: list.byCalls, change: list.byChange }
  return {
    show: shows.map((value) => ({ value, name: namesOfShows[value], isChosen: value === show })),
    sort: sorts.map((value) => ({ value, name: namesOfSorts[value], isChosen: value === sort })),
  }
}

interface Paging {
  found: string
  place?: string
  previous?: string
  next?: string
}

function pagingOf(
  { links, messages }: Viewpoint,
  query: RankingQuery,
  { page, pages }: ListPage<unknown>,
  found: number,
): Paging {
  const { list } = messages.operator
  const href = (to: number) => `${links.operator}${queryText({ ...query, page: to })}#list`
  return {
    found: list.found(found),
    ...(pages > 1 && { place: list.place(page, pages) }),
    ...(page > 1 && { previous: href(page - 1) }),
    ...(page < pages && { next: href(page + 1) }),
  }
}
