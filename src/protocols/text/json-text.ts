import { elementsAt, membersAt, type Span, skipBlank, skipValue, toStrictJson } from './json-scan.js'
import { asCut, cuttable, decodeText, encodeCut, formOf, readable, type TextForm } from './text-form.js'

/** Names of members and places in arrays, from the outside to the inside. */
export type Path = readonly (string | number)[]

/** In ASCII, and without an escape. */
const [plainName, bareName] = [/^(["'])[^"'\\\x7f-\uffff]*\1$/, /^[a-z_$][\w$]*$/i]
const written: TextForm = { charset: 'utf-16le', markBytes: 0 }

/** A JSON text: its value, and what its sender wrote for each part of it. */
export class JsonText {
  readonly value: unknown
  readonly #source: string | Uint8Array | undefined
  readonly #form: TextForm
  #cuttable: string | undefined
  /** Where the value begins: there may be much white space before it. */
  #start: number | undefined
  /** Of arrays, by where they begin: a batch is gone through once, however many messages it has. */
  #elements: Map<number, Span[]> | undefined

  /** `source`: what the value was read from, where that is known. */
  constructor(value: unknown, source: string | Uint8Array | undefined) {
    this.value = value
    this.#source = source
    this.#form = source === undefined || typeof source === 'string' ? written : formOf(source)
  }

  /** What can be cut: characters that stand for the sender's bytes. */
  get cuttable(): string | undefined {
    const source = this.#source
    if (this.#cuttable === undefined && source !== undefined) {
      this.#cuttable = typeof source === 'string' ? source : cuttable(source, this.#form)
    }
    return this.#cuttable
  }

  /** Where a value stands; of members with one name the last, as parsers have it. */
  spanOf(path: Path): Span | undefined {
    const text = this.cuttable
    if (text === undefined) return undefined
    this.#start ??= skipBlank(text, text.startsWith('\ufeff') ? 1 : 0)
    let start = this.#start
    for (const step of path) {
      const next = text[start] === '[' ? this.elements(start)[Number(step)] : this.#member(text, start, String(step))
      if (next === undefined) return undefined
      start = next.start
    }
    const end = skipValue(text, start)
    return end > start ? { start, end } : undefined
  }

  /** The elements of the array that begins at `start`. */
  elements(start: number): Span[] {
    const text = this.cuttable ?? ''
    if (text[start] !== '[') return []
    this.#elements ??= new Map()
    const elements = this.#elements.get(start) ?? elementsAt(text, start)
    this.#elements.set(start, elements)
    return elements
  }

  /** All members of an object, those that stand there twice too, by their names as they read. */
  members({ start }: Span): [name: string, value: Span][] {
    const text = this.cuttable ?? ''
    if (text[start] !== '{') return []
    return membersAt(text, start).map(({ name, value }) => [this.#nameAt(name), value])
  }

  // Nearly all are as they are written, and an object may have a hundred thousand.
  #nameAt(span: Span): string {
    const cut = this.cut(span)
    if (bareName.test(cut)) return cut
    return plainName.test(cut) ? cut.slice(1, -1) : String(this.read(span))
  }

  #member(text: string, start: number, wanted: string): Span | undefined {
    if (text[start] !== '{') return undefined
    return this.members({ start, end: text.length })
      .filter(([name]) => name === wanted)
      .at(-1)?.[1]
  }

  /** A part as its sender wrote it. */
  cut({ start, end }: Span): string {
    return (this.cuttable ?? '').slice(start, end)
  }

  /** The value of a part. */
  read(span: Span): unknown {
    const text = readable(this.cut(span), this.#form)
    return parse(text) ?? parseStrictly(toStrictJson(text))
  }

  /** What its sender wrote for a value; undefined where only the value is known. */
  written(path: Path): string | undefined {
    const span = this.spanOf(path)
    return span && readable(this.cut(span), this.#form)
  }

  /** A text of ours in the form of what was cut. */
  asCut(text: string): string {
    return asCut(text, this.#form)
  }

  /** What was cut and put together, as the sender would have sent it. */
  encode(cut: string): Uint8Array | string {
    return typeof this.#source === 'string' ? cut : encodeCut(cut, this.#form)
  }
}

/** What parsers in the wild read as JSON; undefined when it is none. A mark is no part of the text. */
export function readJson(source: string | Uint8Array): JsonText | undefined {
  const value = parseJson(source)
  return value === undefined ? undefined : new JsonText(value, source)
}

/** The value of what parsers in the wild read as JSON. */
export function parseJson(source: string | Uint8Array): unknown {
  return parse(decodeText(source))
}

function parse(text: string): unknown {
  const value = parseStrictly(text)
  return value === undefined && looksLenient(text) ? parseStrictly(toStrictJson(text)) : value
}

// Of a text that is no JSON at all nothing is to be made.
function looksLenient(text: string): boolean {
  return '{['.includes(text[skipBlank(text, 0)] ?? '-')
}

/** Undefined for what RFC 8259 does not have. */
export function parseStrictly(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
