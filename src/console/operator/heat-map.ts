import type { ClientUse } from './answers.js'

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
