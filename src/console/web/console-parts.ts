import type { ClientRegistry } from '../../keys/client-registry.js'
import type { StoredClients } from '../../keys/stored-clients.js'
import type { BlindSpot } from '../../middleware/blind-spot-monitor.js'
import type { ExampleCall } from '../../protocols/protocol.js'
import type { Health } from '../../storage/health.js'
import type { Holdings } from '../../usage/reading/ledger.js'
import type { SummaryRow } from '../../usage/recording/shard.js'
import type { Range, UsageReader } from '../../usage/report.js'

/** What the console needs of the rest. */
export interface ConsoleParts {
  registry: Pick<StoredClients, keyof ClientRegistry | 'findMany' | 'findWithHash'>
  usage: Pick<UsageReader, 'read' | 'readMany'>
  /** Signs the cookie, and nothing else does; resolves late when the secret has to be made first. */
  secret(): Promise<string>
  /** A session-creating call with this public key in it; undefined when the protocol offers none. */
  example(publicKey: string): ExampleCall | undefined
  /** What starts every key that this server issues. */
  keyPrefix: string
  /** What only the operator's pages read. */
  operator: OperatorParts
  /** Numbers that fewer players share are withheld. */
  smallestCrowd: number
  /** Told of our own failures; a page never shows them. */
  onError(error: unknown): void
}

/** What only the operator's pages need. */
export interface OperatorParts {
  /** Every public key's sums in a range, from pages and not from clients. */
  rows(range: Range): Promise<readonly SummaryRow[]>
  health(): Health
  /** Features whose logins go well and never show a session. */
  blindSpots(): readonly BlindSpot[]
  holdings(): Promise<Holdings>
}
