// Where things stand in a JSON text. It asks for less than a parser does: the text was parsed before, so it has a structure.
// What some parsers take besides RFC 8259 is passed over as these do: comments, names and texts in single quotes or in none, a
// comma too many.

export interface Span {
  start: number
  end: number
}

/** The first place from `at` that is neither white space nor a comment. */
export function skipBlank(text: string, at: number): number {
  for (let index = at; ; index++) {
    const code = text.charCodeAt(index)
    if (code === slash) {
      const end = endOfComment(text, index)
      if (end < 0) return index
      index = end - 1
    } else if (!isBlank(code)) return index
  }
}

/** Behind the value that begins at `at`; however deeply it is nested. */
export function skipValue(text: string, at: number): number {
  let depth = 0
  let index = at
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === openBrace || code === openBracket) {
      depth++
      index++
    } else if (code === closeBrace || code === closeBracket) {
      depth--
      index++
    } else if (code === quote || code === apostrophe) index = skipString(text, index)
    else if (isBlank(code) || code === comma || code === colon || (code === slash && endOfComment(text, index) >= 0)) {
      index = Math.max(skipBlank(text, index), index + 1)
      continue
    } else index = skipBare(text, index)
    if (depth <= 0) return index
  }
  return text.length
}

/** The elements of the array that begins at `at`. */
export function elementsAt(text: string, at: number): Span[] {
  const elements: Span[] = []
  let index = skipBlank(text, at + 1)
  while (index < text.length && text.charCodeAt(index) !== closeBracket) {
    const end = skipValue(text, index)
    if (end <= index) break
    elements.push({ start: index, end })
    index = skipComma(text, end)
  }
  return elements
}

/** The members of the object that begins at `at`, those that stand there twice too. */
export function membersAt(text: string, at: number): { name: Span; value: Span }[] {
  const members: { name: Span; value: Span }[] = []
  let index = skipBlank(text, at + 1)
  while (index < text.length && text.charCodeAt(index) !== closeBrace) {
    const name = { start: index, end: skipValue(text, index) }
    const behind = skipBlank(text, name.end)
    if (name.end <= index || text.charCodeAt(behind) !== colon) break
    const start = skipBlank(text, behind + 1)
    const value = { start, end: skipValue(text, start) }
    members.push({ name, value })
    index = skipComma(text, value.end)
  }
  return members
}

/**
 * The same text as RFC 8259 has it, for what other parsers take besides: `NaN` and `Infinity` (Python's), comments, a comma too
 * many, single quotes, names without quotes, control characters in a text (lenient modes of many, JSON5).
 */
export function toStrictJson(text: string): string {
  const parts: string[] = []
  let isCommaDue = false
  const push = (part: string) => {
    if (isCommaDue) parts.push(',')
    isCommaDue = false
    parts.push(part)
  }
  for (let index = skipBlank(text, 0); index < text.length; index = skipBlank(text, index)) {
    const code = text.charCodeAt(index)
    // Of a comma without a value some make a value, and nobody is to find other places than we do.
    if (code === comma && (isCommaDue || '[{:'.includes(parts.at(-1) ?? ''))) return ''
    if (code === comma) isCommaDue = true
    else if (code === closeBrace || code === closeBracket) {
      isCommaDue = false
      parts.push(text[index] ?? '')
    } else if (code === quote || code === apostrophe) {
      const end = skipString(text, index)
      push(strictString(text.slice(index, end)))
      index = end
      continue
    } else if (code === openBrace || code === openBracket || code === colon) push(text[index] ?? '')
    else {
      const end = skipBare(text, index)
      push(strictBare(text.slice(index, end)))
      index = end
      continue
    }
    index++
  }
  // Two numbers without a comma are not one.
  return parts.join(' ')
}

function strictString(written: string): string {
  const body = written.slice(1, -1)
  return `"${unlike.test(body) ? body.replace(allUnlike, strictPart) : body}"`
}

function strictPart(part: string, letter = part): string {
  if (strictEscapes.has(letter)) return `\\${letter}`
  if (letter >= ' ') return letter
  let escaped = ''
  for (let index = 0; index < letter.length; index++) escaped += escapesOfControls[letter.charCodeAt(index)]
  return escaped
}

function strictBare(word: string): string {
  if (/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(word)) return word
  if (/^([+-]?(NaN|Infinity)|undefined)$/.test(word)) return 'null'
  const number = /^[+-]?[\d.]/.test(word) ? Number(word.replace(/^\+/, '')) : Number.NaN
  return Number.isFinite(number) ? String(number) : JSON.stringify(word)
}

function skipComma(text: string, at: number): number {
  const behind = skipBlank(text, at)
  return text.charCodeAt(behind) === comma ? skipBlank(text, behind + 1) : behind
}

function skipString(text: string, at: number): number {
  const mark = text.charCodeAt(at)
  for (let index = at + 1; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === backslash) index++
    else if (code === mark) return index + 1
  }
  return text.length
}

function skipBare(text: string, at: number): number {
  let index = at + 1
  while (index < text.length && !endsBare(text, index)) index++
  return index
}

function endsBare(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (isBlank(code) || code === comma || code === colon || code === quote) return true
  if (code === closeBrace || code === closeBracket || code === openBrace || code === openBracket) return true
  return code === slash && endOfComment(text, at) >= 0
}

function endOfComment(text: string, at: number): number {
  const next = text.charCodeAt(at + 1)
  if (next === slash) {
    const end = text.indexOf('\n', at)
    return end < 0 ? text.length : end
  }
  if (next !== star) return -1
  const end = text.indexOf('*/', at + 2)
  return end < 0 ? text.length : end + 2
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

// What RFC 8259 has not, or not so: control characters, escapes, and a quotation mark that needs one.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const [unlike, allUnlike] = [/[\0-\x1f\\"]/, /[\0-\x1f]+|"|\\(.)/gs]
/** Made before, and put in by the run: a text may be a megabyte of them. */
const escapesOfControls = Array.from({ length: 0x20 }, (_, code) =>
  JSON.stringify(String.fromCharCode(code)).slice(1, -1),
)
const strictEscapes = new Set('"\\/bfnrtu')
const [quote, apostrophe, backslash, slash, star, comma, colon] = [0x22, 0x27, 0x5c, 0x2f, 0x2a, 0x2c, 0x3a]
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d]
