const noBreak = '\u00a0'

/** How a language writes numbers and days. */
export interface Format {
  /** `1234567` → `1,234,567`; at most two decimals, which only a game's own metrics have. */
  count(value: number): string
  /** `{ none: 'no calls', one: 'call', other: 'calls' }`: 1 → `1 call`, 0 → `no calls`. */
  plural(value: number, words: { none: string; one: string; other: string }): string
  /** `12345` → `12.3k`: for a place where few digits fit. */
  short(value: number): string
  /** One decimal; never shows some as none, or most as all. A dash when there is nothing to be a part of. */
  percent(part: number, whole: number): string
  /** How a number changed, with one decimal and a sign: 0.4 → `+40.0 %`, -0.03 → `−3.0 %`, 0 → `0.0 %`. */
  change(change: number): string
  /** 12 → `12 %`, for a sentence. */
  wholePercent(percent: number): string
  /** `87 ± 3`; without the error where it rounds to none. */
  estimate(value: number, error: number): string
  /** A UTC day, `2025-11-23` or a time in milliseconds → `23 Nov 2025`. */
  day(day: string | number): string
  /** `2025-11` → `Nov 2025`. */
  month(month: string): string
  /** `25 Oct to 23 Nov 2025`; the year twice only where it differs, the day once where both are the same. */
  days(from: string, to: string): string
}

/** `until`: the word between two days. */
export function formatIn(locale: string, until: string): Format {
  const grouped = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })
  const oneDecimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
  const plurals = new Intl.PluralRules(locale)
  const dayAndMonth = { timeZone: 'UTC', day: 'numeric', month: 'short' } as const
  const yearlyDay = new Intl.DateTimeFormat(locale, dayAndMonth)
  const calendarDay = new Intl.DateTimeFormat(locale, { ...dayAndMonth, year: 'numeric' })
  const calendarMonth = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', month: 'short', year: 'numeric' })
  const count = (value: number) => grouped.format(value)
  const day = (value: string | number) => calendarDay.format(timeOf(value))
  return {
    count,
    short: (value) => compact.format(value),
    plural(value, words) {
      if (value === 0) return words.none
      return `${count(value)} ${plurals.select(value) === 'one' ? words.one : words.other}`
    },
    percent(part, whole) {
      if (whole === 0) return '–'
      const percent = (100 * part) / whole
      if (percent > 0 && percent < 0.05) return `<${noBreak}${oneDecimal.format(0.1)}${noBreak}%`
      if (percent >= 99.95 && percent < 100) return `>${noBreak}${oneDecimal.format(99.9)}${noBreak}%`
      return `${oneDecimal.format(percent)}${noBreak}%`
    },
    change(change) {
      const tenths = Math.round(1_000 * change)
      const sign = tenths > 0 ? '+' : tenths < 0 ? '−' : ''
      return `${sign}${oneDecimal.format(Math.abs(tenths) / 10)}${noBreak}%`
    },
    wholePercent: (percent) => `${count(percent)}${noBreak}%`,
    estimate(value, error) {
      const margin = Math.round(error)
      return margin === 0 ? count(value) : `${count(value)}${noBreak}±${noBreak}${count(margin)}`
    },
    day,
    month: (month) => calendarMonth.format(timeOf(`${month}-01`)),
    days(from, to) {
      if (from === to) return day(to)
      const isOneYear = from.slice(0, 4) === to.slice(0, 4)
      return `${isOneYear ? yearlyDay.format(timeOf(from)) : day(from)} ${until} ${day(to)}`
    },
  }
}

/** Upper-cases the first letter of a sentence that may start with a number or with "no". */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function timeOf(day: string | number): number {
  return typeof day === 'number' ? day : Date.parse(`${day}T00:00:00Z`)
}
