import { sentence } from '../format.js'
import { code, link, listed, rich, strong } from '../rich.js'
import { format, sessions } from './nouns.js'

/** Of a number against the one of the period before. */
export type Comparison = 'none' | 'same' | 'more' | 'fewer'
/** What a chart shows. */
export interface Described {
  days: string
  most?: { sessions: number; when: string }
  /** How many of its days, weeks or months are withheld. */
  withheld: number
}

export const stats = {
  summary: (count: number, change: Comparison, percent: string) => {
    const changes = {
      none: 'none in the 30 before',
      same: 'about as many as in the 30 before',
      more: `${percent} more than in the 30 before`,
      fewer: `${percent} fewer than in the 30 before`,
    }
    return sentence(`${sessions(count)} in the past 30 days, ${changes[change]}.`)
  },
  summaryOfOld: (allSessions: number) =>
    sentence(`${sessions(0)} in the past 30 days; ${sessions(allSessions)} in all.`),
  mostUsed: (feature: string) => rich` Most used: ${code(feature)}.`,
  newlyUsed: (features: readonly string[]) => [' Newly used: ', ...listed(features), '.'],
  numbersTitle: 'Numbers',
  past30Days: 'Past 30 days',
  allTime: 'All time',
  utcDays: (days: string) => `${days}, UTC`,
  sessions: 'Sessions',
  calls: 'Calls',
  players: 'Distinct players',
  share: 'Share',
  errors: 'Errors',
  withheld: 'withheld',
  withholding: (players: number) =>
    `Numbers that fewer than ${players} players share are withheld, and so is what they could be worked out from.`,
  daysHint: 'Days begin at 00:00 UTC.',
  playersHint: 'Distinct players are an estimate; ± is its error, 19 times in 20.',
  files: (csv: string, json: string, publicKey: string) =>
    rich`The same as ${link(csv, 'CSV')} or ${link(json, 'JSON')} · public key ${code(publicKey)}`,
  ranges: { '7': '7 days', '30': '30 days', '90': '90 days', '365': '1 year', all: 'All' },
  rangesTitle: 'Range',
  over: { day: 'Sessions a day', week: 'Sessions a week', month: 'Sessions a month' },
  units: { day: 'Day', week: 'Week', month: 'Month' },
  described: ({ days, most, withheld }: Described) =>
    `${days}, UTC.${most ? ` Most: ${sessions(most.sessions)}, ${most.when}.` : ''}${withheld > 0 ? ` Withheld: ${format.count(withheld)}.` : ''}`,
  tip: (days: string, count?: number) => `${days}: ${count === undefined ? 'withheld' : sessions(count)}`,
  legend: 'The dashed end is not over yet.',
  legendOfGaps: 'Grey is withheld.',
  nothingDrawn: 'No sessions in this range. Choose a longer one.',
  allWithheld: 'Too few players at a time: nothing of this range may be drawn.',
  asTable: 'As a table',
  sessionsTitle: 'Sessions by method',
  featuresTitle: 'Features',
  trend: 'Trend',
  trends: { more: 'more than before', same: 'about as before', fewer: 'fewer than before', new: 'new' },
  trendHint: 'The trend compares calls with the 30 days before; → is less than 10\u00a0% either way.',
  rest: (count: number) => `${format.count(count)} more`,
  metricsTitle: 'The game’s own numbers',
  unknown: '(unknown): calls of what is no feature of this server: it is not declared, and it was never answered well.',
  other: '(other): what was too rare to be listed by name on a day with very many names.',
  retired: (day: string) =>
    rich`${strong('This client is retired')} since ${day}, UTC. Logins with its public key are refused; its numbers stay.`,
  none: 'No numbers yet: no call has come with this key.',
  makeOne: 'Make one from a terminal, with a player’s name and password in place, and open this page again.',
  publicKey: (publicKey: string) => rich`Public key: ${code(publicKey)}`,
}
