import { clientIdOf } from '../keys/key-format.js'
import { summaryPath, usagePath } from '../storage/paths.js'
import type { Store } from '../storage/store.js'
import type { WriterRecord, Writers } from '../storage/writers.js'
import { addCounters, type Counters, decodeCounters, emptyCounters } from './counters.js'
import type { Recorder, SummaryRow } from './recorder.js'

/** The shards of all writers, read together. This process's own are taken from memory, never on top of the store's. */
export class Ledger {
  readonly #store: Store
  readonly #writers: Writers
  readonly #recorder: Recorder

  constructor(store: Store, writers: Writers, recorder: Recorder) {
    this.#store = store
    this.#writers = writers
    this.#recorder = recorder
  }

  /** One client's counters by UTC day, for the days on which it did anything, in order. */
  async days(publicKey: string, from: string, to: string): Promise<Map<string, Counters>> {
    const clientId = clientIdOf(publicKey)
    const places: { day: string; name: string }[] = []
    for (const { writer, day } of await this.#writerDays(from, to)) {
      places.push({ day, name: usagePath(day, clientId, writer) })
    }
    const texts = await this.#store.getMany(places.map(({ name }) => name))
    const days = new Map<string, Counters>()
    const add = (day: string, counters: Counters) => {
      const sum = days.get(day) ?? emptyCounters()
      days.set(day, sum)
      addCounters(sum, counters)
    }
    for (const [index, { day }] of places.entries()) {
      const text = texts[index]
      if (text !== undefined) add(day, decodeCounters(text))
    }
    for (const day of this.#heldDays(from, to)) {
      const counters = this.#recorder.held(day, publicKey)
      if (counters) add(day, counters)
    }
    return new Map([...days].sort(([one], [another]) => (one < another ? -1 : 1)))
  }

  /** Every client's sums over a range of days. */
  async rows(from: string, to: string): Promise<SummaryRow[]> {
    const names = (await this.#writerDays(from, to)).flatMap(({ writer, day, pages }) =>
      Array.from({ length: pages }, (_, page) => summaryPath(day, writer, page)),
    )
    const sums = new Map<string, SummaryRow>()
    const add = ([publicKey, sessions, calls, errors]: SummaryRow) => {
      const sum = sums.get(publicKey)
      if (sum) {
        sum[1] += sessions
        sum[2] += calls
        sum[3] += errors
      } else sums.set(publicKey, [publicKey, sessions, calls, errors])
    }
    for (const text of await this.#store.getMany(names)) {
      if (text !== undefined) (JSON.parse(text) as { rows: SummaryRow[] }).rows.forEach(add)
    }
    for (const day of this.#heldDays(from, to)) this.#recorder.heldRows(day).forEach(add)
    return [...sums.values()]
  }

  async #writerDays(from: string, to: string): Promise<{ writer: string; day: string; pages: number }[]> {
    const held = new Set(this.#recorder.heldDays())
    const found: { writer: string; day: string; pages: number }[] = []
    const take = ({ writer, days }: WriterRecord, skip?: Set<string>) => {
      for (const [day, pages] of Object.entries(days)) {
        if (day >= from && day <= to && !skip?.has(day)) found.push({ writer, day, pages })
      }
    }
    for (const writer of await this.#writers.others()) take(writer)
    take(this.#writers.own, held)
    return found
  }

  #heldDays(from: string, to: string): string[] {
    return this.#recorder.heldDays().filter((day) => day >= from && day <= to)
  }
}
