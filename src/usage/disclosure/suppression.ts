// What may be shown of a client, by cell suppression: what too few players share is withheld, and as much more as it takes that nobody finds
// it by subtraction from a total that is shown. A cell is a number of a name in a band of time, and it is sensitive by a minimum frequency
// rule: fewer than `smallestCrowd` distinct players share it. A. Hundepool et al., "Statistical Disclosure Control", Wiley 2012, chapter 4,
// on magnitude tables; which cell goes with a sensitive one is in secondary-suppression.ts.

import { addDays, dayOf, monthOf, periodsOf } from '../days.js'
import { type Sums, shownPlayers, type UsageReader, type UsageReport } from '../report.js'
import { sensitiveAmong, suppressedAmong, withSecondary } from './secondary-suppression.js'

/** The past 30 days, the 30 days before, and what was earlier: together all time, and no day twice. */
export interface Bands<Value> {
  recent: Value
  before: Value
  earlier: Value
}

export interface ShownSums extends Omit<Sums, 'players'> {
  /** Undefined when it is withheld, or when the game does not tell who plays. */
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
  /** The first days of the past 30 and of the 30 before, and the first on which the client did anything. */
  recentFrom: string
  beforeFrom: string
  allFrom: string
  to: string
  recent: ShownSums
  before: ShownSums
  all: ShownSums
  /** Whether the game tells who plays: without it there is no number of players to withhold. */
  tellsPlayers: boolean
  /** In the order of their names, because any other order would tell which of two withheld numbers is larger. */
  sessionsByMethod: ShownRow<number>[]
  features: ShownRow<ShownCalls>[]
  metrics: ShownRow<number>[]
  /** In order, without days on which nothing was done; withheld ones have no sums. */
  days: { day: string; sums?: ShownSums }[]
  /** Of the months that have no days in the list, because these were kept for a time only. */
  months: { month: string; sums?: ShownSums }[]
  /** Never withheld: who is refused has no session and is no player yet. */
  refusals: { recent: Record<string, number>; before: Record<string, number>; all: Record<string, number> }
  /** Whether anything is withheld. */
  isWithheld: boolean
}

type Kind = 'sessionsByMethod' | 'features' | 'metrics'

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
  const periods = periodsOf(dayOf(Date.now()))
  const [recent, before, earlier, all] = await Promise.all([
    usage.read(publicKey, periods.recent),
    usage.read(publicKey, periods.before),
    usage.read(publicKey, { from: '0000-01-01', to: addDays(periods.before.from, -1) }),
    usage.read(publicKey, 'all'),
  ])
  return suppress({ recent, before, earlier }, all, smallestCrowd)
}

/**
 * What may be shown of a client's numbers: nothing that fewer players share than `smallestCrowd`, and nothing from which
 * that could be found by subtraction. Totals are never withheld, so where one number of a band is, the smallest of those
 * that could be shown is withheld with it: what is missing from the total is always that of a crowd. A number of all time
 * is shown where those of all three bands could be.
 */
export function suppress(bands: Bands<UsageReport>, all: UsageReport, smallestCrowd: number): ShownUsage {
  const { recent, before, earlier } = bands
  const hidden = mapBands(bands, (report) => hiddenIn(report, smallestCrowd))
  const rows = <Value>(
    kind: Kind,
    pick: (report: UsageReport, name: string) => Value,
    add: (...values: Value[]) => Value,
  ): ShownRow<Value>[] => {
    const names = new Set([recent, before, earlier].flatMap((report) => Object.keys(report[kind])))
    return [...names].sort().map((name) => {
      const values = mapBands(bands, (report) => pick(report, name))
      const isHidden = mapBands(hidden, (names) => names[kind].has(name))
      const isEverHidden = isHidden.recent || isHidden.before || isHidden.earlier
      return {
        name,
        ...(!isHidden.recent && { recent: values.recent }),
        ...(!isHidden.before && { before: values.before }),
        ...(!isEverHidden && { all: add(values.recent, values.before, values.earlier) }),
      }
    })
  }
  const sum = (...amounts: number[]) => amounts.reduce((one, another) => one + another)
  const amounts = (kind: 'sessionsByMethod' | 'metrics') => rows(kind, (report, name) => report[kind][name] ?? 0, sum)
  const addCalls = (...parts: ShownCalls[]) => ({
    calls: sum(...parts.map(({ calls }) => calls)),
    errors: sum(...parts.map(({ errors }) => errors)),
  })
  const noCalls = { calls: 0, errors: 0 }
  const listed = {
    sessionsByMethod: amounts('sessionsByMethod'),
    features: rows('features', (report, name) => report.features[name] ?? noCalls, addCalls),
    metrics: amounts('metrics'),
    ...spansOf(bands, all, smallestCrowd),
  }
  const whole = { ...all, ...addedUp(recent, before, earlier) }
  return {
    recentFrom: recent.from,
    beforeFrom: before.from,
    allFrom: all.from,
    to: recent.to,
    recent: shownSums(recent, smallestCrowd),
    before: shownSums(before, smallestCrowd),
    all: shownSums(whole, smallestCrowd),
    tellsPlayers: all.players > 0 || whole.sessions === 0,
    ...listed,
    refusals: { recent: recent.refusals, before: before.refusals, all: all.refusals },
    isWithheld:
      [...listed.sessionsByMethod, ...listed.features, ...listed.metrics].some((row) => !('all' in row)) ||
      [...listed.days, ...listed.months].some(({ sums }) => sums === undefined),
  }
}

/**
 * What must not be shown of one band. A session is a call that went well, so sessions and calls of one method are withheld
 * together; and as the totals of calls, errors and sessions tell how many calls of all other features went well, these need
 * a secondary suppression of their own, and so do the errors. Metrics have no total to subtract from.
 */
function hiddenIn(report: UsageReport, smallestCrowd: number): Record<Kind, Set<string>> {
  const { crowds } = report
  const methods = Object.entries(report.sessionsByMethod).map(([name, weight]) => {
    return { name, weight, crowd: crowds.sessionsByMethod[name] ?? 0 }
  })
  const features = Object.entries(report.features).map(([name, { calls, errors }]) => {
    return { name, ok: calls - errors, errors, crowd: crowds.features[name] ?? 0 }
  })
  const metrics = Object.keys(report.metrics).map((name) => ({ name, crowd: crowds.metrics[name] ?? 0 }))
  const sessionsByMethod = suppressedAmong(methods, smallestCrowd)
  const isOther = ({ name }: { name: string }) => !Object.hasOwn(report.sessionsByMethod, name)
  const others = suppressedAmong(
    features.filter(isOther).map((cell) => ({ ...cell, weight: cell.ok })),
    smallestCrowd,
  )
  const failed = features.map((cell) => ({ ...cell, weight: cell.errors }))
  return {
    sessionsByMethod,
    features: withSecondary(failed, new Set([...sessionsByMethod, ...others]), smallestCrowd),
    metrics: sensitiveAmong(metrics, smallestCrowd),
  }
}

function spansOf(bands: Bands<UsageReport>, all: UsageReport, smallestCrowd: number) {
  // The earlier band, read as a range, has the days of every month; all time lists those of the last months only.
  const firstListed = monthOf(all.days[0]?.day ?? '9999-12')
  const listedIn = ({ days }: UsageReport) => days.filter(({ day }) => monthOf(day) >= firstListed)
  const listed = [bands.earlier, bands.before, bands.recent].flatMap(listedIn)
  const oldMonths = all.months.filter(({ month }) => month < firstListed)
  const dayCells = (report: UsageReport) =>
    listedIn(report).flatMap(({ day, ...sums }) => spanCell(day, sums, report.crowds.spans[day]))
  const monthCells = oldMonths.flatMap(({ month, ...sums }) => spanCell(month, sums, all.crowds.spans[month]))
  const hidden = new Set([
    ...hiddenSpans(dayCells(bands.recent), smallestCrowd),
    ...hiddenSpans(dayCells(bands.before), smallestCrowd),
    ...hiddenSpans([...dayCells(bands.earlier), ...monthCells], smallestCrowd),
  ])
  const shown = (name: string, sums: Sums) => (hidden.has(name) ? {} : { sums: shownSums(sums, smallestCrowd) })
  return {
    days: listed.map(({ day, ...sums }) => ({ day, ...shown(day, sums) })),
    months: oldMonths.map(({ month, ...sums }) => ({ month, ...shown(month, sums) })),
  }
}

interface SpanCell {
  name: string
  crowd: number
  sessions: number
  /** Calls that went well and created no session: what is left when sessions and errors are subtracted from calls. */
  others: number
  errors: number
}

/** Each of the three totals of days needs a crowd behind what is missing from it. */
function hiddenSpans(cells: readonly SpanCell[], smallestCrowd: number): Set<string> {
  const weighed = (weigh: (cell: SpanCell) => number) => cells.map((cell) => ({ ...cell, weight: weigh(cell) }))
  let hidden = sensitiveAmong(cells, smallestCrowd)
  for (const weigh of [
    ({ others }: SpanCell) => others,
    ({ sessions }: SpanCell) => sessions,
    ({ errors }: SpanCell) => errors,
  ]) {
    hidden = withSecondary(weighed(weigh), hidden, smallestCrowd)
  }
  return hidden
}

/**
 * Where the game does not tell who plays, sessions stand for players. Who shares the calls beyond the logins, and who shares
 * what failed, must be a crowd too; an older seal does not say, and then nobody is known to. On a day of refusals alone there is
 * nothing to hide.
 */
function spanCell(name: string, { sessions, calls, errors, players }: Sums, sharing: number | undefined): SpanCell[] {
  if (sessions + calls === 0) return []
  const others = Math.max(0, calls - errors - sessions)
  const crowd = Math.min(
    players > 0 ? players : sessions,
    sharing ?? (others + errors > 0 ? 0 : Number.POSITIVE_INFINITY),
  )
  return [{ name, crowd, sessions, others, errors }]
}

function shownSums({ sessions, calls, errors, players }: Sums, smallestCrowd: number): ShownSums {
  const isTold = players > 0 || sessions === 0
  const shown = isTold ? shownPlayers(players, smallestCrowd) : undefined
  return { sessions, calls, errors, ...(shown !== undefined && { players: shown }) }
}

function addedUp(...parts: Sums[]): Omit<Sums, 'players'> {
  const sum = (pick: (sums: Sums) => number) => parts.map(pick).reduce((one, another) => one + another)
  return { sessions: sum((one) => one.sessions), calls: sum((one) => one.calls), errors: sum((one) => one.errors) }
}

function mapBands<From, To>({ recent, before, earlier }: Bands<From>, to: (value: From) => To): Bands<To> {
  return { recent: to(recent), before: to(before), earlier: to(earlier) }
}
