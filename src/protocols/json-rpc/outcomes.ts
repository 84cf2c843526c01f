import { answerJson, looksWell, mayHold } from '../answers.js'
import type { Call, CallOutcome, GameAnswer, GameRequest, HandedOut, MissingSession, Protocol } from '../protocol.js'
import { compilePointer, idText, jsonOf, member, type Pointer, pointerNames } from '../text/json-pointer.js'
import type { JsonText, Path } from '../text/json-text.js'
import { isUnambiguous } from './ambiguity.js'
import { type Message, possibleMessages, type RequestMessages } from './messages.js'
import type { JsonRpcOptions } from './options.js'
import { isForAll, type Replies, type Reply, repliesOf } from './replies.js'

export interface JsonRpcCall extends Call {
  message: Message
  /** All messages of the request; the call's own is the one at `index`. */
  messages: RequestMessages
  request: GameRequest
  /** However a host spells the address, the feature begins so. */
  isModuleSure: boolean
}

/** Where something is in a result. */
interface ResultPlace {
  of: Pointer
  path: readonly string[]
  /** What an answer must have in it for anything to be there. */
  letters: string
}

/** What the answers of a JSON-RPC API tell. */
export function outcomesOf(
  options: JsonRpcOptions & { maxBatch: number; isDeclared(feature: string): boolean },
  isNotification: (id: unknown) => boolean,
): Required<Pick<Protocol, 'learn' | 'isFeature' | 'misses' | 'handsOut'>> {
  const sessionIdAt = resultPlace(options.answer.sessionId, 'answer.sessionId')
  const playerIdAt =
    options.answer.playerId === undefined ? undefined : resultPlace(options.answer.playerId, 'answer.playerId')
  const renewedAt = options.renewed === undefined ? undefined : resultPlace(options.renewed, 'renewed')
  const renews = new Set(options.renews)
  const { maxBatch, isDeclared } = options
  const withoutSession = new Set(
    Object.entries(options.sessions).flatMap(([feature, { session }]) => (session === false ? [feature] : [])),
  )

  /** A result under the call's own id is what no game gives that does not know the method. */
  function isFeature(call: Call, answer: GameAnswer): boolean {
    const { feature, messages, message, index, request, isModuleSure } = call as JsonRpcCall
    if (isDeclared(feature)) return true
    if (!isModuleSure) return false
    // Of two calls with one id nobody could say whose the result is.
    const id = bareId(message.id)
    if (id === undefined || isNotification(message.id) || !isOnlyOne(id, messages)) return false
    const reply = repliesOf(messages, answer, isNotification)?.toMessages[index]?.value
    const hasError = (member(reply, 'error') ?? null) !== null
    if (hasError || member(reply, 'result') === undefined || bareId(member(reply, 'id')) !== id) return false
    return isUnambiguous(request, messages, message)
  }

  function learn(call: Call, answer: GameAnswer): CallOutcome {
    const { messages, index, createsSession, renews: mayRenew } = call as JsonRpcCall
    // Most answers are not to be parsed at all: only an error or a new session has something to tell.
    const mayTell = createsSession || mayRenew !== undefined || mayHoldError(answer, messages)
    const replies = mayTell ? repliesOf(messages, answer, isNotification) : undefined
    const reply = replies?.toMessages[index]
    const value = reply?.value ?? replyToAll(messages, replies)
    const error = member(value, 'error')
    if (error !== undefined && error !== null) return { failed: true, unknown: member(error, 'code') === -32601 }
    if (!replies || !reply || member(value, 'result') === undefined) return withoutReply(messages, answer)
    if (createsSession) return learnLogin(call, replies.json, reply)
    return mayRenew === undefined ? {} : learnRenewed(call, replies.json, reply)
  }

  function learnLogin({ feature }: Call, json: JsonText, reply: Reply): CallOutcome {
    if (withoutSession.has(feature)) return {}
    const [result, path] = resultOf(reply)
    const sessionId = idAt(sessionIdAt, json, result, path)
    return sessionId === undefined ? {} : { sessionId, ...playerOf(json, result, path) }
  }

  function misses(call: Call, answer: GameAnswer): MissingSession | undefined {
    const { messages, message, index, feature } = call as JsonRpcCall
    // To whom nobody answers no session is shown.
    if (withoutSession.has(feature) || isNotification(message.id)) return undefined
    const reply = repliesOf(messages, answer, isNotification)?.toMessages[index]
    const result = reply && member(reply.value, 'result')
    if (reply && !looksWell(result)) return undefined
    return { place: options.answer.sessionId, shown: reply ? jsonOf(result) : '' }
  }

  function learnRenewed({ feature, sessionId }: Call, json: JsonText, reply: Reply): CallOutcome {
    const [result, path] = resultOf(reply)
    const declared = renews.has(feature) ? idAt(sessionIdAt, json, result, path) : undefined
    const renewed = declared ?? (renewedAt && idAt(renewedAt, json, result, path))
    return renewed === undefined || renewed === sessionId ? {} : { sessionId: renewed }
  }

  function handsOut(request: GameRequest, calls: readonly Call[], answer: GameAnswer): HandedOut[] {
    if (!mayHold(answer, sessionIdAt.letters)) return []
    // Where a whole result is the session id, any result of a call looks like one.
    if (calls.length > 0 && sessionIdAt.path.length === 0) return []
    if (calls.length > 0 && isWithout(answer, sessionIdAt)) return []
    const json = answerJson(answer)
    const messages =
      (calls[0] as JsonRpcCall | undefined)?.messages ?? possibleMessages(request, maxBatch)[0] ?? nothing
    const replies = repliesOf(messages, answer, isNotification)
    if (!json || !replies) return []
    const byIndex = new Map(calls.map((call) => [call.index, call]))
    const isReadWhole = calls.length > 0 && calls.length === messages.list.length
    const asked = replies.toMessages.map((reply, index) => shown(json, reply, byIndex.get(index)))
    const others = replies.others.map((reply) => shown(json, reply, isReadWhole ? calls[0] : undefined))
    return [...asked, ...others].filter((one) => one !== undefined)
  }

  /** The session id of a reply; `call` is what was asked for, where that could be read. */
  function shown(json: JsonText, reply: Reply | undefined, call: Call | undefined): HandedOut | undefined {
    if (!reply || (call && withoutSession.has(call.feature))) return undefined
    // What nobody could read may be answered in a form of its own.
    const places: [unknown, Path][] = call ? [resultOf(reply)] : [resultOf(reply), [reply.value, reply.path]]
    for (const [value, path] of places) {
      const sessionId = idAt(sessionIdAt, json, value, path)
      if (sessionId === undefined) continue
      const found = { sessionId, ...playerOf(json, value, path) }
      return call ? { ...found, feature: call.feature, unread: false } : { ...found, unread: true }
    }
    return undefined
  }

  function playerOf(json: JsonText, value: unknown, path: Path): { playerId?: string } {
    const playerId = playerIdAt && idAt(playerIdAt, json, value, path)
    return playerId === undefined ? {} : { playerId }
  }

  return { learn, isFeature, misses, handsOut }
}

const mayHoldErrors = new WeakMap<GameAnswer, boolean>()

/** An answer is looked through once, however many calls it answers. Nearly all have no error in them. */
function mayHoldError(answer: GameAnswer, { list }: RequestMessages): boolean {
  if (list.length === 1) return looksForError(answer)
  const known = mayHoldErrors.get(answer) ?? looksForError(answer)
  mayHoldErrors.set(answer, known)
  return known
}

function looksForError(answer: GameAnswer): boolean {
  const { body } = answer
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return mayHold(answer, '"error"')
  return Array.isArray(body) ? body.some(hasError) : hasError(body)
}

function hasError(reply: unknown): boolean {
  return member(reply, 'error') !== undefined || member(reply, 'result') === undefined
}

function isWithout({ body }: GameAnswer, place: ResultPlace): boolean {
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return false
  const isBare = (reply: unknown) => place.of(member(reply, 'result')) === undefined && !Array.isArray(reply)
  return Array.isArray(body) ? body.every(isBare) : isBare(body)
}

const nothing: RequestMessages = { list: [], json: undefined }

function resultPlace(pointer: string, option: string): ResultPlace {
  const path = pointerNames(pointer)
  const last = path.at(-1) ?? ''
  // What could be written with an escape is not looked for as it is.
  return { of: compilePointer(pointer, option), path, letters: /^[\w-]*$/.test(last) ? last : '' }
}

function idAt(place: ResultPlace, json: JsonText, value: unknown, path: Path): string | undefined {
  return idText(place.of(value), () => json.written([...path, ...place.path]))
}

function resultOf({ value, path }: Reply): [unknown, Path] {
  return [member(value, 'result'), [...path, 'result']]
}

function replyToAll({ list }: RequestMessages, replies: Replies | undefined): unknown {
  return list.length > 1 && replies && isForAll(replies.json.value) ? replies.json.value : undefined
}

const idCounts = new WeakMap<RequestMessages['list'], Map<string, number>>()

/** Whether no other message of the request has this id; they are looked through once, however many calls ask. */
function isOnlyOne(id: string, { list }: RequestMessages): boolean {
  if (list.length === 1) return true
  let counts = idCounts.get(list)
  if (!counts) {
    counts = new Map()
    for (const message of list) {
      const other = bareId(message.id)
      if (other !== undefined) counts.set(other, (counts.get(other) ?? 0) + 1)
    }
    idCounts.set(list, counts)
  }
  return counts.get(id) === 1
}

// Some games make text of a number.
function bareId(id: unknown): string | undefined {
  return typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint' ? String(id) : undefined
}

// The game's router may have said 404 before any method was looked for.
function withoutReply({ list }: RequestMessages, answer: GameAnswer): CallOutcome {
  const { status } = answer
  if (status < 400 || (list.length > 1 && !isForAll(answerJson(answer)?.value))) return {}
  return { failed: true, unknown: status === 404 || status === 405 }
}
