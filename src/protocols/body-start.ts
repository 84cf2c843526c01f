import { StringDecoder } from 'node:string_decoder'
import type { GameRequest } from './protocol.js'
import { decodeText, formOf, isForm } from './text/text-form.js'

/** What begins JSON, as lenient parsers take it: a comment does too. */
const jsonStart = /^[[{"'/#]/
/** What no text has, and what is left of bytes that are none: every picture, film, sound and archive has some of it at once. */
const binary = /^\ufffd|[^\P{Cc}\s]/u

/**
 * Whether a body that begins so may have calls in it: JSON, a form, or either of them packed. Types say little, because clients send
 * JSON as anything; so only what looks like parts, and says so, is taken for them.
 */
export function mayHaveCalls({ headers }: Pick<GameRequest, 'headers'>, start: Uint8Array): boolean {
  const isGzip = start[0] === 0x1f && start[1] === 0x8b
  if (isGzip || headers['content-encoding'] !== undefined || isForm({ headers })) return true
  const text = textOf(start).trimStart()
  if (text === '' || jsonStart.test(text)) return true
  if (text.startsWith('<')) return false
  if (text.startsWith('--') && /^\s*multipart\//i.test(String(headers['content-type']))) return false
  return !binary.test(text)
}

/** As far as its characters are whole. */
function textOf(start: Uint8Array): string {
  const { charset, markBytes } = formOf(start)
  if (charset === 'utf-8') return new StringDecoder('utf8').write(Buffer.from(start.subarray(markBytes)))
  return decodeText(start.subarray(0, start.length - (start.length % 4)))
}
