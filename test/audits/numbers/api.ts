// The report API, held against what was played.
import type { Clientele, Range } from '../../../src/index.js'
import { addDays } from '../../../src/usage/days.js'
import { periods, type Span } from '../disclosure/facts.js'
import { dayAt, today } from '../disclosure/world.js'
import { type Book, everybodyRefused } from './book.js'

export const ranges: [range: Range, span: Span][] = [
  ['all', periods.all],
  [{ days: 1 }, { from: today, to: today }],
  [{ days: 7 }, { from: dayAt(6), to: today }],
  [{ days: 30 }, periods.recent],
  [{ days: 365 }, { from: dayAt(364), to: today }],
  [{ ...periods.before }, periods.before],
  [
    { from: dayAt(61), to: dayAt(28) },
    { from: dayAt(61), to: dayAt(28) },
  ],
]

/** Everything that one report says, but for players, whose number is an estimate: apart, with the true one. */
export async function checkReport(
  usage: Clientele['usage'],
  book: Book,
  client: string,
  [range, span]: (typeof ranges)[number],
) {
  const { crowds, days, months, players, ...report } = await usage.read(client, range)
  const first = book.days(client).filter((day) => day <= span.to)[0] ?? today
  const { players: truly, ...sums } = book.sums(client, span)
  const named = (measure: Parameters<Book['named']>[1]) => sorted(book.named(client, measure, span))
  const errors = book.named(client, 'errors', span)
  const played = {
    ...{ publicKey: client, from: range === 'all' ? first : span.from, to: span.to, ...sums },
    sessionsByMethod: named('sessions'),
    features: Object.fromEntries(
      Object.entries(named('calls')).map(([name, calls]) => [name, { calls, errors: errors.get(name) ?? 0 }]),
    ),
    metrics: named('metric'),
    refusals: named('refusals'),
  }
  const sortedReport = Object.fromEntries(
    Object.entries(report).map(([name, value]) => [
      name,
      typeof value === 'object' ? sorted(new Map<string, unknown>(Object.entries(value))) : value,
    ]),
  )
  const estimates: [estimate: number, truly: number][] = [[players, truly]]
  // Days are listed for 13 months; what was earlier is in the months, which stay.
  const listed = book.days(client).filter((day) => day >= span.from && day <= span.to)
  const kept = listed.filter((day) => range !== 'all' || day >= `${addDays(today, -396).slice(0, 7)}-01`)
  const playedDays = kept.map((day) => ({ day, ...book.sums(client, { from: day, to: day }) }))
  const playedMonths = [...new Set(listed.map((day) => day.slice(0, 7)))].map((month) => {
    const from = [`${month}-01`, span.from].sort()[1] ?? ''
    const to = [`${month}-31`, span.to].sort()[0] ?? ''
    return { month, ...book.sums(client, { from, to }) }
  })
  for (const [some, others] of [[days, playedDays] as const, [months, playedMonths] as const]) {
    for (const [at, { players }] of some.entries()) estimates.push([players, others[at]?.players ?? -1])
  }
  const bare = (rows: readonly object[]) => rows.map((row) => ({ ...row, players: undefined }))
  return {
    report: { ...sortedReport, days: bare(days), months: bare(months) },
    played: { ...played, days: bare(playedDays), months: bare(playedMonths) },
    estimates,
    crowds,
  }
}

/** Every client's row; most sessions first. */
export async function checkOverview(usage: Clientele['usage'], book: Book, [range, span]: (typeof ranges)[number]) {
  const rows = await usage.overview(range)
  const inOrder = rows.map(({ sessions }) => sessions)
  const played = book.active(span).map((client) => {
    const { players: _, ...sums } = book.sums(client, span)
    return [client, sums] as const
  })
  // A day of refusals alone has a row too.
  const quiet = rows.filter(({ sessions, calls }) => sessions + calls === 0).map(({ publicKey }) => publicKey)
  return {
    rows: sorted(
      new Map(
        rows
          .filter(({ publicKey }) => !quiet.includes(publicKey))
          .map(({ publicKey, sessions, calls, errors }) => [publicKey, { sessions, calls, errors }]),
      ),
    ),
    played: sorted(new Map(played)),
    inOrder,
    isRefusedIn: rows.some(({ publicKey }) => publicKey === everybodyRefused),
  }
}

function sorted<Value>(map: ReadonlyMap<string, Value>): Record<string, Value> {
  return Object.fromEntries([...map].sort(([one], [another]) => (one < another ? -1 : 1)))
}
