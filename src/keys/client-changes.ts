import { randomBytes } from 'node:crypto'
import { ClienteleError } from '../errors.js'
import { type ClientDetails, checkDetails } from './client-details.js'
import { type Client, type ClientRecords, clientOf, type RetiredBy, type StoredDetails } from './client-records.js'
import { hashPrivateKey } from './key-format.js'

/** What a change does to the records of one client; the pure half of `client-writer.ts`. */
export interface Change {
  /** Records to write; null deletes one. */
  write: { [Name in keyof ClientRecords]?: Required<ClientRecords>[Name] | null }
  /** Whether it is so, once all who changed the client at the same time have written. */
  stands(now: ClientRecords): boolean
  /** Wins where two are made at once: it is made again where another buried it, and never taken back for what was before. */
  wins?: true
}

/** A change as it follows from what is there; undefined where there is nothing to do. */
export type Decide = (now: ClientRecords) => Change | undefined

/** What `register` writes. Nobody else can know the public key yet. */
export function registration(publicKey: string, privateKey: string, details: ClientDetails): Change {
  return adoption(publicKey, privateKey, details)({})
}

/** @throws ClienteleError `client_exists` */
export function adoption(publicKey: string, privateKey: string, details: ClientDetails) {
  return (now: ClientRecords): Change => {
    if (clientOf(now)) throw new ClienteleError('client_exists', 'This public key is registered already.')
    const change = newStamp()
    const generation = (now.secret?.generation ?? 0) + 1
    return {
      write: {
        secret: { generation, hash: hashPrivateKey(privateKey), registration: change, change },
        details: { ...details, publicKey, registeredAtMs: Date.now(), registration: change, change },
        // Whoever had it before and was retired is another.
        ...(now.retired?.retiredAtMs === undefined ? {} : { retired: { change } }),
      },
      stands: (later) => later.secret?.change === change && clientOf(later) !== undefined,
    }
  }
}

export function rotation(privateKey: string): Decide {
  return (now) => {
    const { generation } = known(now)
    const change = newStamp()
    const hash = hashPrivateKey(privateKey)
    const secret = { ...now.secret, generation: generation + 1, hash, change }
    return { write: { secret }, stands: (later) => later.secret?.change === change && clientOf(later) !== undefined }
  }
}

/** @throws ClienteleError `details_invalid` */
export function update(details: Partial<ClientDetails>): Decide {
  return (now) => {
    const { publicKey, registeredAtMs, ...before } = known(now)
    const change = newStamp()
    const checked = checkDetails({ ...before, ...details }, before)
    return {
      write: { details: { ...checked, publicKey, registeredAtMs, registration: now.details?.registration, change } },
      stands: (later) => later.details?.change === change && clientOf(later) !== undefined,
    }
  }
}

export function retirement(by: RetiredBy): Decide {
  // What an operator retired stays the operator's.
  const isDone = ({ retiredAtMs, retiredBy }: Client) =>
    retiredAtMs !== undefined && (by === 'owner' || retiredBy === 'operator')
  return (now) => {
    if (isDone(known(now))) return undefined
    const retired = { retiredAtMs: now.retired?.retiredAtMs ?? Date.now(), retiredBy: by, change: newStamp() }
    return { write: { retired }, stands: (later) => isDone(known(later)), wins: true }
  }
}

/** @throws ClienteleError `client_retired` */
export function restoration(by: RetiredBy): Decide {
  return (now) => {
    const { retiredAtMs, retiredBy } = known(now)
    if (retiredAtMs === undefined) return undefined
    if (by === 'owner' && retiredBy === 'operator') {
      throw new ClienteleError('client_retired', 'Whoever runs the server retired this client, and may restore it.')
    }
    const change = newStamp()
    return { write: { retired: { change } }, stands: (later) => later.retired?.change === change }
  }
}

export function removal(): Decide {
  let removed: StoredDetails | undefined
  return (now) => {
    // Details without a private key too: a removal that was cut short is made again.
    removed ??= now.details
    if (!removed) throw unknown()
    const { registration } = removed
    const isAnother = ({ secret }: ClientRecords) =>
      secret?.registration !== undefined && secret.registration !== registration
    const isGone = (later: ClientRecords) => (!later.details && later.secret?.hash === undefined) || isAnother(later)
    if (isGone(now)) return undefined
    const gone = { generation: now.secret?.generation ?? 0, change: newStamp() }
    return { write: { secret: gone, details: null }, stands: isGone, wins: true }
  }
}

function known(records: ClientRecords): Client {
  const client = clientOf(records)
  if (!client) throw unknown()
  return client
}

const unknown = () => new ClienteleError('client_unknown', 'No client is registered with this public key.')

function newStamp(): string {
  return randomBytes(6).toString('hex')
}
