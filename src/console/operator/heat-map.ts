import { nameNotes } from '../stats/model.js'
import type { Viewpoint } from '../web/page.js'
import { callsOf, wholeOf } from './activity.js'
import { clientHref, type KnownClients } from './client.js'
import type { Activity, ClientUse, FeatureUse } from './operator-reader.js'

export interface HeatCell {
  /** Undefined when they are withheld. */
  calls?: number
  /** 0 where there is nothing or it is withheld, 1 to 5 the darkest. */
  shade: number
}

export interface HeatMap {
  features: string[]
  rows: { publicKey: string; cells: HeatCell[] }[]
  /** The sum of what is shown, by feature. */
  sums: number[]
  /** The smallest number of each shade, from shade 1. */
  scale: number[]
  isWithheld: boolean
}

const maxShades = 5

/**
 * The clients as they come × the features that they called most, `most` of each. The sums are of the cells that are shown, so
 * that no withheld one could be found by subtraction.
 */
export function heatMapOf(clients: readonly ClientUse[], most = 20): HeatMap {
  const chosen = clients.slice(0, most)
  const calls = new Map<string, number>()
  for (const { features } of chosen) {
    for (const { name, shown } of features) calls.set(name, (calls.get(name) ?? 0) + (shown?.calls ?? 0))
  }
  const features = [...calls]
    .sort(([one, some], [another, more]) => more - some || (one < another ? -1 : 1))
    .slice(0, most)
    .map(([name]) => name)
  const cells = chosen.map((client) => cellsOf(client, features))
  const scale = scaleOf(Math.max(0, ...cells.flat().map((shown) => shown ?? 0)))
  const rows = cells.map((row, at) => ({
    publicKey: chosen[at]?.publicKey ?? '',
    cells: row.map(
      (shown): HeatCell => (shown === undefined ? { shade: 0 } : { calls: shown, shade: shadeOf(shown, scale) }),
    ),
  }))
  return {
    features,
    rows,
    sums: features.map((_, column) => cells.reduce((sum, row) => sum + (row[column] ?? 0), 0)),
    scale,
    isWithheld: cells.flat().includes(undefined),
  }
}

function cellsOf(client: ClientUse, features: readonly string[]): (number | undefined)[] {
  const shown = new Map(client.features.map((cell) => [cell.name, cell.shown?.calls]))
  return features.map((name) => (shown.has(name) ? shown.get(name) : 0))
}

/** Each shade is ten times the one before: calls of clients differ by thousands. The first takes all that is less. */
export function scaleOf(largest: number): number[] {
  if (largest < 1) return []
  const digits = Math.floor(largest).toString().length
  const shades = Math.min(digits, maxShades)
  return Array.from({ length: shades }, (_, shade) => (shade === 0 ? 1 : 10 ** (digits - shades + shade)))
}

export function shadeOf(calls: number, scale: readonly number[]): number {
  return scale.filter((least) => calls >= least).length
}

/** The heat map with its words: numbers that fit into a cell, and in full in the list behind it. */
export function heatMapModel(
  { links, messages }: Viewpoint,
  map: HeatMap,
  { recent, clients }: Activity,
  use: FeatureUse,
  known: KnownClients,
) {
  const { format, operator } = messages
  const { heat, client: texts } = operator
  const nameOf = (publicKey: string) => known.get(publicKey)?.name ?? publicKey
  const shown = new Set(map.rows.map(({ publicKey }) => publicKey))
  const entries = use.clients
    .filter(({ publicKey }) => shown.has(publicKey))
    .flatMap(({ publicKey, features }) => features.map((feature) => ({ publicKey, ...feature })))
    // Withheld ones last, as they come: by client and by name.
    .sort((one, another) => (another.shown?.calls ?? -1) - (one.shown?.calls ?? -1))
  return {
    lead: heat.lead(map.rows.length, map.features.length),
    evidence: heat.evidence(
      format.days(recent.from, recent.to),
      format.percent(callsOf(clients, shown), wholeOf(clients).calls),
      new Date(use.atMs).toISOString().slice(11, 16),
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
