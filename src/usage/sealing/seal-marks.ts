import { sealedPath } from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'

/** Says that a span is sealed, and how many pages of rows it has. */
export interface SealedMark {
  pages: number
  /** Of a month: the days that it was computed from. */
  days?: string[]
  /** Of a month that is final: the span under which its records are, `2024-01.<fold>`; itself where nothing was folded. */
  span?: string
}

/** A sealed span, and the one under which its records are: as a rule the same. */
export interface Sealed {
  span: string
  pages: number
  mark: SealedMark
}

/** What is known of all sealed months together; its rows are under the span `total.<through>`. */
export interface SealedTotal extends SealedMark {
  /** The first day that was ever sealed. */
  first: string
  /** The last month that the totals hold; empty when none. */
  through: string
  /** All months that the totals hold. */
  months: string[]
  /** Of these, those that a day was sealed of since: the totals are to take them again. */
  late?: string[]
}

export async function readTotal(store: Store): Promise<SealedTotal | undefined> {
  const text = await store.get(sealedPath('total'))
  return text === undefined ? undefined : (JSON.parse(text) as SealedTotal)
}

/** The sealed ones among spans. */
export async function sealedAmong(store: Store, spans: readonly string[]): Promise<Map<string, Sealed>> {
  const texts = await store.getMany(spans.map(sealedPath))
  return new Map(
    spans.flatMap((span, index) => {
      const text = texts[index]
      if (text === undefined) return []
      const mark = JSON.parse(text) as SealedMark
      return [[span, { span: mark.span ?? span, pages: mark.pages, mark }] as const]
    }),
  )
}
