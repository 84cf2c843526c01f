import { ClienteleError } from '../../errors.js'
import type { Cleaner } from './cleaner.js'
import type { Sealer } from './sealer.js'
import type { UnconfirmedWrites } from './unconfirmed-writes.js'

const roundEveryMs = 600_000

/** Seals and cleans every ten minutes. Every process does it, at a moment of its own; there is no leader. */
export class Housekeeping {
  readonly #sealer: Sealer
  readonly #unconfirmedWrites: UnconfirmedWrites
  readonly #cleaner: Cleaner
  readonly #onError: (error: ClienteleError) => void
  #timer?: NodeJS.Timeout
  #round?: Promise<void>
  #isClosed = false

  constructor(
    sealer: Sealer,
    unconfirmedWrites: UnconfirmedWrites,
    cleaner: Cleaner,
    onError: (error: ClienteleError) => void,
  ) {
    this.#sealer = sealer
    this.#unconfirmedWrites = unconfirmedWrites
    this.#cleaner = cleaner
    this.#onError = onError
  }

  start(): void {
    if (this.#isClosed) return
    const next = () => void this.round().then(() => this.start())
    // At a moment of its own: the first process that comes seals, and the others find it done.
    this.#timer = setTimeout(next, roundEveryMs * (0.5 + Math.random()))
    this.#timer.unref()
  }

  /** One round; what failed is tried again in the next. */
  round(): Promise<void> {
    this.#round ??= this.#keep().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #keep(): Promise<void> {
    try {
      await this.#sealer.seal()
      await this.#unconfirmedWrites.settle()
      await this.#cleaner.clean()
    } catch (error) {
      // The store has reported its own failures.
      if (error instanceof ClienteleError) return
      this.#onError(new ClienteleError('housekeeping_failed', 'A round of sealing failed.', { cause: error }))
    }
  }
}
