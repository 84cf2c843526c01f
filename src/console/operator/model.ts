import type { Client } from '../../keys/client-registry.js'
import { anonymous } from '../../keys/key-format.js'
import { noClient, other, refused, unread } from '../../row-names.js'
import type { SummaryRow } from '../../usage/recording/shard.js'

export interface Counted {
  sessions: number
  calls: number
  errors: number
}

/** What came under one public key in the past 30 days and in the 30 before. */
export interface Standing {
  publicKey: string
  recent: Counted
  before: Counted
}

/** Rows that stand for no client of anybody's, in the order in which a page lists them. */
export const RESERVED: readonly string[] = [anonymous, noClient, unread, other]

export function standingsOf(recent: readonly SummaryRow[], before: readonly SummaryRow[]): Standing[] {
  const standings = new Map<string, Standing>()
  for (const [rows, period] of [[recent, 'recent'] as const, [before, 'before'] as const]) {
    for (const [publicKey, sessions, calls, errors] of rows) {
      const standing = standings.get(publicKey) ?? quiet(publicKey)
      standing[period] = { sessions, calls, errors }
      standings.set(publicKey, standing)
    }
  }
  // It is no traffic, and has a place of its own.
  standings.delete(refused)
  return [...standings.values()]
}

/** How many clients did anything in the past 30 days. */
export function activeIn(standings: readonly Standing[]): number {
  const isActive = ({ publicKey, recent }: Standing) =>
    !RESERVED.includes(publicKey) && recent.sessions + recent.calls > 0
  return standings.filter(isActive).length
}

export function quiet(publicKey: string): Standing {
  const none = { sessions: 0, calls: 0, errors: 0 }
  return { publicKey, recent: none, before: none }
}

/** Everything together, whoever it was. */
export function wholeOf(standings: readonly Standing[]): Counted {
  const sum = (pick: (counted: Counted) => number) => standings.reduce((all, { recent }) => all + pick(recent), 0)
  return { sessions: sum((one) => one.sessions), calls: sum((one) => one.calls), errors: sum((one) => one.errors) }
}

/** Two standard deviations of a difference of two counts: what is less may be chance. */
export function isClearlyMore(one: number, another: number): boolean {
  return one - another > 2 * Math.sqrt(one + another)
}

/** Below it a percentage says more than there is to know. */
const minForPercent = 20

/** How a count went from the 30 days before to the past 30. */
export type Trend =
  | { way: 'none' }
  | { way: 'new' }
  | { way: 'up' | 'down' | 'even'; change: number }
  | { way: 'up' | 'down' | 'even'; from: number }

export function trendOf(before: number, recent: number): Trend {
  if (before === 0) return { way: recent === 0 ? 'none' : 'new' }
  const way = isClearlyMore(recent, before) ? 'up' : isClearlyMore(before, recent) ? 'down' : 'even'
  return before < minForPercent ? { way, from: before } : { way, change: (recent - before) / before }
}

export const SORTS = ['sessions', 'calls', 'change'] as const
export const SHOWN = ['active', 'unregistered', 'all'] as const
export const rowsPerPage = 50

/** What the address of the list asks for. */
export interface Query {
  /** What is searched for, as it was typed. */
  q: string
  show: (typeof SHOWN)[number]
  sort: (typeof SORTS)[number]
  /** From 1. */
  page: number
}

/** An address may be typed by hand: what is odd in it is as if it were not there. */
export function readQuery(search: URLSearchParams): Query {
  const page = Number(search.get('page'))
  return {
    q: (search.get('q') ?? '').trim().slice(0, 200),
    show: SHOWN.find((one) => one === search.get('show')) ?? 'active',
    sort: SORTS.find((one) => one === search.get('sort')) ?? 'sessions',
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  }
}

/** The query of an address, without what is usual. */
export function queryText({ q, show, sort, page }: Query): string {
  const search = new URLSearchParams()
  if (q !== '') search.set('q', q)
  if (show !== 'active') search.set('show', show)
  if (sort !== 'sessions') search.set('sort', sort)
  if (page > 1) search.set('page', String(page))
  return search.size > 0 ? `?${search}` : '?'
}

/** Whether a list can be made without knowing who is registered. */
export function isOfStandings({ q, show }: Query): boolean {
  return q === '' && show === 'active'
}

/** The clients that a query asks for, in its order. `registered`: all of them, unless `isOfStandings`. */
export function listOf(standings: readonly Standing[], registered: readonly Client[], query: Query): Standing[] {
  const seen = standings.filter(({ publicKey }) => !RESERVED.includes(publicKey))
  const known = new Map(registered.map((client) => [client.publicKey, client]))
  const active = new Set(seen.map(({ publicKey }) => publicKey))
  const others = registered.flatMap(({ publicKey }) => (active.has(publicKey) ? [] : [quiet(publicKey)]))
  const asked =
    query.show === 'unregistered'
      ? seen.filter(({ publicKey }) => !known.has(publicKey))
      : // Who searches looks for somebody, active or not.
        query.show === 'all' || query.q !== ''
        ? [...seen, ...others]
        : seen
  const wanted = plain(query.q)
  const fits = ({ publicKey }: Standing) => {
    const client = known.get(publicKey)
    return [publicKey, client?.name, client?.contact].some((text) => text !== undefined && plain(text).includes(wanted))
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

const weights: Record<Query['sort'], (standing: Standing) => number> = {
  sessions: ({ recent }) => recent.sessions,
  calls: ({ recent }) => recent.calls,
  change: ({ recent, before }) => recent.sessions - before.sessions,
}

/** As letters are compared that a person typed: `É` is `e`. */
function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

export interface PageOf<Item> {
  items: Item[]
  /** As asked for, or the last one where there are not so many. */
  page: number
  pages: number
  /** The place of the first item in the whole list, from 1. */
  first: number
}

export function pageOf<Item>(list: readonly Item[], asked: number): PageOf<Item> {
  const pages = Math.max(1, Math.ceil(list.length / rowsPerPage))
  const page = Math.min(asked, pages)
  const start = (page - 1) * rowsPerPage
  return { items: list.slice(start, start + rowsPerPage), page, pages, first: start + 1 }
}
