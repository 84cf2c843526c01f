import { hash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Committer } from '../storage/committer.js'
import { sessionPath } from '../storage/paths.js'
import type { Secret } from '../storage/secret.js'
import type { Store } from '../storage/store.js'

/** Who started a session: the client, and the seat of the player in its crowds. */
export interface Starter {
  publicKey: string
  /** Nobody had registered it, so it takes one of the rows that a day has for such, or shares the last. */
  isMadeUp?: true
  seat?: number
}

interface Binding {
  /** Absent once the session has ended: its record in the store may still be the old one. */
  publicKey?: string
  isMadeUp?: true
  /** Of the player; absent as long as the secret is not known. */
  seat?: number
  /** When it was last written; it lives for the TTL from then. */
  boundAtMs: number
}

/** Bindings that may wait in memory for a store that is down. */
const mostUnsaved = 100_000

/**
 * Which client started a session. Neither the store nor the memory holds a session id: the store has a hash under the
 * secret, the memory one under a salt that dies with the process.
 */
export class SessionBindings {
  /** Bindings that were never written, because the store was down for too long. */
  dropped = 0
  readonly #store: Store
  readonly #committer: Committer
  readonly #secret: Secret
  readonly #ttlMs: number
  readonly #cache: LRUCache<string, Binding>
  readonly #salt = randomBytes(16).toString('base64')

  constructor(store: Store, committer: Committer, secret: Secret, ttlMs: number, mostCached: number) {
    this.#store = store
    this.#committer = committer
    this.#secret = secret
    this.#ttlMs = ttlMs
    this.#cache = new LRUCache({ max: mostCached })
  }

  /** The seat is for the caller to add, when the secret is there. */
  bind(sessionId: string, starter: Starter, urgent: boolean): Starter {
    const binding = { ...starter, boundAtMs: Date.now() }
    this.#put(sessionId, binding, urgent)
    return binding
  }

  /** Who started a session, in this process's memory; renews the binding when a quarter of its life has passed. */
  held(sessionId: string): Starter | undefined {
    const binding = this.#cache.get(this.#memoryId(sessionId))
    if (!hasStarter(binding)) return undefined
    const ageMs = Date.now() - binding.boundAtMs
    // Another process may have renewed it since: the store knows.
    if (ageMs >= this.#ttlMs) return undefined
    if (ageMs > this.#ttlMs / 4) void this.#renew(sessionId, binding)
    return binding
  }

  /** Who started a session, from the store where the memory does not know it. Rejects when the store fails. */
  async find(sessionId: string): Promise<Starter | undefined> {
    const held = this.held(sessionId)
    if (held !== undefined) return held
    if (this.#hasEnded(sessionId)) return undefined
    if (!(await this.#secret.asked())) return undefined
    const text = await this.#store.get(this.#path(sessionId))
    if (text === undefined) return undefined
    this.#cache.set(this.#memoryId(sessionId), JSON.parse(text) as Binding)
    return this.held(sessionId)
  }

  // The game may have given the same id to another client's login since, in another process.
  async #renew(sessionId: string, binding: Binding): Promise<void> {
    const renewed = { ...binding, boundAtMs: Date.now() }
    // At once, so that the next call does not renew it again.
    this.#cache.set(this.#memoryId(sessionId), renewed)
    try {
      const text = await this.#store.get(this.#path(sessionId))
      const kept = text === undefined ? binding : (JSON.parse(text) as Binding)
      if (kept.boundAtMs > binding.boundAtMs) this.#cache.set(this.#memoryId(sessionId), kept)
      else this.#put(sessionId, renewed, false)
    } catch {
      // The store has reported it; what is known stays as it is.
      this.#put(sessionId, renewed, false)
    }
  }

  /** Forgets a session; the record that says so goes through the same queue as the binding, so it lands after it. */
  end(sessionId: string): void {
    this.#put(sessionId, { boundAtMs: Date.now() }, false)
  }

  #hasEnded(sessionId: string): boolean {
    const binding = this.#cache.get(this.#memoryId(sessionId))
    return binding !== undefined && binding.publicKey === undefined
  }

  #put(sessionId: string, binding: Binding, urgent: boolean): void {
    this.#cache.set(this.#memoryId(sessionId), binding)
    if (this.#committer.waiting + this.#secret.waiting >= mostUnsaved) {
      this.dropped++
      return
    }
    this.#secret.use(() => {
      const name = this.#path(sessionId)
      this.#committer.put({ name, ttlMs: this.#ttlMs, encode: () => JSON.stringify(binding) }, urgent)
    })
  }

  #path(sessionId: string): string {
    return sessionPath(this.#secret.hash('session', sessionId).toString('hex').slice(0, 40))
  }

  // A seventh of the cost of an HMAC, on every call.
  #memoryId(sessionId: string): string {
    return hash('sha256', this.#salt + sessionId, 'base64')
  }
}

function hasStarter(binding: Binding | undefined): binding is Binding & Starter {
  return binding?.publicKey !== undefined
}
