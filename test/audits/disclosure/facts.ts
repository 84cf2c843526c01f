// What an outsider can read off a download: numbers, and what is written or drawn of them.
import { periodsOf } from '../../../src/usage/days.js'
import { today } from './world.js'

export interface Quantity {
  /** Everybody's where it is not said. */
  client?: string
  measure: 'sessions' | 'calls' | 'errors' | 'players' | 'metric' | 'refusals'
  /** Of the method, feature, metric or reason; none for the sum. */
  name?: string
  from: string
  to: string
}

export type Span = Pick<Quantity, 'from' | 'to'>

export interface Fact extends Quantity {
  where: string
  /** Undefined where it is withheld. */
  amount: number | undefined
}

/** What is written or drawn of numbers, and not the numbers themselves: shares, bars, arrows. */
export interface Derived {
  where: string
  of: Quantity[]
  /** Undefined where it is withheld. */
  text: string | undefined
  /** What it must be. */
  expected(...amounts: number[]): string
}

export interface Read {
  facts: Fact[]
  derived: Derived[]
}

const { recent, before } = periodsOf(today)
export const periods = { recent, before, all: { from: '0000-01-01', to: today } }
export type Period = keyof typeof periods

/** Collects what is read off one download. */
export class Reading implements Read {
  readonly facts: Fact[] = []
  readonly derived: Derived[] = []

  constructor(readonly where: string) {}

  fact(quantity: Quantity, amount: number | undefined): void {
    this.facts.push({ ...quantity, where: this.where, amount })
  }

  derive(of: Quantity[], text: string | undefined, expected: (...amounts: number[]) => string): void {
    this.derived.push({ where: this.where, of, text, expected })
  }
}
