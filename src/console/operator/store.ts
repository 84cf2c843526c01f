import type { BlindSpot } from '../../middleware/blind-spot-monitor.js'
import type { Health } from '../../storage/health.js'
import type { Holdings } from '../../usage/reading/ledger.js'
import type { Messages } from '../messages/en/en.js'

/** What the store page says, a row each. */
export function storeModel(
  health: Health,
  blindSpots: readonly BlindSpot[],
  held: Holdings & { registered: number; active: number },
  { format, operator: { holds } }: Messages,
) {
  const { lastError } = health
  return {
    state: holds[health.store],
    health: [
      [holds.waiting, format.count(health.waiting)],
      [holds.oldest, holds.seconds(Math.round(health.oldestMs / 1_000))],
      [holds.dropped, format.count(health.dropped)],
      [holds.unread, format.count(health.unread)],
      [holds.unlearned, format.count(health.unlearned)],
      [holds.growing, health.growing ? holds.isGrowing : holds.isDropped],
      [holds.secret, holds[health.secret]],
    ],
    blind: blindSpots.map(({ feature, place, logins }) => holds.blind(feature, place, logins)),
    lastError: lastError && holds.since(lastError.code, lastError.at.slice(0, 19).replace('T', ' ')),
    holdings: [
      [holds.registered, format.count(held.registered)],
      [holds.active, format.count(held.active)],
      [holds.writers, format.count(held.writers)],
      [holds.first, held.first ? format.day(held.first) : holds.notYet],
      [holds.through, held.through ? format.month(held.through) : holds.notYet],
    ],
  }
}
