import { type BodySource, handOverBody, type RequestBody } from '../http/request-body.js'
import type { GameRequest } from '../protocols/protocol.js'
import { parseStrictly } from '../protocols/text/json-text.js'
import { decodeText, formOf, isForm } from '../protocols/text/text-form.js'

/** The request with its body, in the ways that it can be taken, the likelier first. */
export function readings(
  source: BodySource,
  address: GameRequest,
  body: RequestBody,
  handOver: boolean,
): readonly GameRequest[] {
  if ('unread' in body) {
    const start = body.unread === 'needless' ? body.start : undefined
    return [start ? withBody(address, undefined, start) : address]
  }
  if ('parsed' in body) {
    if (body.raw === undefined) return [withBody(address, body.parsed, undefined)]
    const request = withBody(address, body.parsed, body.raw)
    // A parser takes raw JSON that was sent as a form for a form; what it kept of the text still has the calls.
    return isForm(address) && /^\s*[[{]/.test(decodeText(body.raw))
      ? [withBody(address, undefined, body.raw), request]
      : [request]
  }
  // What calls itself packed may be as it is to a game that does not look.
  const requests = [body.unpacked, body.bytes].flatMap((bytes) => bytes ?? [])
  const first = handOver ? handedOver(source, address, body) : undefined
  return first ? [first] : requests.map((bytes) => withBody(address, undefined, bytes))
}

/** Whether a client sent anything at all. */
export function isEmpty(body: RequestBody | undefined): boolean {
  if (body === undefined) return true
  if ('unread' in body) return false
  if ('bytes' in body) return body.bytes.length === 0
  const { parsed, raw = '' } = body
  return raw.length === 0 && (typeof parsed !== 'object' || parsed === null || Object.keys(parsed).length === 0)
}

/**
 * What both parsers that leave a parsed body alone take for JSON, and JSON-RPC's own type, which no form of another site can send; and
 * none of what they refuse: we stand in for them.
 */
const parsedTypes =
  /^\s*application\/(json|json-rpc|json-patch\+json|vnd\.api\+json|scim\+json) *(;\s*[\w!#$%&'*+.^`|~-]+=([\w!#$%&'*+.^`|~-]+|"(\\.|[^\\"])*")\s*)*$/i
const parsedMethods = new Set(['POST', 'PUT', 'PATCH'])
/** Their own limit, unless they were told another. */
const parsedBytes = 1_048_576
/** As such a name or with an escape in it: they refuse it, because it can change what all objects are. */
const poisonous = /__proto__|\\u00[567]/i

function handedOver(
  source: BodySource,
  address: GameRequest,
  body: { bytes: Buffer; unpacked?: Buffer },
): GameRequest | undefined {
  const { method, headers } = address
  if (!parsedMethods.has(method) || !parsedTypes.test(String(headers['content-type']))) return undefined
  const bytes = asParsersUnpack(body, headers['content-encoding'])
  if (!bytes || bytes.length > parsedBytes) return undefined
  // No parser of Koa's takes another encoding.
  if (formOf(bytes).charset !== 'utf-8') return undefined
  const text = decodeText(bytes)
  const value = poisonous.test(text) ? undefined : parseStrictly(text)
  if (typeof value !== 'object' || value === null) return undefined
  handOverBody(source, value)
  return withBody(address, value, bytes)
}

// By its one name in small letters, and nothing that is not what it says.
function asParsersUnpack({ bytes, unpacked }: { bytes: Buffer; unpacked?: Buffer }, encoding: unknown) {
  if (encoding === undefined || encoding === 'identity') return unpacked ? undefined : bytes
  if (encoding === 'br') return unpacked
  const [first = 0] = bytes
  const isGzipOrZlib = first === 0x1f || (first & 0x0f) === 8
  return (encoding === 'gzip' || encoding === 'deflate') && isGzipOrZlib ? unpacked : undefined
}

// Spelled out: a spread takes ten times as long.
function withBody(
  { method, path, query, headers }: GameRequest,
  parsed: unknown,
  body: Uint8Array | string | undefined,
): GameRequest {
  if (body === undefined) return { method, path, query, headers, parsed }
  return parsed === undefined ? { method, path, query, headers, body } : { method, path, query, headers, parsed, body }
}
