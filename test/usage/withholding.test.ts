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
const features = ['a', 'b', 'c', 'd', 'e', 'f']

interface Visit {
  player: number
  daysAgo: number
  feature: string
  calls: number
}

const visit: fc.Arbitrary<Visit> = fc.record({
  player: fc.oneof(fc.nat(2), fc.nat(12)),
  // The ends of the bands and of months are where a subtraction would be tried.
  daysAgo: fc.oneof(fc.nat(90), fc.constantFrom(0, 1, 29, 30, 31, 59, 60, 61)),
  feature: fc.constantFrom(...features),
  calls: fc.integer({ min: 1, max: 4 }),
})

function reportFrom(visits: readonly Visit[], from: string, to: string): UsageReport {
  const count = (counters: Counters, { player, feature, calls }: Visit) => {
    countSession(counters, 'login')
    countSeat(counters, 'login', player)
    countPlayer(counters, 'secret', Buffer.from(`player ${player}`.padEnd(32, '·')).subarray(0, 32))
    for (let index = 0; index < calls; index++) countCall(counters, feature, index > 1, player)
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

function toldOfFeatures({ features: rows }: ShownUsage): Equation[] {
  const cell = (band: string, name: string) => `${band} ${name}`
  const all = (bands: readonly string[]) =>
    new Map(bands.flatMap((band) => features.map((name) => [cell(band, name), 1] as const)))
  const told = [all(['recent']), all(['before']), all(bandNames)]
  // A feature that is in no list was not used.
  const listed = new Set(rows.map(({ name }) => name))
  for (const name of features) {
    if (!listed.has(name)) for (const band of bandNames) told.push(new Map([[cell(band, name), 1]]))
  }
  for (const row of rows) {
    if (row.recent) told.push(new Map([[cell('recent', row.name), 1]]))
    if (row.before) told.push(new Map([[cell('before', row.name), 1]]))
    if (row.all) told.push(new Map(bandNames.map((band) => [cell(band, row.name), 1])))
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

const playersIn = (visits: readonly Visit[]) => new Set(visits.map(({ player }) => player)).size

test('whatever is subtracted from whatever, no number that too few players share can be found', () => {
  const runs = Number(process.env.LAW_RUNS ?? 300)
  let hidden = 0
  fc.assert(
    fc.property(
      fc.array(visit, { maxLength: 120 }),
      fc.constantFrom('2026-01-01', '2026-09-01'),
      (visits, daysSince) => {
        const shown = shownOf(visits, daysSince)
        const found = determined(toldOfFeatures(shown))
        for (const band of bandNames) {
          const inBand = visits.filter((one) => bandOf(one) === band)
          for (const name of features) {
            const sharing = playersIn(inBand.filter(({ feature }) => feature === name))
            if (sharing === 0 || sharing >= smallestCrowd) continue
            hidden++
            // What is all there is of a total is the total, which is never withheld.
            if (inBand.every(({ feature }) => feature === name)) continue
            assert.not.ok(found.has(`${band} ${name}`), `${band} ${name} of ${sharing} players`)
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
      },
    ),
    { numRuns: runs },
  )
  console.log(`FIGURE withholding: ${runs} tried with ${hidden} numbers of too few players, 0 found by subtraction`)
  assert.ok(hidden > runs)
})

test('totals are never withheld, and what can be shown is, as the reports have it', () => {
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 120 }), (visits) => {
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
    { name: 'none', weight: 0, crowd: 0 },
  ]
  assert.equal([...hiddenAmong(cells, 5)].sort(), ['few', 'some'])
  assert.equal([...hiddenAmong(cells, 4)], [])
  assert.equal([...hiddenAmong(cells, 41)].sort(), ['few', 'many', 'some'])
  // The operator has turned it off.
  assert.equal([...hiddenAmong(cells, 1)], [])
})

test.run()
