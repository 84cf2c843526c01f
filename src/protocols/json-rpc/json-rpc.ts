import { compile, parse as parsePath } from 'path-to-regexp'
import { unknownFeature } from '../../row-names.js'
import { answerJson } from '../answers.js'
import { mayHaveCalls } from '../body-start.js'
import { loginRank } from '../login-rank.js'
import type { BatchRest, Call, ExampleCall, GameAnswer, GameRequest, Protocol, Refusal } from '../protocol.js'
import { idText, jsonOf, member } from '../text/json-pointer.js'
import { type Path, parseStrictly } from '../text/json-text.js'
import { type Message, possibleMessages, type RequestMessages, withoutPaths } from './messages.js'
import { moduleFinder } from './module.js'
import { checkJsonRpcOptions, type JsonRpcOptions, type ParamPlace } from './options.js'
import { type JsonRpcCall, outcomesOf } from './outcomes.js'
import { type Reply, repliesOf } from './replies.js'

/** What differs between servers that speak JSON-RPC. */
export interface Manners {
  /** Which ids make a message one that is not answered. */
  isNotification(id: unknown): boolean
}

/** https://www.jsonrpc.org/specification, section 4.1: only a message without an id is a notification. */
const specified: Manners = { isNotification: (id) => id === undefined }

/**
 * The protocol of a JSON-RPC API: calls in a body, a query or a form, batches and notifications. The methods and error codes are those of
 * https://www.jsonrpc.org/specification; 1.1 and a missing version do as well.
 *
 * @throws ClienteleError `option_unknown` for a name that is no option, `option_invalid` for a wrong or a missing value
 */
export function jsonRpc(options: JsonRpcOptions): Protocol {
  return jsonRpcWith(specified, options)
}

export function jsonRpcWith({ isNotification }: Manners, options: JsonRpcOptions): Protocol {
  checkJsonRpcOptions(options)
  const pathNames = parsePath(options.path).tokens.flatMap((token) => (token.type === 'param' ? [token.name] : []))
  const sessions = new Map(Object.entries(options.sessions))
  const sessionsInAnyCase = new Map(Array.from(sessions.keys(), (feature) => [feature.toLowerCase(), feature]))
  const areInLowerCase = [...sessions.keys()].every((feature) => feature === feature.toLowerCase())
  // `['empire', 'login']` of `empire.login` at `/:module`.
  const split = Array.from(sessionsInAnyCase.keys(), (feature) => {
    const parts = feature.split('.')
    return [parts.splice(0, pathNames.length).map((part) => `${part}.`), parts] as const
  })
  const sessionModules = new Set(split.map(([module]) => module.join('')))
  const sessionMethods = new Set(split.map(([, method]) => method.join('.')))
  const ends = new Set(options.ends)
  const renews = new Set(options.renews)
  const isDeclared = declaredBy(options)
  const maxBatch = options.maxBatch ?? 1_000
  const refusal = { code: -32001, status: 200, contentType: 'application/json', ...options.refusal }

  const moduleAt = moduleFinder(options.path)

  /** Of several ways to read a request the likeliest in which it is a login, and that with a public key first. */
  function read(request: GameRequest): JsonRpcCall[] {
    const module = moduleAt(request.path)
    if (module.names.length === 0) return []
    let [best, bestRank] = [[] as JsonRpcCall[], 0]
    for (const messages of possibleMessages(request, maxBatch)) {
      for (const name of module.names) {
        const calls = callsOf(name, module.isSure, messages, request)
        const rank = loginRank(calls)
        if (rank > bestRank) [best, bestRank] = [calls, rank]
      }
    }
    return best
  }

  function callsOf(
    module: string,
    isModuleSure: boolean,
    messages: RequestMessages,
    request: GameRequest,
  ): JsonRpcCall[] {
    const calls: JsonRpcCall[] = []
    for (let index = 0; index < messages.list.length; index++) {
      const message = messages.list[index] as Message
      const creating = creatingFeature(module, message)
      if (creating === undefined && message.method === undefined) continue
      const feature = creating ?? named(module + message.method)
      const call: JsonRpcCall = {
        index,
        message,
        messages,
        request,
        isModuleSure,
        feature,
        createsSession: creating !== undefined,
        endsSession: ends.has(feature),
      }
      const place = creating === undefined ? undefined : sessions.get(creating)?.apiKey
      if (place) call.publicKey = paramAt(message.params, place)
      else joinSession(call)
      calls.push(call)
    }
    return calls
  }

  function named(feature: string): string {
    return options.features === undefined || isDeclared(feature) ? feature : unknownFeature
  }

  function joinSession(call: JsonRpcCall): void {
    const { params, written } = call.message
    const sessionId = idText(paramAt(params, options.sessionId), () =>
      written(['params', ...pathTo(params, options.sessionId)]),
    )
    if (sessionId === undefined) return
    call.sessionId = sessionId
    if (options.renewed !== undefined || renews.has(call.feature)) call.renews = 'body'
  }

  /** The feature that creates a session, if the message can be read as one that does. */
  function creatingFeature(module: string, { method, otherMethods }: Message): string | undefined {
    const found = method === undefined ? undefined : creating(module + method)
    if (found !== undefined || otherMethods.length === 0) return found
    for (const other of otherMethods) {
      const feature = creating(module + other)
      if (feature !== undefined) return feature
    }
    return undefined
  }

  // A game may take its methods in any case, and with a space behind.
  function creating(feature: string): string | undefined {
    if (sessions.has(feature)) return feature
    // Most calls are none; to look at their letters is less than to copy them.
    return areInLowerCase && !unusual.test(feature) ? undefined : sessionsInAnyCase.get(feature.trim().toLowerCase())
  }

  function refuse(_request: GameRequest, refusals: readonly Refusal[]): GameAnswer {
    const errors = refusals.map(errorFor).filter((error) => error !== undefined)
    if (errors.length === 0) return { status: 204, headers: {}, body: '' }
    const { messages } = (refusals[0] as Refusal).call as Partial<JsonRpcCall>
    const isBatch = errors.length > 1 || (messages !== undefined && messages.list.length > 1)
    return {
      status: isBatch ? 200 : refusal.status,
      headers: { 'content-type': refusal.contentType },
      body: isBatch ? `[${errors.join(',')}]` : errors[0],
    }
  }

  /** As text, because the id goes back as the client wrote it; undefined where a refusal is not answered. */
  function errorFor({ call, reason, message: sentence }: Refusal): string | undefined {
    const { message } = call as Partial<JsonRpcCall>
    if (message && isNotification(message.id)) return undefined
    const words = reason === 'missing' ? (refusal.message ?? sentence) : sentence
    const error = JSON.stringify({ code: refusal.code, message: words, data: null })
    return `{"jsonrpc":"2.0","id":${message ? writtenId(message) : 'null'},"error":${error}}`
  }

  function join(_request: GameRequest, refusals: readonly Refusal[], answer: GameAnswer): GameAnswer {
    const json = answerJson(answer)
    // A game that fell over as a whole has the last word.
    const isReply =
      Array.isArray(json?.value) || ['result', 'error'].some((name) => member(json?.value, name) !== undefined)
    if (answer.status !== 204 && !isReply) return answer
    const { messages } = (refusals[0] as Refusal).call as JsonRpcCall
    const refused = new Map(refusals.map((one) => [one.call.index, one]))
    const played = { ...messages, list: messages.list.filter((_, index) => !refused.has(index)) }
    const replies = repliesOf(played, answer, isNotification)
    const cut = ({ path, value }: Reply) => {
      const span = json?.spanOf(path)
      return span && json ? json.cut(span) : jsonOf(value)
    }
    let place = 0
    const joined = messages.list.map((_, index) => {
      const one = refused.get(index)
      if (!one) {
        const reply = replies?.toMessages[place++]
        return reply && cut(reply)
      }
      const error = errorFor(one)
      return error === undefined ? undefined : (json?.asCut(error) ?? error)
    })
    const all = [...joined, ...(replies?.others ?? []).map(cut)].filter((reply) => reply !== undefined)
    if (all.length === 0) return { status: 204, headers: {}, body: '' }
    const text = `[${all.join(',')}]`
    const body = json ? json.encode(text) : text
    return { status: 200, headers: { 'content-type': refusal.contentType }, body }
  }

  function mayHandOut(path: string, calls: readonly Call[]): boolean {
    if (moduleAt(path).names.some((name) => sessionModules.has(name))) return true
    return calls.some((call) => sessionMethods.has((call as JsonRpcCall).message.method?.toLowerCase() ?? ''))
  }

  function example(publicKey: string): ExampleCall {
    const [feature = '', { apiKey } = { apiKey: options.sessionId }] = [...sessions][0] ?? []
    const parts = feature.split('.')
    const modules = Object.fromEntries(pathNames.map((name, index) => [name, parts[index] ?? name]))
    const params = [...Array.from({ length: apiKey.index }, () => '…'), publicKey]
    return {
      method: 'POST',
      path: compile(options.path)(modules),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: parts.slice(pathNames.length).join('.'), params }),
    }
  }

  function without(_request: GameRequest, refusals: readonly Refusal[]): BatchRest | undefined {
    const { messages } = (refusals[0] as Refusal).call as JsonRpcCall
    return withoutPaths(
      messages,
      refusals.map(({ call }) => (call as JsonRpcCall).message.path),
    )
  }

  return {
    // Any other method may have a body.
    matches: (method, path) => method !== 'OPTIONS' && moduleAt(path).names.length > 0,
    readsBody: (request) => !(request.body instanceof Uint8Array) || mayHaveCalls(request, request.body),
    read,
    refuse,
    ...outcomesOf({ ...options, maxBatch, isDeclared }, isNotification),
    mayHandOut,
    example,
    batch: { without, join },
  }
}

function declaredBy({ sessions, ends = [], renews = [], features = [] }: JsonRpcOptions): (feature: string) => boolean {
  const isOneOf = typeof features === 'function' ? features : () => false
  const all = new Set([
    ...Object.keys(sessions),
    ...ends,
    ...renews,
    ...(typeof features === 'function' ? [] : features),
  ])
  return (feature) => {
    if (all.has(feature)) return true
    try {
      return isOneOf(feature) === true
    } catch {
      // If a text that a client made up could make us throw, a login beside it in a batch would pass unread.
      return false
    }
  }
}

const unusual = /[^a-z0-9._]/

// In its own words, where they are JSON.
function writtenId({ id, written }: Message): string {
  const text = typeof id === 'number' || typeof id === 'string' ? written(['id']) : undefined
  return text === undefined || parseStrictly(text) === undefined ? jsonOf(id) : text
}

// One server meets three shapes: `[name, password, apiKey]`, `{ api_key }` and `[{ api_key }]`.
function paramAt(params: unknown, { index, name }: ParamPlace): unknown {
  if (!Array.isArray(params)) return member(params, name)
  const [first] = params
  const isObject = typeof first === 'object' && first !== null
  return (isObject ? member(first, name) : undefined) ?? (isObject && index === 0 ? undefined : params[index])
}

function pathTo(params: unknown, { index, name }: ParamPlace): Path {
  if (!Array.isArray(params)) return [name]
  return (member(params[0], name) ?? undefined) === undefined ? [index] : [0, name]
}
