import type { Savable } from '../../storage/committer.js'
import {
  addCounters,
  type Bounds,
  boundCounters,
  type Counters,
  emptyCounters,
  encodeCounters,
  failedBounds,
  isEmpty,
  unregisteredBounds,
} from '../counters.js'
import { closedFrom } from '../days.js'

/** What stands beside the counts in the record of a shard. */
export interface ShardAbout {
  /** Rises with each write. */
  commit: number
  /** All of it is of a public key that nobody had registered. */
  isMadeUp?: true
}

/** What went out with one write, and is not known to have landed. */
interface Sent {
  commit: number
  counters: Counters
}

/**
 * One writer's counts of one client and UTC day: absolute values, written whole each time. What a write carries stays apart
 * until the store has confirmed it, so that it can still be moved when the day is sealed without it.
 */
export class Shard implements Savable {
  readonly name: string
  readonly day: string
  readonly publicKey: string
  readonly page: SummaryPage
  /** Of a public key that nobody has registered, as far as this writer knew on this day. */
  isUnregistered: boolean
  /** A call that was answered well was counted, or a session. */
  hasSucceeded = false
  /** Of all that was counted; kept up by who counts, because a page of many shards is written again and again. */
  readonly sums = { sessions: 0, calls: 0, errors: 0 }
  /** The sums as they were when this was last written: a page must not say more than the shards that it tells of. */
  written = { sessions: 0, calls: 0, errors: 0 }
  readonly #closesAtMs: number
  #confirmed = emptyCounters()
  #sent: Sent[] = []
  #unsent = emptyCounters()
  #commit = 0
  #isBeingWritten = false

  constructor(publicKey: string, day: string, name: string, page: SummaryPage, isUnregistered = false) {
    this.publicKey = publicKey
    this.day = day
    this.name = name
    this.page = page
    this.isUnregistered = isUnregistered
    this.#closesAtMs = Date.parse(closedFrom(day))
  }

  /** Where new events are counted. */
  get open(): Counters {
    return this.#unsent
  }

  /** How many names it may have; undefined for those of a registered client. */
  get bounds(): Bounds | undefined {
    if (!this.isUnregistered) return undefined
    return this.hasSucceeded ? unregisteredBounds : failedBounds
  }

  /** Whether this day has calls of this feature already. */
  readonly knows = (feature: string): boolean => this.#confirmed.features.has(feature)

  get isBeingWritten(): boolean {
    return this.#isBeingWritten
  }

  /** Everything that was counted. */
  counters(): Counters {
    const all = emptyCounters()
    for (const part of [this.#confirmed, ...this.#sent.map(({ counters }) => counters), this.#unsent]) {
      addCounters(all, part)
    }
    return boundCounters(all, 1, this.bounds)
  }

  encode(): string {
    this.#commit++
    if (!isEmpty(this.#unsent)) this.#sent.push({ commit: this.#commit, counters: this.takeUnsent() })
    this.#isBeingWritten = true
    this.written = { ...this.sums }
    const about: ShardAbout = { commit: this.#commit, ...(this.isUnregistered && { isMadeUp: true }) }
    return encodeCounters(this.counters(), about)
  }

  saved(): void {
    this.#isBeingWritten = false
    // The day is closed by now: it may have landed after the seal, which then lacks it.
    if (Date.now() >= this.#closesAtMs) return
    for (const { counters } of this.#sent) addCounters(this.#confirmed, counters)
    this.#sent = []
    // Names that strangers invent are used once; twice the bound leaves what is used its place until the day is over.
    this.#confirmed = boundCounters(this.#confirmed, 2, this.bounds)
  }

  failed(): void {
    this.#isBeingWritten = false
  }

  takeUnsent(): Counters {
    const unsent = this.#unsent
    this.#unsent = emptyCounters()
    return unsent
  }

  /** Whether writes went out of which it is not known that they landed. */
  get hasUnconfirmed(): boolean {
    return this.#sent.length > 0
  }

  /** What a seal lacks that took the write `commit`; all of it, when the seal does not know this shard. */
  lackedBy(commit: number | undefined): Counters {
    const lacking = emptyCounters()
    if (commit === undefined) addCounters(lacking, this.#confirmed)
    for (const sent of this.#sent) if (commit === undefined || sent.commit > commit) addCounters(lacking, sent.counters)
    return lacking
  }
}

export type SummaryRow = [publicKey: string, sessions: number, calls: number, errors: number]

/** In bytes of JSON; a record must stay under 60 KB. */
const maxPageBytes = 50_000
/** The numbers and the punctuation of a row. */
const rowBytes = 60

/** Rows on pages that are small enough to be stored. */
export function paged<Row extends SummaryRow>(rows: readonly Row[]): Row[][] {
  const pages: Row[][] = []
  let size = maxPageBytes
  for (const row of rows) {
    size += sizeOf(row[0])
    if (size > maxPageBytes) {
      pages.push([])
      size = sizeOf(row[0])
    }
    pages.at(-1)?.push(row)
  }
  return pages
}

/** Which clients this writer saw on a day, and their sums, so that an overview reads pages and not clients. */
export class SummaryPage implements Savable {
  readonly name: string
  readonly isSummary = true
  readonly #shards: Shard[] = []
  #size = 0
  #sent = 0
  #confirmed = 0

  constructor(name: string) {
    this.name = name
  }

  /** Whether one more client fits. */
  takes(publicKey: string): boolean {
    return this.#size + sizeOf(publicKey) <= maxPageBytes
  }

  add(shard: Shard): void {
    this.#size += sizeOf(shard.publicKey)
    this.#shards.push(shard)
  }

  /** Whether the store is known to have this page with this shard on it. */
  names(shard: Shard): boolean {
    return this.#shards.indexOf(shard) < this.#confirmed
  }

  rows(): SummaryRow[] {
    return this.#shards.map(({ publicKey, sums }) => summaryRow(publicKey, sums))
  }

  encode(): string {
    this.#sent = this.#shards.length
    return JSON.stringify({ rows: this.#shards.map(({ publicKey, written }) => summaryRow(publicKey, written)) })
  }

  saved(): void {
    this.#confirmed = this.#sent
  }
}

export function summaryRow(publicKey: string, { sessions, calls, errors }: Shard['sums']): SummaryRow {
  return [publicKey, sessions, calls, errors]
}

function sizeOf(publicKey: string): number {
  return Buffer.byteLength(JSON.stringify(publicKey)) + rowBytes
}
