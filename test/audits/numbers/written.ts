// Writes numbers and days as a page should, by simple means of its own, so that the library's do not judge themselves.

const NO_BREAK = '\u00a0'

const languages = {
  en: {
    ...{ group: ',', point: '.', until: ' to ', dot: '' },
    months: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sept', 'Oct', 'Nov', 'Dec'],
  },
  de: {
    ...{ group: '.', point: ',', until: ' bis ', dot: '.' },
    months: ['Jan.', 'Feb.', 'März', 'Apr.', 'Mai', 'Juni', 'Juli', 'Aug.', 'Sept.', 'Okt.', 'Nov.', 'Dez.'],
  },
}

export type LanguageName = keyof typeof languages

export function writer(language: LanguageName) {
  const { group, point, until, dot, months } = languages[language]
  const digits = (value: number, decimals: number) => {
    const [whole = '', rest = ''] = value.toFixed(decimals).split('.')
    return whole.replace(/\B(?=(\d{3})+$)/g, group) + (rest === '' ? '' : point + rest)
  }
  const count = (value: number) => {
    const [whole = '', rest = ''] = value.toFixed(2).split('.')
    return digits(Number(whole), 0) + (Number(rest) === 0 ? '' : `${point}${rest.replace(/0$/, '')}`)
  }
  const parts = (day: string) => {
    const [year = '', month = '', number = ''] = day.split('-')
    return { year, month: months[Number(month) - 1] ?? '', number: `${Number(number)}${dot}` }
  }
  const day = (text: string) => {
    const { year, month, number } = parts(text)
    return `${number} ${month} ${year}`
  }
  return {
    count,
    /** As the parts of a sentence: nothing where the sentence says "none" instead. */
    some: (value: number) => (value === 0 ? [] : [count(value)]),
    percent(part: number, whole: number) {
      if (whole === 0) return '–'
      const percent = (100 * part) / whole
      if (percent > 0 && percent < 0.05) return `<${NO_BREAK}0${point}1${NO_BREAK}%`
      if (percent < 100 && percent >= 99.95) return `>${NO_BREAK}99${point}9${NO_BREAK}%`
      return `${digits(percent, 1)}${NO_BREAK}%`
    },
    /** How a number went, as a part of what it was. */
    change(from: number, to: number) {
      const amount = digits((100 * Math.abs(to - from)) / from, 1)
      const sign = /^0.0$/.test(amount) ? '' : to > from ? '+' : '−'
      return `${sign}${amount}${NO_BREAK}%`
    },
    wholePercent: (percent: number) => `${count(percent)}${NO_BREAK}%`,
    /** Where only four digits and a letter fit. */
    short(value: number) {
      const thousands = Math.round(value / 100) / 10
      if (language === 'en' && value >= 1_000) return `${thousands}k`
      return value < 10_000 ? String(value) : count(value)
    },
    day,
    month: (text: string) => `${parts(text).month} ${parts(text).year}`,
    days(from: string, to: string) {
      if (from === to) return day(to)
      const first = from.slice(0, 4) === to.slice(0, 4) ? day(from).slice(0, -5) : day(from)
      return `${first}${until}${day(to)}`
    },
  }
}

export type Writer = ReturnType<typeof writer>
