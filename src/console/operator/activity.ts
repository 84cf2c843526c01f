import { anonymous } from '../../keys/key-format.js'
import { noClient, other, refused, unread } from '../../row-names.js'
import type { SummaryRow } from '../../usage/recording/shard.js'
import type { Sums } from '../../usage/report.js'
import type { Messages } from '../messages/en/en.js'

/** What is added up of everybody. Players are not: many of two clients are the same people. */
export type ActivitySums = Omit<Sums, 'players'>

/** What came under one public key in the past 30 days and in the 30 before. */
export interface ClientActivity {
  publicKey: string
  recent: ActivitySums
  before: ActivitySums
}

/** The shared rows that a page lists, in its order: they stand for no client of anybody's. Refusals have a place of their own. */
export const shownSharedRows: readonly string[] = [anonymous, noClient, unread, other]

export function activitiesOf(recent: readonly SummaryRow[], before: readonly SummaryRow[]): ClientActivity[] {
  const activities = new Map<string, ClientActivity>()
  for (const [rows, period] of [[recent, 'recent'] as const, [before, 'before'] as const]) {
    for (const [publicKey, sessions, calls, errors] of rows) {
      const activity = activities.get(publicKey) ?? inactive(publicKey)
      activity[period] = { sessions, calls, errors }
      activities.set(publicKey, activity)
    }
  }
  // It is no traffic, and has a place of its own.
  activities.delete(refused)
  return [...activities.values()]
}

/** Of who did nothing. */
export function inactive(publicKey: string): ClientActivity {
  const none = { sessions: 0, calls: 0, errors: 0 }
  return { publicKey, recent: none, before: none }
}

/** How many clients did anything in the past 30 days. */
export function countActive(activities: readonly ClientActivity[]): number {
  const isActive = ({ publicKey, recent }: ClientActivity) =>
    !shownSharedRows.includes(publicKey) && recent.sessions + recent.calls > 0
  return activities.filter(isActive).length
}

/** Everything of the past 30 days together, whoever it was. */
export function wholeOf(activities: readonly ClientActivity[]): ActivitySums {
  const sum = (pick: (sums: ActivitySums) => number) => activities.reduce((all, { recent }) => all + pick(recent), 0)
  return { sessions: sum((one) => one.sessions), calls: sum((one) => one.calls), errors: sum((one) => one.errors) }
}

/** The calls of some in the past 30 days. */
export function callsOf(activities: readonly ClientActivity[], publicKeys: ReadonlySet<string>): number {
  return activities.reduce((sum, { publicKey, recent }) => sum + (publicKeys.has(publicKey) ? recent.calls : 0), 0)
}

/** Two standard deviations of a difference of two counts: what is less may be chance. */
export function isClearlyMore(one: number, another: number): boolean {
  return one - another > 2 * Math.sqrt(one + another)
}

/** Below it a percentage says more than there is to know. */
const minForPercent = 20

/** How a count went from the 30 days before to the past 30. */
export type Trend =
  | { way: 'none' }
  | { way: 'new' }
  | { way: 'up' | 'down' | 'even'; change: number }
  | { way: 'up' | 'down' | 'even'; from: number }

export function trendOf(before: number, recent: number): Trend {
  if (before === 0) return { way: recent === 0 ? 'none' : 'new' }
  const way = isClearlyMore(recent, before) ? 'up' : isClearlyMore(before, recent) ? 'down' : 'even'
  return before < minForPercent ? { way, from: before } : { way, change: (recent - before) / before }
}

const arrows = { up: '↗', down: '↘', even: '→' }

export function trendText(trend: Trend, { format, operator: { list } }: Messages): string {
  if (trend.way === 'none') return '–'
  if (trend.way === 'new') return list.isNew
  if ('from' in trend) return `${arrows[trend.way]}\u00a0${list.from(trend.from)}`
  return `${arrows[trend.way]}\u00a0${format.change(trend.change)}`
}
