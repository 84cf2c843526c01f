import { clientIdOf } from '../../keys/key-format.js'
import { other } from '../../row-names.js'
import type { Committer } from '../../storage/committer.js'
import { summaryPath, usagePath } from '../../storage/paths.js'
import type { Writers } from '../../storage/writers.js'
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
  totals,
} from '../counters.js'
import { addDays, DayClock, dayOf } from '../days.js'
import { LiveTotals } from './live-totals.js'
import { Shard, SummaryPage, type SummaryRow } from './shard.js'

/** Under `'present'` and `'off'` anyone can make up a public key; past this number a day they share a row. */
const maxUnregistered = 1_000
/** The first places are for all; the others only for those of which something went well, which takes a login. */
const maxUnregisteredFailed = 250

interface Day {
  shards: Map<string, Shard>
  pages: SummaryPage[]
  unregistered: Set<string>
}

/** Adds up in memory what happens, and hands the sums to the committer. */
export class Recorder {
  /** Beside the days, and told by whoever knows which public keys are made up. */
  readonly tally = new LiveTotals()
  readonly #committer: Committer
  readonly #writers: Writers
  readonly #days = new Map<string, Day>()
  readonly #clock = new DayClock()
  /** The last day that takes no counts any more. */
  #closedThrough = ''
  /** Shards of closed days of which a write may or may not have landed. */
  #inDoubt: Shard[] = []

  constructor(committer: Committer, writers: Writers) {
    this.#committer = committer
    this.#writers = writers
  }

  /** `urgent`: an answer waits until this is on the store. */
  session(publicKey: string, method: string, urgent: boolean): void {
    const shard = this.#shard(publicKey)
    shard.hasSucceeded = true
    countSession(shard.open, method, shard.bounds)
    shard.sums.sessions++
    this.#save(shard, urgent)
  }

  /** The player of a session; apart from it, because the secret may come later. */
  player(publicKey: string, secretId: string, playerHash: Uint8Array): void {
    const shard = this.#shard(publicKey)
    countPlayer(shard.open, secretId, playerHash)
    this.#save(shard, false)
  }

  /** The seat of a session's player, for the session and the call that created it. */
  seat(publicKey: string, method: string, seat: number): void {
    const shard = this.#shard(publicKey)
    countSeat(shard.open, method, seat, shard.bounds)
    this.#save(shard, false)
  }

  /** `seat`: of the player, where the session is known. */
  call(publicKey: string, feature: string, failed: boolean, urgent: boolean, seat?: number): void {
    const shard = this.#shard(publicKey)
    if (!failed) shard.hasSucceeded = true
    countCall(shard.open, feature, failed, seat, shard.knows, shard.bounds)
    shard.sums.calls++
    if (failed) shard.sums.errors++
    this.#save(shard, urgent)
  }

  refusal(publicKey: string, reason: string, count: number): void {
    const shard = this.#shard(publicKey)
    countRefusal(shard.open, reason, count)
    this.#save(shard, false)
  }

  metric(publicKey: string, metric: string, amount: number, seat?: number): void {
    const shard = this.#shard(publicKey)
    countMetric(shard.open, metric, amount, seat, shard.bounds)
    this.#save(shard, false)
  }

  /** Counts on today what could not be counted on its own day: never lost, at most misdated. */
  #late({ publicKey, isUnregistered }: Shard, counters: Counters): void {
    if (isEmpty(counters)) return
    const { sessions, calls, errors } = totals(counters)
    const hasSucceeded = sessions > 0 || calls > errors
    const shard = this.#shard(this.rowOf({ publicKey, isUnregistered }, !hasSucceeded))
    if (hasSucceeded) shard.hasSucceeded = true
    addCounters(shard.open, counters)
    shard.sums.sessions += sessions
    shard.sums.calls += calls
    shard.sums.errors += errors
    this.#save(shard, false)
  }

  /**
   * What a client counts under today: its own public key; but for `(other)` where that is made up (nobody has registered it) and
   * the day has too many such. `hasFailed`: what is to be counted did not go well.
   */
  rowOf({ publicKey, isUnregistered }: { publicKey: string; isUnregistered?: boolean }, hasFailed: boolean): string {
    const { unregistered, shards } = this.#today()[1]
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
   * Closes the days that ended 24 hours ago, so that they can be sealed, and those that are sealed already, by a clock that
   * runs ahead of ours. What was never sent moves to today; the rest stays in doubt until the seal says what it took.
   */
  closeDays(sealed: ReadonlyMap<string, unknown> = new Map()): void {
    const closing = addDays(dayOf(Date.now()), -2)
    for (const [name, day] of [...this.#days]) {
      const shards = [...day.shards.values()]
      // A write that is on its way will be over by the next time.
      if ((name > closing && !sealed.has(name)) || shards.some(({ isInTheAir }) => isInTheAir)) continue
      this.#days.delete(name)
      if (name > this.#closedThrough) this.#closedThrough = name
      // A seal takes what it can find: by our own record the page, by the page the shard.
      const isFound = !sealed.has(name) && this.#writers.hasSaid(name, day.pages.length)
      for (const shard of shards) {
        this.#committer.drop(shard.name)
        if (!isFound || shard.isInDoubt || !shard.page.names(shard)) this.#inDoubt.push(shard)
        this.#late(shard, shard.takeUnsent())
      }
    }
  }

  /** Shards of closed days whose last write is in doubt. */
  doubts(): readonly Shard[] {
    return this.#inDoubt
  }

  /** Settles a doubt: `commit` is the write that the seal of the day took, if it knows the shard at all. */
  settle(shard: Shard, commit: number | undefined): void {
    this.#inDoubt = this.#inDoubt.filter((one) => one !== shard)
    this.#late(shard, shard.lackedBy(commit))
  }

  #today(): [name: string, day: Day] {
    const now = this.#clock.today()
    // After a clock that ran ahead was put right, the days that were closed meanwhile stay closed.
    const name = now > this.#closedThrough ? now : addDays(this.#closedThrough, 1)
    const day = this.#days.get(name) ?? { shards: new Map(), pages: [], unregistered: new Set() }
    this.#days.set(name, day)
    return [name, day]
  }

  #shard(publicKey: string): Shard {
    const [name, day] = this.#today()
    const known = day.shards.get(publicKey)
    if (known) return known
    let page = day.pages.at(-1)
    if (!page?.takes(publicKey)) {
      page = new SummaryPage(summaryPath(name, this.#writers.id, day.pages.length))
      day.pages.push(page)
      this.#writers.noteDay(name, day.pages.length, this.#committer)
    }
    const shard = new Shard(
      publicKey,
      name,
      usagePath(name, clientIdOf(publicKey), this.#writers.id),
      page,
      day.unregistered.has(publicKey),
    )
    page.add(shard)
    day.shards.set(publicKey, shard)
    return shard
  }

  #save(shard: Shard, urgent: boolean): void {
    this.#committer.put(shard, urgent)
    this.#committer.put(shard.page, urgent)
  }
}
