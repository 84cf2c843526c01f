// A client's numbers as they may be shown: from the books, but only where the report API's own may be.
import type { ShownUsage } from '../../../src/usage/disclosure/suppression.js'
import { type Period, periods, type Quantity, type Span } from '../disclosure/facts.js'
import type { Book, Sums } from './book.js'

type Measure = 'sessions' | 'calls' | 'errors' | 'metric'

export interface ShownSums extends Omit<Sums, 'players'> {
  /** As the report API estimates them; undefined where they are withheld, or the game does not tell. */
  players: number | undefined
}

export class ClientNumbers {
  constructor(
    readonly book: Book,
    readonly client: string,
    readonly shown: ShownUsage,
    readonly smallestCrowd: number,
  ) {}

  get tellsPlayers(): boolean {
    return (
      this.book.sum({ client: this.client, measure: 'players', ...periods.all }) > 0 || this.sums('all').sessions === 0
    )
  }

  get first(): string {
    return this.book.days(this.client)[0] ?? periods.all.to
  }

  sums(period: Period): ShownSums {
    return { ...this.book.sums(this.client, periods[period]), players: this.shown[period].players }
  }

  named(measure: Measure | 'refusals', period: Period): Map<string, number> {
    return this.book.named(this.client, measure, periods[period])
  }

  /** Undefined where it is withheld. */
  amount(measure: Measure, name: string, period: Period): number | undefined {
    const { sessionsByMethod, features, metrics } = this.shown
    const rows: { name: string; recent?: unknown; before?: unknown; all?: unknown }[] =
      measure === 'sessions' ? sessionsByMethod : measure === 'metric' ? metrics : features
    const row = rows.find((one) => one.name === name)
    if (row && row[period] === undefined) return undefined
    return this.book.sum({ client: this.client, measure, name, ...periods[period] })
  }

  /** Undefined where it is withheld, or a day in it. A span of several days has no players. */
  span({ from, to }: Span): ShownSums | undefined {
    const { days, months } = this.shown
    const month = months.find((one) => one.month === from.slice(0, 7))
    if (month ? !month.sums : days.some(({ day, sums }) => day >= from && day <= to && !sums)) return undefined
    const { sessions, calls, errors } = this.book.sums(this.client, { from, to })
    const day = from === to ? days.find((one) => one.day === from) : undefined
    return { sessions, calls, errors, players: from === to ? (day ? day.sums?.players : 0) : undefined }
  }

  /** What of the API is not what was played. */
  faults(): string[] {
    const faults: string[] = []
    const hold = (what: string, api: number, quantity: Omit<Quantity, 'client'>) => {
      const { client } = this
      const played = this.book.sum({ client, ...quantity })
      const error = quantity.measure === 'players' ? Math.round(played * 0.0325) : 0
      if (Math.abs(api - played) > error)
        faults.push(`${client} ${what}: the API says ${api}, and ${played} were played`)
    }
    const sums = (what: string, api: Partial<Sums>, span: Span) => {
      for (const [measure, amount] of Object.entries(api)) {
        hold(`${what} ${measure}`, amount, { measure: measure as keyof Sums, ...span })
      }
    }
    const listed = { sessions: this.shown.sessionsByMethod, calls: this.shown.features, metric: this.shown.metrics }
    for (const [measure, rows] of Object.entries(listed)) {
      const inApi = rows.map(({ name }) => name).sort()
      const inBook = [...this.named(measure as Measure, 'all').keys()].sort()
      if (inApi.join() !== inBook.join())
        faults.push(`${this.client} ${measure}: ${inApi} in the API, ${inBook} played`)
    }
    for (const period of ['recent', 'before', 'all'] as const) {
      const span = periods[period]
      sums(period, this.shown[period], span)
      const { sessionsByMethod, metrics, features } = this.shown
      const amounts = [
        ...sessionsByMethod.map((row) => ['sessions', row] as const),
        ...metrics.map((row) => ['metric', row] as const),
      ]
      for (const [measure, { name, [period]: amount }] of amounts) {
        if (amount !== undefined) hold(`${period} ${name}`, amount, { measure, name, ...span })
      }
      for (const { name, [period]: amount } of features) {
        if (amount) hold(`${period} ${name}`, amount.calls, { measure: 'calls', name, ...span })
        if (amount) hold(`${period} ${name}, errors`, amount.errors, { measure: 'errors', name, ...span })
      }
    }
    for (const { day, sums: amounts } of this.shown.days) if (amounts) sums(day, amounts, { from: day, to: day })
    for (const { month, sums: amounts } of this.shown.months) {
      if (amounts) sums(month, amounts, { from: `${month}-01`, to: `${month}-31` })
    }
    return faults
  }
}
