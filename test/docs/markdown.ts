// What the tests of the documents need of Markdown, as GitHub reads it.
import { readdirSync, readFileSync } from 'node:fs'

export interface Block {
  page: string
  /** From 1. */
  line: number
  language: string
  text: string
  /** The anchor of the heading that it stands under. */
  heading: string
  /** From a comment above it: `<!-- run by test/gateway/config.test.ts -->`. */
  runBy: string | undefined
}

/** A line of a page, and whether it is code. */
interface Line {
  text: string
  isCode: boolean
}

/** Every Markdown file of this project, as a path from its root. */
export function markdownFiles(): string[] {
  const below = ['docs', 'examples'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
  )
  return [...readdirSync('.'), ...below].filter((name) => name.endsWith('.md')).sort()
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  const anchors = anchorMaker()
  let [heading, runBy, open]: [string, string | undefined, Block | undefined] = ['', undefined, undefined]
  for (const [index, { text, isCode }] of linesOf(readFileSync(page, 'utf8')).entries()) {
    if (open && isCode) open.text += `${text}\n`
    else if (open) open = undefined
    else if (isFence(text)) {
      open = { page, line: index + 1, language: text.replaceAll('`', '').trim(), text: '', heading, runBy }
      blocks.push(open)
    }
    const title = isCode ? undefined : headingIn(text)
    if (title !== undefined) heading = anchors(title)
    // It counts for the next block, and not for one after other text.
    if (!isCode && text.trim() !== '') runBy = /^<!-- run by (\S+) -->$/.exec(text.trim())?.[1]
  }
  return blocks
}

/** The anchors that links can lead to. */
export function anchorsOf(page: string): Set<string> {
  const anchors = anchorMaker()
  const lines = linesOf(readFileSync(page, 'utf8'))
  const titles = lines.flatMap(({ text, isCode }) => (isCode ? [] : (headingIn(text) ?? [])))
  const named = lines.flatMap(({ text }) => [...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id = '']) => id))
  return new Set([...titles.map(anchors), ...named])
}

/** What links and pictures lead to, with the line that each is on. */
export function linksOf(page: string): { target: string; line: number }[] {
  return linesOf(readFileSync(page, 'utf8')).flatMap(({ text, isCode }, index) => {
    if (isCode) return []
    const plain = text.replace(/`[^`]*`/g, '`')
    const inline = [...plain.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)]
    const named = [...plain.matchAll(/^\[[^\]]+\]:\s*(\S+)/g)]
    return [...inline, ...named].map(([, target = '']) => ({ target, line: index + 1 }))
  })
}

/** The rows of the tables under a heading, their cells as they are written; without the heads. */
export function rowsUnder(page: string, heading: string): string[][] {
  const anchors = anchorMaker()
  let isThere = false
  const rows: string[][] = []
  for (const { text, isCode } of linesOf(readFileSync(page, 'utf8'))) {
    const title = isCode ? undefined : headingIn(text)
    if (title !== undefined) isThere = anchors(title) === heading
    if (!isThere || isCode || !text.startsWith('|')) continue
    if (/^\|[\s:|-]+$/.test(text)) rows.pop()
    else
      rows.push(
        text
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
  }
  return rows
}

function linesOf(text: string): Line[] {
  let fence = ''
  return text.split('\n').map((line) => {
    const isEnd = fence !== '' && line.trim() === fence
    const isCode = fence !== '' && !isEnd
    if (isEnd) fence = ''
    else if (!isCode && isFence(line)) fence = /^`+/.exec(line.trim())?.[0] ?? ''
    return { text: line, isCode }
  })
}

function isFence(line: string): boolean {
  return /^ {0,3}```/.test(line)
}

function headingIn(line: string): string | undefined {
  return /^#{1,6} +(.*?) *#*$/.exec(line)?.[1]
}

/** Of two headings with one text the second has a number. */
function anchorMaker(): (title: string) => string {
  const known = new Map<string, number>()
  return (title) => {
    const text = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')
    const anchor = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-')
    const count = known.get(anchor) ?? 0
    known.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  }
}
