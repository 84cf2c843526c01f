import { clientPaths } from '../storage/paths.js'
import type { Store } from '../storage/store.js'
import type { ClientDetails } from './client-details.js'
import { clientIdOf } from './key-format.js'

/** A registered client. */
export interface Client extends ClientDetails {
  /** What its sessions and calls count under. */
  publicKey: string
  /** Milliseconds since 1970, as `Date.now()`. */
  registeredAtMs: number
  /** Set when the client was retired; milliseconds since 1970. */
  retiredAtMs?: number
  /** Who retired it; set with `retiredAtMs`. */
  retiredBy?: RetiredBy
  /** Rises with each new private key, from 1. */
  generation: number
}

/** Whoever has a client's private key, or whoever runs the server. */
export type RetiredBy = 'owner' | 'operator'

/** What 0.1.0 wrote has none of these. */
interface Stamped {
  /** Names the change that wrote the record, so that it knows its own again. */
  change?: string
  /** Names the registration that the record is of: a public key may be removed and adopted again. */
  registration?: string
}

export interface StoredDetails extends ClientDetails, Stamped {
  publicKey: string
  registeredAtMs: number
}

/** The hash is absent once the client was removed; the generation stays, so that it only ever rises. */
export interface StoredSecret extends Stamped {
  generation: number
  hash?: string
}

/** Without a time once the client was restored. */
export interface StoredRetirement extends Stamped {
  retiredAtMs?: number
  /** Absent in what 0.1.0 wrote: that counts as the operator's. */
  retiredBy?: RetiredBy
}

/** The three records of a client stand alone, so that no change of one undoes another. */
export interface ClientRecords {
  details?: StoredDetails
  secret?: StoredSecret
  retired?: StoredRetirement
}

export type RecordTexts = Record<keyof ClientRecords, string | undefined>

export function recordsOf({ details, secret, retired }: RecordTexts): ClientRecords {
  return {
    ...(details !== undefined && { details: JSON.parse(details) as StoredDetails }),
    ...(secret !== undefined && { secret: JSON.parse(secret) as StoredSecret }),
    ...(retired !== undefined && { retired: JSON.parse(retired) as StoredRetirement }),
  }
}

/** Those that somebody has registered or adopted at any time: of one that was removed the generation is left. */
export async function everRegistered(store: Store, publicKeys: readonly string[]): Promise<Set<string>> {
  const names = publicKeys.map((publicKey) => Object.values(clientPaths(clientIdOf(publicKey))))
  const texts = (await store.getMany(names.flat())).values()
  return new Set(
    publicKeys.filter((_, index) => names[index]?.map(() => texts.next().value).some((text) => text !== undefined)),
  )
}

/** Details without the private key of their own registration are what a late write left behind: they are nobody's. */
export function clientOf({ details, secret, retired }: ClientRecords): Client | undefined {
  if (!details || !secret || !isOf(details, secret)) return undefined
  const { change: _, registration: __, ...told } = details
  const { retiredAtMs, retiredBy = 'operator' } = retired ?? {}
  return {
    ...told,
    ...(retiredAtMs === undefined ? {} : { retiredAtMs, retiredBy }),
    generation: secret.generation,
  }
}

/** Whether details are of the registration that a private key opens. */
export function isOf(details: StoredDetails, secret: StoredSecret): boolean {
  const { hash, registration = details.registration } = secret
  return hash !== undefined && registration === (details.registration ?? registration)
}
