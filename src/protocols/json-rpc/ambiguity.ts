import type { GameRequest } from '../protocol.js'
import { parseStrictly } from '../text/json-text.js'
import { decodeText, formOf, isForm, mayBeForm } from '../text/text-form.js'
import type { Message, RequestMessages } from './messages.js'

/**
 * Whether every game that answers to this message has read its method and its id as we did. So it is in the plainest requests only:
 * in JSON that all parsers read alike, beside an address that names nothing; in an address without a body; in a form.
 */
export function isUnambiguous(request: GameRequest, messages: RequestMessages, message: Message): boolean {
  return isPlain(request, messages) && hasNoTwins(messages, message)
}

const plain = new WeakMap<RequestMessages['list'], boolean>()

/** A request is looked through once, however many of its calls ask. */
function isPlain(request: GameRequest, messages: RequestMessages): boolean {
  const known = plain.get(messages.list)
  if (known !== undefined) return known
  const found = isOfOneCharset(request) && (messages.json ? isPlainJson(request) : isPlainForm(request))
  plain.set(messages.list, found)
  return found
}

// By its type and by its bytes: where these are of two bytes a letter, who reads one finds other fields.
function isOfOneCharset({ headers, body, parsed }: GameRequest): boolean {
  if (/charset\s*=(?!\s*"?utf-?8)/i.test(String(headers['content-type']))) return false
  return parsed !== undefined || !(body instanceof Uint8Array) || formOf(body).charset === 'utf-8'
}

function isPlainJson(request: GameRequest): boolean {
  const { query, body, parsed } = request
  if (namings(query) > 0) return false
  // What a parser has made of it the game reads, too.
  if (parsed !== undefined || body === undefined) return parsed !== undefined
  const text = decodeText(body)
  // As a form it is one field, which has no name that anybody looks for, as long as nothing divides it.
  return parseStrictly(text) !== undefined && !(mayBeForm(request) && /[&;]/.test(text))
}

function isPlainForm(request: GameRequest): boolean {
  const { query, headers, body = '', parsed } = request
  const hasOtherBody = body.length > 0 && (!isForm(request) || headers['content-encoding'] !== undefined)
  const form = decodeText(body)
  // There some begin another field, and nobody who writes one leaves it as it is.
  if (query.includes(';') || form.includes(';')) return false
  return parsed === undefined && !hasOtherBody && namings(query) + namings(form) === 1
}

/** How often something is named like a method among fields; a value in which there may be one is many. */
function namings(fields: string): number {
  let times = 0
  for (const [name, value] of new URLSearchParams(fields)) {
    if (/method/i.test(name)) times++
    if (/[%\\]|method/i.test(value)) times = Number.POSITIVE_INFINITY
  }
  return times
}

function hasNoTwins({ json }: RequestMessages, { path }: Message): boolean {
  if (!json) return true
  const span = json.spanOf(path)
  const names = span ? json.members(span).map(([name]) => name) : Object.keys(valueAt(json.value, path))
  const times = (wanted: string) => names.filter((name) => isAlike(name, wanted)).length
  return times('method') === 1 && times('id') === 1 && names.every((name) => plainName.test(name))
}

/** C ends a name at its first zero, others fold letters, and what is no ASCII may be read in another encoding. */
const plainName = /^[ -~]*$/

// Some readers take a name in any case, trim it, or leave `_` and `-` out.
function isAlike(name: string, wanted: string): boolean {
  return name.replace(/[^a-z]/gi, '').toLowerCase() === wanted
}

function valueAt(value: unknown, path: Message['path']): object {
  return path.reduce((inside, name) => (inside as never)[name], value) as object
}
