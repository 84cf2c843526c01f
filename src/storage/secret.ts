import { createHmac, randomBytes } from 'node:crypto'
import { secretPath } from './paths.js'
import type { Store } from './store.js'

/**
 * What keys the hashes of players and sessions. The host gives it, or it is made once and kept in the store, which
 * protects less: who has the store then has the secret too.
 */
export class Secret {
  readonly given: boolean
  #value?: string
  #id = ''
  #waiting: (() => void)[] = []
  #asked?: Promise<void>

  constructor(given: string | undefined) {
    this.given = given !== undefined
    if (given !== undefined) this.#use(given)
  }

  /** Reads the secret from the store, or makes one there. `settleMs`: how long another process's write may take to land. */
  open(store: Store, settleMs: number): void {
    if (this.#value !== undefined) return
    this.#asked = new Promise((resolve) => void this.#settle(store, settleMs, resolve))
  }

  /** Resolves when the store has said whether it holds a secret, or could not. Nothing was bound under one not yet made. */
  async asked(): Promise<boolean> {
    await this.#asked
    return this.#value !== undefined
  }

  /** What waits for the secret. */
  get waiting(): number {
    return this.#waiting.length
  }

  async #settle(store: Store, settleMs: number, asked: () => void): Promise<void> {
    while (this.#value === undefined && !store.closed) {
      try {
        const kept = await store.get(secretPath)
        if (kept !== undefined) this.#use((JSON.parse(kept) as { secret: string }).secret)
        else {
          asked()
          await store.set({
            name: secretPath,
            value: JSON.stringify({ secret: randomBytes(32).toString('base64url') }),
          })
          // Several processes may do this at once: the one whose write is read back by all wins.
          await new Promise<void>((resolve) => setTimeout(resolve, settleMs).unref())
        }
      } catch {
        // The store has reported it.
        asked()
        await store.whenUp()
      }
    }
    asked()
  }

  /** Runs `work` now, or as soon as there is a secret. */
  use(work: () => void): void {
    if (this.#value === undefined) this.#waiting.push(work)
    else work()
  }

  /** Resolves to the secret, for what is to be derived from it. */
  value(): Promise<string> {
    return new Promise((resolve) => this.use(() => resolve(this.#value ?? '')))
  }

  /** Names the secret in what was hashed with it; tells nothing of it. */
  get id(): string {
    return this.#id
  }

  /** HMAC-SHA-256; `kind` keeps the hashes of a player and of a session with the same text apart. */
  hash(kind: 'session' | 'player', text: string): Buffer {
    return createHmac('sha256', this.#value ?? '')
      .update(`${kind}\0${text}`)
      .digest()
  }

  #use(value: string): void {
    this.#value = value
    this.#id = createHmac('sha256', value).update('id').digest('hex').slice(0, 12)
    const waiting = this.#waiting
    this.#waiting = []
    for (const work of waiting) work()
  }
}
