import type { IncomingMessage } from 'node:http'
import { andThen, type MaybePromise } from '../maybe-promise.js'
import type { BatchRest } from '../protocols/protocol.js'
import { inflateWithin, isPacked } from './inflate.js'

/**
 * A request's body, whoever reads it first: its bytes as they came, and what they are `unpacked` where the request says that
 * they are packed and they are; or what a parser made of it. `unread` is the reason why there is none: there is nothing to look
 * for in a `needless` one, as its `start` may have told, and a `late` one comes while the game reads it.
 */
export type RequestBody = WholeBody | { unread: 'needless'; start?: Buffer } | LateBody

export type WholeBody =
  | { bytes: Buffer; unpacked?: Buffer }
  | { parsed: unknown; raw?: string | Uint8Array }
  | { unread: 'too-large' | 'aborted' | 'consumed' }

export interface LateBody {
  unread: 'late'
  /** Calls back when the last byte is here, just before the game has it, or when it is sure that none will come. */
  read(take: (body: MaybePromise<WholeBody>) => void): void
}

export interface ReadingLimits {
  /** A larger body passes unread. */
  bytes: number
  /** Of a body that is not whole after so many milliseconds the game gets what is here, and the rest as it comes; without it never. */
  ms?: number | undefined
  /** Whether there may be anything to look for: asked without its `start`, and again with its first bytes. */
  isNeeded?(start?: Buffer): boolean
}

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

type Whole = Buffer | 'too-large' | 'aborted'
type Peeked = Whole | Needless | Late
/** Its first bytes are all that there is to know. */
type Needless = { start: Buffer }

/**
 * What all bodies together may hold here until the game has them or their connections are over, in bytes: slow uploads, each within
 * its own limit, would be as much as there are connections. Past it a body passes unread.
 */
const maxHeldBytes = 67_108_864
/** A login is no longer, and is read all the same. */
const smallBytes = 16_384
/** So many of its first bytes say what a body is, and fewer say nothing: a mark of UTF-32 has four. */
const [minStartBytes, startBytes] = [4, 32]
const noBytes = Buffer.alloc(0)
let heldBytes = 0

/** To be called when no more of a body can come, and when nobody will read what is here. */
const ends = new WeakMap<IncomingMessage, { over: () => void; leave: () => void }>()

/** What was peeked at: reading twice, by two mounts of ours, must not look like somebody else's reading. */
const peeked = new WeakMap<IncomingMessage, Promise<Peeked>>()

/**
 * The body as bytes, put back on the stream for whoever reads it next; or what the host's body parser left in
 * `ctx.request.body` when it came first. Undefined where the request has none.
 */
export function readBody(source: BodySource, limits: ReadingLimits): MaybePromise<RequestBody | undefined> {
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
  if (limits.isNeeded?.() === false) return { unread: 'needless' }
  return readStream(req, limits)
}

/** The same where it is needed, whatever it is and however long it takes. */
export function readWholeBody(source: BodySource, limitBytes: number): MaybePromise<WholeBody | undefined> {
  return readBody(source, { bytes: limitBytes }) as MaybePromise<WholeBody | undefined>
}

async function readStream(req: IncomingMessage, limits: ReadingLimits): Promise<RequestBody> {
  const found = await peekOnce(req, limits)
  if (typeof found === 'string' || found instanceof Uint8Array) return unpackedBody(req, found, limits.bytes)
  if ('start' in found) return { unread: 'needless', start: found.start }
  return { unread: 'late', read: (take) => found.read((whole) => take(unpackedBody(req, whole, limits.bytes))) }
}

function unpackedBody(req: IncomingMessage, bytes: Whole, limitBytes: number): MaybePromise<WholeBody> {
  if (typeof bytes === 'string') return { unread: bytes }
  const said = req.headers['content-encoding']
  // A game may look at the bytes alone.
  const encoding = isPacked(said) || !isGzip(bytes) ? said : 'gzip'
  if (!isPacked(encoding)) return { bytes }
  return andThen(inflateWithin(bytes, encoding, limitBytes), (unpacked) => (unpacked ? { bytes, unpacked } : { bytes }))
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** Sends another body on to the game: as a value where it was parsed, and on the stream. */
export function replaceBody(source: BodySource, { parsed, body }: BatchRest): void {
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

function peekOnce(req: IncomingMessage, limits: ReadingLimits): Promise<Peeked> {
  const known = peeked.get(req)
  const body = known ? known.then((found) => peekedEnough(req, found, limits)) : peek(req, limits)
  peeked.set(req, body)
  return body
}

/** What is enough for one reader may be too little for the next. */
function peekedEnough(req: IncomingMessage, found: Peeked, limits: ReadingLimits): Peeked | Promise<Peeked> {
  if (typeof found === 'string' || found instanceof Uint8Array) return found
  if ('start' in found) return limits.isNeeded ? found : peek(req, limits)
  return limits.ms === undefined ? (found.whole ?? peek(req, limits)) : found
}

/** Any method may have a body. HTTP/2 says of a request without one that its headers were all. */
export function hasBody(req: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers
  if (length !== undefined || encoding !== undefined) return length !== '0'
  if (req.httpVersionMajor === 1) return false
  return (req as { stream?: { endAfterHeaders?: boolean } }).stream?.endAfterHeaders !== true
}

/** What is here of a body, counted with that of all others until it is let go. In one piece: the smallest chunks come by the million. */
class Held {
  #bytes: Buffer = noBytes
  size = 0

  add(chunk: Buffer): void {
    const size = this.size + chunk.length
    if (this.size === 0) this.#keep(chunk)
    else {
      if (size > this.#bytes.length) {
        const larger = Buffer.allocUnsafe(Math.ceil(1.25 * size))
        this.#bytes.copy(larger, 0, 0, this.size)
        this.#keep(larger)
      }
      chunk.copy(this.#bytes, this.size)
    }
    this.size = size
  }

  /** The room that is left in it counts, too. */
  #keep(bytes: Buffer): void {
    heldBytes += bytes.length - this.#bytes.length
    this.#bytes = bytes
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.size)
  }

  isTooMuch(limitBytes: number): boolean {
    return this.size > limitBytes || (heldBytes > maxHeldBytes && this.size > smallBytes)
  }

  letGo(): void {
    this.#keep(noBytes)
    this.size = 0
  }
}

/**
 * Reads all there is and puts it back in the same tick, before `'end'` can be emitted, so that the next reader finds the
 * stream as it came. `read()` is never called on an empty buffer: at the end of the stream that would emit `'end'`. Nothing in
 * here may throw while the stream calls it: that would end the process.
 */
function peek(req: IncomingMessage, { bytes: limitBytes, ms, isNeeded }: ReadingLimits): Promise<Peeked> {
  const announced = req.headers['content-length']
  const expectedBytes = announced === undefined ? Number.POSITIVE_INFINITY : Number(announced)
  if (announced !== undefined && expectedBytes > limitBytes) return Promise.resolve('too-large')
  return new Promise((resolve) => {
    const held = new Held()
    let timer: NodeJS.Timeout | undefined
    let isOver = false
    let isStartSeen = false
    let late: Late | undefined
    const over = () => {
      late?.end('aborted')
      held.letGo()
    }
    // One that is read along is not whole yet.
    const leave = () => {
      if (isOver && late === undefined) held.letGo()
    }
    ends.set(req, { over, leave })
    req.once('close', over)
    const finish = (outcome?: 'too-large' | 'aborted' | 'needless' | 'late') => {
      clearTimeout(timer)
      req.off('readable', onReadable).off('close', onClose).off('error', onClose)
      isOver = true
      const { bytes } = held
      if (bytes.length > 0 && !req.destroyed) putBack(req, bytes)
      if (outcome === 'late') {
        late = new Late(req, held, { limitBytes, expectedBytes })
        resolve(late)
      } else if (outcome === 'needless') resolve({ start: copyOf(bytes.subarray(0, startBytes)) })
      // HTTP/2 calls an aborted request complete.
      else resolve(outcome ?? (req.aborted ? 'aborted' : bytes))
      // A whole one is the game's, and waits for nobody.
      if (outcome === undefined) held.letGo()
    }
    const onClose = () => finish('aborted')
    const isWhole = () => held.size >= expectedBytes || hasEnded(req)
    const mayBeNeeded = () => {
      if (isStartSeen || isNeeded === undefined || held.size < minStartBytes) return true
      isStartSeen = held.size >= startBytes
      return isNeeded(held.bytes.subarray(0, startBytes))
    }
    const onReadable = () => {
      while (req.readableLength > 0) {
        const chunk: Buffer | string | null = req.read()
        if (chunk === null) break
        // A host may have called `setEncoding` before us.
        held.add(typeof chunk === 'string' ? Buffer.from(chunk, req.readableEncoding ?? 'utf8') : chunk)
      }
      if (held.isTooMuch(limitBytes)) finish('too-large')
      else if (isWhole()) finish()
      else if (!mayBeNeeded()) finish('needless')
    }
    const listen = () => {
      req.on('readable', onReadable).on('close', onClose).on('error', onClose)
      // What came while the process was busy is read first.
      if (ms !== undefined) timer = setTimeout(() => setImmediate(onDeadline), ms).unref()
    }
    const onDeadline = () => {
      if (!isOver && !isWhole()) finish('late')
    }
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

/** A body whose rest comes while the game reads: looked at on its way to the stream, which has it as without us. */
class Late {
  whole: Whole | undefined
  #takers: ((whole: Whole) => void)[] = []

  constructor(
    req: IncomingMessage,
    held: Held,
    { limitBytes, expectedBytes }: { limitBytes: number; expectedBytes: number },
  ) {
    const { push } = req
    req.push = (chunk: Buffer | string | null, encoding?: BufferEncoding) => {
      if (this.whole === undefined) {
        if (chunk !== null) held.add(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)
        if (held.isTooMuch(limitBytes)) {
          this.end('too-large')
        } else if (chunk === null || held.size >= expectedBytes) this.end(req.aborted ? 'aborted' : held.bytes)
        if (this.whole !== undefined) held.letGo()
      }
      return push.call(req, chunk, encoding)
    }
    if (req.destroyed) this.end('aborted')
  }

  /** Calls back when it is whole, just before the stream is, or when it is sure that it will not be. */
  read(take: (whole: Whole) => void): void {
    if (this.whole === undefined) this.#takers.push(take)
    else take(this.whole)
  }

  end(whole: Whole): void {
    if (this.whole !== undefined) return
    this.whole = whole
    for (const take of this.#takers) take(whole)
    this.#takers = []
  }
}

/**
 * To be called when the answer is finished. What the game has left unread flows off then, as Node has it for a body that nobody
 * touched: else its parser would wait for a reader, and the next request on the connection with it.
 */
export function drainUnread(req: IncomingMessage): void {
  if (!peeked.has(req) || req.readableEnded || req.destroyed) return
  const isRead = req.readableFlowing !== null || req.listenerCount('readable') > 0
  if (!isRead) req.resume()
  const end = ends.get(req)
  if (end === undefined) return
  // Its connection may stay open as long as it likes, and the rest of the body never come.
  if (!isRead || req.readableLength === 0) end.leave()
  if (req.httpVersionMajor > 1) return
  const { over } = end
  // Node has forgotten the request, and does not tell it when its connection is closed.
  const socket = req.socket as IncomingMessage['socket'] | undefined
  socket?.once('close', over)
  req.once('close', () => socket?.off('close', over))
}

// A part of a buffer keeps all of it: 64 KB of what a socket read, for as long as its request is known. Nor is it to keep a pool.
function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.alloc(bytes.length)
  copy.set(bytes)
  return copy
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
