import { answerJson } from '../answers.js'
import type { GameAnswer } from '../protocol.js'
import { idText, jsonOf, member } from '../text/json-pointer.js'
import type { JsonText } from '../text/json-text.js'
import type { Message, RequestMessages } from './messages.js'

/** One reply of the game, and what it wrote. */
export interface Reply {
  value: unknown
  /** Where it stands in the answer: nowhere for an answer of one reply, else its place in the array. */
  path: readonly number[]
}

export interface Replies {
  json: JsonText
  /** To each message, in their order; undefined where there is none. */
  toMessages: readonly (Reply | undefined)[]
  /** Those that are nobody's. */
  others: readonly Reply[]
}

const known = new WeakMap<GameAnswer, { list: readonly Message[]; replies: Replies | undefined }>()

/**
 * The replies of an answer. An answer to a batch comes in any order, without the notifications, and alone when there is but
 * one. Ids are matched exactly, then as text (`"1"` for `1`), then by order where as many replies are left as messages wait.
 */
export function repliesOf({ list }: RequestMessages, answer: GameAnswer, isNotification: (id: unknown) => boolean) {
  const before = known.get(answer)
  if (before?.list === list) return before.replies
  const json = answerJson(answer)
  const replies = typeof json?.value === 'object' && json.value !== null ? match(list, json, isNotification) : undefined
  known.set(answer, { list, replies })
  return replies
}

/** Whether a batch was answered as a whole: not one of its calls was looked at. */
export function isForAll(value: unknown): boolean {
  const id = member(value, 'id')
  return !Array.isArray(value) && (id === undefined || id === null) && member(value, 'result') === undefined
}

function match(list: readonly Message[], json: JsonText, isNotification: (id: unknown) => boolean): Replies {
  const { value } = json
  const all: Reply[] = Array.isArray(value)
    ? value.flatMap((one, index): Reply[] =>
        Array.isArray(one)
          ? one.map((inner, place) => ({ value: inner, path: [index, place] }))
          : [{ value: one, path: [index] }],
      )
    : [{ value, path: [] }]
  const [first] = all
  // To a request of one message whatever comes is the reply.
  if (list.length === 1) return { json, toMessages: [first], others: all.slice(1) }
  const toMessages = new Array<Reply | undefined>(list.length).fill(undefined)
  const taken = new Set<Reply>()
  const take = (
    namesOf: (message: Message) => readonly (string | undefined)[],
    nameOfReply: (reply: Reply) => string | undefined,
  ) => {
    const byName = new Map<string, Reply[]>()
    for (const reply of all) {
      if (taken.has(reply)) continue
      const name = nameOfReply(reply)
      if (name === undefined) continue
      const same = byName.get(name)
      if (same) same.push(reply)
      else byName.set(name, [reply])
    }
    for (const [index, message] of list.entries()) {
      if (toMessages[index]) continue
      const names = namesOf(message).filter((name) => name !== undefined)
      const name = names.find((one) => (byName.get(one)?.length ?? 0) > 0)
      const reply = name === undefined ? undefined : byName.get(name)?.shift()
      if (!reply) continue
      toMessages[index] = reply
      taken.add(reply)
    }
  }
  const idOf = (message: Message) =>
    message.id === undefined ? undefined : idName(message.id, () => message.written(['id']))
  const idOfReply = ({ value: reply, path }: Reply) => {
    const id = member(reply, 'id')
    // None is not the same as null, which some messages have.
    return id === undefined ? undefined : idName(id, () => json.written([...path, 'id']))
  }
  // What is no call is answered under null.
  take((message) => (message.method === undefined ? [idOf(message), 'null'] : [idOf(message)]), idOfReply)
  const isWaiting = (message: Message) => message.method === undefined || !isNotification(message.id)
  // Most games lose digits of a long id, and may so answer to two messages under one.
  const inOrder = taken.size < all.length ? list.flatMap((message, index) => (isWaiting(message) ? [index] : [])) : []
  const isSameTo = (message: Message | undefined, reply: Reply | undefined) =>
    jsonOf(member(reply?.value, 'id')) === jsonOf(message?.id)
  if (inOrder.length === all.length && inOrder.every((index, place) => isSameTo(list[index], all[place]))) {
    toMessages.fill(undefined)
    for (const [place, index] of inOrder.entries()) toMessages[index] = all[place]
    return { json, toMessages, others: [] }
  }
  if (taken.size < all.length) {
    const bare = (name: string | undefined) => (name?.startsWith('"') ? name.slice(1) : name)
    take(
      (message) => [bare(idOf(message))],
      (reply) => bare(idOfReply(reply)),
    )
    const left = all.filter((reply) => !taken.has(reply))
    const waiting = list.flatMap((message, index) => (!toMessages[index] && isWaiting(message) ? [index] : []))
    if (left.length === waiting.length && !isForAll(value)) {
      for (const [place, index] of waiting.entries()) toMessages[index] = left[place]
      return { json, toMessages, others: [] }
    }
  }
  return { json, toMessages, others: all.filter((reply) => !taken.has(reply)) }
}

// Text is told from numbers, and numbers by all of their digits.
function idName(id: unknown, written: () => string | undefined): string {
  if (typeof id === 'string') return `"${id}`
  if (typeof id === 'number' || typeof id === 'bigint') return idText(id, written) ?? 'null'
  return jsonOf(id)
}
