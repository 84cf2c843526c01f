import type { Store } from '../../storage/store.js'
import { addMonths, dayOf, daysOf, monthOf, monthsBetween } from '../days.js'
import { readTotal, type Sealed, type SealedTotal, sealedAmong } from '../sealing/seal-marks.js'

/** Where the numbers of a range are. Nothing is in two places. */
export interface ReadPlan {
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

/** `bounds`: the range; without it everything. */
export async function planOf(store: Store, bounds?: { from: string; to: string }): Promise<ReadPlan> {
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
