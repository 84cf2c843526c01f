// The numbers of one client that too few players made together: what nobody may be able to find out.
import { addDays } from '../../../src/usage/days.js'
import { periods, type Span } from './facts.js'
import { type Cell, dayOfCell } from './traffic.js'

const { recent, before, all } = periods
const earlier = { from: all.from, to: addDays(before.from, -1) }
export const bands: readonly Span[] = [recent, before, earlier]
const unions = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]].map((union) => union.map((at) => bands[at] as Span))

/** A number that too few players made together. */
export interface Made {
  measure: 'sessions' | 'calls' | 'errors'
  /** All, where they are not said. */
  names?: readonly string[]
  spans: readonly Span[]
}

export function sayMade({ measure, names, spans }: Made): string {
  return `${measure} of ${names?.join(' and ') ?? 'all'}, ${spans.map(({ from, to }) => `${from} to ${to}`).join(' and ')}`
}

/**
 * Every name in every period, every day (or month, where no days are named), and what several of these come to, as far as too
 * few players share it.
 */
export function numbersOf(cells: readonly Cell[], spans: readonly Span[], smallestCrowd: number): Made[] {
  const players = (own: readonly Cell[]) => [...new Set(own.map(({ player }) => player))]
  const inSpans = (within: readonly Span[]) =>
    cells.filter((cell) => within.some((span) => isIn(span, dayOfCell(cell))))
  const ofNames = (within: readonly Span[]): Omit<Made, 'measure'>[] => {
    const own = inSpans(within)
    const names = [...new Set(own.map(({ feature }) => feature))]
    const sharing = names.map((name) => [name, players(own.filter(({ feature }) => feature === name))] as const)
    return fewAmong(sharing, smallestCrowd).map((few) => ({ names: few, spans: within }))
  }
  const onSpan = spans.map((span) => [span, players(inSpans([span]))] as const)
  const whole = [...unions.flatMap(ofNames), ...fewAmong(onSpan, smallestCrowd).map((few) => ({ spans: few }))]
  const few: Made[] = [
    ...(['calls', 'errors', 'sessions'] as const).flatMap((measure) => whole.map((made) => ({ measure, ...made }))),
    ...spans
      .flatMap((span) => ofNames([span]))
      .flatMap((made) => (['sessions', 'errors'] as const).map((measure) => ({ measure, ...made }))),
  ]
  const partIn = {
    calls: ({ ok, errors }: Cell) => ok + errors,
    errors: ({ errors }: Cell) => errors,
    sessions: ({ ok }: Cell) => ok,
  }
  // That there was nothing says nothing of anybody.
  return few.filter(({ measure, names, spans }) =>
    inSpans(spans).some((cell) => partIn[measure](cell) > 0 && (names?.includes(cell.feature) ?? true)),
  )
}

/** One to three things that too few players share, and all of them that each are of too few. */
function fewAmong<Thing>(things: readonly (readonly [Thing, readonly string[]])[], smallestCrowd: number): Thing[][] {
  const few = things.filter(([, players]) => players.length < smallestCrowd)
  const groups = few.flatMap((one, first) => [
    [one],
    ...few
      .slice(first + 1)
      .flatMap((two, second) => [[one, two], ...few.slice(first + second + 2).map((three) => [one, two, three])]),
  ])
  return [...groups, ...(few.length > 3 ? [few] : [])]
    .filter((group) => new Set(group.flatMap(([, players]) => players)).size < smallestCrowd)
    .map((group) => group.map(([thing]) => thing))
}

export function isIn({ from, to }: Span, day: string): boolean {
  return day >= from && day <= to
}
