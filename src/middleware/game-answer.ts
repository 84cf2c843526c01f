import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { GameAnswer } from '../protocols/protocol.js'
import { inflateWithin } from './inflate.js'
import { after, type Soon } from './soon.js'

/** What of a Koa context an answer is read from. */
export interface AnswerSource {
  /** The HTTP status. */
  status: number
  /** Whatever the game left there: an object, text, bytes, a stream, or nothing. */
  body: unknown
  /** Node's answer, for its headers and for a game that writes by hand. */
  res: ServerResponse
}

/** Takes an answer before the client has it, and may give another instead. */
export type OnAnswer = (answer: GameAnswer) => Soon<GameAnswer | undefined>

/** What is held of an answer, and for how long it is kept from the client because it is not whole yet. */
export interface AnswerLimits {
  bytes: number
  ms: number
}

/**
 * Hands on what the game answered, as Koa is about to send it, and returns what is to be sent instead. Objects are looked
 * into closely, and streams at all, only where `look` asks for it. A stream that is whole within the limits is handed on
 * before the client has any of it; one that takes longer may go on for ever, so it goes on as it comes and is handed on at
 * its end; one that is larger, without its body.
 */
export function readAnswer(
  source: AnswerSource,
  look: boolean,
  limits: AnswerLimits,
  onAnswer: OnAnswer,
): Soon<GameAnswer | undefined> {
  const { status, body, res } = source
  const hasBytes = body instanceof Uint8Array
  const headers = look || hasBytes ? res.getHeaders() : {}
  if (hasBytes) return after(unpacked({ status, headers, body }, limits.bytes), onAnswer)
  if (body === undefined || body === null) return onAnswer({ status, headers, body: undefined })
  if (typeof body !== 'object') return onAnswer({ status, headers, body })
  if (body instanceof Blob) {
    const bytes = look && body.size <= limits.bytes ? body.arrayBuffer().then(Buffer.from) : undefined
    return after(bytes, (known) => after(unpacked({ status, headers, body: known }, limits.bytes), onAnswer))
  }
  const stream = streamOf(body)
  if (!stream) return onAnswer(look || 'toJSON' in body ? asSent(status, headers, body) : { status, headers, body })
  const streamed = res.getHeaders()
  if (isEndless(streamed) || !(look || isJson(streamed)))
    return onAnswer({ status, headers: streamed, body: undefined })
  return readStream(source, stream, streamed, limits, onAnswer)
}

/** An answer whose bytes are as the game meant them. */
export function unpacked(answer: GameAnswer, limitBytes: number): Soon<GameAnswer> {
  const { body, headers } = answer
  const encoding = headers['content-encoding']
  if (encoding === undefined || !(body instanceof Uint8Array)) return answer
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  return inflateWithin(bytes, String(encoding), limitBytes).then((inflated) => ({ ...answer, body: inflated }))
}

/** Whether what tells of an answer is all in its headers, because its body goes on and on. */
export function isEndless(headers: OutgoingHttpHeaders): boolean {
  return String(headers['content-type']).startsWith('text/event-stream')
}

/** Whether the client has its answer, or has gone. */
export function isClosed(res: ServerResponse): boolean {
  return res.destroyed || (res as { stream?: { destroyed: boolean } }).stream?.destroyed === true
}

/** Calls back when the client has its answer, or has gone: now, if that is so already. */
export function whenClosed(res: ServerResponse, onClose: () => void): void {
  if (isClosed(res)) onClose()
  else res.once('close', onClose)
}

function isJson(headers: OutgoingHttpHeaders): boolean {
  return String(headers['content-type']).includes('json')
}

// Koa sends whatever has a `pipe`, and Koa 3 web streams and responses too. A blob can be read twice.
function streamOf(body: object): Readable | undefined {
  if (body instanceof Readable) return body
  if ('pipe' in body && typeof body.pipe === 'function') return new Readable().wrap(body as NodeJS.ReadableStream)
  if (body instanceof ReadableStream) return Readable.from(body, { objectMode: false })
  if (body instanceof Response && body.body) return Readable.from(body.body, { objectMode: false })
  return undefined
}

// As it will be sent: an id may be an object with a `toJSON` of its own.
function asSent(status: number, headers: OutgoingHttpHeaders, body: object): GameAnswer {
  try {
    return { status, headers, body: JSON.parse(JSON.stringify(body)) }
  } catch {
    // Koa will fail on it as well.
    return { status: 500, headers, body: undefined }
  }
}

async function readStream(
  source: AnswerSource,
  stream: Readable,
  headers: OutgoingHttpHeaders,
  limits: AnswerLimits,
  onAnswer: OnAnswer,
): Promise<GameAnswer | undefined> {
  let { status } = source
  const chunks: Buffer[] = []
  let size = 0
  let told: Promise<GameAnswer | undefined> | undefined
  const tell = () => {
    const body = size > limits.bytes ? undefined : Buffer.concat(chunks)
    told ??= Promise.resolve(unpacked({ status, headers, body }, limits.bytes)).then(onAnswer)
    return told
  }
  const keep = (value: Uint8Array | string) => {
    const chunk = Buffer.from(value)
    size += chunk.length
    if (size - chunk.length <= limits.bytes) chunks.push(chunk)
  }

  const reader: AsyncIterator<Uint8Array | string> = stream[Symbol.asyncIterator]()
  const late = pause(limits.ms)
  let next = nextOf(reader)
  let isWhole = false
  try {
    while (size <= limits.bytes) {
      const read = await Promise.race([next, late.over])
      isWhole = read?.done === true
      if (!read || read.done) break
      keep(read.value)
      next = nextOf(reader)
    }
  } catch {
    // Koa will meet the same error, and answers it.
    status = 500
  } finally {
    late.clear()
  }

  const held = [...chunks]
  putBack(source, Readable.from(goOn(), { objectMode: false }))
  if (isWhole) return tell()
  // Koa destroys what it sends, which knows nothing of what it is read from.
  whenClosed(source.res, () => {
    stream.destroy()
    void tell()
  })
  return size > limits.bytes ? tell() : undefined

  async function* goOn(): AsyncGenerator<Uint8Array | string> {
    yield* held
    if (isWhole) return
    for (let read = await next; !read.done; read = await reader.next()) {
      if (size <= limits.bytes) keep(read.value)
      yield read.value
    }
    await tell()
  }
}

// A stream that fails while nobody waits for it must not end the process.
function nextOf<Value>(reader: AsyncIterator<Value>): Promise<IteratorResult<Value>> {
  const next = reader.next()
  next.catch(() => {})
  return next
}

function pause(ms: number): { over: Promise<undefined>; clear(): void } {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined).unref()
  })
  return { over, clear: () => clearTimeout(timer) }
}

// As what it was, so that each Koa does with it what it did. Koa takes the length away with the stream that had it.
function putBack(source: AnswerSource, stream: Readable): void {
  const { body, res } = source
  const length = res.getHeader('content-length')
  if (body instanceof ReadableStream) source.body = webStream(stream)
  else if (body instanceof Response) source.body = new Response(webStream(stream), { status: body.status })
  else source.body = stream
  if (length !== undefined && !res.headersSent) res.setHeader('Content-Length', length)
}

function webStream(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as ReadableStream<Uint8Array>
}
