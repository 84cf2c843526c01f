import type { IncomingMessage } from 'node:http'
import { inflateWithin } from './inflate.js'
import type { Soon } from './soon.js'

/** A request's body, whoever reads it first. `unread` is the reason why there is none. */
export type RequestBody =
  | { bytes: Buffer }
  | { parsed: unknown; raw?: string }
  | { unread: 'too-large' | 'aborted' | 'encoding' | 'consumed' | 'multipart' }

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

/** What was peeked at: reading twice, by two mounts of ours, must not look like somebody else's reading. */
const peeked = new WeakMap<IncomingMessage, Promise<Buffer | 'too-large' | 'aborted'>>()

/**
 * The body as bytes, put back on the stream for whoever reads it next; or what the host's body parser left in
 * `ctx.request.body` when it came first.
 */
export function readBody(source: BodySource, limitBytes: number): Soon<RequestBody> {
  const { req } = source
  const request: ParsedRequest = source.request
  // A parser that skips a content type leaves `{}` in `body` and the stream unread, so the stream decides.
  if (!peeked.has(req) && (req.readableDidRead || req.readableEnded || req.destroyed)) {
    const { body } = request
    if (body === undefined) return { unread: 'consumed' }
    if (typeof body === 'string' || body instanceof Uint8Array) return { bytes: Buffer.from(body) }
    return { parsed: request.body, ...(typeof request.rawBody === 'string' ? { raw: request.rawBody } : {}) }
  }
  if (/^multipart\//i.test(req.headers['content-type'] ?? '')) return { unread: 'multipart' }
  return readStream(req, limitBytes)
}

async function readStream(req: IncomingMessage, limitBytes: number): Promise<RequestBody> {
  const bytes = await peekOnce(req, limitBytes)
  if (typeof bytes === 'string') return { unread: bytes }
  const encoding = req.headers['content-encoding']
  const inflated = encoding === undefined ? bytes : await inflateWithin(bytes, encoding, limitBytes)
  return inflated ? { bytes: inflated } : { unread: 'encoding' }
}

/** Sends another body on to the game, for whoever reads it: as a value where it was parsed, and on the stream. */
export function replaceBody(source: BodySource, value: unknown): void {
  const { req } = source
  const request: ParsedRequest = source.request
  const bytes = Buffer.from(JSON.stringify(value))
  if (request.body !== undefined) request.body = value
  if (request.rawBody !== undefined) request.rawBody = bytes.toString()
  // Where a parser was told to leave them on Node's own request too.
  const node = req as ParsedRequest
  if (node.body !== undefined) node.body = value
  if (node.rawBody !== undefined) node.rawBody = bytes.toString()
  if (!peeked.has(req)) return
  while (req.readableLength > 0 && req.read() !== null);
  req.unshift(bytes)
  delete req.headers['content-encoding']
  delete req.headers['transfer-encoding']
  req.headers['content-length'] = String(bytes.length)
}

/** Hands the parsed body to the parsers that come later: they leave a request alone that has one. */
export function handOverBody({ request }: BodySource, value: unknown): void {
  ;(request as ParsedRequest).body = value
}

function peekOnce(req: IncomingMessage, limitBytes: number): Promise<Buffer | 'too-large' | 'aborted'> {
  const body = peeked.get(req) ?? peek(req, limitBytes)
  peeked.set(req, body)
  return body
}

/**
 * Reads all there is and puts it back in the same tick, before `'end'` can be emitted, so that the next reader finds the
 * stream as it came. `read()` is never called on an empty buffer: at the end of the stream that would emit `'end'`.
 */
function peek(req: IncomingMessage, limitBytes: number): Promise<Buffer | 'too-large' | 'aborted'> {
  const announced = req.headers['content-length']
  if (
    announced === '0' ||
    (announced === undefined && req.headers['transfer-encoding'] === undefined && isHttp1(req))
  ) {
    return Promise.resolve(Buffer.alloc(0))
  }
  const expectedBytes = announced === undefined ? Number.POSITIVE_INFINITY : Number(announced)
  if (announced !== undefined && expectedBytes > limitBytes) return Promise.resolve('too-large')
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const finish = (outcome?: 'too-large' | 'aborted') => {
      req.off('readable', onReadable).off('close', onClose).off('error', onClose)
      const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)
      if (size > 0 && !req.destroyed) req.unshift(bytes)
      // HTTP/2 calls an aborted request complete.
      resolve(outcome ?? (req.aborted ? 'aborted' : bytes))
    }
    const onClose = () => finish('aborted')
    const onReadable = () => {
      while (req.readableLength > 0) {
        const chunk = req.read() as Buffer | null
        if (chunk === null) break
        chunks.push(chunk)
        size += chunk.length
      }
      if (size > limitBytes) finish('too-large')
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

// Whether the last byte is here, before `'end'`. HTTP/2 has nothing public that says so.
function hasEnded(req: IncomingMessage): boolean {
  return req.complete || (req as { _readableState?: { ended?: boolean } })._readableState?.ended === true
}

function isHttp1(req: IncomingMessage): boolean {
  return req.httpVersionMajor === 1
}
