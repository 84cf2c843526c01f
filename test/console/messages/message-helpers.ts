import type { Messages } from '../../../src/console/messages/en/en.js'
import type { RichPart } from '../../../src/console/messages/rich.js'

export interface Leaf {
  /** `home.title` */
  path: string
  value: unknown
}

/** Every message with its path; a list of pieces is one message. */
export function leavesOf({ format: _, ...messages }: Messages): Leaf[] {
  const walk = (group: object, path: string): Leaf[] =>
    Object.entries(group).flatMap(([name, value]) => {
      const isGroup = typeof value === 'object' && !Array.isArray(value)
      return isGroup ? walk(value, `${path}${name}.`) : [{ path: path + name, value }]
    })
  return walk(messages, '')
}

/** Notes from now on which messages are read. */
export function watchReads(messages: Messages): Set<string> {
  const read = new Set<string>()
  for (const { path, value } of leavesOf(messages)) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    const group = names.reduce((at, name) => Reflect.get(at, name) as object, messages as object)
    Object.defineProperty(group, last, { enumerable: true, configurable: true, get: () => read.add(path) && value })
  }
  return read
}

/** The elements of a message, with its text where it has none. Functions are given short made-up values. */
export function piecesOf({ path, value }: Leaf): RichPart[] {
  if (typeof value !== 'function') return [value as RichPart].flat()
  const given: Record<string, unknown[]> = {
    'stats.summary': [2, 'more', '3'],
    'stats.summaryOfOld': [2],
    'stats.newlyUsed': [['1', '2']],
    'stats.described': [{ days: '1', most: { sessions: 2, when: '3' }, withheld: 4 }],
    'stats.tip': ['1', 2],
    'stats.rest': [1],
    'operator.lead': [2, { sessions: 3, calls: 4 }],
    'operator.answers.botFeature': ['1', '2', 3, 4, '5'],
    'operator.client.lead': [{ sessions: 2, calls: 3 }, 4],
    'operator.answers.overtookBy': [
      [1, 2],
      [3, 4],
    ],
  }
  return [value(...(given[path] ?? ['1', '2', '3', '4'])) as RichPart].flat()
}

export function textOf(leaf: Leaf): string {
  return piecesOf(leaf)
    .map((piece) => (typeof piece === 'string' ? piece : piece.text))
    .join('')
}

const ENGLISH =
  /\b(the|and|your?|this|that|with|which|keys?|of|to|is|are|not?|nothing|sessions?|calls?|players?|errors?|past|days?|send|open|page|from|for|its?|one|sign|copy|copied|press|save|see|name of|address|optional)\b/gi

/** English words in a page, what is code or an address aside. */
export function englishIn(page: string): string[] {
  const seen = Array.from(page.matchAll(/(?:aria-label|alt|placeholder|title|data-copied|data-by-hand)="([^"]*)"/g))
  const text = page.replace(/<(pre|code|style)\b.*?<\/\1>/gs, ' ').replace(/<[^>]*>/g, ' ')
  return [text, ...seen.map(([, value = '']) => value)].flatMap((part) => part.match(ENGLISH) ?? [])
}
