import { LRUCache } from 'lru-cache'
import { ClienteleError } from '../errors.js'
import type { Committer, Savable } from '../storage/committer.js'
import { clientPaths, registeredPath } from '../storage/paths.js'
import type { Store } from '../storage/store.js'
import type { Writers } from '../storage/writers.js'
import { type ClientDetails, checkDetails } from './client-details.js'
import {
  type Client,
  clientOf,
  detailsEntry,
  parse,
  recordNames,
  type StoredSecret,
  secretEntry,
} from './client-records.js'
import {
  anonymous,
  clientIdOf,
  clientIdsOf,
  isPrivateKeyOf,
  issueKeyPair,
  issuePrivateKey,
  type KeyPair,
  parsePublicKey,
} from './key-format.js'

export type { Client }

/**
 * What another process may still believe of a client after it was registered, changed, retired or removed here: ten
 * seconds.
 */
export const clientCacheMs = 10_000

const clientsPerPage = 100

/** Stands in for a client where there is none, so that looking for it costs the same. No private key has this hash. */
const nobodysIds = ['0'.repeat(26), `x${'0'.repeat(26)}`]
const nobodysHash = '-'.repeat(43)

/**
 * Who has a public key. Every method that asks the store rejects with ClienteleError `store_failed`, `store_timeout` or
 * `store_down` when it fails: an outage is not "unknown".
 */
export class ClientRegistry {
  readonly #store: Store
  readonly #committer: Committer
  readonly #writers: Writers
  readonly #keyPrefix: string
  readonly #clients: LRUCache<string, { client?: Client }>
  readonly #registered: string[][] = []

  /** @internal */
  constructor(store: Store, committer: Committer, writers: Writers, keyPrefix: string, mostCached: number) {
    this.#store = store
    this.#committer = committer
    this.#writers = writers
    this.#keyPrefix = keyPrefix
    this.#clients = new LRUCache({
      max: mostCached,
      ttl: clientCacheMs,
      // In an outage what was known last is better than nothing.
      allowStaleOnFetchRejection: true,
      noDeleteOnFetchRejection: true,
      fetchMethod: async (publicKey) => {
        const client = await this.#read(publicKey)
        return client ? { client } : {}
      },
    })
  }

  /**
   * Issues a key pair. The private key is in the answer and nowhere else: only its hash is kept.
   *
   * @throws ClienteleError `details_invalid`
   */
  async register(details: ClientDetails): Promise<KeyPair> {
    const checked = checkDetails(details)
    const pair = issueKeyPair(this.#keyPrefix)
    await this.#enter(pair, checked, 1)
    return pair
  }

  /** The registered client of a public key, as it was at most ten seconds ago. */
  async find(publicKey: string): Promise<Client | undefined> {
    const known = await this.#clients.fetch(publicKey)
    // The cache answers nothing when the store failed and nothing is remembered; that must not read as "unknown".
    return known ? known.client : this.#read(publicKey)
  }

  /** What this process knows of a public key, without asking the store. @hidden */
  remembered(publicKey: string): { client?: Client } | undefined {
    return this.#clients.get(publicKey, { allowStale: true, noDeleteOnStaleGet: true })
  }

  /**
   * The client whose private key this is; undefined when there is none, for whatever reason. Every reason costs the same: one
   * read of six records, and two hashes.
   */
  async authenticate(privateKey: string): Promise<Client | undefined> {
    const clientIds = clientIdsOf(privateKey, this.#keyPrefix) ?? nobodysIds
    const texts = await this.#store.getMany(clientIds.flatMap(recordNames))
    const [issued, adopted] = [0, 3].map((at) => {
      const { hash = nobodysHash } = parse<StoredSecret>(texts[at + 1]) ?? {}
      const isIts = isPrivateKeyOf(hash, privateKey)
      return isIts ? clientOf(texts[at], texts[at + 1], texts[at + 2]) : undefined
    })
    return issued ?? adopted
  }

  /**
   * A new private key and its generation; the old one is dead at once. The public key and all history stay.
   *
   * @throws ClienteleError `client_unknown`
   */
  async rotate(publicKey: string): Promise<{ privateKey: string; generation: number }> {
    const client = await this.#known(publicKey)
    const clientId = clientIdOf(publicKey)
    const privateKey = issuePrivateKey(this.#keyPrefix, clientId)
    const generation = client.generation + 1
    await this.#write(publicKey, secretEntry(clientId, generation, privateKey))
    return { privateKey, generation }
  }

  /** Changes what is given and keeps the rest. @throws ClienteleError `client_unknown`, `details_invalid` */
  async update(publicKey: string, details: Partial<ClientDetails>): Promise<void> {
    const { registeredAtMs, ...client } = await this.#known(publicKey)
    const checked = checkDetails({ ...client, ...details })
    await this.#write(publicKey, detailsEntry(publicKey, checked, registeredAtMs))
  }

  /**
   * From now on the public key is refused: here at once, in every other process within ten seconds. Its history stays.
   *
   * @throws ClienteleError `client_unknown`
   */
  async retire(publicKey: string): Promise<void> {
    const client = await this.#known(publicKey)
    if (client.retiredAtMs !== undefined) return
    const value = JSON.stringify({ retiredAtMs: Date.now() })
    await this.#write(publicKey, { name: clientPaths(clientIdOf(publicKey)).retired, value })
  }

  /**
   * Forgets the registration and the contact. The numbers stay, nameless.
   *
   * @throws ClienteleError `client_unknown`
   */
  async remove(publicKey: string): Promise<void> {
    const { generation } = await this.#known(publicKey)
    const paths = clientPaths(clientIdOf(publicKey))
    await this.#store.delete([paths.details])
    await this.#write(publicKey, { name: paths.secret, value: JSON.stringify({ generation } satisfies StoredSecret) })
  }

  /**
   * Gives a record and a private key to a public key that is already in the wild, such as `iOS`, and keeps what was counted
   * for it.
   *
   * @throws ClienteleError `client_exists` when it has a record, `details_invalid` when no client may have it
   */
  async adopt(publicKey: string, details: ClientDetails): Promise<{ privateKey: string }> {
    const { fault } = parsePublicKey(publicKey, this.#keyPrefix)
    if (publicKey === anonymous || (fault && fault !== 'foreign')) {
      throw new ClienteleError('details_invalid', 'This public key can belong to no client.', { field: 'publicKey' })
    }
    const checked = checkDetails(details)
    if (await this.#read(publicKey)) {
      throw new ClienteleError('client_exists', 'This public key is registered already.')
    }
    const clientId = clientIdOf(publicKey)
    const before = parse<StoredSecret>(await this.#store.get(clientPaths(clientId).secret))
    const privateKey = issuePrivateKey(this.#keyPrefix, clientId)
    await this.#enter({ publicKey, privateKey }, checked, (before?.generation ?? 0) + 1)
    return { privateKey }
  }

  /** Every registered client, retired ones too, in no particular order. */
  async *list(): AsyncIterable<Client> {
    const pages = (await this.#writers.others()).flatMap(({ writer, registeredPages }) =>
      Array.from({ length: registeredPages }, (_, page) => registeredPath(writer, page)),
    )
    const publicKeys = new Set(this.#registered.flat())
    for (const text of await this.#store.getMany(pages)) {
      for (const publicKey of parse<{ publicKeys: string[] }>(text)?.publicKeys ?? []) publicKeys.add(publicKey)
    }
    yield* await this.findMany([...publicKeys])
  }

  /** The registered ones among public keys, as they are now; one question to the store for hundreds of them. @hidden */
  async findMany(publicKeys: readonly string[]): Promise<Client[]> {
    const texts = await this.#store.getMany(publicKeys.flatMap((publicKey) => recordNames(clientIdOf(publicKey))))
    return publicKeys.flatMap((_, index) => clientOf(...texts.slice(index * 3, index * 3 + 3)) ?? [])
  }

  async #known(publicKey: string): Promise<Client> {
    const client = await this.#read(publicKey)
    if (!client) throw new ClienteleError('client_unknown', 'No client is registered with this public key.')
    return client
  }

  async #read(publicKey: string): Promise<Client | undefined> {
    const [details, secret, retired] = await this.#store.getMany(recordNames(clientIdOf(publicKey)))
    return clientOf(details, secret, retired)
  }

  async #write(publicKey: string, entry: { name: string; value: string }): Promise<void> {
    await this.#store.set(entry)
    this.#clients.delete(publicKey)
  }

  async #enter({ publicKey, privateKey }: KeyPair, details: ClientDetails, generation: number): Promise<void> {
    // First the list: a name in it that has no record is passed over, a record that no list names would be lost.
    await this.#enlist(publicKey)
    const clientId = clientIdOf(publicKey)
    await this.#store.set(secretEntry(clientId, generation, privateKey))
    await this.#write(publicKey, detailsEntry(publicKey, details, Date.now()))
  }

  /** Takes the lists of a writer that is gone into this process's own; twice is harmless. @internal */
  async takeOver(pages: readonly (string | undefined)[]): Promise<void> {
    const known = new Set(this.#registered.flat())
    for (const publicKey of pages.flatMap((text) => parse<{ publicKeys: string[] }>(text)?.publicKeys ?? [])) {
      if (!known.has(publicKey)) await this.#enlist(publicKey)
    }
  }

  async #enlist(publicKey: string): Promise<void> {
    const last = this.#registered.at(-1)
    const publicKeys = last && last.length < clientsPerPage ? last : []
    if (publicKeys !== last) this.#registered.push(publicKeys)
    publicKeys.push(publicKey)
    const list: Savable = {
      name: registeredPath(this.#writers.id, this.#registered.length - 1),
      encode: () => JSON.stringify({ publicKeys }),
    }
    this.#committer.put(list, true)
    this.#writers.noteRegistered(this.#registered.length, this.#committer)
    if (!(await this.#committer.committed())) {
      // A list must not fill with names that were never registered.
      publicKeys.splice(publicKeys.indexOf(publicKey), 1)
      throw new ClienteleError('store_failed', 'The client could not be registered: the store failed.')
    }
  }
}
