import { sealedPath } from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'
import { addMonths, dayOf, daysOf, monthOf } from '../days.js'

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

/** Where the numbers of a range are. Nothing is in two places. */
export interface Plan {
  /** The first and the last UTC day. */
  from: string
  to: string
  /** Read the totals: all months through this one. */
  total?: SealedTotal
  /** Sealed months that lie wholly in the range. */
  months: Map<string, Sealed>
  /** Sealed days. */
  days: Map<string, Sealed>
  /** Months of the totals that are young enough for their days to be listed. */
  recent: Map<string, Sealed>
  isOpen(day: string): boolean
}

/** Months of which a report of all time still lists the days. */
const monthsOfDays = 13

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

/** `bounds`: the range; without it everything. */
export async function planOf(store: Store, bounds?: { from: string; to: string }): Promise<Plan> {
  const today = dayOf(Date.now())
  const total = await readTotal(store)
  const takesTotal = bounds === undefined && total !== undefined && total.through !== ''
  const from = bounds?.from ?? (takesTotal ? `${addMonths(total.through, 1)}-01` : '0000-01-01')
  // A process whose clock is ahead writes into tomorrow.
  const to = bounds?.to ?? '9999-12-31'
  const last = [to, today].sort()[0] ?? today
  // Nothing is sealed before the first seal.
  const candidates = total ? monthsBetween([from, total.first].sort()[1] ?? from, last) : []
  const wholly = candidates.filter((month) => (daysOf(month)[0] ?? '') >= from && (daysOf(month).at(-1) ?? '') <= to)
  const lately = addMonths(monthOf(today), -monthsOfDays)
  const inTotal = takesTotal ? total.months.filter((month) => month >= lately) : []
  const sealed = await sealedAmong(store, [...wholly, ...inTotal])
  const only = (some: string[]) => new Map([...sealed].filter(([month]) => some.includes(month)))
  const months = only(wholly)
  const singles = candidates
    .filter((month) => !months.has(month))
    .flatMap(daysOf)
    .filter((day) => day >= from && day <= last)
  const days = await sealedAmong(store, singles)
  return {
    from,
    to,
    ...(takesTotal ? { total } : {}),
    months,
    days,
    recent: only(inTotal),
    isOpen: (day) => day >= from && day <= to && !months.has(monthOf(day)) && !days.has(day),
  }
}

/** Both ends included. */
export function monthsBetween(from: string, to: string): string[] {
  const months: string[] = []
  for (let month = monthOf(from); month <= monthOf(to); month = addMonths(month, 1)) months.push(month)
  return months
}
