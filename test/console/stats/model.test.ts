import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { en } from '../../../src/console/messages/en/en.js'
import { chartModel } from '../../../src/console/stats/chart-model.js'
import { statsModel } from '../../../src/console/stats/model.js'
import { rangeNamed, timeSeriesOf } from '../../../src/console/stats/time-series.js'
import { addDays } from '../../../src/usage/days.js'
import type { ShownRow, ShownUsage } from '../../../src/usage/disclosure/suppression.js'

const today = '2026-11-23'
const none = { sessions: 0, calls: 0, errors: 0, players: 0 }

function shownWith(more: Partial<ShownUsage>): ShownUsage {
  return {
    ...{ recentFrom: addDays(today, -29), beforeFrom: addDays(today, -59), allFrom: '2026-01-01', to: today },
    ...{ recent: none, before: none, all: none, tellsPlayers: true, isWithheld: false },
    ...{ sessionsByMethod: [], features: [], metrics: [], days: [], months: [] },
    refusals: { recent: {}, before: {}, all: {} },
    ...more,
  }
}

const calls = (amount: number) => ({ calls: amount, errors: 0 })
const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ')

test('the page begins with one sentence that is true', () => {
  const summary = (recent: number, before: number, all = recent + before) =>
    plain(
      statsModel(
        shownWith({
          recent: { ...none, sessions: recent },
          before: { ...none, sessions: before },
          all: { ...none, sessions: all, calls: 1 },
        }),
        5,
        en,
      )?.summary,
    )
  assert.is(statsModel(shownWith({}), 5, en), undefined)
  assert.is(summary(1204, 1075), '1,204 sessions in the past 30 days, 12 % more than in the 30 before.')
  assert.is(summary(1, 4), '1 session in the past 30 days, 75 % fewer than in the 30 before.')
  assert.is(summary(1000, 1001), '1,000 sessions in the past 30 days, about as many as in the 30 before.')
  assert.is(summary(3, 0), '3 sessions in the past 30 days, none in the 30 before.')
  assert.is(summary(0, 3), 'No sessions in the past 30 days; 3 sessions in all.')
  assert.is(summary(0, 0), 'No sessions in the past 30 days; no sessions in all.')
})

test('rows are ordered by what is shown of them; what is withheld comes last, by name', () => {
  const row = (name: string, recent?: number, all?: number): ShownRow<{ calls: number; errors: number }> => ({
    ...{ name, before: calls(0) },
    ...(recent !== undefined && { recent: calls(recent) }),
    ...(all !== undefined && { all: calls(all) }),
  })
  const numbers = statsModel(
    shownWith({
      recent: { ...none, calls: 12 },
      all: { ...none, calls: 40 },
      features: [
        row('z'),
        row('y', undefined, 30),
        row('old', 0, 9),
        row('b', 1, 1),
        row('a', 1, 2),
        row('__proto__', 8, 8),
      ],
    }),
    5,
    en,
  )
  assert.equal(
    numbers?.features.map(({ name }) => name),
    ['__proto__', 'a', 'b', 'old', 'y', 'z'],
  )
  const [first, , , old, , withheld] = numbers?.features ?? []
  assert.equal([first?.calls, plain(first?.share), first?.bar, plain(first?.errors)], ['8', '66.7 %', 100, '0.0 %'])
  assert.equal([old?.calls, old?.allCalls, old?.bar, old?.trend], ['0', '9', 0, undefined])
  assert.equal(
    [withheld?.calls, withheld?.share, withheld?.errors, withheld?.trend, withheld?.allCalls],
    [undefined, undefined, undefined, undefined, undefined],
  )
})

test('what is said of features is only said where it is so whatever is withheld', () => {
  const said = (features: ShownUsage['features'], recent = 10, all = 20) => {
    const shown = shownWith({ recent: { ...none, calls: recent }, all: { ...none, calls: all }, features })
    const { mostUsed, newlyUsed } = statsModel(shown, 5, en) ?? {}
    return [mostUsed, newlyUsed]
  }
  const used = { name: 'a', recent: calls(6), before: calls(1), all: calls(9) }
  assert.equal(said([used, { name: 'b' }]), ['a', []])
  assert.equal(said([used, { name: 'b' }], 13), [undefined, []], 'seven calls are withheld')
  const isNew = { name: 'n', recent: calls(4), before: calls(0), all: calls(4) }
  assert.equal(said([used, isNew]), ['a', ['n']])
  assert.equal(
    said([used, { name: 'n', recent: calls(4), before: calls(0) }]),
    ['a', []],
    'it may have been used long ago',
  )
  assert.equal(said([used, isNew], 10, 10), ['a', []], 'the client itself is new')
})

test('trends', () => {
  const trend = (recent: number, before: number, all?: number) => {
    const row = {
      name: 'a',
      recent: calls(recent),
      before: calls(before),
      ...(all !== undefined && { all: calls(all) }),
    }
    return statsModel(shownWith({ all: { ...none, calls: 1 }, features: [row] }), 5, en)?.features[0]?.trend
  }
  assert.is(trend(12, 10, 30), 'more')
  assert.is(trend(11, 10, 30), 'same')
  assert.is(trend(8, 10, 30), 'fewer')
  assert.is(trend(0, 10, 30), 'fewer')
  assert.is(trend(5, 0, 5), 'new')
  assert.is(trend(5, 0, 9), 'more')
  assert.is(trend(5, 0), 'more', 'what was earlier is withheld')
  assert.is(trend(0, 0, 9), undefined)
})

test('a game that does not tell who plays has no row of players', () => {
  const totals = (tellsPlayers: boolean) =>
    statsModel(shownWith({ all: { ...none, sessions: 2 }, tellsPlayers }), 5, en)?.totals.map(({ name }) => name)
  assert.equal(totals(true), ['Sessions', 'Calls', 'Distinct players', 'Errors'])
  assert.equal(totals(false), ['Sessions', 'Calls', 'Errors'])
})

test('a range in the address, or the past 30 days', () => {
  for (const name of ['7', '30', '90', '365', 'all']) assert.is(rangeNamed(name), name)
  for (const name of [null, '', '31', 'ALL', '__proto__', '7 ']) assert.is(rangeNamed(name), '30')
})

const oneDay = (day: string, sessions?: number) => ({
  day,
  ...(sessions !== undefined && { sums: { sessions, calls: 0, errors: 0, players: 0 } }),
})

test('a range in days, weeks or months, without a gap, to today', () => {
  const told = (range: '7' | '90' | '365' | 'all', more: Partial<ShownUsage> = {}) => {
    const { unit, spans } = timeSeriesOf(shownWith(more), range)
    for (const [at, { from }] of spans.entries()) if (at > 0) assert.is(addDays(spans[at - 1]?.to ?? '', 1), from)
    return [unit, spans.length, spans[0]?.from, spans.at(-1)?.to]
  }
  assert.equal(told('7'), ['day', 7, '2026-11-17', today])
  assert.equal(told('90'), ['day', 90, '2026-08-26', today])
  assert.equal(told('365'), ['week', 53, '2025-11-24', today])
  assert.equal(told('all'), ['week', 48, '2025-12-29', today])
  assert.equal(told('all', { allFrom: today }), ['day', 7, '2026-11-17', today])
  assert.equal(told('all', { allFrom: '2026-09-01' }), ['day', 84, '2026-09-01', today])
  assert.equal(told('all', { allFrom: '2020-02-29' }), ['month', 82, '2020-02-01', today])
  const months = [{ month: '2025-11', sums: { sessions: 70, calls: 0, errors: 0, players: 9 } }]
  assert.equal(told('all', { allFrom: '2025-11-30', months }), ['month', 13, '2025-11-01', today])
})

test('a week or a month with a withheld day in it is withheld; a day without anything is a zero', () => {
  const days = [oneDay('2026-11-09', 5), oneDay('2026-11-15', 2), oneDay('2026-11-16', 3), oneDay('2026-11-18')]
  const sessions = (range: '30' | '365' | 'all', more: Partial<ShownUsage> = {}) =>
    timeSeriesOf(shownWith({ days, ...more }), range).spans.map(({ sums }) => sums?.sessions)
  assert.equal(sessions('30').slice(-9), [2, 3, 0, undefined, 0, 0, 0, 0, 0])
  assert.equal(sessions('365').slice(-4), [0, 7, undefined, 0])
  const months = [{ month: '2026-08', sums: { sessions: 70, calls: 0, errors: 0 } }, { month: '2026-09' }]
  assert.equal(sessions('all', { allFrom: '2026-08-02', months }), [70, undefined, 0, undefined])
})

test('a chart tells only of what is shown, and draws nothing where there is nothing', () => {
  const days = [oneDay('2026-11-19', 41), oneDay('2026-11-21'), oneDay('2026-11-22')]
  const chart = chartModel(shownWith({ days, all: { ...none, sessions: 999 } }), '7', en)
  assert.is(
    chart.description,
    '17 to 23 Nov 2026, UTC. Most: 41 sessions, 19 Nov 2026. Withheld: 2.'.replace('17 to', '17 Nov to'),
  )
  assert.equal(
    chart.ranges.filter(({ isCurrent }) => isCurrent).map(({ name }) => name),
    ['7 days'],
  )
  assert.equal(
    chart.drawings.map(({ spots, tips }) => [spots.length, tips[4]]),
    [
      [7, '21 Nov 2026: withheld'],
      [7, '21 Nov 2026: withheld'],
    ],
  )
  assert.equal(chart.table.rows[1], { name: '22 Nov 2026', cells: [undefined, undefined, undefined, undefined] })
  assert.equal(chart.table.rows[4]?.cells.slice(0, 2), ['41', '0'])
  assert.not.match(JSON.stringify(chart), '999')
  assert.equal(chartModel(shownWith({}), '30', en).drawings, [])
  assert.equal(chartModel(shownWith({ days: [oneDay(today)] }), '30', en).drawings, [])
})

test.run()
