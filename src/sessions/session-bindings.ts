import { hash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Committer } from '../storage/committer.js'
import { sessionPath } from '../storage/paths.js'
import type { Secret } from '../storage/secret.js'
import type { Store } from '../storage/store.js'
import type { Attribution } from '../usage/attribution.js'
import {
  type Binding,
  encodeBinding,
  hasStarted,
  type Link,
  parseBinding,
  type Session,
  type Started,
} from './stored-binding.js'

/** A game takes the last token for a while after it has given a new one; more it hardly takes. */
const maxOldIds = 3
/** That one login gives. */
const maxIds = 8
/** Bindings that may wait in memory for a store that is down. */
const maxUnsaved = 100_000

/**
 * Which client started a session. Neither the store nor the memory holds a session id: the store has a hash under the
 * secret, the memory one under a salt that dies with the process.
 *
 * Each id has a record of its own. All ids of a session name the record of its first id, and when that says that the session has
 * ended, it has under all of them: so one record is enough for ids that nobody remembers, and none grows with renewals.
 */
export class SessionBindings {
  /** Bindings that were never written, because the store was down for too long. */
  dropped = 0
  readonly #store: Store
  readonly #committer: Committer
  readonly #secret: Secret
  readonly #ttlMs: number
  readonly #maxCached: number
  readonly #cache: LRUCache<string, Binding>
  /** The sessions that ended here, by their first id's path: the memory may have other ids of theirs. */
  readonly #ended = new Set<string>()
  readonly #salt = randomBytes(16).toString('base64')

  constructor(store: Store, committer: Committer, secret: Secret, ttlMs: number, maxCached: number) {
    this.#store = store
    this.#committer = committer
    this.#secret = secret
    this.#ttlMs = ttlMs
    this.#maxCached = maxCached
    this.#cache = new LRUCache({ max: maxCached })
  }

  /** All of these ids, at most eight, name one session. The seat is for the caller to add, when the secret is there. */
  bind(sessionIds: readonly string[], attribution: Attribution, urgent: boolean): Attribution {
    const session: Session = { ...attribution }
    for (const sessionId of [...new Set(sessionIds)].slice(0, maxIds)) {
      this.#put(sessionId, { session, boundAtMs: Date.now() }, urgent)
    }
    return session
  }

  /**
   * Binds the session to a new id too; nothing where the memory does not know it. `false`: that id is another client's already,
   * and stays so. The old id lives on for its time; of those before it two do.
   */
  async renew(sessionId: string, renewed: string, urgent: boolean): Promise<boolean> {
    if (!this.#live(sessionId)) return true
    // As good as free when the store cannot be asked.
    await this.find(renewed).catch(() => undefined)
    // Only now: it may have ended meanwhile, and of two such renewals the other may have come first.
    const binding = this.#live(sessionId)
    const taken = this.#live(renewed)
    if (!binding || taken) return !binding || taken?.session.publicKey === binding.session.publicKey
    const ids = [binding.link, ...(binding.old ?? [])]
    for (const link of ids.slice(maxOldIds)) this.#outdate(link, binding.session)
    this.#put(renewed, { session: binding.session, boundAtMs: Date.now(), old: ids.slice(0, maxOldIds) }, urgent)
    return true
  }

  /** Who started a session, in this process's memory; renews the binding when a quarter of its life has passed. */
  held(sessionId: string): Attribution | undefined {
    const nowMs = Date.now()
    const binding = this.#live(sessionId, nowMs)
    if (!binding) return undefined
    if (nowMs - binding.boundAtMs > this.#ttlMs / 4) void this.#slide(sessionId, binding)
    return binding.session
  }

  /** Who started a session, from the store where the memory does not know it. Rejects when the store fails. */
  async find(sessionId: string): Promise<Attribution | undefined> {
    const held = this.held(sessionId)
    if (held !== undefined) return held
    const memoryId = this.#memoryId(sessionId)
    const known = this.#cache.get(memoryId)
    if (known && (!known.session || this.#hasEnded(known.session))) return undefined
    if (!(await this.#secret.asked())) return undefined
    const stored = await this.#read(memoryId, this.#path(sessionId))
    // Meanwhile it may have been bound or have ended here.
    if (stored && stored.boundAtMs > (this.#cache.peek(memoryId)?.boundAtMs ?? 0)) this.#cache.set(memoryId, stored)
    return this.held(sessionId)
  }

  /**
   * Forgets a session under all of its ids; the record that says so goes through the same queue as the binding, so it lands after
   * it.
   */
  async end(sessionId: string): Promise<void> {
    const memoryId = this.#memoryId(sessionId)
    const known = this.#cache.get(memoryId)
    const own = this.#put(sessionId, { boundAtMs: Date.now() }, false).link
    const binding = known ?? (await this.#asked(memoryId, sessionId))
    const session = binding?.session ?? binding?.outdatedOf
    this.#secret.use(() => {
      const first = session?.first ?? own.path
      if (first === undefined) return
      this.#remember(first)
      if (first !== own.path) this.#save({ link: { path: first }, boundAtMs: Date.now() }, false)
    })
    if (session) session.hasEnded = true
  }

  // The game may have given the same id to another client's login since, in another process.
  async #slide(sessionId: string, binding: Started): Promise<void> {
    const memoryId = this.#memoryId(sessionId)
    const slid = { ...binding, boundAtMs: Date.now() }
    // At once, so that the next call does not do it again.
    this.#cache.set(memoryId, slid)
    const kept = await this.#asked(memoryId, sessionId)
    if (this.#cache.peek(memoryId) !== slid || this.#hasEnded(slid.session)) return
    if (kept && kept.boundAtMs > binding.boundAtMs) this.#cache.set(memoryId, kept)
    else this.#put(sessionId, slid, false)
  }

  /** As the store has it; nothing when it fails, which it has reported. */
  async #asked(memoryId: string, sessionId: string): Promise<Binding | undefined> {
    try {
      return (await this.#secret.asked()) ? await this.#read(memoryId, this.#path(sessionId)) : undefined
    } catch {
      return undefined
    }
  }

  async #read(memoryId: string, path: string): Promise<Binding | undefined> {
    const text = await this.#store.get(path)
    if (text === undefined) return undefined
    const binding = parseBinding(text, { memoryId, path, isSaved: true })
    const { first } = binding.session ?? {}
    if (first === undefined || first === path) return binding
    const firstText = await this.#store.get(first)
    const firstBinding = firstText === undefined ? undefined : parseBinding(firstText, { path: first })
    if (!firstBinding || firstBinding.session || firstBinding.outdatedOf) return binding
    return { link: binding.link, boundAtMs: Math.max(binding.boundAtMs, firstBinding.boundAtMs) }
  }

  #live(sessionId: string, nowMs = Date.now()): Started | undefined {
    const binding = this.#cache.get(this.#memoryId(sessionId))
    if (!hasStarted(binding) || this.#hasEnded(binding.session)) return undefined
    // Another process may have written it since: the store knows.
    return nowMs - binding.boundAtMs < this.#ttlMs ? binding : undefined
  }

  #hasEnded({ hasEnded, first }: Session): boolean {
    return hasEnded === true || (this.#ended.size > 0 && first !== undefined && this.#ended.has(first))
  }

  #remember(first: string): void {
    this.#ended.add(first)
    if (this.#ended.size > this.#maxCached) this.#ended.delete(this.#ended.values().next().value as string)
  }

  #put(sessionId: string, bound: Omit<Binding, 'link'> & { link?: Link }, urgent: boolean): Binding {
    const memoryId = this.#memoryId(sessionId)
    const binding: Binding = { link: { memoryId }, ...bound }
    this.#cache.set(memoryId, binding)
    if (this.#isFull) this.dropped++
    else {
      this.#secret.use(() => {
        const path = this.#path(sessionId)
        binding.link.path = path
        if (binding.session) {
          binding.session.first ??= path
          // The game gives an id again that was of a session before.
          if (binding.session.first === path && !binding.session.hasEnded) this.#ended.delete(path)
        }
        this.#save(binding, urgent)
      })
    }
    return binding
  }

  /** An id is no longer one of its session's, which goes on. */
  #outdate(link: Link, session: Session): void {
    const { memoryId } = link
    const held = memoryId === undefined ? undefined : this.#cache.peek(memoryId)
    // The game has given it to another session since.
    if (held?.session && held.session !== session && held.session.first !== session.first) return
    const outdated: Binding = { link, boundAtMs: Date.now(), outdatedOf: session }
    if (memoryId !== undefined) this.#cache.set(memoryId, outdated)
    // Once the store says it the memory need not: a token that each answer renews would fill it.
    const saved = () => {
      if (memoryId !== undefined && this.#cache.peek(memoryId) === outdated) this.#cache.delete(memoryId)
    }
    if (this.#isFull) return
    this.#secret.use(() => {
      if (link.isSaved) return this.#save(outdated, false, saved)
      // Nobody else has heard of it: nothing to write, however long an outage is.
      if (link.path !== undefined) this.#committer.drop(link.path)
      saved()
    })
  }

  get #isFull(): boolean {
    return this.#committer.waiting + this.#secret.waiting >= maxUnsaved
  }

  #save(binding: Binding, urgent: boolean, saved?: () => void): void {
    const { link } = binding
    const record = {
      name: link.path as string,
      ttlMs: this.#ttlMs,
      encode() {
        // From here on it may be on the store, whatever is heard of it.
        link.isSaved = true
        return encodeBinding(binding)
      },
      ...(saved && { saved }),
    }
    this.#committer.put(record, urgent)
  }

  #path(sessionId: string): string {
    return sessionPath(this.#secret.hash('session', sessionId).toString('hex').slice(0, 40))
  }

  // A seventh of the cost of an HMAC, on every call.
  #memoryId(sessionId: string): string {
    return hash('sha256', this.#salt + sessionId, 'base64')
  }
}
