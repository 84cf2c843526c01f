import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lineChart } from '../../../src/console/stats/charts.js'

const size = { width: 640, height: 220, labels: 5 }
const numbers = (path: string) => (path.match(/-?\d+(\.\d+)?/g) ?? []).map(Number)
const draw = (values: (number | undefined)[]) => lineChart(values, size, String)

const drawn: [values: (number | undefined)[], what: string, expected: (chart: ReturnType<typeof draw>) => boolean][] = [
  [[1, 2, 3], 'the closed days are one line', ({ line }) => line.split('M').length === 2],
  [[1, 2, 3], 'the open day has a line of its own', ({ openLine }) => numbers(openLine).length === 4],
  [[1, 2, undefined], 'an open day that is withheld has none', ({ openLine }) => openLine === ''],
  [[1, undefined, 3], 'nothing leads over a gap', ({ openLine, gaps }) => openLine === '' && gaps.length === 1],
  [[1, 2, undefined, undefined, 4, 5, 6], 'a line is broken at a gap', ({ line }) => line.split('M').length === 3],
  [[1, 2, undefined, undefined, 4, 5, 6], 'days side by side are one gap', ({ gaps }) => gaps.length === 1],
  [[1, undefined, 3, undefined, 5], 'lonely days are dots, and so is the open one', ({ dots }) => dots.length === 3],
  [[undefined, undefined], 'nothing is nothing', ({ line, dots }) => line === '' && dots.length === 0],
  [[7], 'one day is a dot in the middle', ({ dots, xTicks }) => dots.length === 1 && xTicks[0]?.anchor === 'middle'],
  [[0, 0], 'no sessions at all lie on the baseline', ({ line, bottom }) => numbers(line)[1] === bottom],
  [[1, 0], 'an axis of whole numbers', ({ yTicks }) => yTicks.map(({ label }) => label).join() === '0,1'],
  [[3, 0], 'has no halves', ({ yTicks }) => yTicks.map(({ label }) => label).join() === '0,1,2,3'],
  [
    [1, 2, 3, 4, 5, 6, 7],
    'days are named at one distance, the last is',
    ({ xTicks }) => xTicks.map(({ at }) => at).join() === '0,2,4,6',
  ],
  [[100, 0], 'and is round', ({ yTicks }) => yTicks.map(({ label }) => label).join() === '0,50,100'],
]
for (const [values, what, expected] of drawn) {
  test(`[${values.join()}]: ${what}`, () => assert.ok(expected(draw(values)), JSON.stringify(draw(values))))
}

const someValues = fc.array(fc.option(fc.nat({ max: 10_000_000 }), { nil: undefined }), {
  minLength: 1,
  maxLength: 400,
})

test('a chart stays inside its frame, begins at zero and has at most five labels on an axis', () => {
  fc.assert(
    fc.property(someValues, fc.constantFrom(2, 3, 5, 9), (values, labels) => {
      const chart = lineChart(values, { ...size, labels }, String)
      const { left, right, bottom } = chart
      const isInside = (x: number, y: number) => x >= left - 0.1 && x <= right + 0.1 && y >= 0 && y <= bottom
      for (const path of [chart.line, chart.openLine, chart.area]) {
        const all = numbers(path)
        for (let at = 0; at < all.length; at += 2) assert.ok(isInside(all[at] ?? -1, all[at + 1] ?? -1), path)
      }
      for (const { x, y } of chart.dots) assert.ok(isInside(x, y))
      for (const { x, width } of [...chart.gaps, ...chart.spots]) assert.ok(x >= left && x + width <= right + 0.2)
      assert.ok(chart.yTicks.length >= 2 && chart.yTicks.length <= 5)
      assert.ok(chart.xTicks.length <= 5 && chart.xTicks.length >= 1)
      assert.equal([chart.yTicks[0]?.label, chart.yTicks[0]?.y], ['0', bottom])
      assert.is(new Set(chart.xTicks.map(({ at }) => at)).size, chart.xTicks.length)
      assert.ok(chart.yTicks.every(({ label }) => Number.isInteger(Number(label))))
    }),
  )
})

test('higher is higher, a missing value is nowhere, and what is missing changes nothing else', () => {
  fc.assert(
    fc.property(someValues, (values) => {
      const { spots, gaps } = draw(values)
      assert.is(spots.length, values.length)
      for (const [at, value] of values.entries()) {
        const before = values[at - 1]
        assert.is(spots[at]?.y === undefined, value === undefined)
        if (value === undefined || before === undefined) continue
        assert.ok(value >= before ? (spots[at]?.y ?? 0) <= (spots[at - 1]?.y ?? 0) : true)
      }
      assert.is(gaps.length === 0, !values.includes(undefined))
    }),
  )
})

test.run()
