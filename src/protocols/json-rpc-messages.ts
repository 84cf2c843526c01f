import { member } from './json-pointer.js'
import type { GameAnswer, GameRequest } from './protocol.js'

/** The messages of a request: one, those of a batch, or none when it is not JSON-RPC. */
export function messagesOf(request: GameRequest): unknown[] {
  if (request.method === 'GET') {
    const query = new URLSearchParams(request.query)
    const [method, params, id] = ['method', 'params', 'id'].map((name) => query.get(name) ?? undefined)
    return method === undefined ? [] : [{ method, params: parseJson(params ?? 'null'), id }]
  }
  const body = request.parsed ?? (request.body && parseJson(request.body))
  if (Array.isArray(body)) return body
  return typeof body === 'object' && body !== null ? [body] : []
}

export function parseJson(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(
      typeof text === 'string' ? text : Buffer.from(text.buffer, text.byteOffset, text.length).toString(),
    )
  } catch {
    return undefined
  }
}

const parsedAnswers = new WeakMap<GameAnswer, unknown>()

/** An answer as a value; what the game gave to Koa as an object is one already. */
export function answerValue(answer: GameAnswer): unknown {
  const { body } = answer
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return body
  if (!parsedAnswers.has(answer)) parsedAnswers.set(answer, parseJson(body))
  return parsedAnswers.get(answer)
}

// An answer to a batch comes in any order, without the notifications, and alone when there is but one.
export function replyTo(id: unknown, answer: unknown): unknown {
  if (!Array.isArray(answer)) return typeof answer === 'object' && answer !== null ? answer : undefined
  return answer.find((reply) => member(reply, 'id') === id)
}

export function isNotification(id: unknown): boolean {
  return id === undefined || id === null || id === ''
}
