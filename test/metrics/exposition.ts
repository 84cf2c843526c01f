// A strict reader of the text that Prometheus scrapes, version 0.0.4: what it does not expect is an error.

export interface Series {
  labels: Record<string, string>
  value: number
}

export interface Family {
  help: string
  type: string
  series: Series[]
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$)/y

export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('The last line does not end.')
  const families = new Map<string, Family>()
  let current = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const [, mark, about = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (line === '') continue
    if (mark === 'HELP') {
      if (families.has(about)) throw new Error(`Twice: ${line}`)
      families.set(about, { help: rest, type: '', series: [] })
      current = about
    } else if (mark === 'TYPE') {
      const family = families.get(about)
      if (!family || about !== current || family.type !== '' || family.series.length > 0)
        throw new Error(`Odd: ${line}`)
      family.type = rest
    } else {
      const [, name = '', labels = '', value = ''] = sampleLine.exec(line) ?? []
      const family = families.get(name)
      if (!family || name !== current || family.type === '') throw new Error(`Odd: ${line}`)
      family.series.push({ labels: readLabels(labels), value: Number(value.replace('Inf', 'Infinity')) })
    }
  }
  for (const [name, { series }] of families) {
    const distinct = new Set(series.map(({ labels }) => JSON.stringify(Object.entries(labels).sort())))
    if (distinct.size < series.length) throw new Error(`${name} has a series twice.`)
  }
  return families
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  label.lastIndex = 0
  while (label.lastIndex < text.length) {
    const at = label.lastIndex
    const [, name = '', value = ''] = label.exec(text) ?? []
    if (name === '' || name in labels) throw new Error(`Odd labels at ${at}: ${text}`)
    labels[name] = value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
  }
  return labels
}

/** The one value of a metric among these labels; undefined where there is no such series. */
export function numberOf(families: Map<string, Family>, name: string, labels: Record<string, string> = {}) {
  const found = families
    .get(name)
    ?.series.filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))
  if (found && found.length > 1) throw new Error(`${name} has ${found.length} such series.`)
  return found?.[0]?.value
}
