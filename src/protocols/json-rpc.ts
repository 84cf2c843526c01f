import { compile, match, parse as parsePath } from 'path-to-regexp'
import { compilePointer, idText, member, type Pointer } from './json-pointer.js'
import { byId, idName, isNotification, mayHoldErrors, messagesOf, replyTo } from './json-rpc-messages.js'
import { checkJsonRpcOptions } from './json-rpc-options.js'
import { answerValue } from './json-text.js'
import type { Call, ExampleCall, GameAnswer, GameRequest, Lesson, Protocol, Refusal } from './protocol.js'

/** Where a value is among the params: at `index` when they are positional, under `name` when they are named. */
export interface ParamPlace {
  index: number
  name: string
}

export interface JsonRpcOptions {
  /**
   * Where the API lives, in the language of path-to-regexp 8. With `/rpc` a feature is the method's name; with `/:module`
   * the parts of the address come first: `empire.login`. Case and a trailing slash are ignored, as routers do.
   */
  path: string
  /** The features that create a session, or need a public key for another reason. */
  sessions: Record<string, { apiKey: ParamPlace }>
  /** The features that end a session. */
  ends?: string[]
  /** Where later calls carry the session id. */
  sessionId: ParamPlace
  /** JSON Pointers (RFC 6901) into `result`. */
  answer: { sessionId: string; playerId?: string }
  /** How a refusal looks. By default `-32001`, status 200, `application/json`. */
  refusal?: { code?: number; message?: string; status?: number; contentType?: string }
}

interface JsonRpcCall extends Call {
  id: unknown
  /** How many calls of the request before this one have the same id. */
  turn: number
  /** Whether the request has no other message. */
  isAlone: boolean
}

/** The methods and error codes are those of https://www.jsonrpc.org/specification; 1.1 and a missing version do as well. */
export function jsonRpc(options: JsonRpcOptions): Protocol {
  checkJsonRpcOptions(options)
  const matchPath = match<Record<string, string>>(options.path, { decode })
  const pathNames = parsePath(options.path).tokens.flatMap((token) => (token.type === 'param' ? [token.name] : []))
  const sessions = new Map(Object.entries(options.sessions))
  const ends = new Set(options.ends)
  const refusal = { code: -32001, status: 200, contentType: 'application/json', ...options.refusal }
  const sessionIdOf = compilePointer(options.answer.sessionId, 'answer.sessionId')
  const { playerId } = options.answer
  const playerIdOf: Pointer = playerId === undefined ? () => undefined : compilePointer(playerId, 'answer.playerId')

  function read(request: GameRequest): JsonRpcCall[] {
    const found = matchPath(request.path)
    if (!found) return []
    const module = Object.values(found.params)
      .map((part) => `${String(part).toLowerCase()}.`)
      .join('')
    const messages = messagesOf(request)
    const turns = new Map<string, number>()
    return messages.flatMap((message, index) => {
      const id = member(message, 'id')
      const turn = turns.get(idName(id)) ?? 0
      turns.set(idName(id), turn + 1)
      const method = member(message, 'method')
      if (typeof method !== 'string') return []
      const feature = module + method
      const place = sessions.get(feature)
      const params = member(message, 'params')
      const sessionId = place ? undefined : idText(paramAt(params, options.sessionId))
      return {
        index,
        id,
        turn,
        isAlone: messages.length === 1,
        feature,
        createsSession: place !== undefined,
        endsSession: ends.has(feature),
        ...(place ? { publicKey: paramAt(params, place.apiKey) } : {}),
        ...(sessionId === undefined ? {} : { sessionId }),
      }
    })
  }

  function refuse(request: GameRequest, refusals: readonly Refusal[]): GameAnswer {
    const errors = refusals.flatMap(errorFor)
    if (errors.length === 0) return { status: 204, headers: {}, body: '' }
    const batch = errors.length > 1 || messagesOf(request).length > 1
    return {
      status: batch ? 200 : refusal.status,
      headers: { 'content-type': refusal.contentType },
      body: JSON.stringify(batch ? errors : errors[0]),
    }
  }

  function errorFor({ call, reason, message }: Refusal): object[] {
    const { id } = call as JsonRpcCall
    if (isNotification(id)) return []
    const words = reason === 'missing' ? (refusal.message ?? message) : message
    return [{ jsonrpc: '2.0', id, error: { code: refusal.code, message: words, data: null } }]
  }

  function join(request: GameRequest, refusals: readonly Refusal[], answer: GameAnswer): GameAnswer {
    const given = answer.status === 204 ? [] : answerValue(answer)
    // A game that fell over as a whole has the last word.
    if (typeof given !== 'object' || given === null) return answer
    const refused = new Map(refusals.map((one) => [one.call.index, one]))
    const replies = byId(given)
    const joined = messagesOf(request).flatMap((message, index) => {
      const refusal = refused.get(index)
      if (refusal) return errorFor(refusal)
      const id = member(message, 'id')
      const reply = isNotification(id) ? undefined : replies.get(idName(id))?.shift()
      return reply === undefined ? [] : [reply]
    })
    const all = [...joined, ...[...replies.values()].flat()]
    if (all.length === 0) return { status: 204, headers: {}, body: '' }
    return { status: 200, headers: { 'content-type': refusal.contentType }, body: JSON.stringify(all) }
  }

  function learn(call: Call, answer: GameAnswer): Lesson {
    const { id, turn, isAlone } = call as JsonRpcCall
    // Most answers are not to be parsed at all: only an error or a new session has something to tell.
    if (!call.createsSession && !mayHoldErrors(answer)) return withoutReply(answer, isAlone)
    const reply = replyTo(id, turn, isAlone, answer)
    if (reply === undefined) return withoutReply(answer, isAlone)
    const error = member(reply, 'error')
    if (error !== undefined && error !== null) return { failed: true, unknown: member(error, 'code') === -32601 }
    if (!call.createsSession) return {}
    const result = member(reply, 'result')
    const [sessionId, player] = [idText(sessionIdOf(result)), idText(playerIdOf(result))]
    return { ...(sessionId === undefined ? {} : { sessionId }), ...(player === undefined ? {} : { playerId: player }) }
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

  return {
    matches: (method, path) => (method === 'POST' || method === 'GET') && matchPath(path) !== false,
    read,
    refuse,
    learn,
    example,
    batch: {
      without: (request, refusals) => {
        const refused = new Set(refusals.map(({ call }) => call.index))
        return messagesOf(request).filter((_, index) => !refused.has(index))
      },
      join,
    },
  }
}

// One server meets three shapes: `[name, password, apiKey]`, `{ api_key }` and `[{ api_key }]`.
function paramAt(params: unknown, { index, name }: ParamPlace): unknown {
  if (!Array.isArray(params)) return member(params, name)
  const [first] = params
  const isObject = typeof first === 'object' && first !== null
  return (isObject ? member(first, name) : undefined) ?? (isObject && index === 0 ? undefined : params[index])
}

// The game's router may have said 404 before any method was looked for: what stands in such an address is no feature.
function withoutReply({ status }: GameAnswer, isAlone: boolean): Lesson {
  if (status < 400 || !isAlone) return {}
  return { failed: true, unknown: status === 404 || status === 405 }
}

// A host's router may decode; what cannot be decoded stays as it is.
function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
