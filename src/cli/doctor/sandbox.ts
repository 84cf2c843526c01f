import type { KeyvLike } from '../../storage/store.js'

/** What a doctor that was killed leaves behind is gone after ten minutes. */
const maxLifeMs = 600_000

/** A sandbox of a store under names of its own, for trials beside what is really counted there. `clear` removes all of it. */
export class Sandbox implements KeyvLike {
  readonly #keyv: KeyvLike
  readonly #start: string
  readonly #names = new Set<string>()
  #isOver = false

  constructor(keyv: KeyvLike, nonce: string) {
    this.#keyv = keyv
    this.#start = `clientele-doctor.${nonce}.`
  }

  get store(): unknown {
    return this.#keyv.store
  }

  get throwOnErrors(): boolean {
    return this.#keyv.throwOnErrors === true
  }

  set throwOnErrors(value: boolean) {
    if ('throwOnErrors' in this.#keyv) this.#keyv.throwOnErrors = value
  }

  on(event: string, listener: (...values: unknown[]) => void): unknown {
    return this.#keyv.on(event, listener)
  }

  get(name: string): Promise<unknown> {
    return this.#keyv.get(this.#start + name)
  }

  getMany(names: string[]): Promise<unknown[]> {
    return this.#keyv.getMany(names.map((name) => this.#start + name))
  }

  async set(name: string, value: unknown, ttlMs = maxLifeMs): Promise<boolean> {
    return this.#keyv.set(this.#written(name), value, ttlMs)
  }

  async setMany(entries: { key: string; value: unknown; ttl?: number }[]): Promise<unknown> {
    return this.#keyv.setMany(
      entries.map(({ key, value, ttl = maxLifeMs }) => ({ key: this.#written(key), value, ttl })),
    )
  }

  delete(name: string): Promise<boolean> {
    return this.#keyv.delete(this.#start + name)
  }

  deleteMany(names: string[]): Promise<unknown> {
    return this.#keyv.deleteMany(names.map((name) => this.#start + name))
  }

  /** Removes everything that was written here, and takes nothing any more: a heartbeat may still be on its way. */
  async clear(): Promise<void> {
    this.#isOver = true
    const names = [...this.#names]
    for (let start = 0; start < names.length; start += 500) await this.#keyv.deleteMany(names.slice(start, start + 500))
  }

  #written(name: string): string {
    if (this.#isOver) throw new Error('The trial is over.')
    this.#names.add(this.#start + name)
    return this.#start + name
  }
}
