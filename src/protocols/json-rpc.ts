import { compile, match, parse as parsePath } from 'path-to-regexp'
import { compilePointer, idText, member, type Pointer } from './json-pointer.js'
import { idName, isForAll, isNotification, mayHoldErrors, messagesOf, repliesTo, replyTo } from './json-rpc-messages.js'
import { checkJsonRpcOptions } from './json-rpc-options.js'
import { answerValue } from './json-text.js'
import type { Call, ExampleCall, GameAnswer, GameRequest, Lesson, Protocol, Refusal } from './protocol.js'

/** Where a value is among the params: at `index` when they are positional, under `name` when they are named. */
export interface ParamPlace {
  /** From 0, at most 100. */
  index: number
  /** Of the member; also where the params are an array with one object in it. */
  name: string
}

/** What `jsonRpc()` takes. */
export interface JsonRpcOptions {
  /**
   * Where the API lives, in the language of path-to-regexp 8. With `/rpc` a feature is the method's name; with `/:module`
   * the parts of the address come first: `empire.login`. Case and a trailing slash are ignored, as routers do.
   */
  path: string
  /** The features that create a session, or need a public key for another reason. */
  sessions: Record<
    string,
    {
      /** Where its params have the public key. */
      apiKey: ParamPlace
    }
  >
  /** The features that end a session. By default sessions end by disuse. */
  ends?: string[]
  /** Where later calls carry the session id. */
  sessionId: ParamPlace
  /** JSON Pointers (RFC 6901) into `result`. */
  answer: {
    /** Where a login's result has the session id: `/session_id`. */
    sessionId: string
    /** Whose session it is, for the estimate of distinct players; only ever hashed. By default nobody is counted. */
    playerId?: string
  }
  /** How a refusal looks; what is left out is by default as it says here. */
  refusal?: {
    /** `error.code`. @default -32001 */
    code?: number
    /** `error.message` where the public key is missing. @default 'You need an API Key.' */
    message?: string
    /** The HTTP status of a request that was refused alone; that of a batch is 200. @default 200 */
    status?: number
    /** @default 'application/json' */
    contentType?: string
  }
}

interface JsonRpcCall extends Call {
  id: unknown
  /** All messages of the request; this call is the one at `index`. */
  messages: readonly unknown[]
}

/**
 * The protocol of a JSON-RPC API: POST and GET, single calls, batches and notifications. The methods and error codes are those of
 * https://www.jsonrpc.org/specification; 1.1 and a missing version do as well.
 *
 * @throws ClienteleError `option_unknown` for a name that is no option, `option_invalid` for a wrong or a missing value
 */
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

  /** What comes before the method's name; undefined where the API does not live. */
  const moduleAt = remembered(mostAddresses, (path) => {
    const found = matchPath(path)
    if (!found) return undefined
    return Object.values(found.params)
      .map((part) => `${String(part).toLowerCase()}.`)
      .join('')
  })

  function read(request: GameRequest): JsonRpcCall[] {
    const module = moduleAt(request.path)
    if (module === undefined) return []
    const messages = messagesOf(request)
    const calls: JsonRpcCall[] = []
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index]
      const method = member(message, 'method')
      if (typeof method !== 'string') continue
      const feature = module + method
      const place = sessions.get(feature)
      const params = member(message, 'params')
      const call: JsonRpcCall = {
        index,
        id: member(message, 'id'),
        messages,
        feature,
        createsSession: place !== undefined,
        endsSession: ends.has(feature),
      }
      const sessionId = place ? undefined : idText(paramAt(params, options.sessionId))
      if (place) call.publicKey = paramAt(params, place.apiKey)
      if (sessionId !== undefined) call.sessionId = sessionId
      calls.push(call)
    }
    return calls
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
    return [
      {
        jsonrpc: '2.0',
        id: idName(id) === 'null' ? null : id,
        error: { code: refusal.code, message: words, data: null },
      },
    ]
  }

  function join(request: GameRequest, refusals: readonly Refusal[], answer: GameAnswer): GameAnswer {
    const given = answerValue(answer)
    // A game that fell over as a whole has the last word.
    const isReply = Array.isArray(given) || ['result', 'error'].some((name) => member(given, name) !== undefined)
    if (answer.status !== 204 && !isReply) return answer
    const refused = new Map(refusals.map((one) => [one.call.index, one]))
    const messages = messagesOf(request)
    const replies = repliesTo(without(messages, refusals), answer).values()
    const joined = messages.flatMap((_, index) => {
      const refusal = refused.get(index)
      return refusal ? errorFor(refusal) : [replies.next().value]
    })
    const all = [...joined, ...replies].filter((reply) => reply !== undefined)
    if (all.length === 0) return { status: 204, headers: {}, body: '' }
    return { status: 200, headers: { 'content-type': refusal.contentType }, body: JSON.stringify(all) }
  }

  function learn(call: Call, answer: GameAnswer): Lesson {
    const { messages, index } = call as JsonRpcCall
    // Most answers are not to be parsed at all: only an error or a new session has something to tell.
    const mayTell = call.createsSession || mayHoldErrors(answer)
    const reply = mayTell ? replyTo(messages, index, answer) : undefined
    const error = member(reply, 'error')
    if (error !== undefined && error !== null) return { failed: true, unknown: member(error, 'code') === -32601 }
    const result = member(reply, 'result')
    if (result === undefined) return withoutReply(messages, answer)
    if (!call.createsSession) return {}
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
    matches: (method, path) => (method === 'POST' || method === 'GET') && moduleAt(path) !== undefined,
    read,
    refuse,
    learn,
    example,
    batch: {
      without: (request, refusals) => {
        const rest = without(messagesOf(request), refusals)
        return rest.length === 0 ? undefined : rest
      },
      join,
    },
  }
}

/** Addresses that are remembered; clients may send more. */
const mostAddresses = 1_000
const longestAddress = 256

/** A function of an address, asked for with every request: a look-up takes a tenth of what a regular expression takes. */
function remembered<Value>(most: number, work: (path: string) => Value): (path: string) => Value {
  const known = new Map<string, Value>()
  return (path) => {
    const value = known.get(path)
    if (value !== undefined || known.has(path)) return value as Value
    const found = work(path)
    if (known.size >= most) known.clear()
    if (path.length <= longestAddress) known.set(path, found)
    return found
  }
}

// One server meets three shapes: `[name, password, apiKey]`, `{ api_key }` and `[{ api_key }]`.
function paramAt(params: unknown, { index, name }: ParamPlace): unknown {
  if (!Array.isArray(params)) return member(params, name)
  const [first] = params
  const isObject = typeof first === 'object' && first !== null
  return (isObject ? member(first, name) : undefined) ?? (isObject && index === 0 ? undefined : params[index])
}

function without(messages: readonly unknown[], refusals: readonly Refusal[]): unknown[] {
  const refused = new Set(refusals.map(({ call }) => call.index))
  return messages.filter((_, index) => !refused.has(index))
}

// The game's router may have said 404 before any method was looked for: what stands in such an address is no feature.
function withoutReply(messages: readonly unknown[], answer: GameAnswer): Lesson {
  const { status } = answer
  if (status < 400 || (messages.length > 1 && !isForAll(answerValue(answer)))) return {}
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
