import type { ClientDetails } from './client-details.js'
import type { Client, RetiredBy } from './client-records.js'
import type { KeyPair } from './key-format.js'

export type { Client, RetiredBy }

/**
 * Who has a public key. Every method that asks the store rejects with ClienteleError `store_failed`, `store_timeout` or
 * `store_down` when it fails: an outage is not "unknown".
 */
export interface ClientRegistry {
  /**
   * Issues a key pair. The private key is in the answer and nowhere else: only its hash is kept.
   *
   * @throws ClienteleError `details_invalid`
   */
  register(details: ClientDetails): Promise<KeyPair>
  /** The registered client of a public key, as it was at most ten seconds ago. */
  find(publicKey: string): Promise<Client | undefined>
  /**
   * The client whose private key this is; undefined when there is none, for whatever reason. Every reason costs the same: one
   * read of six records, and two hashes.
   */
  authenticate(privateKey: string): Promise<Client | undefined>
  /**
   * A new private key; the old one is dead at once. The public key and all history stay.
   *
   * @throws ClienteleError `client_unknown`, `client_changed`
   */
  rotate(publicKey: string): Promise<{
    /** The only time that it can be read. */
    privateKey: string
  }>
  /**
   * Changes what is given and keeps the rest.
   *
   * @throws ClienteleError `client_unknown`, `client_changed`, `details_invalid`
   */
  update(publicKey: string, details: Partial<ClientDetails>): Promise<void>
  /**
   * From now on the public key is refused: here at once, in every other process within ten seconds. Its history stays.
   *
   * @param by what an operator retired its owner cannot restore; by default the operator
   * @throws ClienteleError `client_unknown`, `client_changed`
   */
  retire(publicKey: string, by?: RetiredBy): Promise<void>
  /**
   * Undoes `retire`: the public key is taken again, here at once, in every other process within ten seconds.
   *
   * @param by by default the operator, who may restore whatever was retired
   * @throws ClienteleError `client_unknown`, `client_changed`; `client_retired` where an operator retired what its owner is to restore
   */
  restore(publicKey: string, by?: RetiredBy): Promise<void>
  /**
   * Forgets the registration and the contact. The numbers stay, nameless.
   *
   * @throws ClienteleError `client_unknown`, `client_changed`
   */
  remove(publicKey: string): Promise<void>
  /**
   * Gives a record and a private key to a public key that is already in the wild, such as `iOS`, and keeps what was counted
   * for it.
   *
   * @throws ClienteleError `client_exists` when it has a record, `client_changed` when somebody adopts it at the same time,
   *   `details_invalid` when no client may have it
   */
  adopt(
    publicKey: string,
    details: ClientDetails,
  ): Promise<{
    /** The only time that it can be read. */
    privateKey: string
  }>
  /** Every registered client, retired ones too, in no particular order. */
  list(): AsyncIterable<Client>
}
