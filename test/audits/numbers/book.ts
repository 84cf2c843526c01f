// Keeps books of what was played: a line for each thing that somebody did, and sums of lines. Nothing of the library.
import type { Quantity, Span } from '../disclosure/facts.js'
import { cellsOf, dayOfCell } from '../disclosure/traffic.js'
import { dayAt, type World } from '../disclosure/world.js'

interface Line {
  client: string
  day: string
  measure: Exclude<Quantity['measure'], 'players'>
  name: string
  amount: number
}

export interface Sums {
  sessions: number
  calls: number
  errors: number
  players: number
}

/** Names that are kept of one client's day; the rest are counted together. One place is for these. */
const maxFeatures = 255
const others = '(other)'

export const everybodyRefused = '(refused)'

export class Book {
  readonly lines: Line[] = []
  readonly players: { client: string; day: string; player: string }[] = []
  readonly clients: Set<string>
  readonly #byClient = new Map<string, Line[]>()
  readonly #known = new Map<string, number>()

  constructor(world: World & { refusedFor: readonly string[] }) {
    const named = new Map<string, Set<string>>()
    for (const cell of cellsOf(world)) {
      const day = dayOfCell(cell)
      const names = named.get(`${cell.client} ${day}`) ?? new Set()
      named.set(`${cell.client} ${day}`, names)
      const name = names.has(cell.feature) || names.size < maxFeatures ? cell.feature : others
      names.add(name)
      const line = { client: cell.client, day, name }
      this.lines.push(
        { ...line, measure: 'sessions', amount: cell.sessions },
        { ...line, measure: 'calls', amount: cell.ok + cell.errors },
        { ...line, measure: 'errors', amount: cell.errors },
      )
    }
    for (const { client, player, daysAgo, metrics = {} } of world.visits) {
      const day = dayAt(daysAgo)
      if (player !== '') this.players.push({ client, day, player })
      for (const [name, amount] of Object.entries(metrics)) {
        this.lines.push({ client, day, measure: 'metric', name, amount })
      }
    }
    for (const [at, { daysAgo, publicKey }] of (world.refused ?? []).entries()) {
      const [name = '', day] = [world.refusedFor[at], dayAt(daysAgo)]
      const line = { day, measure: 'refusals' as const, name, amount: 1 }
      this.lines.push({ ...line, client: everybodyRefused })
      if (name === 'retired') this.lines.push({ ...line, client: publicKey ?? '' })
    }
    for (const line of this.lines) {
      const its = this.#byClient.get(line.client) ?? []
      this.#byClient.set(line.client, its)
      its.push(line)
    }
    this.clients = new Set(this.lines.map(({ client }) => client).filter((client) => client !== everybodyRefused))
  }

  /** Without a client everybody's, without a name the sum of all. */
  sum(quantity: Quantity): number {
    const { client, measure, name, from, to } = quantity
    const asked = JSON.stringify([client, measure, name, from, to])
    const sum = this.#known.get(asked) ?? this.#sum(quantity)
    this.#known.set(asked, sum)
    return sum
  }

  #sum({ client, measure, name, from, to }: Quantity): number {
    if (measure === 'players') return this.#players(client, { from, to })
    const fits = (line: Line) =>
      line.measure === measure &&
      (client === undefined ? line.client !== everybodyRefused : line.client === client) &&
      (name === undefined || line.name === name) &&
      line.day >= from &&
      line.day <= to
    const lines = client === undefined ? this.lines : (this.#byClient.get(client) ?? [])
    return lines.reduce((sum, line) => (fits(line) ? sum + line.amount : sum), 0)
  }

  sums(client: string | undefined, span: Span): Sums {
    const of = (measure: Quantity['measure']) => this.sum({ ...(client !== undefined && { client }), measure, ...span })
    return { sessions: of('sessions'), calls: of('calls'), errors: of('errors'), players: of('players') }
  }

  /** By name, what is not 0. */
  named(client: string, measure: Line['measure'], { from, to }: Span): Map<string, number> {
    const found = new Map<string, number>()
    for (const line of this.#byClient.get(client) ?? []) {
      if (line.measure !== measure || line.day < from || line.day > to) continue
      found.set(line.name, (found.get(line.name) ?? 0) + line.amount)
    }
    return new Map([...found].filter(([, amount]) => amount !== 0))
  }

  /** Days on which a client did anything, in order. */
  days(client: string): string[] {
    return [...new Set((this.#byClient.get(client) ?? []).map(({ day }) => day))].sort()
  }

  /** Clients that did anything, refusals aside. */
  active({ from, to }: Span): string[] {
    return [...this.clients].filter((client) => {
      const { sessions, calls } = this.sums(client, { from, to })
      return sessions + calls > 0
    })
  }

  #players(client: string | undefined, { from, to }: Span): number {
    const seen = this.players.filter((one) => one.client === client && one.day >= from && one.day <= to)
    return new Set(seen.map(({ player }) => player)).size
  }
}
