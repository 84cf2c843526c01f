import type { IncomingMessage } from 'node:http'
import {
  type BodySource,
  drainUnread,
  hasBody,
  type LateBody,
  type RequestBody,
  readBody,
  type WholeBody,
} from '../http/request-body.js'
import { andThen, type MaybePromise } from '../maybe-promise.js'
import { loginRank } from '../protocols/login-rank.js'
import type { Call, GameRequest, Protocol } from '../protocols/protocol.js'
import { decodeText, isForm } from '../protocols/text/text-form.js'
import type { BlindSpotMonitor } from './blind-spot-monitor.js'
import { handOver } from './hand-over.js'

/** The calls of a request as one protocol reads them; none where nobody could read it. */
export interface Reading {
  protocol: Protocol
  request: GameRequest
  calls: readonly Call[]
  /** There is no other way to read it. */
  isSure: boolean
  /** Whether somebody could look into the body, if there is one. */
  isBodyRead: boolean
  /** It is counted that nobody could read it. */
  isCountedUnread: boolean
}

/** A request that is with the game while its body still comes. */
export interface LateRequest {
  address: GameRequest
  /** Without calls, as nobody has read it; undefined where it could hand nothing out. */
  unread: Reading | undefined
  body: LateBody
}

export interface Reader {
  /** Peeks at the body and reads the calls; undefined where nothing of the request is ours. */
  read(
    ctx: BodySource & { res: NodeJS.EventEmitter },
    address: GameRequest,
  ): MaybePromise<Reading | LateRequest | undefined>
  /** The same when the body of a late request is here. */
  readLate(source: BodySource, late: LateRequest, body: WholeBody): Reading | undefined
}

const noCalls: readonly Call[] = []
const noProtocols: readonly Protocol[] = []
const pageMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What a request asks for, as the protocols read it. */
export function createReader(
  protocols: readonly Protocol[],
  options: { bodyLimitBytes: number; handOver: boolean; maxWaitMs: number | undefined; monitor: BlindSpotMonitor },
): Reader {
  const { bodyLimitBytes, handOver: mayHandOver, maxWaitMs, monitor } = options

  function read(ctx: BodySource & { res: NodeJS.EventEmitter }, address: GameRequest) {
    const isNeeded = (start?: Buffer) => mayHaveCalls(start ? { ...address, body: start } : address)
    const peeking = isPreflightWithBody(ctx.req)
      ? undefined
      : readBody(ctx, { bytes: bodyLimitBytes, ms: maxWaitMs, isNeeded })
    return andThen(peeking, (body): Reading | LateRequest | undefined => {
      if (body && 'unread' in body) {
        ctx.res.once('finish', () => drainUnread(ctx.req))
        if (body.unread === 'late') return { address, unread: unreadAt(address), body }
      }
      return readCalls(ctx, address, body)
    })
  }

  /** The calls of a request; without calls where there is something that nobody could read. */
  function readCalls(
    source: BodySource,
    address: GameRequest,
    body: RequestBody | undefined,
    late?: LateRequest,
  ): Reading | undefined {
    const { method, path, query, headers } = address
    const requests = body ? possibleRequests(source, address, body, mayHandOver && !late) : [address]
    const matching = protocolsAt(address)
    const isBodyRead = !body || !('unread' in body)
    const found = method === 'OPTIONS' ? undefined : likeliestReading(matching, requests, isBodyRead)
    if (found) return found
    const isCountedUnread = !isEmpty(body)
    if (isCountedUnread && late?.unread?.isCountedUnread !== true) monitor.requestUnread()
    // A page, or a preflight: of that which has nothing in it to tell the game who asks no login is made.
    else if (
      pageMethods.has(method) &&
      query === '' &&
      headers.authorization === undefined &&
      !isPreflightWithBody(source.req)
    ) {
      return undefined
    }
    const [protocol] = sessionFinders(matching, path)
    const request = requests[0] ?? address
    return protocol && { protocol, request, calls: [], isSure: false, isBodyRead, isCountedUnread }
  }

  /** A request of which nothing is known yet but its address. */
  function unreadAt(address: GameRequest): Reading | undefined {
    const [protocol] = sessionFinders(protocolsAt(address), address.path)
    return (
      protocol && {
        protocol,
        request: address,
        calls: [],
        isSure: false,
        isBodyRead: false,
        isCountedUnread: false,
      }
    )
  }

  function protocolsAt({ method, path }: GameRequest): readonly Protocol[] {
    if (protocols.length === 1) return protocols
    return protocols.filter((one) => one.matches(method === 'OPTIONS' ? 'POST' : method, path))
  }

  function mayHaveCalls(request: GameRequest): boolean {
    if (mayHandOver && request.body === undefined) return true
    return protocolsAt(request).some((one) => one.readsBody?.(request) ?? true)
  }

  return { read, readLate: (source, late, body) => readCalls(source, late.address, body, late) }
}

/**
 * The calls of a request, by the protocol and in the way in which it is a login, if there is one, and then with a public key: the
 * game may read it so. Otherwise the first that finds any.
 */
export function likeliestReading(
  protocols: readonly Protocol[],
  requests: readonly GameRequest[],
  isBodyRead = true,
): Reading | undefined {
  let best: Reading | undefined
  let bestRank = 0
  let readings = 0
  for (const protocol of protocols) {
    for (const request of requests) {
      const calls = protocol.read(request)
      const rank = loginRank(calls)
      if (calls.length > 0) readings++
      if (rank > bestRank) {
        best = { protocol, request, calls, isSure: true, isBodyRead, isCountedUnread: false }
        bestRank = rank
      }
    }
  }
  if (best && readings > 1) best.isSure = false
  return best
}

/** Those protocols that can tell which sessions the answer to these calls hands out. */
export function sessionFinders(
  protocols: readonly Protocol[],
  path: string,
  reader?: Protocol,
  calls = noCalls,
): readonly Protocol[] {
  let finders = noProtocols
  for (const one of protocols) {
    const mayHandOut = one.handsOut && (one.mayHandOut?.(path, one === reader ? calls : noCalls) ?? true)
    if (mayHandOut) finders = finders === noProtocols && protocols.length === 1 ? protocols : [...finders, one]
  }
  return finders
}

/** A body that is left alone, because hosts answer such a request as a preflight. */
function isPreflightWithBody(req: IncomingMessage): boolean {
  return req.method === 'OPTIONS' && hasBody(req)
}

/** The request with its body, in the ways that it can be taken, the likelier first. */
function possibleRequests(
  source: BodySource,
  address: GameRequest,
  body: RequestBody,
  mayHandOver: boolean,
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
  const given = mayHandOver ? handOver(source, address, body) : undefined
  return given
    ? [withBody(address, given.value, given.bytes)]
    : requests.map((bytes) => withBody(address, undefined, bytes))
}

/** Whether a client sent anything at all. */
function isEmpty(body: RequestBody | undefined): boolean {
  if (body === undefined) return true
  if ('unread' in body) return false
  if ('bytes' in body) return body.bytes.length === 0
  const { parsed, raw = '' } = body
  return raw.length === 0 && (typeof parsed !== 'object' || parsed === null || Object.keys(parsed).length === 0)
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
