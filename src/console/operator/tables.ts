import type { Client } from '../../keys/client-registry.js'
import type { RefusalReason } from '../../refusals.js'
import type { Health } from '../../storage/health.js'
import type { PageContext } from '../client/home.js'
import type { Messages } from '../messages/en/en.js'
import { csvText } from '../stats/files.js'
import { nameNotes } from '../stats/model.js'
import type { HeatMap } from './heat-map.js'
import { RESERVED, type Standing, wholeOf } from './model.js'
import type { BlindSpot, Holdings, Standings, Uses } from './numbers.js'
import { callsOf, clientHref, type Names } from './words.js'

/** What was refused, a reason a row. */
export function refusalsInWords(refusals: readonly [reason: string, times: number][], messages: Messages) {
  const reasons: Record<RefusalReason, string> = messages.operator.reserved.reasons
  return refusals.map(([reason, times]) => ({
    reason: Object.hasOwn(reasons, reason) ? reasons[reason as RefusalReason] : reason,
    times: messages.format.count(times),
  }))
}

/** The heat map with its words: numbers that fit into a cell, and in full in the list behind it. */
export function heatInWords(
  { links, messages }: Pick<PageContext, 'links' | 'messages'>,
  map: HeatMap,
  { clients, atMs }: Uses,
  { recent, standings }: Standings,
  names: Names,
) {
  const { format, operator } = messages
  const { heat, client: texts } = operator
  const nameOf = (publicKey: string) => names.get(publicKey)?.name ?? publicKey
  const shown = new Set(map.rows.map(({ publicKey }) => publicKey))
  const entries = clients
    .filter(({ publicKey }) => shown.has(publicKey))
    .flatMap(({ publicKey, features }) => features.map((feature) => ({ publicKey, ...feature })))
    // Withheld ones last, as they come: by client and by name.
    .sort((one, another) => (another.shown?.calls ?? -1) - (one.shown?.calls ?? -1))
  return {
    lead: heat.lead(map.rows.length, map.features.length),
    evidence: heat.evidence(
      format.days(recent.from, recent.to),
      format.percent(callsOf(standings, shown), wholeOf(standings).calls),
      new Date(atMs).toISOString().slice(11, 16),
    ),
    features: map.features,
    featureNotes: nameNotes(map.features, messages),
    rows: map.rows.map(({ publicKey, cells }) => ({
      name: nameOf(publicKey),
      href: clientHref(links, publicKey),
      cells: cells.map(({ calls, shade }) => ({
        shade,
        text: calls === undefined ? undefined : calls === 0 ? '' : format.short(calls),
      })),
    })),
    sums: map.sums.map((calls) => format.short(calls)),
    scale: map.scale.map((least, at) => ({ shade: at + 1, text: heat.from(format.count(least)) })),
    isWithheld: map.isWithheld,
    entries: entries.map(({ publicKey, name, shown: cell }) => ({
      client: nameOf(publicKey),
      href: clientHref(links, publicKey),
      feature: name,
      cells: cell
        ? [format.count(cell.calls), format.percent(cell.errors, cell.calls)]
        : [texts.withheld, texts.withheld],
    })),
  }
}

/** What the store page says, a row each. */
export function storeInWords(
  health: Health,
  blindSpots: readonly BlindSpot[],
  held: Holdings & { registered: number; active: number },
  { format, operator: { holds } }: Messages,
) {
  const { lastError } = health
  return {
    state: holds[health.store],
    health: [
      [holds.waiting, format.count(health.waiting)],
      [holds.oldest, holds.seconds(Math.round(health.oldestMs / 1_000))],
      [holds.dropped, format.count(health.dropped)],
      [holds.unread, format.count(health.unread)],
      [holds.unlearned, format.count(health.unlearned)],
      [holds.growing, health.growing ? holds.isGrowing : holds.isDropped],
      [holds.secret, holds[health.secret]],
    ],
    blind: blindSpots.map(({ feature, place, logins }) => holds.blind(feature, place, logins)),
    lastError: lastError && holds.since(lastError.code, lastError.at.slice(0, 19).replace('T', ' ')),
    holdings: [
      [holds.registered, format.count(held.registered)],
      [holds.active, format.count(held.active)],
      [holds.writers, format.count(held.writers)],
      [holds.first, held.first ? format.day(held.first) : holds.notYet],
      [holds.through, held.through ? format.month(held.through) : holds.notYet],
    ],
  }
}

const COLUMNS = [
  'public_key',
  'name',
  'status',
  'from',
  'to',
  'sessions',
  'sessions_before',
  'calls',
  'calls_before',
  'errors',
  'errors_before',
] as const

/**
 * `clients.csv`: a client a line, RFC 4180; the 30 UTC days from `from` to `to`, and the 30 before. `status`: `official`,
 * `retired`, `registered`, `unregistered` or `reserved` (a row that stands for no client).
 */
export function clientsCsv(
  standings: readonly Standing[],
  names: Names,
  { from, to }: { from: string; to: string },
): string {
  const lines = standings.map(({ publicKey, recent, before }) => {
    const client = names.get(publicKey)
    return [
      ...[publicKey, client?.name ?? '', statusOf(publicKey, client), from, to],
      ...[recent.sessions, before.sessions, recent.calls, before.calls, recent.errors, before.errors],
    ]
  })
  return csvText([COLUMNS, ...lines])
}

function statusOf(publicKey: string, client: Client | undefined): string {
  if (!client) return RESERVED.includes(publicKey) ? 'reserved' : 'unregistered'
  if (client.retiredAtMs !== undefined) return 'retired'
  return client.official === true ? 'official' : 'registered'
}
