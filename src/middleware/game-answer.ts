import { Readable } from 'node:stream'
import type { GameAnswer } from '../protocols/protocol.js'

/** What of a Koa context an answer is read from. */
export interface AnswerSource {
  status: number
  body: unknown
}

/**
 * What the game answered, as Koa is about to send it. A stream is looked into only where `look` asks for it; a small one
 * is replaced by its bytes, and one over the limit goes on unread.
 */
export async function readAnswer(ctx: AnswerSource, look: boolean, limitBytes: number): Promise<GameAnswer> {
  if (look && ctx.body instanceof Readable) ctx.body = await gather(ctx.body, limitBytes)
  const { status, body } = ctx
  if (body instanceof Readable || body === undefined || body === null) return { status, headers: {}, body: undefined }
  if (typeof body === 'string' || body instanceof Uint8Array) return { status, headers: {}, body }
  // As it will be sent: an id may be an object with a `toJSON` of its own.
  return { status, headers: {}, body: look || (typeof body === 'object' && 'toJSON' in body) ? asSent(body) : body }
}

function asSent(body: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(body))
  } catch {
    // Koa will fail on it as well.
    return undefined
  }
}

async function gather(stream: Readable, limitBytes: number): Promise<Buffer | Readable> {
  const chunks: Buffer[] = []
  let size = 0
  const reader = stream[Symbol.asyncIterator]()
  while (size <= limitBytes) {
    const next = await reader.next()
    if (next.done) return Buffer.concat(chunks)
    const chunk = Buffer.from(next.value)
    chunks.push(chunk)
    size += chunk.length
  }
  return Readable.from(
    (async function* () {
      yield* chunks
      for (let next = await reader.next(); !next.done; next = await reader.next()) yield next.value
    })(),
    { objectMode: false },
  )
}
