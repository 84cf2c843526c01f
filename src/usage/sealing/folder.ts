import { createHash } from 'node:crypto'
import { everRegistered } from '../../keys/client-records.js'
import { clientIdOf, sharedRows } from '../../keys/key-format.js'
import { other } from '../../row-names.js'
import { monthPath, totalSpan } from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'
import { addMonths } from '../days.js'
import type { SummaryRow } from '../recording/shard.js'
import { readTotal, sealedAmong } from './seal-marks.js'
import { addRows, readRows, someAtATime, writeAll, writeMark, writeRows } from './seal-records.js'
import { FoldedMonth, rowOfSeal } from './seals.js'

/**
 * A month becomes final when so many more are sealed. Long enough for an operator to see who is there and to adopt, and for a client
 * that is used once a quarter to keep its name; short enough for what strangers made up to go soon.
 */
export const monthsUntilFinal = 3
/** Names that nobody registered in all totals together: those that were used for months, and most of all such. */
const maxUnregisteredNames = 1_000

/**
 * Makes months final: what clients did that nobody ever registered, and that did nothing in the months after it, goes to `(other)`.
 * The month is written once more under a span of its own, and the mark that leads to it is written last; the totals take it only from
 * there. So nothing is ever added to a record, every reader sees all of a month before or all of it after, and it may be cut
 * anywhere and be done again, or by two at once: who decides differently, because a client was adopted meanwhile, has another span.
 */
export class Folder {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Makes a sealed month final. */
  async fold(month: string): Promise<void> {
    const sealed = (await sealedAmong(this.#store, [month])).get(month)
    if (!sealed) return
    const rows = await readRows(this.#store, sealed)
    const folded = await this.#folded(month, rows)
    const span = folded.size === 0 ? month : `${month}.${hashOf(folded)}`
    const pages = folded.size === 0 ? sealed.pages : await this.#write(month, span, rows, folded)
    const { mark } = (await sealedAmong(this.#store, [month])).get(month) ?? {}
    // Another process was first; or a day came late, and the month is not what it was.
    if (mark?.span !== undefined || mark?.days?.length !== sealed.mark.days?.length) return
    await writeMark(this.#store, month, { ...sealed.mark, pages, span })
  }

  async #write(month: string, span: string, rows: readonly SummaryRow[], folded: ReadonlySet<string>): Promise<number> {
    const kept = rows.filter(([publicKey]) => !folded.has(publicKey) && publicKey !== other)
    for (const some of someAtATime(kept)) {
      const ids = some.map(([publicKey]) => clientIdOf(publicKey))
      const texts = await this.#store.getMany(ids.map((id) => monthPath(month, id)))
      await writeAll(
        this.#store,
        ids.flatMap((id, index) => {
          const value = texts[index]
          return value === undefined ? [] : [{ name: monthPath(span, id), value }]
        }),
      )
    }
    const others = new FoldedMonth()
    for (const some of someAtATime([other, ...folded])) {
      const texts = await this.#store.getMany(some.map((publicKey) => monthPath(month, clientIdOf(publicKey))))
      others.add(texts.filter((text) => text !== undefined))
    }
    const text = others.seal()
    await writeAll(this.#store, [{ name: monthPath(span, clientIdOf(other)), value: text }])
    return writeRows(this.#store, span, [...kept, rowOfSeal(other, text)])
  }

  /** Whose names a month loses. */
  async #folded(month: string, rows: readonly SummaryRow[]): Promise<Set<string>> {
    const unregistered = await this.#unregistered(rows)
    if (unregistered.length === 0) return new Set()
    const later = Array.from({ length: monthsUntilFinal }, (_, index) => addMonths(month, index + 1))
    const used = new Map<string, SummaryRow>()
    for (const sealed of (await sealedAmong(this.#store, later)).values()) {
      addRows(used, await readRows(this.#store, sealed))
    }
    const total = await readTotal(this.#store)
    const span = totalSpan(total?.through ?? '')
    const named = new Set(await this.#unregistered(await readRows(this.#store, { span, pages: total?.pages ?? 0 })))
    const inUse = unregistered.filter((publicKey) => used.has(publicKey))
    const newcomers = inUse.filter((publicKey) => !named.has(publicKey))
    const sums = (publicKey: string) => used.get(publicKey) ?? [publicKey, 0, 0, 0]
    newcomers.sort((one, another) => {
      const [some, more] = [sums(one), sums(another)]
      return more[1] - some[1] || more[2] - more[3] - (some[2] - some[3]) || (one < another ? -1 : 1)
    })
    const kept = new Set([
      ...inUse.filter((publicKey) => named.has(publicKey)),
      ...newcomers.slice(0, Math.max(0, maxUnregisteredNames - named.size)),
    ])
    return new Set(unregistered.filter((publicKey) => !kept.has(publicKey)))
  }

  async #unregistered(rows: readonly SummaryRow[]): Promise<string[]> {
    const publicKeys = rows.map(([publicKey]) => publicKey).filter((publicKey) => !sharedRows.includes(publicKey))
    const registered = await everRegistered(this.#store, publicKeys)
    return publicKeys.filter((publicKey) => !registered.has(publicKey))
  }
}

function hashOf(publicKeys: Iterable<string>): string {
  const hash = createHash('sha256')
  for (const publicKey of [...publicKeys].sort()) hash.update(JSON.stringify(publicKey))
  return hash.digest('hex').slice(0, 16)
}
