import type { StoreState } from './store.js'

/** What an operator's health check reads. */
export interface Health {
  store: StoreState
  /** Records that are not on the store yet. */
  waiting: number
  /** How long the oldest of them has waited. */
  oldestMs: number
  /** Session bindings that were given up, because the store was down for too long. */
  dropped: number
  /** Requests whose body could not be looked into: too large, aborted, or packed in a way that we do not know. */
  unread: number
  /** Expired records stay in the store, because it can neither drop nor list them. */
  growing: boolean
  secret: 'given' | 'made'
  lastError?: { code: string; at: string }
}
