import { clientIdOf } from '../../keys/key-format.js'
import type { RefusalReason } from '../../refusals.js'
import { other, refused } from '../../row-names.js'
import type { Committer } from '../../storage/committer.js'
import type { OwnWriter } from '../../storage/own-writer.js'
import { summaryPath, usagePath } from '../../storage/paths.js'

import type { Attribution } from '../attribution.js'
import {
  addCounters,
  type Counters,
  countCall,
  countMetric,
  countPlayer,
  countRefusal,
  countSeat,
  countSession,
  isEmpty,
  sumsOf,
} from '../counters.js'
import { addDays, closedFrom, DayClock, dayOf } from '../days.js'
import { LiveTotals, type Totals } from './live-totals.js'
import { Shard, SummaryPage, type SummaryRow } from './shard.js'

/** Under `'present'` and `'off'` anyone can make up a public key; past this number a day they share a row. */
const maxUnregistered = 1_000
/** The first places are for all; the others only for those of which something went well, which takes a login. */
const maxUnregisteredFailed = 250

interface Day {
  name: string
  shards: Map<string, Shard>
  pages: SummaryPage[]
  unregistered: Set<string>
}

/**
 * Where everything is counted, by whoever knows what happened: adds it up in memory, hands the sums of the day to the committer, and
 * keeps the running totals. Under which row of the day something counts is decided here.
 */
export class Recorder {
  readonly #totals = new LiveTotals()
  readonly #committer: Committer
  readonly #own: OwnWriter
  readonly #days = new Map<string, Day>()
  readonly #clock = new DayClock()
  /** The last day that takes no counts any more. */
  #closedThrough = ''
  /** Shards of closed days of which a write may or may not have landed. */
  #unconfirmed: Shard[] = []

  constructor(committer: Committer, own: OwnWriter) {
    this.#committer = committer
    this.#own = own
    committer.beforeWrite(() => this.closeDays())
  }

  /**
   * A session was created. Answers what it counts for from now on: where a day has too many public keys that nobody registered, that is
   * `(other)` for as long as the session lives. `urgent`: an answer waits until this is on the store.
   */
  session(attribution: Attribution, method: string, urgent: boolean): Attribution {
    const shard = this.#shardOf(attribution, false)
    const started = shard.publicKey === attribution.publicKey ? attribution : { publicKey: shard.publicKey }
    shard.hasSucceeded = true
    countSession(shard.open, method, shard.bounds)
    shard.sums.sessions++
    this.#save(shard, urgent)
    this.#totals.session(started)
    return started
  }

  /** The player of a session, as `session` answered it; apart from it, because the secret may come later. */
  player({ publicKey }: Attribution, secretId: string, playerHash: Uint8Array): void {
    const shard = this.#shard(this.#today(), publicKey)
    countPlayer(shard.open, secretId, playerHash)
    this.#save(shard, false)
  }

  /** The seat of a session's player, for the session and the call that created it; as late as the player. */
  seat({ publicKey }: Attribution, method: string, seat: number): void {
    const shard = this.#shard(this.#today(), publicKey)
    countSeat(shard.open, method, seat, shard.bounds)
    this.#save(shard, false)
  }

  call(attribution: Attribution, feature: string, failed: boolean, urgent: boolean): void {
    const shard = this.#shardOf(attribution, failed)
    if (!failed) shard.hasSucceeded = true
    countCall(shard.open, feature, failed, attribution.seat, shard.knows, shard.bounds)
    shard.sums.calls++
    if (failed) shard.sums.errors++
    this.#save(shard, urgent)
    this.#totals.call(attribution, failed)
  }

  /** Counts for the server as a whole, and for a client that was `retired` too. */
  refusal(reason: RefusalReason, count: number, retired?: string): void {
    this.#refusalOf(refused, reason, count)
    if (retired !== undefined) this.#refusalOf(retired, reason, count)
    this.#totals.refusal(reason, count)
  }

  metric(attribution: Attribution, metric: string, amount: number): void {
    const shard = this.#shardOf(attribution, false)
    countMetric(shard.open, metric, amount, attribution.seat, shard.bounds)
    this.#save(shard, false)
  }

  /** What was counted since this process started. */
  totals(): Totals {
    return this.#totals.totals()
  }

  #refusalOf(publicKey: string, reason: RefusalReason, count: number): void {
    const shard = this.#shard(this.#today(), publicKey)
    countRefusal(shard.open, reason, count)
    this.#save(shard, false)
  }

  /** Counts on today what could not be counted on its own day: never lost, at most misdated. */
  #late(closed: Shard, counters: Counters): void {
    if (isEmpty(counters)) return
    const { sessions, calls, errors } = sumsOf(counters)
    const hasSucceeded = sessions > 0 || calls > errors
    const shard = this.#shardOf(closed, !hasSucceeded)
    if (hasSucceeded) shard.hasSucceeded = true
    addCounters(shard.open, counters)
    shard.sums.sessions += sessions
    shard.sums.calls += calls
    shard.sums.errors += errors
    this.#save(shard, false)
  }

  /** What this process holds of a day for one client; the store's copy of it is older or the same. */
  held(day: string, publicKey: string): Counters | undefined {
    return this.#days.get(day)?.shards.get(publicKey)?.counters()
  }

  /** The days that this process holds. */
  heldDays(): string[] {
    return [...this.#days.keys()]
  }

  heldRows(day: string): SummaryRow[] {
    return this.#days.get(day)?.pages.flatMap((page) => page.rows()) ?? []
  }

  /**
   * Closes the days on which nothing is counted any more (`closedFrom`), so that they can be sealed, and those that are sealed already, by a clock that
   * runs ahead of ours. What was never sent moves to today; the rest stays unconfirmed until the seal says what it took.
   */
  closeDays(sealed: ReadonlyMap<string, unknown> = new Map()): void {
    const today = dayOf(Date.now())
    for (const [name, day] of [...this.#days]) {
      const shards = [...day.shards.values()]
      // A write that is on its way will be over by the next time.
      if ((closedFrom(name) > today && !sealed.has(name)) || shards.some(({ isBeingWritten }) => isBeingWritten))
        continue
      this.#days.delete(name)
      if (name > this.#closedThrough) this.#closedThrough = name
      // A seal takes what it can find: by our own record the page, by the page the shard.
      const isFound = !sealed.has(name) && this.#own.hasSaid(name, day.pages.length)
      for (const shard of shards) {
        this.#committer.drop(shard.name)
        if (!isFound || shard.hasUnconfirmed || !shard.page.names(shard)) this.#unconfirmed.push(shard)
        this.#late(shard, shard.takeUnsent())
      }
    }
  }

  /** Shards of closed days of which a write was never confirmed: whether the seal has it, only the seal can say. */
  get unconfirmed(): readonly Shard[] {
    return this.#unconfirmed
  }

  /** Settles the writes of such a shard: `taken` is the last one that the seal of the day took, if it knows the shard at all. */
  settle(shard: Shard, taken: number | undefined): void {
    this.#unconfirmed = this.#unconfirmed.filter((one) => one !== shard)
    this.#late(shard, shard.lackedBy(taken))
  }

  #today(): Day {
    const now = this.#clock.today()
    // After a clock that ran ahead was put right, the days that were closed meanwhile stay closed.
    const name = now > this.#closedThrough ? now : addDays(this.#closedThrough, 1)
    const known = this.#days.get(name)
    if (known) return known
    const day = { name, shards: new Map(), pages: [], unregistered: new Set<string>() }
    this.#days.set(name, day)
    return day
  }

  /** `hasFailed`: what is to be counted did not go well. */
  #shardOf(attribution: Countable, hasFailed: boolean): Shard {
    const day = this.#today()
    return this.#shard(day, publicKeyOf(day, attribution, hasFailed))
  }

  #shard(day: Day, publicKey: string): Shard {
    const known = day.shards.get(publicKey)
    if (known) return known
    let page = day.pages.at(-1)
    if (!page?.takes(publicKey)) {
      page = new SummaryPage(summaryPath(day.name, this.#own.id, day.pages.length))
      day.pages.push(page)
      this.#own.noteDay(day.name, day.pages.length)
    }
    const path = usagePath(day.name, clientIdOf(publicKey), this.#own.id)
    const shard = new Shard(publicKey, day.name, path, page, day.unregistered.has(publicKey))
    page.add(shard)
    day.shards.set(publicKey, shard)
    return shard
  }

  #save(shard: Shard, urgent: boolean): void {
    this.#committer.put(shard, urgent)
    this.#committer.put(shard.page, urgent)
  }
}

/** An attribution, or a shard: both say who it is and whether nobody registered that. */
interface Countable {
  readonly publicKey: string
  readonly isUnregistered?: boolean | undefined
}

/**
 * What a client counts under on a day: its own public key; but for `(other)` where nobody has registered that and the day has too many
 * such.
 */
function publicKeyOf(
  { unregistered, shards }: Day,
  { publicKey, isUnregistered }: Countable,
  hasFailed: boolean,
): string {
  if (!isUnregistered) {
    const shard = unregistered.delete(publicKey) ? shards.get(publicKey) : undefined
    if (shard) shard.isUnregistered = false
    return publicKey
  }
  // That of a registered client, too: a store that cannot be asked knows nobody.
  if (shards.has(publicKey)) return publicKey
  if (unregistered.size >= (hasFailed ? maxUnregisteredFailed : maxUnregistered)) return other
  unregistered.add(publicKey)
  return publicKey
}
