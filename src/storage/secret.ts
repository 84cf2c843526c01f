import { createHmac, randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
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
  #stopSettling = () => {}
  readonly #hurried = new Promise<void>((resolve) => {
    this.#stopSettling = resolve
  })

  constructor(given: string | undefined) {
    this.given = given !== undefined
    if (given !== undefined) this.#use(given)
  }

  /** Reads the secret from the store, or makes one there. `settleMs`: how long another process's write may take to land. */
  open(store: Store, settleMs: number): void {
    if (this.#value !== undefined) return
    this.#asked = new Promise((resolve) => void this.#settle(store, settleMs, resolve))
  }

  /**
   * Whether there is a secret, as soon as the store has said whether it holds one, or could not. Nothing was bound under
   * a secret that is yet to be made.
   */
  async asked(): Promise<boolean> {
    await this.#asked
    return this.#value !== undefined
  }

  /** What waits for the secret. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Does `work` now, or as soon as there is a secret. */
  use(work: () => void): void {
    if (this.#value === undefined) this.#waiting.push(work)
    else work()
  }

  /** A secret of its own for one purpose, such as to sign cookies: who has it does not have this one. Resolves as soon as there is one. */
  async derived(purpose: string): Promise<string> {
    await this.#known()
    return createHmac('sha256', this.#value ?? '')
      .update(purpose)
      .digest('base64url')
  }

  /** Before the end: what waits is not to be lost, so the secret that the store holds now will do. */
  async hurry(store: Store): Promise<void> {
    this.#stopSettling()
    if (store.state !== 'down') await this.#known()
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

  #known(): Promise<void> {
    return new Promise((resolve) => this.use(resolve))
  }

  async #settle(store: Store, settleMs: number, asked: () => void): Promise<void> {
    while (this.#value === undefined && !store.closed) {
      try {
        const kept = await store.get(secretPath)
        if (kept !== undefined) this.#use((JSON.parse(kept) as { secret: string }).secret)
        else {
          asked()
          const made = randomBytes(32).toString('base64url')
          await store.set({ name: secretPath, value: JSON.stringify({ secret: made }) })
          // Several processes may do this at once: the secret that all of them read afterwards is theirs.
          await Promise.race([this.#hurried, pause(settleMs, undefined, { ref: false })])
        }
      } catch {
        // The store has reported it; a record that cannot be read is no better.
        asked()
        await pause(settleMs, undefined, { ref: false })
        await store.whenUp()
      }
    }
    asked()
  }

  #use(value: string): void {
    this.#value = value
    this.#id = createHmac('sha256', value).update('id').digest('hex').slice(0, 12)
    const waiting = this.#waiting
    this.#waiting = []
    for (const work of waiting) work()
  }
}
