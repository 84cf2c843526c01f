import { other, unknownFeature } from '../../row-names.js'
import type { Viewpoint } from '../web/page.js'
import { callsOf, wholeOf } from './activity.js'
import { type Answer, answerOf } from './answer.js'
import { clientLink, type KnownClients } from './client.js'
import type { Activity, ClientUse, FeatureUse } from './operator-reader.js'

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
const minCalls = 100
/** Two in three calls. */
const mostly = 2 / 3

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

/** What is mostly the work of bots? */
export function workOfBots(
  { links, messages }: Viewpoint,
  { recent, clients }: Activity,
  use: FeatureUse,
  known: KnownClients,
): Answer {
  const { format, operator } = messages
  const { answers } = operator
  const isOfficial = (publicKey: string) => known.get(publicKey)?.official === true
  if (!use.clients.some(({ publicKey }) => isOfficial(publicKey))) return { sentences: [[answers.botsUnmarked]] }
  const read = new Set(use.clients.map(({ publicKey }) => publicKey))
  const evidence = answers.botsEvidence(
    format.days(recent.from, recent.to),
    read.size,
    format.percent(callsOf(clients, read), wholeOf(clients).calls),
  )
  const found = botFeatures(use.clients, isOfficial)
  if (found.length === 0) return { sentences: [[answers.botsNone]], evidence }
  const sentence = ({ name, calls, foreign, clients, most }: BotFeature) =>
    answers.botFeature(name, format.percent(foreign, calls), calls, clients, clientLink(links, most.publicKey, known))
  return answerOf(found, sentence, answers.botsMore, evidence)
}
