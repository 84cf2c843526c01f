import type { Clientele } from '../../../src/index.js'
import { until } from '../../helpers/faulty.js'

const now = Date.now

/** Plays while the clock says that it is so many days ago. */
export async function daysAgo(days: number, play: () => Promise<void>): Promise<void> {
  Date.now = () => now() - days * 86_400_000
  try {
    await play()
  } finally {
    Date.now = now
  }
}

export interface Traffic {
  sessions: number
  players: number
  /** By feature, in each session. */
  calls: Record<string, number>
  /** How many of the calls of a feature failed, in each session. */
  failed?: number
}

let sessionsMade = 0

/** Sessions of players in turn, each with the same calls. */
export async function playAs(clients: Clientele, publicKey: string, traffic: Traffic): Promise<void> {
  const { sessions, players, calls, failed = 0 } = traffic
  const sessionIds = Array.from({ length: sessions }, () => `session ${sessionsMade++}`)
  await Promise.all(
    sessionIds.map((sessionId, at) =>
      clients.openSession({ sessionId, publicKey, method: 'empire.login', playerId: `player ${at % players}` }),
    ),
  )
  for (const sessionId of sessionIds) {
    for (const [feature, times] of Object.entries(calls)) {
      for (let at = 0; at < times; at++) await clients.track({ sessionId, feature, failed: at < failed })
    }
  }
}

/** Waits until everything is on the store. */
export function settled(clients: Clientele): Promise<void> {
  return until(() => clients.health().waiting === 0, 'everything was written')
}
