// What somebody can work out who knows sums of numbers, and not the numbers.

/** How often each unknown number is in a sum. */
export type Sum = ReadonlyMap<string, number>

export interface Told {
  sum: Sum
  amount: number
}

// The largest prime below 2^26: products stay whole in a double, and nothing is lost to rounding.
const prime = 67_108_859

const wrap = (value: number) => ((value % prime) + prime) % prime

/** All that follows from sums by adding and subtracting them, however often. */
export class Knowledge {
  /** In each row its own column is 1, and in all others 0. */
  readonly #rows = new Map<string, Map<string, number>>()

  constructor(told: Iterable<Sum> = []) {
    for (const sum of told) this.learn(sum)
  }

  /** How many sums were told that did not follow from the ones before. */
  get size(): number {
    return this.#rows.size
  }

  /** Answers whether it was new. */
  learn(sum: Sum): boolean {
    const rest = this.unknownIn(sum)
    const [first] = rest
    if (!first) return false
    const [column, value] = first
    const unit = inverse(value)
    const row = new Map(Array.from(rest, ([name, amount]) => [name, (amount * unit) % prime]))
    for (const other of this.#rows.values()) subtract(other, row, other.get(column) ?? 0)
    this.#rows.set(column, row)
    return true
  }

  /** What of a sum does not follow; empty where all of it does. */
  unknownIn(sum: Sum): Map<string, number> {
    const rest = new Map<string, number>()
    for (const [name, amount] of sum) if (wrap(amount) !== 0) rest.set(name, wrap(amount))
    for (const name of [...rest.keys()]) {
      const row = this.#rows.get(name)
      if (row) subtract(rest, row, rest.get(name) ?? 0)
    }
    return rest
  }

  tells(sum: Sum): boolean {
    return this.unknownIn(sum).size === 0
  }
}

function subtract(from: Map<string, number>, row: Sum, times: number): void {
  if (times === 0) return
  for (const [name, amount] of row) {
    const left = wrap((from.get(name) ?? 0) - amount * times)
    if (left === 0) from.delete(name)
    else from.set(name, left)
  }
}

/** By Fermat: value^(p - 2). */
function inverse(value: number): number {
  let [result, base] = [1, value]
  for (let exponent = prime - 2; exponent > 0; exponent = Math.floor(exponent / 2)) {
    if (exponent % 2 === 1) result = (result * base) % prime
    base = (base * base) % prime
  }
  return result
}

/**
 * Between which bounds each number must be that is in these sums, when none is below zero and all are whole. Looks at one sum
 * at a time, until nothing changes. `least`: what is known to be more than nothing.
 */
export function boundsOf(told: readonly Told[], least: ReadonlyMap<string, number> = new Map()) {
  const bounds = new Map<string, { least: number; most: number }>()
  const boundOf = (name: string) => {
    const known = bounds.get(name) ?? { least: least.get(name) ?? 0, most: Number.POSITIVE_INFINITY }
    bounds.set(name, known)
    return known
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const { sum, amount } of told) {
      for (const [name, times] of sum) {
        // What the others can be at least and at most.
        let [low, high] = [0, 0]
        for (const [other, factor] of sum) {
          if (other === name) continue
          const { least, most } = boundOf(other)
          low += factor > 0 ? factor * least : factor * most
          high += factor > 0 ? factor * most : factor * least
        }
        const ends = [(amount - high) / times, (amount - low) / times].sort((one, another) => one - another)
        const bound = boundOf(name)
        const least = Math.max(bound.least, Math.ceil((ends[0] ?? 0) - 1e-9))
        const most = Math.min(bound.most, Math.floor((ends[1] ?? 0) + 1e-9))
        if (least > bound.least || most < bound.most) changed = true
        bound.least = least
        bound.most = most
      }
    }
  }
  return bounds
}
