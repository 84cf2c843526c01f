// How some games unpack and read what JSON.parse would not take.
import zlib from 'node:zlib'

// Whoever reads a stream to its end minds no missing checksum.
const patient = { finishFlush: zlib.constants.Z_SYNC_FLUSH }
const isZlib = (bytes: Buffer) => ((bytes[0] ?? 0) & 0x0f) === 8 || bytes[0] === 0x1f

const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer }

const codings: Record<string, (bytes: Buffer) => Buffer> = {
  // What is announced as one of them may be the other, with and without a head.
  gzip: (bytes) => (isZlib(bytes) ? zlib.unzipSync(bytes, patient) : zlib.inflateRawSync(bytes, patient)),
  br: (bytes) => zlib.brotliDecompressSync(bytes),
  ...(zstdDecompressSync ? { zstd: zstdDecompressSync } : {}),
}
for (const alias of ['deflate', 'x-gzip', 'x-deflate']) codings[alias] = codings.gzip as (typeof codings)[string]

/** One coding after the other is undone; what is none is let be. */
export function inflated(bytes: Buffer, encoding: string): Buffer {
  const names = encoding.split(',').map((name) => name.trim().toLowerCase())
  return names.reduceRight((left, name) => (left.length === 0 ? left : (codings[name]?.(left) ?? left)), bytes)
}

/** Little-endian; Node has no such encoding. */
export function utf32(text: string): Buffer {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0)
  const bytes = Buffer.alloc(4 * points.length)
  for (const [at, point] of points.entries()) bytes.writeUInt32LE(point, 4 * at)
  return bytes
}

/** As Python does (json.detect_encoding): by the mark, or by where the zeros are. */
export function decoded(bytes: Buffer): string {
  const [a = 1, b = 1, c = 1, d = 1] = bytes
  const swapped = (size: 2 | 4) => {
    const copy = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % size)))
    return size === 2 ? copy.swap16() : copy.swap32()
  }
  const utf32 = (little: Buffer) =>
    Array.from({ length: Math.floor(little.length / 4) }, (_, at) => String.fromCodePoint(little.readUInt32LE(4 * at)))
  const read = (): string | string[] => {
    if (a === 0xff && b === 0xfe && c === 0 && d === 0) return utf32(bytes)
    if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return utf32(swapped(4))
    if (a === 0xff && b === 0xfe) return bytes.toString('utf16le')
    if (a === 0xfe && b === 0xff) return swapped(2).toString('utf16le')
    if (a === 0 && b === 0 && c === 0) return utf32(swapped(4))
    if (b === 0 && c === 0 && d === 0) return utf32(bytes)
    if (a === 0) return swapped(2).toString('utf16le')
    if (b === 0) return bytes.toString('utf16le')
    return bytes.toString()
  }
  return [read()]
    .flat()
    .join('')
    .replace(/^\ufeff/, '')
}

const tokens =
  /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|\/\*[\s\S]*?\*\/|\/\/[^\n]*|#[^\n]*|-?\b(?:NaN|Infinity)\b|[A-Za-z_$][\w$]*(?=\s*:)|,(?=\s*[}\]])/g

/** JSON with NaN, comments, trailing commas, single quotes and bare names, in whatever charset. */
export function leniently(bytes: Buffer): unknown {
  const text = decoded(bytes)
  return JSON.parse(
    text.replace(tokens, (token) => {
      if (token.startsWith('"')) return token
      if (token.startsWith("'")) return JSON.stringify(token.slice(1, -1))
      if (token === ',' || /^(\/|#)/.test(token)) return ''
      return /NaN|Infinity/.test(token) ? 'null' : JSON.stringify(token)
    }),
  )
}
