import { type BodySource, handOverBody } from '../http/request-body.js'
import type { GameRequest } from '../protocols/protocol.js'
import { parseStrictly } from '../protocols/text/json-text.js'
import { decodeText, formOf } from '../protocols/text/text-form.js'

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

/** Hands the parsed body to the parsers that come later, and gives the request with it; undefined where they are to read it themselves. */
export function handOver(
  source: BodySource,
  address: GameRequest,
  body: { bytes: Buffer; unpacked?: Buffer },
): { value: object; bytes: Buffer } | undefined {
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
  return { value, bytes }
}

// By its one name in small letters, and nothing that is not what it says.
function asParsersUnpack({ bytes, unpacked }: { bytes: Buffer; unpacked?: Buffer }, encoding: unknown) {
  if (encoding === undefined || encoding === 'identity') return unpacked ? undefined : bytes
  if (encoding === 'br') return unpacked
  const [first = 0] = bytes
  const isGzipOrZlib = first === 0x1f || (first & 0x0f) === 8
  return (encoding === 'gzip' || encoding === 'deflate') && isGzipOrZlib ? unpacked : undefined
}
