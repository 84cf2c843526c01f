// The answers to the operator's two questions, worked out from what was played.
import type { ClientDetails } from '../../../src/index.js'
import { periods } from '../disclosure/facts.js'
import type { Book } from './book.js'

/** Rows that stand for no client. */
export const reservedKeys = ['anonymous', '(none)', '(unread)', '(other)']

export interface Seen {
  book: Book
  /** Who is registered. */
  names: Record<string, ClientDetails>
  /** Whether calls of a feature in the past 30 days are withheld where clients are compared. */
  isHidden(client: string, feature: string): boolean
}

interface BotFeature {
  name: string
  calls: number
  foreign: number
  clients: number
  most: string
}

export interface AnswersOf {
  bots: BotFeature[]
  /** How many clients the answer is from, and how many calls those made. */
  botClients: number
  botCalls: number
  overtakings: { ahead: string; behind: string; more: number }[]
}

const { recent, before } = periods

/** More than two standard deviations of a difference of counts. */
export function isClearlyMore(one: number, another: number): boolean {
  return one - another > 2 * (one + another) ** 0.5
}

/** Whose features are compared, the one with the most calls first. */
export function comparedClients({ book }: Pick<Seen, 'book'>): string[] {
  const calls = (client: string) => book.sum({ client, measure: 'calls', ...recent })
  return book
    .active(recent)
    .filter((client) => client !== '(none)' && client !== '(unread)' && calls(client) > 0)
    .sort((one, another) => calls(another) - calls(one) || (one < another ? -1 : 1))
    .slice(0, 50)
}

export function answersOf(seen: Seen): AnswersOf {
  const { book, names, isHidden } = seen
  const compared = comparedClients(seen)
  const features = new Set(compared.flatMap((client) => [...book.named(client, 'calls', recent).keys()]))
  const bots = [...features].flatMap((name): BotFeature[] => {
    if (name === '(other)' || name === '(unknown)') return []
    const users = compared
      .map((client) => ({ client, calls: book.sum({ client, measure: 'calls', name, ...recent }) }))
      .filter(({ client, calls }) => calls > 0 && !isHidden(client, name))
    const others = users.filter(({ client }) => names[client]?.official !== true)
    const sum = (some: typeof users) => some.reduce((all, one) => all + one.calls, 0)
    const [calls, foreign] = [sum(users), sum(others)]
    const [most] = others.toSorted((one, another) => another.calls - one.calls)
    return most && calls >= 100 && foreign >= (calls * 2) / 3
      ? [{ name, calls, foreign, clients: others.length, most: most.client }]
      : []
  })
  const sessions = (client: string, span: typeof recent) => book.sum({ client, measure: 'sessions', ...span })
  const size = (client: string) => Math.max(sessions(client, recent), sessions(client, before))
  const compete = book
    .active({ from: before.from, to: recent.to })
    .filter((client) => !reservedKeys.includes(client) && sessions(client, before) > 0)
    .sort((one, another) => size(another) - size(one) || (one < another ? -1 : 1))
  return {
    bots: bots.sort((one, another) => another.foreign - one.foreign || (one.name < another.name ? -1 : 1)),
    botClients: compared.length,
    botCalls: compared.reduce((all, client) => all + book.sum({ client, measure: 'calls', ...recent }), 0),
    overtakings: compete.flatMap((ahead) => {
      const overtaken = compete.filter(
        (one) =>
          sessions(one, before) > sessions(ahead, before) &&
          isClearlyMore(sessions(ahead, recent), sessions(one, recent)),
      )
      return overtaken[0] === undefined ? [] : [{ ahead, behind: overtaken[0], more: overtaken.length - 1 }]
    }),
  }
}
