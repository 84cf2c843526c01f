import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Counters,
  countCall,
  countPlayer,
  countSeat,
  countSession,
  emptyCounters,
} from '../../src/usage/counters.js'
import { addDays, monthOf, periodsOf } from '../../src/usage/days.js'
import { suppressedAmong } from '../../src/usage/disclosure/secondary-suppression.js'
import { reportShown } from '../../src/usage/disclosure/shown-report.js'
import { type ShownUsage, suppress } from '../../src/usage/disclosure/suppression.js'
import { reportOf, spanSumsOf, type UsageReport } from '../../src/usage/report.js'
import { attack } from '../console/withholding-attack.js'
import { readJson } from '../console/withholding-files.js'
import { cellsOf } from '../console/withholding-traffic.js'
import { dayAt, today, type Visit } from '../console/withholding-world.js'

const smallestCrowd = 5
const names = ['a', 'b', 'c', 'd', '(unknown)']
const { recent, before } = periodsOf(today)
const earlier = { from: '0000-01-01', to: addDays(before.from, -1) }

const upTo = fc.nat
/** How often each of three things happened, and whether at all. */
const someUse = fc.record({ isUsed: upTo(3), ok: upTo(3), failed: upTo(2) })
const someDays = fc.oneof(
  // The ends of the periods and of months are where a subtraction would be tried.
  fc.uniqueArray(fc.constantFrom(0, 1, 29, 30, 31, 59, 60, 61), { minLength: 1, maxLength: 4 }),
  fc.uniqueArray(upTo(100), { minLength: 1, maxLength: 7 }),
)
/** About as many players as a crowd has, and about as many names as a companion takes. */
const someVisits: fc.Arbitrary<Visit[]> = fc
  .record({
    days: someDays,
    players: fc.integer({ min: 3, max: 8 }),
    used: fc.subarray(names, { minLength: 1 }),
    failing: fc.subarray(names),
    mistypes: fc.boolean(),
    found: fc.boolean(),
  })
  .chain(({ days, players, used, failing, mistypes, found }) => {
    const uses = fc.array(someUse, { minLength: used.length, maxLength: used.length })
    const visit = fc.record({ comes: upTo(9), by: upTo(9), wrong: upTo(9), uses })
    const count = days.length * players
    return fc.array(visit, { minLength: count, maxLength: count }).map((visits) =>
      visits.flatMap(({ comes, by, wrong, uses }, at): Visit[] => {
        if (comes === 0) return []
        const calls = uses.flatMap(({ isUsed, ok, failed }, index): [string, [number, number]][] => {
          const name = used[index] ?? ''
          if (isUsed === 0) return []
          if (name === '(unknown)') return [[name, [0, 1 + failed]]]
          return [[name, failing.includes(name) && failed > 0 ? [ok, failed] : [1 + ok, 0]]]
        })
        return [
          {
            ...{ client: 'bot', player: String(at % players), daysAgo: days[Math.floor(at / players)] ?? 0 },
            method: found && by < 3 ? 'empire.found' : 'empire.login',
            wrong: mistypes && wrong < 3 ? 1 : 0,
            calls: Object.fromEntries(calls),
          },
        ]
      }),
    )
  })
  .filter((visits) => visits.length > 0)

function count(counters: Counters, { player, method = '', wrong = 0, calls }: Visit): Counters {
  const seat = Number(player)
  for (let attempt = 0; attempt < wrong; attempt++) countCall(counters, 'empire.login', true)
  countSession(counters, method)
  countCall(counters, method, false)
  countSeat(counters, method, seat)
  // The first bytes say where in the sketch.
  countPlayer(counters, 'secret', Buffer.alloc(32, seat + 1))
  for (const [feature, [ok, failed]] of Object.entries(calls)) {
    for (let call = 0; call < ok + failed; call++) countCall(counters, feature, call >= ok, seat)
  }
  return counters
}

const dayOfVisit = ({ daysAgo }: Visit) => dayAt(daysAgo)

function reportFrom(visits: readonly Visit[], { from, to }: { from: string; to: string }): UsageReport {
  const own = visits.filter((visit) => dayOfVisit(visit) >= from && dayOfVisit(visit) <= to)
  const by = (spanOf: (visit: Visit) => string) => {
    const spans = [...new Set(own.map(spanOf))].sort()
    const sumsIn = (span: string) =>
      spanSumsOf(own.filter((one) => spanOf(one) === span).reduce(count, emptyCounters()))
    return new Map(spans.map((span) => [span, sumsIn(span)]))
  }
  const whole = own.reduce(count, emptyCounters())
  return reportOf('bot', from, to, { whole, days: by(dayOfVisit), months: by((visit) => monthOf(dayOfVisit(visit))) })
}

const allFrom = (visits: readonly Visit[]) => ({ from: visits.map(dayOfVisit).sort()[0] ?? today, to: today })

/** `daysSince`: the month from which on a report of all time lists the days. */
function shownOf(visits: readonly Visit[], daysSince = '2026-01'): ShownUsage {
  const whole = reportFrom(visits, allFrom(visits))
  const all = { ...whole, days: whole.days.filter(({ day }) => monthOf(day) >= daysSince) }
  const bands = {
    recent: reportFrom(visits, recent),
    before: reportFrom(visits, before),
    earlier: reportFrom(visits, earlier),
  }
  return suppress(bands, all, smallestCrowd)
}

test('whatever is subtracted from whatever, no number that too few players share can be found', () => {
  const runs = Number(process.env.LAW_RUNS ?? 300)
  let [hidden, equations] = [0, 0]
  fc.assert(
    fc.property(someVisits, fc.constantFrom('2026-01', '2026-09'), (visits, daysSince) => {
      const shown = shownOf(visits, daysSince)
      const { facts } = readJson('stats.json', 'bot', {
        past30Days: reportShown(shown, 'recent'),
        previous30Days: reportShown(shown, 'before'),
        allTime: reportShown(shown, 'all'),
      })
      const tried = attack(facts, cellsOf({ clients: {}, visits }), smallestCrowd)
      hidden += tried.hidden
      equations += tried.equations
      assert.equal(tried.found, [])
    }),
    { numRuns: runs },
  )
  console.log(
    `FIGURE withholding: ${runs} clients, ${equations} equations, ${hidden} numbers of too few players, 0 found`,
  )
  assert.ok(hidden > runs)
})

test('totals are never withheld, and what can be shown is, as the reports have it', () => {
  fc.assert(
    fc.property(someVisits, (visits) => {
      const shown = shownOf(visits)
      const all = reportFrom(visits, allFrom(visits))
      assert.equal([shown.all.sessions, shown.all.calls, shown.all.errors], [all.sessions, all.calls, all.errors])
      for (const row of shown.features) if (row.all) assert.equal(row.all, all.features[row.name])
      for (const { day, sums } of shown.days) {
        const whole = all.days.find((one) => one.day === day)
        if (sums) assert.equal([sums.sessions, sums.calls], [whole?.sessions, whole?.calls])
      }
    }),
  )
})

test('the smallest that could be shown goes with what is withheld; nothing else does', () => {
  const cells = [
    { name: 'many', weight: 900, crowd: 40 },
    { name: 'some', weight: 90, crowd: 6 },
    { name: 'few', weight: 70, crowd: 4 },
    { name: 'failed', weight: 0, crowd: 30 },
  ]
  assert.equal([...suppressedAmong(cells, 5)].sort(), ['few', 'some'])
  assert.equal([...suppressedAmong(cells, 4)], [])
  assert.equal([...suppressedAmong(cells, 41)].sort(), ['failed', 'few', 'many', 'some'])
  // Calls that all failed cover none that went well.
  assert.equal([...suppressedAmong(cells.slice(2), 5)].sort(), ['failed', 'few'])
  // The operator has turned it off.
  assert.equal([...suppressedAmong(cells, 1)], [])
})

test('where all features but the logins are withheld, the logins’ own errors cover theirs', () => {
  const none = reportFrom([], recent)
  const report: UsageReport = {
    ...none,
    ...{ sessions: 20, calls: 30, errors: 4, players: 10, sessionsByMethod: { login: 20 } },
    features: { login: { calls: 23, errors: 3 }, rare: { calls: 7, errors: 1 } },
    crowds: { sessionsByMethod: { login: 10 }, features: { login: 10, rare: 2 }, metrics: {}, spans: {} },
  }
  const shown = suppress({ recent: report, before: none, earlier: none }, report, smallestCrowd)
  const nothing = { calls: 0, errors: 0 }
  assert.equal(shown.features, [
    { name: 'login', before: nothing },
    { name: 'rare', before: nothing },
  ])
  assert.equal(shown.sessionsByMethod, [{ name: 'login', recent: 20, before: 0, all: 20 }])
})

test('one withheld feature takes another that has errors too with it, or the totals would tell its errors', () => {
  const none = reportFrom([], recent)
  const report: UsageReport = {
    ...none,
    ...{ sessions: 20, calls: 60, errors: 3, players: 10, sessionsByMethod: { login: 20 } },
    features: {
      ...{ login: { calls: 20, errors: 0 }, map: { calls: 10, errors: 0 } },
      ...{ trade: { calls: 23, errors: 1 }, rare: { calls: 7, errors: 2 } },
    },
    crowds: {
      ...{ sessionsByMethod: { login: 10 }, metrics: {}, spans: {} },
      features: { login: 10, map: 9, trade: 8, rare: 2 },
    },
  }
  const shown = suppress({ recent: report, before: none, earlier: none }, report, smallestCrowd)
  const isShown = ({ name, recent }: ShownUsage['features'][number]) => (recent ? [name] : [])
  assert.equal(shown.features.flatMap(isShown), ['login'])
})

test('a day is shown only if a crowd shares what is left of its calls without errors and logins', () => {
  const none = reportFrom([], recent)
  const sums = { sessions: 9, calls: 30, errors: 1, players: 9 }
  const days = [today, dayAt(1), dayAt(2)].map((day) => ({ day, ...sums }))
  const shownDays = (spans: Record<string, number>) => {
    const report = { ...none, ...sums, days, crowds: { ...none.crowds, spans } }
    const { days: shown } = suppress({ recent: report, before: none, earlier: none }, report, smallestCrowd)
    return shown.flatMap(({ day, sums }) => (sums ? [day] : []))
  }
  assert.equal(shownDays({ [today]: 9, [dayAt(1)]: 9, [dayAt(2)]: 9 }), [today, dayAt(1), dayAt(2)])
  assert.equal(shownDays({ [today]: 4, [dayAt(1)]: 9, [dayAt(2)]: 9 }), [dayAt(1)], 'and one that covers it')
  assert.equal(shownDays({ [dayAt(1)]: 9, [dayAt(2)]: 9 }), [dayAt(1)], 'of a seal that does not say: nobody knows')
})

test('a metric has no total, so it is withheld alone; one that adds up to nothing too', () => {
  const none = reportFrom([], recent)
  const crowds = { sessionsByMethod: {}, features: {}, metrics: { few: 2, many: 9, nil: 2 }, spans: {} }
  const report: UsageReport = { ...none, metrics: { few: 3, many: 8, nil: 0 }, crowds }
  const shown = suppress({ recent: report, before: none, earlier: none }, report, smallestCrowd)
  assert.equal(
    shown.metrics.map(({ name, recent }) => [name, recent]),
    [
      ['few', undefined],
      ['many', 8],
      ['nil', undefined],
    ],
  )
})

test('names come in an order that tells nothing of what is withheld', () => {
  fc.assert(
    fc.property(someVisits, (visits) => {
      const { features: rows, sessionsByMethod } = shownOf(visits)
      for (const list of [rows, sessionsByMethod]) {
        const listed = list.map(({ name }) => name)
        assert.equal(listed, [...listed].sort())
      }
    }),
  )
})

test.run()
