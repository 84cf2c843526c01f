import { scaleLinear } from 'd3-scale'
import { area, line } from 'd3-shape'

/** The size of a drawing in its own units, and how many labels its lower axis has at most: two or more. */
export interface ChartSize {
  width: number
  height: number
  labels: number
}

/** A line over time as data: coordinates and paths. A template draws it. */
export interface LineChart extends Omit<ChartSize, 'labels'> {
  /** Of the plot, without the labels. */
  left: number
  right: number
  bottom: number
  /** The line, broken where a value is missing, and the ground under it. */
  line: string
  area: string
  /** To the last point, which is not yet final. */
  openLine: string
  /** Points that no line meets, and the last. */
  dots: { x: number; y: number; isOpen: boolean }[]
  /** Where values are missing. */
  gaps: { x: number; width: number }[]
  /** A column for each point, for a pointer to be over; without `y` where the value is missing. */
  spots: { x: number; width: number; middle: number; y?: number }[]
  /** At most five each. */
  xTicks: { x: number; at: number; anchor: 'start' | 'middle' | 'end' }[]
  yTicks: { y: number; label: string }[]
}

/** Room around the plot: above for the highest label, below for the days; a digit is at most 8 wide. */
const roomAbove = 12
const roomBelow = 26
const digitWidth = 8
const maxLabels = 5

/** Draws whole numbers from zero up; undefined leaves a gap. The last one is not yet final. */
export function lineChart(
  values: readonly (number | undefined)[],
  { width, height, labels }: ChartSize,
  format: (value: number) => string,
): LineChart {
  const { most, ticks } = axisTo(Math.max(1, ...values.map((value) => value ?? 0)))
  const bottom = height - roomBelow
  const y = scaleLinear([0, most], [bottom, roomAbove])
  const yTicks = ticks.map((value) => ({ y: round(y(value)), label: format(value) }))
  const left = digitWidth * Math.max(...yTicks.map(({ label }) => label.length)) + 8
  // Not to the edge: the last dot has a radius.
  const right = width - 5
  const last = values.length - 1
  const x = last === 0 ? () => (left + right) / 2 : scaleLinear([0, last], [left, right])
  const half = last === 0 ? (right - left) / 2 : (right - left) / last / 2
  const points = values.map((value, at) => ({ value, x: x(at), y: y(value ?? 0) }))
  const closed = points.slice(0, -1)
  const isMissing = (at: number) => points[at]?.value === undefined
  const column = (from: number, to: number) => {
    const start = Math.max(left, x(from) - half)
    return { x: round(start), width: round(Math.min(right, x(to) + half) - start) }
  }
  const drawn = line<Point>(
    (point) => point.x,
    (point) => point.y,
  )
    .defined(hasValue)
    .digits(1)
  const ground = area<Point>(
    (point) => point.x,
    bottom,
    (point) => point.y,
  )
    .defined(hasValue)
    .digits(1)
  return {
    ...{ width, height, left, right, bottom },
    line: drawn(closed) ?? '',
    area: ground(closed) ?? '',
    openLine: last > 0 && !isMissing(last - 1) && !isMissing(last) ? (drawn(points.slice(-2)) ?? '') : '',
    dots: points.flatMap((point, at) => {
      const isOpen = at === last
      const isAlone = isMissing(at - 1) && isMissing(at + 1)
      return hasValue(point) && (isOpen || isAlone) ? [{ x: round(point.x), y: round(point.y), isOpen }] : []
    }),
    gaps: runsOf(values).map(([from, to]) => column(from, to)),
    spots: points.map((point, at) => ({
      ...column(at, at),
      middle: round(point.x),
      ...(hasValue(point) && { y: round(point.y) }),
    })),
    xTicks: ticksAmong(values.length, Math.min(labels, maxLabels)).map((at) => ({
      at,
      x: round(x(at)),
      anchor: last === 0 ? 'middle' : at === 0 ? 'start' : at === last ? 'end' : 'middle',
    })),
    yTicks,
  }
}

interface Point {
  value: number | undefined
  x: number
  y: number
}

const hasValue = ({ value }: Point) => value !== undefined

/** An axis of whole numbers that ends at or above `highest`, with at most five labels. */
function axisTo(highest: number): { most: number; ticks: number[] } {
  for (let count = maxLabels - 1; count > 1; count--) {
    const scale = scaleLinear([0, highest], [0, 1]).nice(count)
    const ticks = scale.ticks(count).filter(Number.isInteger)
    if (ticks.length <= maxLabels) return { most: scale.domain()[1] ?? highest, ticks }
  }
  return { most: highest, ticks: [0, highest] }
}

/** The last, and others as far apart from each other as it takes to be no more than `most`. */
function ticksAmong(count: number, most: number): number[] {
  const step = Math.max(1, Math.ceil((count - 1) / (most - 1)))
  const ticks: number[] = []
  for (let at = count - 1; at >= 0; at -= step) ticks.unshift(at)
  return ticks
}

/** The first and last places of each run of missing values. */
function runsOf(values: readonly (number | undefined)[]): [from: number, to: number][] {
  const runs: [number, number][] = []
  for (const [at, value] of values.entries()) {
    if (value !== undefined) continue
    const run = runs.at(-1)
    if (run?.[1] === at - 1) run[1] = at
    else runs.push([at, at])
  }
  return runs
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
