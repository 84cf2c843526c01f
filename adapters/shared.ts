// What the adapters share: checks of what they are given, and a connection that is made only when it is needed.
import type { Socket } from 'node:net'
import { Keyv } from 'keyv'
import { ClienteleError } from '../src/errors.js'

/** How long a database may take to answer. Then the call has failed and its connection is cut. */
export const callTimeoutMs = 10_000
export const connectTimeoutMs = 5_000

/** What our stores offer a Keyv, and `sweep`, which Keyv itself does not know. */
export interface StoreAdapter {
  /** Keyv gives an iterator only to a store whose dialect it knows. */
  readonly opts: { dialect: string; url: string }
  namespace?: string | undefined
  get(name: string): Promise<string | undefined>
  getMany(names: string[]): Promise<(string | undefined)[]>
  set(name: string, value: string, ttlMs?: number): Promise<boolean>
  setMany(entries: StoredEntry[]): Promise<boolean[]>
  delete(name: string): Promise<boolean>
  deleteMany(names: string[]): Promise<boolean>
  has(name: string): Promise<boolean>
  clear(): Promise<void>
  iterator(): AsyncGenerator<[name: string, value: string], void>
  /** Deletes at most 10,000 expired records and says how many. Absent where the database does it by itself. */
  sweep?(): Promise<number>
  disconnect(): Promise<void>
}

/** Keyv's own shape. */
export interface StoredEntry {
  key: string
  value: string
  ttl?: number
}

export function keyvOn(store: StoreAdapter): Keyv {
  return new Keyv({ store, namespace: undefined, useKeyPrefix: false, throwOnErrors: true })
}

/** The prefix becomes a table's name, and databases disagree about upper case and about names of more than 63 letters. */
export function checkPrefix(factory: string, prefix: string): string {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(prefix))
    throw new ClienteleError(
      'option_invalid',
      `${factory}(): the prefix must be letters, digits and _, all small and at most 40, not ${JSON.stringify(prefix)}.`,
      { field: 'prefix' },
    )
  return prefix
}

/** Says what is wrong with an address without repeating it: a password may be in it. */
export function checkUrl(factory: string, url: string, example: string, protocols: string[]): void {
  if (!protocols.some((protocol) => url.startsWith(`${protocol}://`)) || !URL.canParse(url))
    throw new ClienteleError(
      'option_invalid',
      `${factory}(): the address must be like ${example}, with special characters of the password percent-encoded.`,
    )
}

export interface Late<Value> {
  /** Opens it, unless it is open or being opened. After a failure the next call tries again. */
  get(): Promise<Value>
  /** Closes it if it is open. */
  close(): Promise<void>
}

/** `open` is given what forgets this value: the next `get` then opens another. */
export function late<Value>(
  open: (forget: () => void) => Promise<Value>,
  shut: (value: Value) => unknown,
): Late<Value> {
  let opened: Promise<Value> | undefined
  function start(): Promise<Value> {
    const forget = () => {
      if (opened === opening) opened = undefined
    }
    const opening = open(forget)
    // Whoever asked is told; without a handler here a failure that nobody waits for any more would end the process.
    opening.catch(forget)
    return opening
  }
  return {
    get() {
      opened ??= start()
      return opened
    },
    async close() {
      const value = await opened?.catch(() => undefined)
      opened = undefined
      if (value !== undefined) await shut(value)
    },
  }
}

/** Rejects when the work takes too long, and ends it by `cut`. */
export function withinTime<Answer>(work: Promise<Answer>, cut: () => void, limitMs = callTimeoutMs): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`The database did not answer within ${limitMs} ms.`))
      cut()
    }, limitMs)
    timer.unref()
    work.finally(() => clearTimeout(timer)).then(resolve, reject)
  })
}

/**
 * Ends a connection and drops what it has not sent yet: the system would go on trying to deliver that for a minute, and an
 * old write that arrives after a newer one undoes it.
 */
export function cut(socket: Socket): void {
  try {
    socket.resetAndDestroy()
  } catch {
    // Only plain TCP can be reset, not TLS and not a Unix socket.
    socket.destroy()
  }
}
