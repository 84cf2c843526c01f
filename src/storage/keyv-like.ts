/** What we need of a Keyv, structurally: a host's keyv 5.6 and 6.1 both fit. */
export interface KeyvLike {
  get(name: string): Promise<unknown>
  getMany(names: string[]): Promise<unknown[]>
  set(name: string, value: unknown, ttlMs?: number): Promise<boolean>
  setMany(entries: { key: string; value: unknown; ttl?: number }[]): Promise<unknown>
  deleteMany(names: string[]): Promise<unknown>
  delete(name: string): Promise<boolean>
  on(event: string, listener: (...values: unknown[]) => void): unknown
  iterator?: (argument: unknown) => AsyncIterable<unknown>
  throwOnErrors?: boolean
  store?: unknown
}
