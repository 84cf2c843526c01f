import { LRUCache } from 'lru-cache'
import { ClienteleError } from '../errors.js'
import type { Committer, Savable } from '../storage/committer.js'
import type { OwnWriter } from '../storage/own-writer.js'
import { registeredPath } from '../storage/paths.js'
import type { Store } from '../storage/store.js'
import {
  adoption,
  type Decide,
  registration,
  removal,
  restoration,
  retirement,
  rotation,
  update,
} from './client-changes.js'
import { type ClientDetails, checkDetails } from './client-details.js'
import { type Client, type ClientRecords, clientOf, type RetiredBy, recordsOf } from './client-records.js'
import type { ClientRegistry } from './client-registry.js'
import { ClientWriter, changedAtOnce, namesOf, textsOf } from './client-writer.js'
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

/**
 * What another process may still believe of a client after it was registered, changed, retired or removed here: ten
 * seconds.
 */
export const clientCacheMs = 10_000

const clientsPerPage = 100

/** Stands in for a client where there is none, so that looking for it costs the same. No private key has this hash. */
const nobodysIds = ['0'.repeat(26), `x${'0'.repeat(26)}`]
const nobodysHash = '-'.repeat(43)

/** The clients that the store has; beyond what a host may ask, what our own parts ask. */
export class StoredClients implements ClientRegistry {
  readonly #store: Store
  readonly #committer: Committer
  readonly #own: OwnWriter
  readonly #keyPrefix: string
  readonly #clients: LRUCache<string, { client?: Client }>
  readonly #registered: string[][] = []
  readonly #writer: ClientWriter
  /** Public keys that are being given a new private key. */
  readonly #issuing = new Set<string>()

  constructor(store: Store, committer: Committer, own: OwnWriter, keyPrefix: string, maxCached: number) {
    this.#store = store
    this.#committer = committer
    this.#own = own
    this.#keyPrefix = keyPrefix
    this.#writer = new ClientWriter(store)
    this.#clients = new LRUCache({
      max: maxCached,
      ttl: clientCacheMs,
      // In an outage what was known last is better than nothing.
      allowStaleOnFetchRejection: true,
      noDeleteOnFetchRejection: true,
      fetchMethod: async (publicKey) => {
        const client = clientOf(await this.#read(publicKey))
        return client ? { client } : {}
      },
    })
  }

  async register(details: ClientDetails): Promise<KeyPair> {
    const checked = checkDetails(details)
    const pair = issueKeyPair(this.#keyPrefix)
    // First the list: a name in it that has no record is passed over, a record that no list names would be lost.
    await this.#enlist(pair.publicKey)
    await this.#writer.create(pair.publicKey, registration(pair.publicKey, pair.privateKey, checked))
    this.#clients.delete(pair.publicKey)
    return pair
  }

  async find(publicKey: string): Promise<Client | undefined> {
    const known = await this.#clients.fetch(publicKey)
    // The cache answers nothing when the store failed and nothing is remembered; that must not read as "unknown".
    return known ? known.client : clientOf(await this.#read(publicKey))
  }

  /** What this process knows of a public key, without asking the store. */
  cached(publicKey: string): { client?: Client } | undefined {
    return this.#clients.get(publicKey, { allowStale: true, noDeleteOnStaleGet: true })
  }

  async authenticate(privateKey: string): Promise<Client | undefined> {
    const clientIds = clientIdsOf(privateKey, this.#keyPrefix) ?? nobodysIds
    const [issued, adopted] = (await this.#readMany(clientIds)).map((records) => {
      const { hash = nobodysHash } = records.secret ?? {}
      return isPrivateKeyOf(hash, privateKey) ? clientOf(records) : undefined
    })
    return issued ?? adopted
  }

  /** A client as it is now, and the hash of its private key. */
  async findWithHash(publicKey: string): Promise<{ client: Client; privateKeyHash: string } | undefined> {
    const records = await this.#read(publicKey)
    const client = clientOf(records)
    return client && { client, privateKeyHash: records.secret?.hash ?? nobodysHash }
  }

  async rotate(publicKey: string): Promise<{ privateKey: string }> {
    const privateKey = issuePrivateKey(this.#keyPrefix, clientIdOf(publicKey))
    await this.#issue(publicKey, rotation(privateKey))
    return { privateKey }
  }

  async update(publicKey: string, details: Partial<ClientDetails>): Promise<void> {
    await this.#change(publicKey, 'details', update(details))
  }

  async retire(publicKey: string, by: RetiredBy = 'operator'): Promise<void> {
    await this.#change(publicKey, 'retired', retirement(by))
  }

  async restore(publicKey: string, by: RetiredBy = 'operator'): Promise<void> {
    await this.#change(publicKey, 'retired', restoration(by))
  }

  async remove(publicKey: string): Promise<void> {
    await this.#change(publicKey, 'secret', removal())
  }

  async adopt(publicKey: string, details: ClientDetails): Promise<{ privateKey: string }> {
    const { fault } = parsePublicKey(publicKey, this.#keyPrefix)
    if (publicKey === anonymous || (fault && fault !== 'foreign')) {
      throw new ClienteleError('details_invalid', 'This public key can belong to no client.', { field: 'publicKey' })
    }
    const privateKey = issuePrivateKey(this.#keyPrefix, clientIdOf(publicKey))
    const decide = adoption(publicKey, privateKey, checkDetails(details))
    decide(await this.#read(publicKey))
    await this.#enlist(publicKey)
    await this.#issue(publicKey, decide)
    return { privateKey }
  }

  async *list(): AsyncIterable<Client> {
    const pages = (await this.#own.others()).flatMap(({ writer, registeredPages }) =>
      Array.from({ length: registeredPages }, (_, page) => registeredPath(writer, page)),
    )
    const publicKeys = new Set(this.#registered.flat())
    for (const text of await this.#store.getMany(pages)) {
      for (const publicKey of publicKeysIn(text)) publicKeys.add(publicKey)
    }
    yield* await this.findMany([...publicKeys])
  }

  /** The registered ones among public keys, as they are now; one question to the store for hundreds of them. */
  async findMany(publicKeys: readonly string[]): Promise<Client[]> {
    return (await this.#readMany(publicKeys.map(clientIdOf))).flatMap((records) => clientOf(records) ?? [])
  }

  /** Resolves when no change that failed is still to be taken back. */
  settled(): Promise<void> {
    return this.#writer.settled()
  }

  async #read(publicKey: string): Promise<ClientRecords> {
    const [records = {}] = await this.#readMany([clientIdOf(publicKey)])
    return records
  }

  async #readMany(clientIds: readonly string[]): Promise<ClientRecords[]> {
    const texts = await this.#store.getMany(clientIds.flatMap(namesOf))
    return clientIds.map((_, index) => recordsOf(textsOf(texts.slice(index * 3, index * 3 + 3))))
  }

  async #change(publicKey: string, record: keyof ClientRecords, decide: Decide): Promise<void> {
    try {
      await this.#writer.change(publicKey, record, decide)
    } finally {
      // It may have been read while the change was under way.
      this.#clients.delete(publicKey)
    }
  }

  /** Who asks for a new private key while another is being made would make that one dead as soon as it is shown. */
  async #issue(publicKey: string, decide: Decide): Promise<void> {
    if (this.#issuing.has(publicKey)) throw changedAtOnce()
    this.#issuing.add(publicKey)
    try {
      await this.#change(publicKey, 'secret', decide)
    } finally {
      this.#issuing.delete(publicKey)
    }
  }

  /** Takes the lists of a writer that is gone into this process's own; twice is harmless. */
  async takeOver(pages: readonly (string | undefined)[]): Promise<void> {
    const known = new Set(this.#registered.flat())
    for (const publicKey of pages.flatMap((text) => publicKeysIn(text))) {
      if (!known.has(publicKey)) await this.#enlist(publicKey)
    }
  }

  async #enlist(publicKey: string): Promise<void> {
    const last = this.#registered.at(-1)
    const publicKeys = last && last.length < clientsPerPage ? last : []
    if (publicKeys !== last) this.#registered.push(publicKeys)
    publicKeys.push(publicKey)
    const list: Savable = {
      name: registeredPath(this.#own.id, this.#registered.length - 1),
      encode: () => JSON.stringify({ publicKeys }),
    }
    this.#committer.put(list, true)
    this.#own.noteRegistered(this.#registered.length)
    if (!(await this.#committer.committed())) {
      // A list must not fill with names that were never registered.
      publicKeys.splice(publicKeys.indexOf(publicKey), 1)
      throw new ClienteleError('store_failed', 'The client could not be registered: the store failed.')
    }
  }
}

function publicKeysIn(page: string | undefined): string[] {
  return page === undefined ? [] : (JSON.parse(page) as { publicKeys: string[] }).publicKeys
}
