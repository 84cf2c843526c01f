import { other, unknownFeature } from '../../row-names.js'
import { isClearlyMore, RESERVED, type Standing } from './model.js'

/** What one client used in the past 30 days, as far as it may be shown. */
export interface ClientUse {
  publicKey: string
  features: FeatureCell[]
}

export interface FeatureCell {
  name: string
  /** Undefined when they are withheld. */
  shown?: { calls: number; errors: number }
}

/** A feature that mostly other people's clients call. */
export interface BotFeature {
  name: string
  /** By all clients that were read, as far as they are shown. */
  calls: number
  /** Of these, by clients that are not the game's own. */
  foreign: number
  /** How many of those there are, and which of them calls it most. */
  clients: number
  most: { publicKey: string; calls: number }
}

/** Of less it cannot be said who mostly calls it. */
export const minCalls = 100
/** Two in three calls. */
export const mostly = 2 / 3

/** Features that are mostly bots' work, the ones with most of it first. Adds up only what is shown. */
export function botFeatures(clients: readonly ClientUse[], isOfficial: (publicKey: string) => boolean): BotFeature[] {
  const found = new Map<string, BotFeature>()
  for (const { publicKey, features } of clients) {
    for (const { name, shown } of features) {
      if (!shown || shown.calls === 0 || name === other || name === unknownFeature) continue
      const feature = found.get(name) ?? { name, calls: 0, foreign: 0, clients: 0, most: { publicKey: '', calls: 0 } }
      found.set(name, feature)
      feature.calls += shown.calls
      if (isOfficial(publicKey)) continue
      feature.foreign += shown.calls
      feature.clients++
      if (shown.calls > feature.most.calls) feature.most = { publicKey, calls: shown.calls }
    }
  }
  return [...found.values()]
    .filter(({ calls, foreign }) => calls >= minCalls && foreign >= calls * mostly)
    .sort((one, another) => another.foreign - one.foreign || (one.name < another.name ? -1 : 1))
}

/** One client had fewer sessions than another in the 30 days before, and has more in the past 30. */
export interface Overtaking {
  ahead: Standing
  /** The biggest of those that were overtaken. */
  behind: Standing
  /** How many more were overtaken. */
  more: number
}

/**
 * Who overtook whom, by sessions; the biggest first. The lead must be more than chance, and who did not exist before has
 * overtaken nobody that it was behind: it is new. Reserved rows are no clients, and `anonymous` is many.
 */
export function overtakings(standings: readonly Standing[]): Overtaking[] {
  const clients = standings
    .filter(({ publicKey, before }) => !RESERVED.includes(publicKey) && before.sessions > 0)
    .sort((one, another) => most(another) - most(one) || (one.publicKey < another.publicKey ? -1 : 1))
    .slice(0, maxCompared)
  return clients.flatMap((ahead) => {
    const overtaken = clients.filter(
      (behind) =>
        behind.before.sessions > ahead.before.sessions && isClearlyMore(ahead.recent.sessions, behind.recent.sessions),
    )
    const [behind, ...rest] = overtaken
    return behind ? [{ ahead, behind, more: rest.length }] : []
  })
}

/** Every pair of these is looked at; further down the list nobody asks who overtook whom. */
const maxCompared = 200

/** Who was overtaken may have nearly gone. */
function most({ recent, before }: Standing): number {
  return Math.max(recent.sessions, before.sessions)
}
