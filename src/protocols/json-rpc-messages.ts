import { member } from './json-pointer.js'
import { answerValue, parseJson } from './json-text.js'
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

const errorFree = new WeakMap<GameAnswer, boolean>()

/** Whether an answer could hold an error; one in text is looked through once, however many calls it answers. */
export function mayHoldErrors(answer: GameAnswer): boolean {
  if (typeof answer.body !== 'string') return true
  let isFree = errorFree.get(answer)
  if (isFree === undefined) {
    isFree = !answer.body.includes('"error"')
    errorFree.set(answer, isFree)
  }
  return !isFree
}

const repliesById = new WeakMap<GameAnswer, Map<string, unknown[]>>()

/**
 * The reply to the call with this id, the `turn`-th of them. An answer to a batch comes in any order, without the
 * notifications, and alone when there is but one; to a request of one message whatever comes is the reply.
 */
export function replyTo(id: unknown, turn: number, isAlone: boolean, answer: GameAnswer): unknown {
  const value = answerValue(answer)
  if (typeof value !== 'object' || value === null) return undefined
  if (isAlone) return Array.isArray(value) ? value[0] : value
  if (isNotification(id)) return undefined
  const replies = repliesById.get(answer) ?? byId(value)
  repliesById.set(answer, replies)
  return replies.get(idName(id))?.[turn]
}

/** The replies of an answer by the names of their ids. */
export function byId(value: object): Map<string, unknown[]> {
  const replies = new Map<string, unknown[]>()
  for (const reply of [value].flat()) {
    const name = idName(member(reply, 'id'))
    const known = replies.get(name)
    if (known) known.push(reply)
    else replies.set(name, [reply])
  }
  return replies
}

/** An id as the name of a map's entry, whatever its type. */
export function idName(id: unknown): string {
  return JSON.stringify(id) ?? ''
}

export function isNotification(id: unknown): boolean {
  return id === undefined || id === null || id === ''
}
