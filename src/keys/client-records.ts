import { clientPaths } from '../storage/paths.js'
import type { Store } from '../storage/store.js'
import type { ClientDetails } from './client-details.js'
import { clientIdOf, hashPrivateKey } from './key-format.js'

/** A registered client. */
export interface Client extends ClientDetails {
  /** What its sessions and calls count under. */
  publicKey: string
  /** Milliseconds since 1970, as `Date.now()`. */
  registeredAtMs: number
  /** Set when the client was retired; milliseconds since 1970. */
  retiredAtMs?: number
  /** Rises with each new private key, from 1. */
  generation: number
}

interface StoredDetails extends ClientDetails {
  publicKey: string
  registeredAtMs: number
}

/** The hash is absent once the client was removed; the generation stays, so that it only ever rises. */
export interface StoredSecret {
  generation: number
  hash?: string
}

/** The three records of a client, in the order that `clientOf` takes their texts. */
export function recordNames(clientId: string): [string, string, string] {
  const { details, secret, retired } = clientPaths(clientId)
  return [details, secret, retired]
}

export function secretEntry(clientId: string, generation: number, privateKey: string): { name: string; value: string } {
  const secret: StoredSecret = { generation, hash: hashPrivateKey(privateKey) }
  return { name: clientPaths(clientId).secret, value: JSON.stringify(secret) }
}

export function detailsEntry(publicKey: string, details: ClientDetails, registeredAtMs: number) {
  const stored: StoredDetails = { ...details, publicKey, registeredAtMs }
  return { name: clientPaths(clientIdOf(publicKey)).details, value: JSON.stringify(stored) }
}

export function clientOf(details?: string, secret?: string, retired?: string): Client | undefined {
  const stored = parse<StoredDetails>(details)
  if (!stored) return undefined
  return {
    ...stored,
    ...parse<{ retiredAtMs: number }>(retired),
    generation: parse<StoredSecret>(secret)?.generation ?? 0,
  }
}

/** Those that somebody has registered or adopted at any time: of one that was removed the generation is left. */
export async function everRegistered(store: Store, publicKeys: readonly string[]): Promise<Set<string>> {
  const names = publicKeys.flatMap((publicKey) => recordNames(clientIdOf(publicKey)))
  const texts = await store.getMany(names)
  return new Set(
    publicKeys.filter((_, index) => texts.slice(3 * index, 3 * index + 3).some((text) => text !== undefined)),
  )
}

export function parse<Value>(text: string | undefined): Value | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Value)
}
