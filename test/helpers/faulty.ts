// A Keyv adapter that a test can break: it stands for a server that is slow, gone, or forgets.
import { Keyv } from 'keyv'

export class FaultyAdapter {
  readonly records: Map<string, unknown>
  opts = {}
  namespace: string | undefined
  /** While set, every call fails with it. */
  failure: Error | undefined
  /** While set, no call is answered before it resolves. */
  hanging: Promise<void> | undefined
  /** Names for which a write answers `false`. */
  refused = (_name: string) => false
  calls = 0
  writesInTheAir = 0
  maxWritesInTheAir = 0

  /** Several adapters on the same records are several connections to one server. */
  constructor(records = new Map<string, unknown>()) {
    this.records = records
  }

  on() {
    return this
  }

  async get(name: string): Promise<unknown> {
    await this.#stand()
    return this.records.get(name)
  }

  async getMany(names: string[]): Promise<unknown[]> {
    await this.#stand()
    return names.map((name) => this.records.get(name))
  }

  async set(name: string, value: unknown): Promise<boolean> {
    await this.#stand()
    if (this.refused(name)) return false
    this.records.set(name, value)
    return true
  }

  async setMany(entries: { key: string; value: unknown }[]): Promise<unknown> {
    this.writesInTheAir++
    this.maxWritesInTheAir = Math.max(this.maxWritesInTheAir, this.writesInTheAir)
    try {
      await this.#stand()
      return entries.map(({ key, value }) => {
        if (this.refused(key)) return false
        this.records.set(key, value)
        return true
      })
    } finally {
      this.writesInTheAir--
    }
  }

  async deleteMany(names: string[]): Promise<boolean> {
    await this.#stand()
    for (const name of names) this.records.delete(name)
    return true
  }

  async delete(name: string): Promise<boolean> {
    await this.#stand()
    return this.records.delete(name)
  }

  async clear(): Promise<void> {}

  async #stand(): Promise<void> {
    this.calls++
    await this.hanging
    if (this.failure) throw this.failure
  }
}

export function faulty(records?: Map<string, unknown>): { adapter: FaultyAdapter; store: Keyv } {
  const adapter = new FaultyAdapter(records)
  // biome-ignore lint/suspicious/noExplicitAny: Keyv 5 types adapters more strictly than it takes them
  return { adapter, store: new Keyv({ store: adapter as any, namespace: undefined, useKeyPrefix: false }) }
}

/** From the write after so many on, each write and deletion fails, as in a process that was killed. Answers whether it came to that. */
export function killAfter(adapter: FaultyAdapter, writes: number): () => boolean {
  let left = writes
  const { setMany, deleteMany } = adapter
  const dying =
    <Values extends unknown[]>(work: (...values: Values) => Promise<unknown>) =>
    async (...values: Values) => {
      left--
      if (left < 0) throw new Error('killed')
      return work.apply(adapter, values)
    }
  adapter.setMany = dying(setMany) as typeof setMany
  adapter.deleteMany = dying(deleteMany) as typeof deleteMany
  return () => left < 0
}

/** Waits until something is so, or fails after five seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 5_000
  while (!holds()) {
    if (Date.now() > end) throw new Error(`It never came to be that ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
