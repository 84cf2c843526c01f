// A server that answers every call after 5 to 15 ms, in the middle of which it does what it was asked.
import { setTimeout as pause } from 'node:timers/promises'
import { Keyv } from 'keyv'

export class SlowAdapter {
  readonly records: Map<string, unknown>
  opts = {}
  namespace: string | undefined
  /** How many times as slow it is. */
  factor = 1
  /** How long a write of these names is held up on its way; the caller waits for it. */
  heldUpMs = (_names: readonly string[]) => 0

  /** Several adapters on the same records are several processes' connections to one server. */
  constructor(records: Map<string, unknown>) {
    this.records = records
  }

  on() {
    return this
  }

  get(name: string): Promise<unknown> {
    return this.#slowly(() => this.records.get(name))
  }

  getMany(names: string[]): Promise<unknown[]> {
    return this.#slowly(() => names.map((name) => this.records.get(name)))
  }

  async set(name: string, value: unknown): Promise<boolean> {
    return (await this.setMany([{ key: name, value }]))[0] ?? false
  }

  setMany(entries: { key: string; value: unknown }[]): Promise<boolean[]> {
    const names = entries.map(({ key }) => key)
    return this.#slowly(
      () => entries.map(({ key, value }) => this.records.set(key, value).has(key)),
      this.heldUpMs(names),
    )
  }

  deleteMany(names: string[]): Promise<boolean> {
    return this.#slowly(() => names.map((name) => this.records.delete(name)).includes(true), this.heldUpMs(names))
  }

  delete(name: string): Promise<boolean> {
    return this.deleteMany([name])
  }

  async clear(): Promise<void> {}

  async #slowly<Answer>(work: () => Answer, heldUpMs = 0): Promise<Answer> {
    const wayMs = () => this.factor * (2.5 + 5 * Math.random())
    await pause(heldUpMs + wayMs())
    const answer = work()
    await pause(wayMs())
    return answer
  }
}

export function slowStore(records: Map<string, unknown>): { adapter: SlowAdapter; store: Keyv } {
  const adapter = new SlowAdapter(records)
  // biome-ignore lint/suspicious/noExplicitAny: Keyv 5 types adapters more strictly than it takes them
  return { adapter, store: new Keyv({ store: adapter as any, namespace: undefined, useKeyPrefix: false }) }
}
