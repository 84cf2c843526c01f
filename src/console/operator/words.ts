import type { Client } from '../../keys/client-registry.js'
import { anonymous } from '../../keys/key-format.js'
import { noClient, other, unread } from '../../row-names.js'
import type { PageContext } from '../client/home.js'
import type { Messages } from '../messages/en/en.js'
import { link, type Part, type Rich } from '../messages/rich.js'
import type { Links } from '../web/links.js'
import { type BotFeature, botFeatures, type Overtaking } from './answers.js'
import {
  type Counted,
  type PageOf,
  type Query,
  queryText,
  RESERVED,
  SHOWN,
  SORTS,
  type Standing,
  type Trend,
  trendOf,
} from './model.js'
import type { Standings, Uses } from './numbers.js'

type Place = Pick<PageContext, 'links' | 'messages'>
export type Names = ReadonlyMap<string, Client>

export interface ClientRow {
  name: string
  href: string
  tags: string[]
  cells: string[]
}

export function clientHref({ operatorClient }: Links, publicKey: string): string {
  return `${operatorClient}?${new URLSearchParams({ public_key: publicKey })}`
}

/** The name of a client, leading to its page. */
export function clientLink(links: Links, publicKey: string, names: Names): Part {
  return link(clientHref(links, publicKey), names.get(publicKey)?.name ?? publicKey)
}

export function tagsOf(publicKey: string, client: Client | undefined, { operator: { list } }: Messages): string[] {
  if (!client) return RESERVED.includes(publicKey) ? [] : [list.notRegistered]
  return [
    ...(client.official === true ? [list.official] : []),
    ...(client.retiredAtMs === undefined ? [] : [list.retired]),
  ]
}

const ARROWS = { up: '↗', down: '↘', even: '→' }

export function trendText(trend: Trend, { format, operator: { list } }: Messages): string {
  if (trend.way === 'none') return '–'
  if (trend.way === 'new') return list.isNew
  if ('from' in trend) return `${ARROWS[trend.way]}\u00a0${list.from(trend.from)}`
  return `${ARROWS[trend.way]}\u00a0${format.change(trend.change)}`
}

/** What a row stands for that is no client. */
export function explanationOf(publicKey: string, { operator: { reserved } }: Messages): string | undefined {
  if (publicKey === anonymous) return reserved.anonymous
  if (publicKey === noClient) return reserved.nobody
  if (publicKey === unread) return reserved.unread
  return publicKey === other ? reserved.other : undefined
}

/** A row of the ranking. */
export function clientRow(
  { links, messages }: Place,
  { publicKey, recent, before }: Standing,
  whole: Counted,
  names: Names,
): ClientRow {
  const { format } = messages
  const client = names.get(publicKey)
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

/** A question's answer: a sentence or several, and what they rest on. */
export interface AnswerInWords {
  sentences: Rich[]
  more?: string
  evidence?: string
}

/** Sentences that are read; what is past them is only counted. */
const maxSentences = 5

export function botsInWords(
  { links, messages }: Place,
  { uses, recent, standings }: Standings & { uses: Uses },
  whole: Counted,
  names: Names,
): AnswerInWords {
  const { format, operator } = messages
  const { answers } = operator
  const isOfficial = (publicKey: string) => names.get(publicKey)?.official === true
  if (!uses.clients.some(({ publicKey }) => isOfficial(publicKey))) return { sentences: [[answers.botsUnmarked]] }
  const read = new Set(uses.clients.map(({ publicKey }) => publicKey))
  const evidence = answers.botsEvidence(
    format.days(recent.from, recent.to),
    read.size,
    format.percent(callsOf(standings, read), whole.calls),
  )
  const found = botFeatures(uses.clients, isOfficial)
  if (found.length === 0) return { sentences: [[answers.botsNone]], evidence }
  const sentence = ({ name, calls, foreign, clients, most }: BotFeature) =>
    answers.botFeature(name, format.percent(foreign, calls), calls, clients, clientLink(links, most.publicKey, names))
  return {
    sentences: found.slice(0, maxSentences).map(sentence),
    ...(found.length > maxSentences && { more: answers.botsMore(found.length - maxSentences) }),
    evidence,
  }
}

export function callsOf(standings: readonly Standing[], publicKeys: ReadonlySet<string>): number {
  return standings.reduce((sum, { publicKey, recent }) => sum + (publicKeys.has(publicKey) ? recent.calls : 0), 0)
}

/** `found`: as `overtakings` gives them. */
export function overtakingsInWords(
  { links, messages }: Place,
  found: readonly Overtaking[],
  { recent, before }: Standings,
  names: Names,
): AnswerInWords {
  const { format, operator } = messages
  const { answers } = operator
  const evidence = answers.overtakingEvidence(format.days(recent.from, recent.to), format.days(before.from, before.to))
  if (found.length === 0) return { sentences: [[answers.overtakingNone]], evidence }
  const sentence = ({ ahead, behind, more }: Overtaking): Rich => [
    ...answers.overtook(clientLink(links, ahead.publicKey, names), clientLink(links, behind.publicKey, names)),
    answers.overtookBy(
      [ahead.recent.sessions, behind.recent.sessions],
      [ahead.before.sessions, behind.before.sessions],
    ),
    ...(more > 0 ? [answers.overtookMore(more)] : []),
  ]
  return {
    sentences: found.slice(0, maxSentences).map(sentence),
    ...(found.length > maxSentences && { more: answers.overtakingMore(found.length - maxSentences) }),
    evidence,
  }
}

/** Whose names the sentences need. */
export function namedIn(found: readonly Overtaking[]): string[] {
  return found.slice(0, maxSentences).flatMap(({ ahead, behind }) => [ahead.publicKey, behind.publicKey])
}

export interface Choice {
  name: string
  value: string
  isChosen: boolean
}

export function choicesOf({ show, sort }: Query, { operator: { list } }: Messages): { show: Choice[]; sort: Choice[] } {
  const shown = { active: list.active, unregistered: list.unregistered, all: list.all }
  const sorts = { sessions: list.bySessions, calls: list.byCalls, change: list.byChange }
  return {
    show: SHOWN.map((value) => ({ value, name: shown[value], isChosen: value === show })),
    sort: SORTS.map((value) => ({ value, name: sorts[value], isChosen: value === sort })),
  }
}

export interface Paging {
  found: string
  place?: string
  previous?: string
  next?: string
}

export function pagingOf(
  { links, messages }: Place,
  query: Query,
  { page, pages }: PageOf<unknown>,
  count: number,
): Paging {
  const { list } = messages.operator
  const href = (to: number) => `${links.operator}${queryText({ ...query, page: to })}#list`
  return {
    found: list.found(count),
    ...(pages > 1 && { place: list.place(page, pages) }),
    ...(page > 1 && { previous: href(page - 1) }),
    ...(page < pages && { next: href(page + 1) }),
  }
}
