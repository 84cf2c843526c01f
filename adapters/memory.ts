/**
 * A store in memory.
 *
 * @module clientele/adapters/memory
 */
import { Keyv } from 'keyv'

/** A store in this process's memory, for tests and for trying things out: a restart forgets everything. */
export function memory(): Keyv {
  return new Keyv({ store: new MemoryStore(), namespace: undefined, useKeyPrefix: false })
}

/** A Map drops what has expired only when it is read, and a session that is over is never read again. */
class MemoryStore extends Map<string, string> {
  readonly #expires = new Map<string, number>()

  override set(name: string, value: string, ttlMs?: number): this {
    if (ttlMs === undefined) this.#expires.delete(name)
    else this.#expires.set(name, Date.now() + ttlMs)
    return super.set(name, value)
  }

  override delete(name: string): boolean {
    this.#expires.delete(name)
    return super.delete(name)
  }

  override clear(): void {
    this.#expires.clear()
    super.clear()
  }

  async sweep(): Promise<number> {
    const nowMs = Date.now()
    let swept = 0
    for (const [name, expires] of this.#expires) if (expires <= nowMs && this.delete(name)) swept++
    return swept
  }
}
