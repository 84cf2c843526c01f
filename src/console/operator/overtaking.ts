import type { Rich } from '../messages/rich.js'
import type { Viewpoint } from '../web/page.js'
import { type ClientActivity, isClearlyMore, shownSharedRows } from './activity.js'
import { type Answer, answerOf, maxSentences } from './answer.js'
import { clientLink, type KnownClients } from './client.js'
import type { Activity } from './operator-reader.js'

/** One client had fewer sessions than another in the 30 days before, and has more in the past 30. */
export interface Overtaking {
  ahead: ClientActivity
  /** The biggest of those that were overtaken. */
  behind: ClientActivity
  /** How many more were overtaken. */
  more: number
}

/** Every pair of these is looked at; further down the list nobody asks who overtook whom. */
const maxCompared = 200

/**
 * Who overtook whom, by sessions; the biggest first. The lead must be more than chance, and who did not exist before has
 * overtaken nobody that it was behind: it is new. Shared rows are no clients, and `anonymous` is many.
 */
export function overtakings(activities: readonly ClientActivity[]): Overtaking[] {
  const clients = activities
    .filter(({ publicKey, before }) => !shownSharedRows.includes(publicKey) && before.sessions > 0)
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

/** Who was overtaken may have nearly gone. */
function most({ recent, before }: ClientActivity): number {
  return Math.max(recent.sessions, before.sessions)
}

/** Whose names the answer needs. */
export function namedIn(found: readonly Overtaking[]): string[] {
  return found.slice(0, maxSentences).flatMap(({ ahead, behind }) => [ahead.publicKey, behind.publicKey])
}

/** Which client is overtaking which? `found`: as `overtakings` gives them. */
export function whoOvertakes(
  { links, messages }: Viewpoint,
  { recent, before }: Activity,
  found: readonly Overtaking[],
  known: KnownClients,
): Answer {
  const { format, operator } = messages
  const { answers } = operator
  const evidence = answers.overtakingEvidence(format.days(recent.from, recent.to), format.days(before.from, before.to))
  if (found.length === 0) return { sentences: [[answers.overtakingNone]], evidence }
  const sentence = ({ ahead, behind, more }: Overtaking): Rich => [
    ...answers.overtook(clientLink(links, ahead.publicKey, known), clientLink(links, behind.publicKey, known)),
    answers.overtookBy(
      [ahead.recent.sessions, behind.recent.sessions],
      [ahead.before.sessions, behind.before.sessions],
    ),
    ...(more > 0 ? [answers.overtookMore(more)] : []),
  ]
  return answerOf(found, sentence, answers.overtakingMore, evidence)
}
