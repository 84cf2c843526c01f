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

/** Another id of a session, which has its own binding. Its stored name is there when the secret is. */
interface Link {
  memoryId?: string
  path?: string
}

interface Binding {
  /** Absent once the session has ended: its record in the store may still be the old one. */
  publicKey?: string
  isMadeUp?: true
  /** Of the player; absent as long as the secret is not known. */
  seat?: number
  /** When it was last written; it lives for the TTL from then. */
  boundAtMs: number
  /** The other ids of the session, such as a bearer token beside a cookie. */
  others?: Link[]
  /** The ids that the session had before, newest first. */
  old?: Link[]
}

/** As it is in the store: no id, and no name that only this process has. */
type StoredBinding = Omit<Binding, 'others' | 'old'> & { others?: string[]; old?: string[] }

/** A game takes the last token for a while after it has given a new one; more it hardly takes. */
const maxOldIds = 3
/** Of one session at one time. */
const maxOtherIds = 8
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

  /** The seat is for the caller to add to each, when the secret is there. */
  bind([sessionId, ...otherIds]: readonly [string, ...string[]], starter: Starter, urgent: boolean): Starter[] {
    const binding: Binding & Starter = { ...starter, boundAtMs: Date.now() }
    const ids = [sessionId, ...new Set(otherIds)].slice(0, maxOtherIds)
    if (ids.length === 1) {
      this.#put(sessionId, binding, urgent)
      return [binding]
    }
    const links = ids.map((id) => this.#link(id))
    return ids.map((id, index) => {
      const one = { ...binding, others: links.filter((_, other) => other !== index) }
      this.#put(id, one, urgent)
      return one
    })
  }

  /**
   * Binds a session to a new id too. `false`: that id is another client's already, and stays so. The old one lives on for its time;
   * of the ids before it a few do.
   */
  async renew(sessionId: string, renewed: string, urgent: boolean): Promise<boolean> {
    const binding = this.#cache.get(this.#memoryId(sessionId))
    if (!hasStarter(binding)) return true
    const taken = await this.find(renewed).catch(() => undefined)
    if (taken) return taken.publicKey === binding.publicKey
    const { others = [], old = [] } = binding
    const ids = [this.#link(sessionId), ...old]
    const successor: Binding = { ...binding, boundAtMs: Date.now(), others: [...others], old: ids.slice(0, maxOldIds) }
    binding.others = [...others, this.#link(renewed)].slice(-maxOtherIds)
    for (const link of ids.slice(maxOldIds)) this.#endLinked(link)
    this.#put(renewed, successor, urgent)
    return true
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
    this.#cache.set(this.#memoryId(sessionId), parseBinding(text))
    return this.held(sessionId)
  }

  // The game may have given the same id to another client's login since, in another process.
  async #renew(sessionId: string, binding: Binding): Promise<void> {
    const renewed = { ...binding, boundAtMs: Date.now() }
    // At once, so that the next call does not renew it again.
    this.#cache.set(this.#memoryId(sessionId), renewed)
    try {
      const text = await this.#store.get(this.#path(sessionId))
      const kept = text === undefined ? binding : parseBinding(text)
      if (kept.boundAtMs > binding.boundAtMs) this.#cache.set(this.#memoryId(sessionId), kept)
      else this.#put(sessionId, renewed, false)
    } catch {
      // The store has reported it; what is known stays as it is.
      this.#put(sessionId, renewed, false)
    }
  }

  /**
   * Forgets a session under all ids that it has or had; the record that says so goes through the same queue as the binding, so it
   * lands after it.
   */
  async end(sessionId: string): Promise<void> {
    const known = this.#cache.get(this.#memoryId(sessionId))
    const ended = { boundAtMs: Date.now() }
    this.#put(sessionId, ended, false)
    const binding = known ?? (await this.#stored(sessionId))
    for (const link of [...(binding?.others ?? []), ...(binding?.old ?? [])]) this.#endLinked(link)
  }

  #endLinked({ memoryId, path }: Link): void {
    const ended = { boundAtMs: Date.now() }
    if (memoryId !== undefined) this.#cache.set(memoryId, ended)
    if (path !== undefined) this.#save(path, ended, false)
  }

  async #stored(sessionId: string): Promise<Binding | undefined> {
    try {
      if (!(await this.#secret.asked())) return undefined
      const text = await this.#store.get(this.#path(sessionId))
      return text === undefined ? undefined : parseBinding(text)
    } catch {
      // The store has reported it.
      return undefined
    }
  }

  #link(sessionId: string): Link {
    const link: Link = { memoryId: this.#memoryId(sessionId) }
    this.#secret.use(() => {
      link.path = this.#path(sessionId)
    })
    return link
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
    this.#secret.use(() => this.#save(this.#path(sessionId), binding, urgent))
  }

  #save(name: string, binding: Binding, urgent: boolean): void {
    this.#committer.put({ name, ttlMs: this.#ttlMs, encode: () => encodeBinding(binding) }, urgent)
  }

  #path(sessionId: string): string {
    return sessionPath(this.#secret.hash('session', sessionId).toString('hex').slice(0, 40))
  }

  // A seventh of the cost of an HMAC, on every call.
  #memoryId(sessionId: string): string {
    return hash('sha256', this.#salt + sessionId, 'base64')
  }
}

function encodeBinding(binding: Binding): string {
  const { others, old } = binding
  if (!others && !old) return JSON.stringify(binding)
  const paths = (links: Link[] = []) => links.flatMap(({ path }) => path ?? [])
  return JSON.stringify({ ...binding, others: paths(others), old: paths(old) } satisfies StoredBinding)
}

function parseBinding(text: string): Binding {
  const { others, old, ...binding } = JSON.parse(text) as StoredBinding
  const links = (paths: string[]) => paths.map((path): Link => ({ path }))
  return { ...binding, ...(others && { others: links(others) }), ...(old && { old: links(old) }) }
}

function hasStarter(binding: Binding | undefined): binding is Binding & Starter {
  return binding?.publicKey !== undefined
}
