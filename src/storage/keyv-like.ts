/** What we need of a Keyv, structurally: a host's keyv 5.6 and 6.1 both fit. */
export interface KeyvLike {
  /** One value; undefined where there is none. */
  get(name: string): Promise<unknown>
  /** Values in the order of their names. */
  getMany(names: string[]): Promise<unknown[]>
  /** Writes a value, to be dropped after `ttlMs` milliseconds. */
  set(name: string, value: unknown, ttlMs?: number): Promise<boolean>
  /** Writes many, each with its own life in milliseconds. */
  setMany(
    entries: {
      /** The name. */
      key: string
      /** JSON as text. */
      value: unknown
      /** In milliseconds. */
      ttl?: number
    }[],
  ): Promise<unknown>
  /** Deletes many. */
  deleteMany(names: string[]): Promise<unknown>
  /** Deletes one. */
  delete(name: string): Promise<boolean>
  /** We listen to `error`, by which a Keyv tells of failures that its calls hide. */
  on(event: string, listener: (...values: unknown[]) => void): unknown
  /** All records, where the store can list them: to sweep, to copy and in `clientele doctor`. */
  iterator?: (argument: unknown) => AsyncIterable<unknown>
  /** Set to true by us where it is there. */
  throwOnErrors?: boolean
  /** The adapter below. */
  store?: unknown
}
