import type { Client } from '../../keys/client-registry.js'
import { anonymous } from '../../keys/key-format.js'
import { noClient, other, unread } from '../../row-names.js'
import { addDays } from '../../usage/days.js'
import type { ShownCalls, ShownRow, ShownUsage } from '../../usage/disclosure/suppression.js'
import { playersError } from '../../usage/report.js'
import type { Messages } from '../messages/en/en.js'
import { sentence } from '../messages/format.js'
import { link, type RichPart } from '../messages/rich.js'
import { nameNotes, type TableRow } from '../stats/model.js'
import type { Links } from '../web/links.js'
import { shownSharedRows } from './activity.js'

/** Registered clients by their public keys. */
export type KnownClients = ReadonlyMap<string, Client>

export function clientHref({ operatorClient }: Links, publicKey: string): string {
  return `${operatorClient}?${new URLSearchParams({ public_key: publicKey })}`
}

/** The name of a client, leading to its page. */
export function clientLink(links: Links, publicKey: string, known: KnownClients): RichPart {
  return link(clientHref(links, publicKey), known.get(publicKey)?.name ?? publicKey)
}

export function tagsOf(publicKey: string, client: Client | undefined, { operator: { list } }: Messages): string[] {
  if (!client) return shownSharedRows.includes(publicKey) ? [] : [list.notRegistered]
  return [
    ...(client.official === true ? [list.official] : []),
    ...(client.retiredAtMs === undefined ? [] : [list.retired]),
  ]
}

/** What a row stands for that is no client. */
export function explanationOf(publicKey: string, { operator: { reserved } }: Messages): string | undefined {
  if (publicKey === anonymous) return reserved.anonymous
  if (publicKey === noClient) return reserved.nobody
  if (publicKey === unread) return reserved.unread
  return publicKey === other ? reserved.other : undefined
}

/** One client in depth, in words. */
export function clientModel(
  publicKey: string,
  client: Client | undefined,
  shown: ShownUsage,
  smallestCrowd: number,
  messages: Messages,
) {
  const { format, operator } = messages
  const { client: texts, list } = operator
  const periods = [shown.recent, shown.before, shown.all]
  const count = (value: number | undefined) => (value === undefined ? texts.withheld : format.count(value))
  const players = (value: number | undefined) => {
    if (!shown.tellsPlayers) return '–'
    return value === undefined ? texts.withheld : format.estimate(value, playersError(value))
  }
  const amounts = (rows: readonly ShownRow<number>[]): TableRow[] =>
    byWeight(rows, Math.abs).map(({ name, recent, before, all }) => ({ name, cells: [recent, before, all].map(count) }))
  const calls = ({ name, recent, before, all }: ShownRow<ShownCalls>): TableRow => ({
    name,
    cells: [
      count(recent?.calls),
      recent ? format.percent(recent.calls, shown.recent.calls) : texts.withheld,
      recent ? format.percent(recent.errors, recent.calls) : texts.withheld,
      count(before?.calls),
      count(all?.calls),
    ],
  })
  return {
    publicKey,
    name: client?.name ?? publicKey,
    tags: tagsOf(publicKey, client, messages),
    explained: explanationOf(publicKey, messages),
    lead: sentence(texts.lead(shown.recent, shown.before.sessions)),
    isEmpty: shown.all.calls === 0 && shown.all.sessions === 0,
    isRegistered: client !== undefined,
    isOfficial: client?.official === true,
    isRetired: client?.retiredAtMs !== undefined,
    isAdoptable: client === undefined && !shownSharedRows.includes(publicKey),
    url: client?.url,
    contact: client?.contact,
    registered: client && format.day(client.registeredAtMs),
    retired: client?.retiredAtMs === undefined ? undefined : format.day(client.retiredAtMs),
    columns: [
      { title: texts.past30Days, days: format.days(shown.recentFrom, shown.to) },
      { title: texts.before, days: format.days(shown.beforeFrom, addDays(shown.recentFrom, -1)) },
      { title: texts.allTime, days: format.days(shown.allFrom, shown.to) },
    ],
    totals: [
      { name: list.sessions, cells: periods.map(({ sessions }) => format.count(sessions)) },
      { name: list.calls, cells: periods.map(({ calls }) => format.count(calls)) },
      { name: texts.players, cells: periods.map((sums) => players(sums.players)) },
      { name: list.errors, cells: periods.map(({ errors, calls }) => format.percent(errors, calls)) },
    ],
    features: byWeight(shown.features, ({ calls }) => calls).map(calls),
    featureNotes: nameNotes(
      shown.features.map(({ name }) => name),
      messages,
    ),
    sessions: amounts(shown.sessionsByMethod),
    metrics: amounts(shown.metrics),
    withheld:
      shown.isWithheld || (shown.tellsPlayers && periods.some((sums) => sums.players === undefined))
        ? texts.withheldHint(format.count(smallestCrowd))
        : undefined,
  }
}

/** Withheld ones come last and by name: another order would tell which of two is larger. */
function byWeight<Value>(rows: readonly ShownRow<Value>[], weigh: (value: Value) => number): ShownRow<Value>[] {
  const weight = ({ recent, all }: ShownRow<Value>) =>
    recent !== undefined ? weigh(recent) : all !== undefined ? 0 : -1
  return rows.toSorted((one, another) => weight(another) - weight(one) || (one.name < another.name ? -1 : 1))
}
