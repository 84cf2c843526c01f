// What files and the command line must say: each fact that is read off one, and none left out.

import { type Fact, type Period, periods, type Quantity } from '../disclosure/facts.js'
import { today } from '../disclosure/world.js'
import type { Book } from './book.js'
import type { ClientNumbers } from './shown.js'

interface Held {
  numbers: ReadonlyMap<string, ClientNumbers>
  /** The periods that the file has by name, and those whose days it lists. */
  byName: readonly Period[]
  days: readonly Period[]
  /** Whether there are lines of players where the game does not tell. */
  hasUntold?: boolean
}

const idOf = ({ client, measure, name, from, to }: Quantity) => [client, measure, name ?? '', from, to].join(' ')

/** Faults in words. Shown, as the report API has it after withholding, and as it was played: one number. */
export function factFaults(facts: readonly Fact[], { numbers, byName, days, hasUntold = true }: Held): string[] {
  const seen = new Set(facts.map(idOf))
  const faults = facts.flatMap((fact) => {
    const its = numbers.get(fact.client ?? '')
    const expected = its && expectedOf(its, fact)
    return its && fact.amount === expected ? [] : [`${idOf(fact)}: ${fact.amount}, and it should be ${expected}`]
  })
  for (const its of numbers.values()) {
    for (const quantity of requiredOf(its, byName, days)) {
      if (quantity.measure === 'players' && !its.tellsPlayers && !hasUntold) continue
      if (!seen.has(idOf(quantity))) faults.push(`${idOf(quantity)} is not in the file`)
    }
  }
  return faults
}

function expectedOf(numbers: ClientNumbers, { measure, name, from, to }: Quantity): number | undefined {
  const { client, book, shown } = numbers
  const period = (['recent', 'before', 'all'] as const).find(
    (one) => periods[one].from === from && periods[one].to === to,
  )
  if (measure === 'refusals') return book.sum({ client, measure, ...(name !== undefined && { name }), from, to })
  if (period && name !== undefined) return numbers.amount(measure as 'calls', name, period)
  if (period) return numbers.sums(period)[measure as 'calls']
  if (measure === 'players' && from !== to)
    return shown.months.find(({ month }) => from.startsWith(month))?.sums?.players
  return numbers.span({ from, to })?.[measure as 'calls']
}

function requiredOf(numbers: ClientNumbers, byName: readonly Period[], days: readonly Period[]): Quantity[] {
  const { client, book } = numbers
  const sums = ['sessions', 'calls', 'errors', 'players'] as const
  const inPeriod = (period: Period): Quantity[] => [
    ...sums.map((measure) => ({ client, measure, ...periods[period] })),
    ...(['sessions', 'calls', 'errors', 'metric', 'refusals'] as const).flatMap((measure) =>
      [...numbers.named(measure, period).keys()].map((name) => ({ client, measure, name, ...periods[period] })),
    ),
  ]
  const listed = new Set(numbers.shown.months.map(({ month }) => month))
  const played = book
    .days(client)
    .filter((day) => days.some((one) => day >= periods[one].from && day <= periods[one].to))
  return [
    ...byName.flatMap(inPeriod),
    ...played.flatMap((day) =>
      listed.has(day.slice(0, 7)) ? [] : sums.map((measure) => ({ client, measure, from: day, to: day })),
    ),
  ]
}

/** In an export the range of all time begins with the client's first day. */
export function withAllTime(facts: readonly Fact[], numbers: ReadonlyMap<string, ClientNumbers>): Fact[] {
  return facts.map((fact) => {
    const isAllTime = fact.to === today && fact.from === numbers.get(fact.client ?? '')?.first
    return isAllTime ? { ...fact, ...periods.all } : fact
  })
}

/** What lists of clients must say: sums, and nobody left out. */
export function listFaults(
  facts: readonly Fact[],
  book: Book,
  clients: readonly string[],
  spans: readonly Period[],
): string[] {
  const expected = new Map(
    clients.flatMap((client) =>
      spans.flatMap((period) =>
        (['sessions', 'calls', 'errors'] as const).map((measure): [string, number] => {
          const quantity = { client, measure, ...periods[period] }
          return [idOf(quantity), book.sum(quantity)]
        }),
      ),
    ),
  )
  const wrong = facts.filter((fact) => fact.amount !== expected.get(idOf(fact)))
  const seen = new Set(facts.map(idOf))
  return [
    ...wrong.map((fact) => `${idOf(fact)}: ${fact.amount}, and ${expected.get(idOf(fact))} were played`),
    ...[...expected.keys()].filter((id) => !seen.has(id)).map((id) => `${id} is not in the list`),
  ]
}

/** The ends of the three periods in `stats.json`. */
export function endsOf(numbers: ClientNumbers): Record<string, [from: string, to: string]> {
  return {
    past30Days: [periods.recent.from, today],
    previous30Days: [periods.before.from, periods.before.to],
    allTime: [numbers.first, today],
  }
}
