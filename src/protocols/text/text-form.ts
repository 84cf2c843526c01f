import { parse } from 'qs'

// How parsers of JSON in the wild find out in which encoding a text came: by its mark, else by where the zeros of its first
// characters are, which are always ASCII (RFC 4627, section 3; Python's `json.loads` does just this).

type Charset = 'utf-8' | 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be'

/** How a text stands in bytes. */
export interface TextForm {
  charset: Charset
  /** In bytes, of the byte-order mark before it: 0 where there is none. */
  markBytes: number
}

const plain: TextForm = { charset: 'utf-8', markBytes: 0 }
/** The longer ones first: the mark of UTF-32LE begins as that of UTF-16LE does. */
const marks: [Charset, number[]][] = [
  ['utf-32be', [0, 0, 0xfe, 0xff]],
  ['utf-32le', [0xff, 0xfe, 0, 0]],
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16be', [0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
]

export function formOf(bytes: Uint8Array): TextForm {
  const [first = 1, second = 1, third = 1, fourth = 1] = bytes
  // Nearly every text: two characters of ASCII.
  if (first > 0 && first < 0x80 && second > 0) return plain
  for (const [charset, mark] of marks) {
    if (mark.every((byte, index) => bytes[index] === byte)) return { charset, markBytes: mark.length }
  }
  if (first === 0) return { charset: second === 0 ? 'utf-32be' : 'utf-16be', markBytes: 0 }
  if (second === 0) return { charset: third === 0 && fourth === 0 ? 'utf-32le' : 'utf-16le', markBytes: 0 }
  return plain
}

/** A text without its mark. */
export function decodeText(source: Uint8Array | string): string {
  if (typeof source === 'string') return source.startsWith('\ufeff') ? source.slice(1) : source
  return decode(source, formOf(source))
}

function decode(bytes: Uint8Array, { charset, markBytes }: TextForm): string {
  const rest = bufferOf(bytes).subarray(markBytes)
  if (charset === 'utf-8') return rest.toString('utf8')
  if (charset === 'utf-16le') return rest.toString('utf16le')
  if (charset === 'utf-16be') return swapped(rest, 2).toString('utf16le')
  return fromUtf32(charset === 'utf-32le' ? rest : swapped(rest, 4))
}

/**
 * A text in which each byte of UTF-8 is a character of its own: what is cut out of it is what the sender wrote, be it valid or
 * not. Other encodings lose nothing by being decoded.
 */
export function cuttable(bytes: Uint8Array, form: TextForm): string {
  if (form.charset !== 'utf-8') return decode(bytes, form)
  return bufferOf(bytes).subarray(form.markBytes).toString('latin1')
}

/** What was cut out of a cuttable text, as it reads. */
export function readable(cut: string, { charset }: TextForm): string {
  return charset === 'utf-8' ? Buffer.from(cut, 'latin1').toString('utf8') : cut
}

/** A text of ours, to stand among what was cut. */
export function asCut(text: string, { charset }: TextForm): string {
  return charset === 'utf-8' ? Buffer.from(text).toString('latin1') : text
}

/** A cuttable text as bytes, in the sender's encoding and behind a mark if the sender's was. */
export function encodeCut(cut: string, { charset, markBytes }: TextForm): Buffer {
  const bytes = encode(cut, charset)
  if (markBytes === 0) return bytes
  const mark = marks.find(([name]) => name === charset)?.[1] ?? []
  return Buffer.concat([Buffer.from(mark), bytes])
}

function encode(cut: string, charset: Charset): Buffer {
  if (charset === 'utf-8') return Buffer.from(cut, 'latin1')
  if (charset === 'utf-16le') return Buffer.from(cut, 'utf16le')
  if (charset === 'utf-16be') return Buffer.from(cut, 'utf16le').swap16()
  const codes = Array.from(cut, (character) => character.codePointAt(0) ?? 0)
  const bytes = Buffer.alloc(codes.length * 4)
  for (const [index, code] of codes.entries()) bytes.writeUInt32LE(code, index * 4)
  return charset === 'utf-32le' ? bytes : bytes.swap32()
}

function fromUtf32(bytes: Buffer): string {
  const parts: string[] = []
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = bytes.readUInt32LE(at)
    parts.push(code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code))
  }
  return parts.join('')
}

// `swap16` works in place, and the bytes are the sender's.
function swapped(bytes: Buffer, unit: 2 | 4): Buffer {
  const whole = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % unit)))
  return unit === 2 ? whole.swap16() : whole.swap32()
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** The fields of a form or a query as most parsers have them: `a[b]=c`, `a[0]=b`, and with some `a.b=c`. */
export function fieldsOf(text: string): Record<string, unknown> {
  return parse(text, { depth: 5, parameterLimit: 1_000, allowDots: true })
}

/** A form or a query as CGI.pm reads it, Python before 3.9.2, Go before 1.17 and Rack before 3: a field ends at a semicolon, too. */
export function asOtherFields(text: string): string {
  return text.includes(';') ? text.replaceAll(';', '&') : text
}

/** Whether a request says that its body is a form; what is in it may be JSON all the same. */
export function isForm({ headers }: { headers: Readonly<Record<string, unknown>> }): boolean {
  return /^\s*application\/x-www-form-urlencoded\b/i.test(String(headers['content-type']))
}

/** Whether some game may read the body as a form: CGI does so where no type says what it is. */
export function mayBeForm({ headers }: { headers: Readonly<Record<string, unknown>> }): boolean {
  const type = headers['content-type']
  return type === undefined || /^\s*$|x-www-form-urlencoded/i.test(String(type))
}
