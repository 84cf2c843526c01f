import { parseJson } from '../protocols/json-text.js'
import type { GameRequest } from '../protocols/protocol.js'
import { type BodySource, handOverBody, type RequestBody } from './request-body.js'

/** The request with its body, in the ways that it can be taken, the likelier first. */
export function readings(
  source: BodySource,
  address: GameRequest,
  body: RequestBody,
  handOver: boolean,
): readonly GameRequest[] {
  if ('unread' in body) return [address]
  if ('parsed' in body) {
    if (body.raw === undefined) return [withValue(address, body.parsed)]
    const request = withValue(address, body.parsed)
    // A parser takes raw JSON that was sent as a form for a form; what it kept of the text still has the calls.
    const raw = { ...address, body: Buffer.from(body.raw) }
    return isForm(address) && /^\s*[[{]/.test(body.raw) ? [raw, request] : [request, raw]
  }
  if (!handOver) return [{ ...address, body: body.bytes }]
  const parsed = parseJson(body.bytes)
  if (typeof parsed !== 'object' || parsed === null) return [{ ...address, body: body.bytes }]
  handOverBody(source, parsed)
  return [withValue(address, parsed)]
}

// Spelled out: a spread takes ten times as long.
function withValue({ method, path, query, headers }: GameRequest, parsed: unknown): GameRequest {
  return { method, path, query, headers, parsed }
}

function isForm({ headers }: GameRequest): boolean {
  return /^application\/x-www-form-urlencoded/i.test(String(headers['content-type']))
}
