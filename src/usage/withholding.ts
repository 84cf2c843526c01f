import { addDays, dayOf, monthOf } from './days.js'
import { type Sums, shownPlayers, type UsageReader, type UsageReport } from './report.js'

/** The past 30 days, the 30 days before, and what was earlier: together all time, and no day twice. */
export interface Bands<Value> {
  recent: Value
  before: Value
  earlier: Value
}

export interface ShownSums extends Omit<Sums, 'players'> {
  /** Undefined when it is withheld. */
  players?: number
}

/** A named number in each period; undefined where it is withheld, and 0 where there was none. */
export interface ShownRow<Value> {
  name: string
  recent?: Value
  before?: Value
  all?: Value
}

export interface ShownCalls {
  calls: number
  errors: number
}

/** What may be shown of one client. */
export interface ShownUsage {
  /** The first day of the past 30, and the first on which the client did anything. */
  recentFrom: string
  allFrom: string
  to: string
  recent: ShownSums
  before: ShownSums
  all: ShownSums
  sessionsByMethod: ShownRow<number>[]
  features: ShownRow<ShownCalls>[]
  metrics: ShownRow<number>[]
  /** In order, without days on which nothing was done; withheld ones have no sums. */
  days: { day: string; sums?: ShownSums }[]
  /** Of the months that have no days in the list, because these were kept for a time only. */
  months: { month: string; sums?: ShownSums }[]
  /** Whether anything is withheld. */
  isWithheld: boolean
}

/**
 * Reads what may be shown of a client.
 *
 * @throws ClienteleError `store_failed`, `store_timeout`, `store_down`
 */
export async function readShown(
  usage: Pick<UsageReader, 'read'>,
  publicKey: string,
  smallestCrowd: number,
): Promise<ShownUsage> {
  const today = dayOf(Date.now())
  const [recent, before, earlier, all] = await Promise.all([
    usage.read(publicKey, { from: addDays(today, -29), to: today }),
    usage.read(publicKey, { from: addDays(today, -59), to: addDays(today, -30) }),
    usage.read(publicKey, { from: '0000-01-01', to: addDays(today, -60) }),
    usage.read(publicKey, 'all'),
  ])
  return withhold({ recent, before, earlier }, all, smallestCrowd)
}

/**
 * What may be shown of a client's numbers: nothing that fewer players share than `smallestCrowd`, and nothing from which
 * that could be found by subtraction. Totals are never withheld, so where one number of a band is, the smallest of those
 * that could be shown is withheld with it: what is missing from the total is always that of a crowd. A number of all time
 * is shown where those of all three bands could be.
 */
export function withhold(bands: Bands<UsageReport>, all: UsageReport, smallestCrowd: number): ShownUsage {
  const { recent, before, earlier } = bands
  const rows = <Value>(
    kind: 'sessionsByMethod' | 'features' | 'metrics',
    pick: (report: UsageReport, name: string) => Value,
    weigh: (value: Value) => number,
    add: (...values: Value[]) => Value,
  ): ShownRow<Value>[] => {
    const hidden = mapBands(bands, (report) => {
      const cells = Object.keys(report[kind]).map((name) => {
        return { name, weight: weigh(pick(report, name)), crowd: report.crowds[kind][name] ?? 0 }
      })
      return hiddenAmong(cells, smallestCrowd)
    })
    const names = new Set([recent, before, earlier].flatMap((report) => Object.keys(report[kind])))
    return [...names].map((name) => {
      const values = mapBands(bands, (report) => pick(report, name))
      const isHidden = { recent: hidden.recent.has(name), before: hidden.before.has(name) }
      const isEverHidden = isHidden.recent || isHidden.before || hidden.earlier.has(name)
      return {
        name,
        ...(!isHidden.recent && { recent: values.recent }),
        ...(!isHidden.before && { before: values.before }),
        ...(!isEverHidden && { all: add(values.recent, values.before, values.earlier) }),
      }
    })
  }
  const sum = (...amounts: number[]) => amounts.reduce((one, another) => one + another)
  const amounts = (kind: 'sessionsByMethod' | 'metrics') =>
    rows(kind, (report, name) => report[kind][name] ?? 0, Math.abs, sum)
  const addCalls = (...parts: ShownCalls[]) => ({
    calls: sum(...parts.map(({ calls }) => calls)),
    errors: sum(...parts.map(({ errors }) => errors)),
  })
  const noCalls = { calls: 0, errors: 0 }
  const listed = {
    sessionsByMethod: amounts('sessionsByMethod'),
    features: rows(
      'features',
      (report, name) => report.features[name] ?? noCalls,
      ({ calls }) => calls,
      addCalls,
    ),
    metrics: amounts('metrics'),
    ...spansOf(bands, all, smallestCrowd),
  }
  const whole = { ...all, ...sumsOf(recent, before, earlier) }
  return {
    recentFrom: recent.from,
    allFrom: all.from,
    to: recent.to,
    recent: shownSums(recent, smallestCrowd),
    before: shownSums(before, smallestCrowd),
    all: shownSums(whole, smallestCrowd),
    ...listed,
    isWithheld:
      [...listed.sessionsByMethod, ...listed.features, ...listed.metrics].some((row) => !('all' in row)) ||
      [...listed.days, ...listed.months].some(({ sums }) => sums === undefined),
  }
}

interface Cell {
  name: string
  weight: number
  /** At least so many players share it. */
  crowd: number
}

/** The names that must not be shown beside the total of all of them. */
export function hiddenAmong(cells: readonly Cell[], smallestCrowd: number): Set<string> {
  if (smallestCrowd <= 1) return new Set()
  const used = cells.filter(({ weight }) => weight > 0)
  const hidden = new Set(used.filter(({ crowd }) => crowd < smallestCrowd).map(({ name }) => name))
  if (hidden.size === 0) return hidden
  const others = used.filter(({ name }) => !hidden.has(name))
  const [smallest] = others.sort((one, another) => one.weight - another.weight || (one.name < another.name ? -1 : 1))
  if (smallest) hidden.add(smallest.name)
  return hidden
}

function spansOf(bands: Bands<UsageReport>, all: UsageReport, smallestCrowd: number) {
  const listed = [bands.earlier, bands.before, bands.recent].flatMap(({ days }) => days)
  const firstListed = monthOf(listed[0]?.day ?? '9999-12')
  const oldMonths = all.months.filter(({ month }) => month < firstListed)
  const dayCells = (report: UsageReport) => report.days.map(({ day, ...sums }) => cellOf(day, sums))
  const monthCells = oldMonths.map(({ month, ...sums }) => cellOf(month, sums))
  const hidden = new Set([
    ...hiddenAmong(dayCells(bands.recent), smallestCrowd),
    ...hiddenAmong(dayCells(bands.before), smallestCrowd),
    ...hiddenAmong([...dayCells(bands.earlier), ...monthCells], smallestCrowd),
  ])
  const shown = (name: string, sums: Sums) => (hidden.has(name) ? {} : { sums: shownSums(sums, smallestCrowd) })
  return {
    days: listed.map(({ day, ...sums }) => ({ day, ...shown(day, sums) })),
    months: oldMonths.map(({ month, ...sums }) => ({ month, ...shown(month, sums) })),
  }
}

// Where the game does not tell who plays, sessions stand for players.
function cellOf(name: string, { sessions, calls, players }: Sums): Cell {
  return { name, weight: sessions + calls, crowd: players > 0 ? players : sessions }
}

function shownSums({ sessions, calls, errors, players }: Sums, smallestCrowd: number): ShownSums {
  const shown = shownPlayers(players, smallestCrowd)
  return { sessions, calls, errors, ...(shown !== undefined && { players: shown }) }
}

function sumsOf(...parts: Sums[]): Omit<Sums, 'players'> {
  const sum = (pick: (sums: Sums) => number) => parts.map(pick).reduce((one, another) => one + another)
  return { sessions: sum((one) => one.sessions), calls: sum((one) => one.calls), errors: sum((one) => one.errors) }
}

function mapBands<From, To>({ recent, before, earlier }: Bands<From>, to: (value: From) => To): Bands<To> {
  return { recent: to(recent), before: to(before), earlier: to(earlier) }
}
