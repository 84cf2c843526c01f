// What somebody who has downloaded everything can find out of one client: whatever is added to and subtracted from whatever.
import { addDays, addMonths, monthOf } from '../../../src/usage/days.js'
import { boundsOf, Knowledge, type Sum } from '../../helpers/solver.js'
import { type Fact, periods, type Quantity, type Span } from './facts.js'
import { bands, isIn, type Made, numbersOf, sayMade } from './numbers.js'
import { type Cell, dayOfCell } from './traffic.js'

const { recent, before, all } = periods
const earlier = bands[2] as Span

export interface Found {
  /** Those that do not follow from the others. */
  equations: number
  /** How many numbers too few players share. */
  hidden: number
  /** Of these, what follows, and not from the totals alone, which are never withheld. */
  found: string[]
}

/** `facts`: what was told of one client. `cells`: what was done in truth. */
export function attack(facts: readonly Fact[], cells: readonly Cell[], smallestCrowd: number): Found {
  const counted = distinct(facts.filter(({ measure }) => ['sessions', 'calls', 'errors'].includes(measure)))
  const told = [...counted, ...beforeThat(counted), ...unused(counted, cells)]
  const isTotal = ({ name, from, to }: Fact) =>
    name === undefined && [...bands, all].some((period) => period.from === from && period.to === to)
  const model = new Model(told)
  const without = new Model(told, (fact) => isTotal(fact) || fact.where === nowhere)
  const hidden = numbersOf(cells, model.spans, smallestCrowd).filter((number) => model.isUnknown(number))
  const secret = hidden.filter((number) => !without.tells(number) && !without.isBounded(number))
  const found = [
    ...secret.filter((number) => model.tells(number)).map(sayMade),
    ...secret.filter((number) => model.isBounded(number)).map((number) => `${sayMade(number)}, by bounds`),
  ]
  return { equations: model.equations, hidden: hidden.length, found }
}

/** Whatever is shown on many pages is told once. */
function distinct(facts: readonly Fact[]): Fact[] {
  const byText = facts.map(({ measure, name, from, to, amount, ...fact }) => {
    return [
      `${measure} ${name} ${from} ${to} ${amount}`,
      { ...fact, measure, ...(name !== undefined && { name }), from, to, amount },
    ] as const
  })
  return [...new Map(byText).values()]
}

/** What is known, once of names on days, and once, for bounds, of names in periods and of days. */
class Model {
  readonly #names: string[]
  readonly #methods: string[]
  /** Days, and months of which no days are named. What is not named is nothing. */
  readonly spans: Span[]
  readonly #nothing = new Set<string>()
  readonly #knowledge: Knowledge
  readonly #bounds: ReturnType<typeof boundsOf>

  /** `told` says what there is; `isKnown`: of which of it the amount is known too. */
  constructor(told: readonly Fact[], isKnown = (_: Fact) => true) {
    this.#names = namesIn(told)
    this.#methods = namesIn(told.filter(({ measure }) => measure === 'sessions'))
    this.spans = spansIn(told)
    const known = told.filter((fact) => fact.amount !== undefined && isKnown(fact))
    this.#bounds = this.#boundsFrom(told, known)
    for (const fact of known) if (fact.amount === 0) this.#forget(fact, this.spans)
    // Whatever the server does not have fails.
    this.#forget({ measure: 'sessions', name: '(unknown)', ...all }, this.spans)
    for (const name of this.#names) {
      for (const band of bands) {
        for (const measure of ['sessions', 'errors'] as const) {
          if (this.#bounds.get(partOf(name, band, measure))?.most === 0)
            this.#forget({ measure, name, ...band }, this.spans)
        }
      }
    }
    this.#knowledge = new Knowledge(known.map((fact) => this.#sumOf(fact)))
  }

  get equations(): number {
    return this.#knowledge.size
  }

  /** Whether it is not known to be nothing. */
  isUnknown(number: Made): boolean {
    return this.#madeOf(number).size > 0
  }

  tells(number: Made): boolean {
    return this.#knowledge.tells(this.#madeOf(number))
  }

  /** Whether only one amount is possible. */
  isBounded({ measure, names = ['all'], spans }: Made): boolean {
    const [name, ...otherNames] = names
    const [span, ...otherSpans] = spans
    if (name === undefined || !span || otherNames.length + otherSpans.length > 0) return false
    const bound = this.#bounds.get(partOf(name, span, measure))
    return bound !== undefined && bound.least === bound.most && bound.least > 0
  }

  #madeOf({ measure, names, spans }: Made): Sum {
    const quantities = spans.flatMap((span): Quantity[] =>
      names ? names.map((name) => ({ measure, name, ...span })) : [{ measure, ...span }],
    )
    return new Map(quantities.flatMap((quantity) => [...this.#sumOf(quantity)]))
  }

  /** The unknown numbers that a told one is made of: what is called well and not, by names and days. */
  #sumOf(quantity: Quantity): Sum {
    const sum = this.#partsOf(quantity, this.spans, {
      sessions: ['sessions'],
      errors: ['errors'],
      calls: ['sessions', 'errors'],
    })
    return new Map(sum.flatMap((part) => (this.#nothing.has(part) ? [] : [[part, 1]])))
  }

  #partsOf({ measure, name, from, to }: Quantity, spans: readonly Span[], parts: Record<string, string[]>): string[] {
    const names = name !== undefined ? [name] : measure === 'sessions' ? this.#methods : this.#names
    const within = spans.filter((span) => span.from >= from && span.to <= to)
    return within.flatMap((span) =>
      names.flatMap((one) => (parts[measure] ?? []).map((part) => partOf(one, span, part))),
    )
  }

  #forget(quantity: Quantity, spans: readonly Span[]): void {
    const parts = { sessions: ['sessions'], errors: ['errors'], calls: ['sessions', 'errors'] }
    for (const part of this.#partsOf(quantity, spans, parts)) this.#nothing.add(part)
  }

  /** A session is a call that went well; whatever is named was called at least once. */
  #boundsFrom(told: readonly Fact[], known: readonly Fact[]) {
    const withheld = told.filter(({ measure, amount }) => measure === 'calls' && amount === undefined)
    const least = new Map(
      withheld.flatMap((fact) =>
        this.#wholesOf(fact).flatMap(([only, ...more]) => (only && more.length === 0 ? [[only, 1]] : [])),
      ),
    )
    const sums = known.flatMap((fact) =>
      this.#wholesOf(fact).map((parts) => ({ sum: new Map(parts.map((part) => [part, 1])), amount: fact.amount ?? 0 })),
    )
    const made = this.#names.flatMap((name) =>
      bands.map((band) => {
        const parts = { calls: -1, sessions: 1, errors: 1 }
        const sum = new Map(Object.entries(parts).map(([part, times]) => [partOf(name, band, part), times]))
        return { sum, amount: 0 }
      }),
    )
    const failed = bands.map((band) => ({ sum: new Map([[partOf('(unknown)', band, 'sessions'), 1]]), amount: 0 }))
    return boundsOf([...sums, ...made, ...failed], least)
  }

  /** What a told number is made of: names in periods, and, if it is of all names, days. */
  #wholesOf(fact: Fact): string[][] {
    const { measure, name, from, to } = fact
    const isPeriod = [...bands, all].some((period) => period.from === from && period.to === to)
    const ofBands = isPeriod
      ? this.#partsOf(fact, bands, { sessions: ['sessions'], errors: ['errors'], calls: ['calls'] })
      : []
    const days = name === undefined ? this.spans.filter((day) => day.from >= from && day.to <= to) : []
    return [ofBands, days.map((day) => partOf('all', day, measure))].filter((parts) => parts.length > 0)
  }
}

function spansIn(told: readonly Fact[]): Span[] {
  const used = told.filter(({ amount }) => amount !== 0)
  const days = [...new Set(used.filter(({ from, to }) => from === to).map(({ from }) => from))]
  const isMonth = ({ from, to }: Span) => from.endsWith('-01') && to === lastDayOf(from)
  const months = used.filter((fact) => isMonth(fact) && !days.some((day) => isIn(fact, day))).map(({ from }) => from)
  return [
    ...days.map((day) => ({ from: day, to: day })),
    ...[...new Set(months)].map((from) => ({ from, to: lastDayOf(from) })),
  ]
}

/** All time without the past 60 days: what is nothing there is nothing on each day of it. */
function beforeThat(facts: readonly Fact[]): Fact[] {
  const told = new Map(facts.map((fact) => [`${fact.measure} ${fact.name} ${fact.from} ${fact.to}`, fact.amount]))
  return facts.flatMap((fact) => {
    if (fact.from !== all.from) return []
    const [ever, ...since] = [all, recent, before].map(({ from, to }) =>
      told.get(`${fact.measure} ${fact.name} ${from} ${to}`),
    )
    if (ever === undefined || since.includes(undefined)) return []
    return [{ ...fact, ...earlier, amount: ever - (since[0] ?? 0) - (since[1] ?? 0) }]
  })
}

const nowhere = 'what is known without being told'

/** In which of the three periods a name was not used, or created no session: what a file does not name was not. */
function unused(facts: readonly Fact[], cells: readonly Cell[]): Fact[] {
  const listed = (['calls', 'sessions'] as const).flatMap((measure) =>
    namesIn(facts.filter((fact) => fact.measure === measure)).map((name) => ({ measure, name })),
  )
  const isUsed = ({ measure, name }: (typeof listed)[number], band: Span) =>
    cells.some(
      (cell) => cell.feature === name && isIn(band, dayOfCell(cell)) && (measure === 'calls' || cell.sessions > 0),
    )
  return bands.flatMap((band) =>
    listed.filter((one) => !isUsed(one, band)).map((one): Fact => ({ where: nowhere, ...one, ...band, amount: 0 })),
  )
}

function lastDayOf(month: string): string {
  return addDays(`${addMonths(monthOf(month), 1)}-01`, -1)
}

function namesIn(facts: readonly Fact[]): string[] {
  return [...new Set(facts.flatMap(({ name }) => name ?? []))]
}

function partOf(name: string, { from, to }: Span, part: string): string {
  return `${name} ${from} ${to} ${part}`
}
