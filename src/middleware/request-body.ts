import type { IncomingMessage } from 'node:http'
import { inflateWithin, isPacked } from './inflate.js'
import type { Soon } from './soon.js'

/**
 * A request's body, whoever reads it first: its bytes as they came, and what they are `unpacked` where the request says that
 * they are packed and they are; or what a parser made of it. `unread` is the reason why there is none.
 */
export type RequestBody =
  | { bytes: Buffer; unpacked?: Buffer }
  | { parsed: unknown; raw?: string | Uint8Array }
  | { unread: 'too-large' | 'aborted' | 'consumed' }

/** What of a Koa context a body is read from. */
export interface BodySource {
  /** Node's request. */
  req: IncomingMessage
  /** Koa's own type does not know of the `body` and the `rawBody` that parsers add. */
  request: object
}

interface ParsedRequest {
  body?: unknown
  rawBody?: unknown
}

type Peeked = Buffer | 'too-large' | 'aborted'

/**
 * What all bodies together may hold here until the game has them or their connections are over, in bytes: slow uploads, each within
 * its own limit, would be as much as there are connections. Past it a body passes unread.
 */
const maxHeldBytes = 67_108_864
/** A login is no longer, and is read all the same. */
const smallBytes = 16_384
let heldBytes = 0

/** What was peeked at: reading twice, by two mounts of ours, must not look like somebody else's reading. */
const peeked = new WeakMap<IncomingMessage, Promise<Peeked>>()

/**
 * The body as bytes, put back on the stream for whoever reads it next; or what the host's body parser left in
 * `ctx.request.body` when it came first. Undefined where the request has none.
 */
export function readBody(source: BodySource, limitBytes: number): Soon<RequestBody | undefined> {
  const { req } = source
  if (!hasBody(req)) return undefined
  const request: ParsedRequest = source.request
  // A parser that skips a content type leaves `{}` in `body` and the stream unread, so the stream decides.
  if (!peeked.has(req) && (req.readableDidRead || req.readableEnded || req.destroyed)) {
    const { body } = request
    if (body === undefined) return { unread: 'consumed' }
    if (typeof body === 'string' || body instanceof Uint8Array) return { bytes: Buffer.from(body) }
    const { rawBody } = request
    const isKept = typeof rawBody === 'string' || rawBody instanceof Uint8Array
    return { parsed: request.body, ...(isKept ? { raw: rawBody } : {}) }
  }
  return readStream(req, limitBytes)
}

async function readStream(req: IncomingMessage, limitBytes: number): Promise<RequestBody> {
  const bytes = await peekOnce(req, limitBytes)
  if (typeof bytes === 'string') return { unread: bytes }
  const said = req.headers['content-encoding']
  // A game may look at the bytes alone.
  const encoding = isPacked(said) || !isGzip(bytes) ? said : 'gzip'
  const unpacked = isPacked(encoding) ? await inflateWithin(bytes, encoding, limitBytes) : undefined
  return unpacked ? { bytes, unpacked } : { bytes }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** Another body for the game, whoever reads it: as a value, and as its client wrote it. */
export interface OtherBody {
  parsed: unknown
  body: Uint8Array | string
}

/** Sends another body on to the game: as a value where it was parsed, and on the stream. */
export function replaceBody(source: BodySource, { parsed, body }: OtherBody): void {
  const { req } = source
  const bytes = Buffer.from(body)
  // Where a parser was told to leave them on Node's own request too.
  for (const request of [source.request, req] as ParsedRequest[]) {
    if (request.body !== undefined) request.body = parsed
    if (request.rawBody !== undefined) request.rawBody = typeof request.rawBody === 'string' ? bytes.toString() : bytes
  }
  if (!peeked.has(req)) return
  while (req.readableLength > 0 && req.read() !== null);
  putBack(req, bytes)
  delete req.headers['content-encoding']
  delete req.headers['transfer-encoding']
  req.headers['content-length'] = String(bytes.length)
}

/** Hands the parsed body to the parsers that come later: they leave a request alone that has one. */
export function handOverBody({ request }: BodySource, value: unknown): void {
  ;(request as ParsedRequest).body = value
}

function peekOnce(req: IncomingMessage, limitBytes: number): Promise<Peeked> {
  const body = peeked.get(req) ?? peek(req, limitBytes)
  peeked.set(req, body)
  return body
}

/** Any method may have a body. HTTP/2 says of a request without one that its headers were all. */
export function hasBody(req: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers
  if (length !== undefined || encoding !== undefined) return length !== '0'
  if (req.httpVersionMajor === 1) return false
  return (req as { stream?: { endAfterHeaders?: boolean } }).stream?.endAfterHeaders !== true
}

/**
 * Reads all there is and puts it back in the same tick, before `'end'` can be emitted, so that the next reader finds the
 * stream as it came. `read()` is never called on an empty buffer: at the end of the stream that would emit `'end'`. Nothing in
 * here may throw while the stream calls it: that would end the process.
 */
function peek(req: IncomingMessage, limitBytes: number): Promise<Peeked> {
  const announced = req.headers['content-length']
  const expectedBytes = announced === undefined ? Number.POSITIVE_INFINITY : Number(announced)
  if (announced !== undefined && expectedBytes > limitBytes) return Promise.resolve('too-large')
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    req.once('close', () => {
      heldBytes -= size
    })
    const finish = (outcome?: 'too-large' | 'aborted') => {
      req.off('readable', onReadable).off('close', onClose).off('error', onClose)
      const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)
      if (size > 0 && !req.destroyed) putBack(req, bytes)
      // HTTP/2 calls an aborted request complete.
      resolve(outcome ?? (req.aborted ? 'aborted' : bytes))
    }
    const onClose = () => finish('aborted')
    const onReadable = () => {
      while (req.readableLength > 0) {
        const chunk: Buffer | string | null = req.read()
        if (chunk === null) break
        // A host may have called `setEncoding` before us.
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, req.readableEncoding ?? 'utf8') : chunk
        chunks.push(bytes)
        size += bytes.length
        heldBytes += bytes.length
      }
      if (size > limitBytes || (heldBytes > maxHeldBytes && size > smallBytes)) finish('too-large')
      else if (size >= expectedBytes || hasEnded(req)) finish()
    }
    const listen = () => req.on('readable', onReadable).on('close', onClose).on('error', onClose)
    if (announced !== undefined) listen()
    // Of a length that is not announced the end may be here already; listening would then emit it before the game listens.
    else {
      setImmediate(() => {
        if (req.destroyed) finish('aborted')
        else if (req.readableLength === 0 && hasEnded(req)) finish()
        else listen()
      })
    }
  })
}

/**
 * To be called when the answer is finished. What the game has left unread flows off then, as Node has it for a body that nobody
 * touched: else its parser would wait for a reader, and the next request on the connection with it.
 */
export function flowOff(req: IncomingMessage): void {
  const isRead = req.readableFlowing !== null || req.listenerCount('readable') > 0
  if (peeked.has(req) && !isRead && !req.readableEnded && !req.destroyed) req.resume()
}

// A stream with an encoding keeps text, and would mix bytes into it.
function putBack(req: IncomingMessage, bytes: Buffer): void {
  const { readableEncoding: encoding } = req
  if (encoding === null) req.unshift(bytes)
  else req.unshift(bytes.toString(encoding), encoding)
}

// Whether the last byte is here, before `'end'`. HTTP/2 has nothing public that says so.
function hasEnded(req: IncomingMessage): boolean {
  return req.complete || (req as { _readableState?: { ended?: boolean } })._readableState?.ended === true
}
