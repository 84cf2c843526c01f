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
import { addDays, monthOf } from '../../src/usage/days.js'
import { reportOf, sumsOf, type UsageReport } from '../../src/usage/report.js'
import { type Bands, hiddenAmong, type ShownUsage, withhold } from '../../src/usage/withholding.js'

const today = '2026-11-23'
const smallestCrowd = 5
const methods = ['login', 'found']
const features = ['a', 'b', 'c', 'd', '(unknown)']
const names = [...methods, ...features]

interface Visit {
  player: number
  daysAgo: number
  method: string
  /** Whether the first password was wrong. */
  wrong: boolean
  feature: string
  calls: number
}

const few = 2
const someFeatures = fc.subarray(features, { minLength: 1 })
const someVisits: fc.Arbitrary<Visit[]> = fc.tuple(someFeatures, someFeatures).chain(([common, rare]) => {
  const visit = fc.record({
    player: fc.oneof(fc.nat(few), fc.nat(12)),
    // The ends of the bands and of months are where a subtraction would be tried.
    daysAgo: fc.oneof(fc.nat(90), fc.constantFrom(0, 1, 29, 30, 31, 59, 60, 61)),
    method: fc.oneof({ weight: 4, arbitrary: fc.constant('login') }, { weight: 1, arbitrary: fc.constant('found') }),
    wrong: fc.boolean(),
    calls: fc.oneof(fc.nat(4), fc.nat(40)),
    choice: fc.nat(features.length),
  })
  const featureOf = (player: number, choice: number) => {
    const used = player <= few ? rare : common
    return used[choice % used.length] as string
  }
  return fc.array(
    visit.map(({ choice, ...rest }) => ({ ...rest, feature: featureOf(rest.player, choice) })),
    { maxLength: 120 },
  )
})

function reportFrom(visits: readonly Visit[], from: string, to: string): UsageReport {
  const count = (counters: Counters, { player, method, wrong, feature, calls }: Visit) => {
    if (wrong) countCall(counters, method, true)
    countSession(counters, method)
    countCall(counters, method, false)
    countSeat(counters, method, player)
    countPlayer(counters, 'secret', Buffer.from(`player ${player}`.padEnd(32, '·')).subarray(0, 32))
    for (let index = 0; index < calls; index++) {
      countCall(counters, feature, index > 1 || feature === '(unknown)', player)
    }
    return counters
  }
  const by = (spanOf: (visit: Visit) => string) => {
    const spans = [...new Set(visits.map(spanOf))].sort()
    return new Map(
      spans.map((span) => [span, sumsOf(visits.filter((one) => spanOf(one) === span).reduce(count, emptyCounters()))]),
    )
  }
  const dayOfVisit = ({ daysAgo }: Visit) => addDays(today, -daysAgo)
  return reportOf('bot', from, to, {
    whole: visits.reduce(count, emptyCounters()),
    days: by(dayOfVisit),
    months: by((one) => monthOf(dayOfVisit(one))),
  })
}

const bandOf = ({ daysAgo }: Visit): keyof Bands<unknown> =>
  daysAgo < 30 ? 'recent' : daysAgo < 60 ? 'before' : 'earlier'

/** `daysSince`: the month from which on a report lists the days. */
function shownOf(visits: readonly Visit[], daysSince = '2026-01-01'): ShownUsage {
  const band = (name: keyof Bands<unknown>) => {
    const report = reportFrom(
      visits.filter((one) => bandOf(one) === name),
      '2026-01-01',
      today,
    )
    return { ...report, days: report.days.filter(({ day }) => day >= daysSince) }
  }
  const bands = { recent: band('recent'), before: band('before'), earlier: band('earlier') }
  return withhold(bands, reportFrom(visits, '2026-01-01', today), smallestCrowd)
}

/** A sum of unknown cells that somebody was told: the names of the cells, and how often each is in it. */
type Equation = Map<string, number>

/** The cells that follow from what was told, however it is added and subtracted. */
function determined(equations: readonly Equation[]): Set<string> {
  const names = [...new Set(equations.flatMap((equation) => [...equation.keys()]))]
  const rows = equations.map((equation) => names.map((name) => equation.get(name) ?? 0))
  let rank = 0
  for (let column = 0; column < names.length; column++) {
    const pivot = rows.findIndex((row, index) => index >= rank && Math.abs(row[column] ?? 0) > 1e-9)
    const found = rows[pivot]
    if (!found) continue
    rows.splice(pivot, 1)
    const unit = found.map((value) => value / (found[column] as number))
    for (const row of rows) {
      const factor = row[column] as number
      if (factor !== 0)
        for (const index of names.keys()) row[index] = (row[index] as number) - factor * (unit[index] as number)
    }
    rows.splice(rank++, 0, unit)
  }
  const alone = rows.flatMap((row) => {
    const [only, ...more] = names.filter((_, index) => Math.abs(row[index] as number) > 1e-9)
    return only !== undefined && more.length === 0 ? [only] : []
  })
  return new Set(alone)
}

const bandNames = ['recent', 'before', 'earlier'] as const

const measures = ['ok', 'errors', 'calls', 'sessions'] as const
const cellsOf = (measure: string, bands: readonly string[], name: string): [string, number][] =>
  bands.map((band) => [`${measure} ${band} ${name}`, 1])

/** What everybody knows of how things are counted, and the totals. */
function toldOfTotals(): Equation[] {
  const perCell = bandNames.flatMap((band) =>
    names.flatMap((name) => [
      new Map([...cellsOf('calls', [band], name), [`ok ${band} ${name}`, -1], [`errors ${band} ${name}`, -1]] as const),
      methods.includes(name)
        ? new Map([...cellsOf('sessions', [band], name), [`ok ${band} ${name}`, -1]] as const)
        : new Map(cellsOf('sessions', [band], name)),
    ]),
  )
  const unknownFails = bandNames.map((band) => new Map(cellsOf('ok', [band], '(unknown)')))
  const totals = [['recent'], ['before'], bandNames].flatMap((bands) =>
    measures.map((measure) => new Map(names.flatMap((name) => cellsOf(measure, bands, name)))),
  )
  return [...perCell, ...unknownFails, ...totals]
}

function toldOfRows({ features, sessionsByMethod }: ShownUsage): Equation[] {
  const columns = [
    ['recent', ['recent']],
    ['before', ['before']],
    ['all', bandNames],
  ] as const
  const told: Equation[] = []
  for (const [column, bands] of columns) {
    for (const row of features) {
      if (!row[column]) continue
      for (const measure of ['calls', 'errors']) told.push(new Map(cellsOf(measure, bands, row.name)))
    }
    for (const row of sessionsByMethod) {
      if (row[column] !== undefined) told.push(new Map(cellsOf('sessions', bands, row.name)))
    }
  }
  return told
}

function toldOfSpans({ days, months }: ShownUsage, visits: readonly Visit[]): Equation[] {
  const spans = [
    ...days.map(({ day, sums }) => [day, sums] as const),
    ...months.map(({ month, sums }) => [month, sums] as const),
  ]
  const bandOfDay = new Map(visits.map((one) => [addDays(today, -one.daysAgo), bandOf(one)]))
  const inBand = (band: string) =>
    new Map(spans.filter(([span]) => (bandOfDay.get(span) ?? 'earlier') === band).map(([span]) => [span, 1]))
  const known = spans.flatMap(([span, sums]) => (sums ? [new Map([[span, 1]])] : []))
  return [inBand('recent'), inBand('before'), new Map(spans.map(([span]) => [span, 1])), ...known]
}

/** No calls are no errors either. */
const allOf = (equation: Equation): Equation =>
  new Map([...equation.keys()].map((cell) => [cell.replace('calls', 'errors'), 1]))
const usedIn = ({ method, feature, calls }: Visit) => (calls > 0 ? [method, feature] : [method])
const playersIn = (visits: readonly Visit[]) => new Set(visits.map(({ player }) => player)).size

test('whatever is subtracted from whatever, no number that too few players share can be found', () => {
  const runs = Number(process.env.LAW_RUNS ?? 300)
  let hidden = 0
  fc.assert(
    fc.property(someVisits, fc.constantFrom('2026-01-01', '2026-09-01'), (visits, daysSince) => {
      const shown = shownOf(visits, daysSince)
      const sharing = (band: string, name: string) =>
        playersIn(visits.filter((one) => bandOf(one) === band && usedIn(one).includes(name)))
      const unused = bandNames.flatMap((band) =>
        names.filter((name) => sharing(band, name) === 0).map((name) => new Map(cellsOf('calls', [band], name))),
      )
      // What is all there is of a total is the total, which is never withheld.
      const inevitable = determined([...toldOfTotals(), ...unused, ...unused.map(allOf)])
      const found = determined([...toldOfTotals(), ...unused, ...unused.map(allOf), ...toldOfRows(shown)])
      for (const band of bandNames) {
        for (const name of names) {
          const players = sharing(band, name)
          if (players === 0 || players >= smallestCrowd) continue
          hidden++
          for (const measure of measures) {
            const cell = `${measure} ${band} ${name}`
            assert.ok(!found.has(cell) || inevitable.has(cell), `${cell} of ${players} players`)
          }
        }
      }
      const foundSpans = determined(toldOfSpans(shown, visits))
      for (const { day } of shown.days) {
        const onDay = visits.filter(({ daysAgo }) => addDays(today, -daysAgo) === day)
        const sharing = playersIn(onDay)
        const band = bandOf(onDay[0] as Visit)
        if (sharing >= smallestCrowd || visits.every((one) => bandOf(one) !== band || onDay.includes(one))) continue
        hidden++
        assert.not.ok(foundSpans.has(day), `${day} of ${sharing} players`)
      }
    }),
    { numRuns: runs },
  )
  console.log(`FIGURE withholding: ${runs} tried with ${hidden} numbers of too few players, 0 found by subtraction`)
  assert.ok(hidden > runs)
})

test('totals are never withheld, and what can be shown is, as the reports have it', () => {
  fc.assert(
    fc.property(someVisits, (visits) => {
      const shown = shownOf(visits)
      const all = reportFrom(visits, '2026-01-01', today)
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
  assert.equal([...hiddenAmong(cells, 5)].sort(), ['few', 'some'])
  assert.equal([...hiddenAmong(cells, 4)], [])
  assert.equal([...hiddenAmong(cells, 41)].sort(), ['failed', 'few', 'many', 'some'])
  // Calls that all failed cover none that went well.
  assert.equal([...hiddenAmong(cells.slice(2), 5)].sort(), ['failed', 'few'])
  // The operator has turned it off.
  assert.equal([...hiddenAmong(cells, 1)], [])
})

test('where all features but the logins are withheld, the logins’ own errors cover theirs', () => {
  const none = reportFrom([], '2026-10-25', today)
  const report: UsageReport = {
    ...none,
    ...{ sessions: 20, calls: 30, errors: 4, players: 10, sessionsByMethod: { login: 20 } },
    features: { login: { calls: 23, errors: 3 }, rare: { calls: 7, errors: 1 } },
    crowds: { sessionsByMethod: { login: 10 }, features: { login: 10, rare: 2 }, metrics: {} },
  }
  const shown = withhold({ recent: report, before: none, earlier: none }, report, smallestCrowd)
  const nothing = { calls: 0, errors: 0 }
  assert.equal(shown.features, [
    { name: 'login', before: nothing },
    { name: 'rare', before: nothing },
  ])
  assert.equal(shown.sessionsByMethod, [{ name: 'login', recent: 20, before: 0, all: 20 }])
})

test('a metric has no total, so it is withheld alone; one that adds up to nothing too', () => {
  const none = reportFrom([], '2026-10-25', today)
  const crowds = { sessionsByMethod: {}, features: {}, metrics: { few: 2, many: 9, nil: 2 } }
  const report: UsageReport = { ...none, metrics: { few: 3, many: 8, nil: 0 }, crowds }
  const shown = withhold({ recent: report, before: none, earlier: none }, report, smallestCrowd)
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
