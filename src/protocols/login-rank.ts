import type { Call } from './protocol.js'

/**
 * Of several ways to read a request the one with the highest rank is judged: 0 finds no call, 1 finds some, 2 finds a login among
 * them, and 3 a login with a public key.
 */
export function loginRank(calls: readonly Call[]): number {
  let rank = calls.length > 0 ? 1 : 0
  for (const { createsSession, publicKey } of calls) {
    if (createsSession) rank = Math.max(rank, publicKey === undefined ? 2 : 3)
  }
  return rank
}
