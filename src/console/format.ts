const NO_BREAK = '\u00a0'

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })
const oneDecimal = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
// 'en' alone is American and would write "Nov 23, 2025"; this order reads the same everywhere.
const calendarDay = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
})

/** `1234567` → `1,234,567`; at most two decimals, which only a game's own metrics have. */
export function formatCount(value: number): string {
  return grouped.format(value)
}

/** `formatPlural(1, 'call')` → `1 call`, `formatPlural(0, 'call')` → `no calls`. */
export function formatPlural(value: number, noun: string): string {
  if (value === 0) return `no ${noun}s`
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** One decimal; never shows some as none, or most as all. A dash when there is nothing to be a part of. */
export function formatPercent(part: number, whole: number): string {
  if (whole === 0) return '–'
  const percent = (100 * part) / whole
  if (percent > 0 && percent < 0.05) return `<${NO_BREAK}0.1${NO_BREAK}%`
  if (percent >= 99.95 && percent < 100) return `>${NO_BREAK}99.9${NO_BREAK}%`
  return `${oneDecimal.format(percent)}${NO_BREAK}%`
}

/** `87 ± 3`; without the error where it rounds to none. */
export function formatEstimate(value: number, error: number): string {
  const margin = Math.round(error)
  return margin === 0 ? formatCount(value) : `${formatCount(value)}${NO_BREAK}±${NO_BREAK}${formatCount(margin)}`
}

/** A UTC day, `2025-11-23` or a time in milliseconds → `23 Nov 2025`. */
export function formatDay(day: string | number): string {
  return calendarDay.format(typeof day === 'number' ? day : Date.parse(`${day}T00:00:00Z`))
}

/** `25 Oct to 23 Nov 2025`; the year twice only where it differs, the day once where both are the same. */
export function formatDays(from: string, to: string): string {
  if (from === to) return formatDay(to)
  const start = formatDay(from)
  return `${from.slice(0, 4) === to.slice(0, 4) ? start.slice(0, -5) : start} to ${formatDay(to)}`
}

/** Upper-cases the first letter of a sentence that may start with a number or with "no". */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
