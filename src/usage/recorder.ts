import { clientIdOf, otherClients } from '../keys/key-format.js'
import type { Committer, Savable } from '../storage/committer.js'
import { summaryPath, usagePath } from '../storage/paths.js'
import type { Writers } from '../storage/writers.js'
import {
  type Counters,
  countCall,
  countMetric,
  countPlayer,
  countRefusal,
  countSession,
  emptyCounters,
  encodeCounters,
  totals,
} from './counters.js'
import { addDays, dayOf } from './days.js'

/** Public keys are at most 128 characters, so a page of 100 clients stays under 60 KB in every writing system. */
const clientsPerPage = 100
/** Under `'present'` and `'off'` anyone can make up a public key; past this number a day they share a row. */
const mostUnregistered = 1_000

/** This writer's counts of one client and day: absolute values, written whole each time. */
class Shard implements Savable {
  readonly name: string
  readonly counters: Counters = emptyCounters()
  readonly publicKey: string
  readonly page: SummaryPage
  #commit = 0

  constructor(publicKey: string, name: string, page: SummaryPage) {
    this.publicKey = publicKey
    this.name = name
    this.page = page
  }

  encode(): string {
    this.#commit++
    return encodeCounters(this.counters, this.#commit)
  }
}

export type SummaryRow = [publicKey: string, sessions: number, calls: number, errors: number]

/** Which clients this writer saw on a day, and their sums, so that an overview reads pages and not clients. */
class SummaryPage implements Savable {
  readonly name: string
  readonly shards: Shard[] = []

  constructor(name: string) {
    this.name = name
  }

  rows(): SummaryRow[] {
    return this.shards.map(({ publicKey, counters }) => {
      const { sessions, calls, errors } = totals(counters)
      return [publicKey, sessions, calls, errors]
    })
  }

  encode(): string {
    return JSON.stringify({ rows: this.rows() })
  }
}

interface Day {
  shards: Map<string, Shard>
  pages: SummaryPage[]
  unregistered: Set<string>
}

/** Adds up in memory what happens, and hands the sums to the committer. */
export class Recorder {
  readonly #committer: Committer
  readonly #writers: Writers
  readonly #days = new Map<string, Day>()
  #today = ''

  constructor(committer: Committer, writers: Writers) {
    this.#committer = committer
    this.#writers = writers
  }

  /** `urgent`: an answer waits until this is on the store. */
  session(publicKey: string, method: string, urgent: boolean): void {
    const shard = this.#shard(publicKey)
    countSession(shard.counters, method)
    this.#save(shard, urgent)
  }

  /** The player of a session; apart from it, because the secret may come later. */
  player(publicKey: string, secretId: string, playerHash: Uint8Array): void {
    const shard = this.#shard(publicKey)
    countPlayer(shard.counters, secretId, playerHash)
    this.#save(shard, false)
  }

  call(publicKey: string, feature: string, failed: boolean, urgent: boolean): void {
    const shard = this.#shard(publicKey)
    countCall(shard.counters, feature, failed)
    this.#save(shard, urgent)
  }

  refusal(publicKey: string, reason: string): void {
    const shard = this.#shard(publicKey)
    countRefusal(shard.counters, reason)
    this.#save(shard, false)
  }

  metric(publicKey: string, metric: string, amount: number): void {
    const shard = this.#shard(publicKey)
    countMetric(shard.counters, metric, amount)
    this.#save(shard, false)
  }

  /** The public key under which an unregistered one counts: itself, or `(other)` when the day has too many. */
  unregistered(publicKey: string): string {
    const { unregistered } = this.#day()
    if (unregistered.has(publicKey)) return publicKey
    if (unregistered.size >= mostUnregistered) return otherClients
    unregistered.add(publicKey)
    return publicKey
  }

  /** What this process holds of a day for one client; the store's copy of it is older or the same. */
  held(day: string, publicKey: string): Counters | undefined {
    return this.#days.get(day)?.shards.get(publicKey)?.counters
  }

  /** The days that this process holds. */
  heldDays(): string[] {
    return [...this.#days.keys()]
  }

  heldRows(day: string): SummaryRow[] {
    return this.#days.get(day)?.pages.flatMap((page) => page.rows()) ?? []
  }

  #day(): Day {
    // A clock that jumps back does not reopen a day.
    const today = dayOf(Date.now())
    if (today > this.#today) {
      this.#today = today
      this.#forgetBefore(addDays(today, -1))
    }
    const day = this.#days.get(this.#today) ?? { shards: new Map(), pages: [], unregistered: new Set() }
    this.#days.set(this.#today, day)
    return day
  }

  #shard(publicKey: string): Shard {
    const day = this.#day()
    const known = day.shards.get(publicKey)
    if (known) return known
    let page = day.pages.at(-1)
    if (!page || page.shards.length >= clientsPerPage) {
      page = new SummaryPage(summaryPath(this.#today, this.#writers.id, day.pages.length))
      day.pages.push(page)
      this.#writers.noteDay(this.#today, day.pages.length, this.#committer)
    }
    const shard = new Shard(publicKey, usagePath(this.#today, clientIdOf(publicKey), this.#writers.id), page)
    page.shards.push(shard)
    day.shards.set(publicKey, shard)
    return shard
  }

  #save(shard: Shard, urgent: boolean): void {
    this.#committer.put(shard, urgent)
    this.#committer.put(shard.page, urgent)
  }

  // From then on they are read from the store, like another writer's.
  #forgetBefore(day: string): void {
    for (const [held, { shards, pages }] of this.#days) {
      const saved = ({ name }: Savable) => !this.#committer.has(name)
      if (held < day && [...shards.values()].every(saved) && pages.every(saved)) this.#days.delete(held)
    }
  }
}
