import type { Committer } from './committer.js'
import type { Secret } from './secret.js'
import type { Store, StoreState } from './store.js'

/** What an operator's health check reads. */
export interface Health {
  /** `down` also where the store answers and takes no writes. */
  store: StoreState
  /** Records that are not on the store yet. */
  waiting: number
  /** How long the oldest of them has waited, in milliseconds. */
  oldestMs: number
  /** Session bindings that were given up, because the store was down for too long. */
  dropped: number
  /**
   * Requests with a body at a protocol's address that nobody could read: too large, aborted, packed in a way that we do not know, or
   * no call at all; and calls that are no logins and were answered with a session id.
   */
  unread: number
  /** Logins that went well and showed no session where the protocol says it is, or whose answer could not be looked into. */
  unlearned: number
  /** Expired records stay in the store, because it can neither drop nor list them. */
  growing: boolean
  /** Whether the secret was `given` or, for lack of one, `made` and kept in the store, where it protects less. */
  secret: 'given' | 'made'
  /** The store's last failure, since the process began. */
  lastError?: {
    /** `store_failed` or `store_timeout`. */
    code: string
    /** UTC, ISO 8601. */
    at: string
  }
}

/** `bindings` and `requests` are above the storage, and are asked for their numbers only. */
export function healthOf(parts: {
  store: Store
  committer: Committer
  secret: Secret
  bindings: Pick<Health, 'dropped'>
  requests: Pick<Health, 'unread' | 'unlearned'>
}): Health {
  const { store, committer, secret, bindings, requests } = parts
  return {
    // A store that answers but takes nothing is of no use.
    store: committer.isFailing ? 'down' : store.state,
    waiting: committer.unsaved + secret.waiting,
    oldestMs: committer.oldestMs,
    dropped: bindings.dropped,
    unread: requests.unread,
    unlearned: requests.unlearned,
    growing: store.isGrowing,
    secret: secret.given ? 'given' : 'made',
    ...(store.lastError ? { lastError: store.lastError } : {}),
  }
}
