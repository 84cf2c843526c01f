import { anonymous } from '../../keys/key-format.js'
import { type RefusalReason, refusalMessages } from '../../refusals.js'
import { furtherClients, noClient, other, unread, unregisteredClients } from '../../row-names.js'
import type { Attribution } from '../attribution.js'

/** Registered clients that have a row of their own: each is several time series for as long as the process lives. */
const maxClients = 1_000

const shared = [anonymous, noClient, unread, unregisteredClients, furtherClients]

/** What one process has counted for one client since it started. */
export interface ClientTotals {
  /** A public key, `anonymous`, or one of the shared rows `(none)`, `(unread)`, `(unregistered)` and `(registered)`. */
  publicKey: string
  /** Sessions that were created. */
  sessions: number
  /** Method calls, those that create a session among them. */
  calls: number
  /** Calls that the game answered with an error. */
  errors: number
}

/** What one process has counted since it started. It only ever rises. */
export interface Totals {
  /** At most 1,005: the registered clients that were here, the first 1,000 of them, and the five rows that many share. */
  clients: ClientTotals[]
  /** Of the server as a whole, every reason. */
  refusals: Record<RefusalReason, number>
}

/** Running totals beside the records of days: those are moved, sealed and let go, these only rise. */
export class LiveTotals {
  readonly #rows = shared.map(newRow)
  readonly #byPublicKey = new Map(this.#rows.map((row) => [row.publicKey, row]))
  readonly #refusals = Object.fromEntries(
    Object.keys(refusalMessages).map((reason) => [reason, 0]),
  ) as Totals['refusals']

  constructor() {
    this.#byPublicKey.set(other, this.#row({ publicKey: unregisteredClients }))
  }

  session(client: Attribution): void {
    this.#row(client).sessions++
  }

  call(client: Attribution, failed: boolean): void {
    const row = this.#row(client)
    row.calls++
    if (failed) row.errors++
  }

  refusal(reason: RefusalReason, count: number): void {
    this.#refusals[reason] += count
  }

  totals(): Totals {
    return { clients: this.#rows.map((row) => ({ ...row })), refusals: { ...this.#refusals } }
  }

  #row({ publicKey, isUnregistered }: Attribution): ClientTotals {
    const name = isUnregistered ? unregisteredClients : publicKey
    const known = this.#byPublicKey.get(name)
    if (known) return known
    if (this.#rows.length >= maxClients + shared.length) return this.#row({ publicKey: furtherClients })
    const row = newRow(name)
    this.#rows.push(row)
    this.#byPublicKey.set(name, row)
    return row
  }
}

function newRow(publicKey: string): ClientTotals {
  return { publicKey, sessions: 0, calls: 0, errors: 0 }
}
