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

/** The reply to the message at `index`; to a request of one message whatever comes is the reply. */
export function replyTo(messages: readonly unknown[], index: number, answer: GameAnswer): unknown {
  const value = answerValue(answer)
  if (typeof value !== 'object' || value === null) return undefined
  if (messages.length === 1) return Array.isArray(value) ? value[0] : value
  return isForAll(value) ? value : repliesTo(messages, answer)[index]
}

/** Whether a batch was answered as a whole: not one of its calls was looked at. */
export function isForAll(value: unknown): boolean {
  const id = member(value, 'id')
  return !Array.isArray(value) && (id === undefined || id === null) && member(value, 'result') === undefined
}

const repliesInOrder = new WeakMap<GameAnswer, unknown[]>()

/**
 * The reply to each message of a batch, in their order, and then the replies that are nobody's. An answer to a batch comes
 * in any order, without the notifications, and alone when there is but one. What is no call is answered under `null`.
 */
export function repliesTo(messages: readonly unknown[], answer: GameAnswer): unknown[] {
  const known = repliesInOrder.get(answer)
  if (known) return known
  const replies = byId(answerValue(answer))
  const take = (id: unknown) => (id === undefined ? undefined : replies.get(idName(id))?.shift())
  const matched = messages.map((message) => {
    const reply = take(member(message, 'id'))
    return reply === undefined && typeof member(message, 'method') !== 'string' ? take(null) : reply
  })
  const ordered = [...matched, ...[...replies.values()].flat()]
  repliesInOrder.set(answer, ordered)
  return ordered
}

function byId(value: unknown): Map<string, unknown[]> {
  const replies = new Map<string, unknown[]>()
  for (const reply of value === undefined ? [] : [value].flat()) {
    const name = idName(member(reply, 'id'))
    const known = replies.get(name)
    if (known) known.push(reply)
    else replies.set(name, [reply])
  }
  return replies
}

/** An id as the name of a map's entry, whatever its type. One that is nested too deeply for JSON is as good as none. */
export function idName(id: unknown): string {
  try {
    return JSON.stringify(id) ?? ''
  } catch {
    return 'null'
  }
}

export function isNotification(id: unknown): boolean {
  return id === undefined || id === null || id === ''
}
