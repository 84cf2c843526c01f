import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodySource } from '../http/request-body.js'
import type { GameAnswer } from '../protocols/protocol.js'

/** What we use of a Koa context, structurally: Koa 2 and Koa 3 both fit. */
export interface GameContext extends BodySource {
  /** Node's request. */
  req: IncomingMessage
  /** Node's answer. */
  res: ServerResponse
  /** The HTTP status of the answer. */
  status: number
  /** Whatever the game left there: an object, text, bytes, a stream, or nothing. It stays the game's. */
  body: unknown
  /** Below any mount point, without the query. */
  path: string
  /** Without the question mark. */
  querystring: string
  /** Where `client`, a `ClientState`, is put. */
  state: Record<string, unknown>
  /** `false` when the game writes its answer by hand. */
  respond?: boolean
  /** Sets a header of the answer. */
  set(name: string, value: string | string[]): void
}

/** Answers a request in the game's place. */
export function answer(ctx: GameContext, { status, headers, body }: GameAnswer): void {
  // First, so that what is no answer at all leaves no trace on the game's.
  const fields = Object.entries(headers)
  ctx.status = status
  for (const [name, value] of fields) {
    if (value !== undefined) ctx.set(name, typeof value === 'number' ? String(value) : value)
  }
  ctx.body = status === 204 ? null : body
}
