import { randomBytes } from 'node:crypto'
import { type Clientele, clientele } from '../clientele.js'
import { ClienteleError } from '../errors.js'
import type { Protocol } from '../protocols/protocol.js'
import type { KeyvLike } from '../storage/store.js'
import { openStore, parseAddress } from './store-address.js'

export interface StoreOptions {
  store: string
  prefix?: string
  json?: boolean
}

/** An operator waits gladly where a login would not. */
const storeTimeoutMs = 30_000

const noProtocol: Protocol = {
  matches: () => false,
  read: () => [],
  refuse: () => ({ status: 500, headers: {}, body: '' }),
  learn: () => ({}),
}

/** A clientele on a Keyv, beside the servers that may be running on it, and what it last complained of. */
export function clienteleOn(keyv: KeyvLike, keyPrefix?: string): { clients: Clientele; complaint(): unknown } {
  let complaint: ClienteleError | undefined
  const clients = clientele({
    store: keyv,
    protocol: noProtocol,
    storeTimeoutMs,
    // Nothing is hashed here; without one, reading a store would make a secret in it.
    secret: randomBytes(32).toString('base64url'),
    ...(keyPrefix === undefined ? {} : { keyPrefix }),
    onError: (error) => {
      // What follows from a failure tells less than the failure itself.
      if (error.code !== 'store_down') complaint = error
    },
  })
  return { clients, complaint: () => complaint }
}

export async function withClientele<Result>(
  options: StoreOptions & { keyPrefix?: string; mayCreate?: boolean },
  work: (clients: Clientele) => Promise<Result>,
): Promise<Result> {
  const { keyPrefix, mayCreate = false } = options
  await using store = await openStore(parseAddress(options.store), { prefix: options.prefix, mayCreate })
  // Awaited, for the store is closed at the end of this.
  return await withClienteleOn(store.keyv, work, keyPrefix)
}

export async function withClienteleOn<Result>(
  keyv: KeyvLike,
  work: (clients: Clientele) => Promise<Result>,
  keyPrefix?: string,
): Promise<Result> {
  const { clients, complaint } = clienteleOn(keyv, keyPrefix)
  try {
    return await work(clients)
  } catch (error) {
    throw explained(error, complaint())
  } finally {
    await clients.close()
  }
}

/** What a method says of a failed store may be less than the store said. */
function explained(error: unknown, complaint: unknown): unknown {
  const isVague = error instanceof ClienteleError && /^store_/.test(error.code) && error.cause === undefined
  if (!isVague || !(complaint instanceof ClienteleError) || complaint === error) return error
  return new ClienteleError(error.code, error.message, { cause: complaint.cause ?? complaint })
}
