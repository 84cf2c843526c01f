/**
 * JSON-RPC as the original game server spoke it: text in, a plain HTTP answer out. It knows neither Koa nor the game.
 * Its clients depend on what is odd here: errors answer with HTTP 500, the content type carries no charset, an error
 * always has a `data` member, and the JSON stands on one line.
 */

/** What a game method throws to answer with an error. */
export class GameError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data: unknown = null) {
    super(message)
    this.code = code
    this.data = data
  }
}

export interface HttpAnswer {
  status: number
  /** Absent where there is no body. */
  contentType?: string
  body: string
}

/** Runs one method and gives its result, or throws a `GameError`. */
export type Dispatch = (method: string, params: unknown) => unknown

interface CallAnswer {
  jsonrpc: '2.0'
  id: unknown
  result?: unknown
  error?: { code: number; message: string; data: unknown }
}

const STATUS_OF_CODE = new Map([
  [-32600, 400],
  [-32601, 404],
])

/** A body as it came. Its Content-Type is not asked: every client sends another one. */
export function answerText(text: string, dispatch: Dispatch): HttpAnswer {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return httpAnswer([failure(null, new GameError(-32700, 'Parse error.'))])
  }
  return answerValue(value, dispatch)
}

/** A body that someone parsed already. */
export function answerValue(value: unknown, dispatch: Dispatch): HttpAnswer {
  const calls = Array.isArray(value) ? value : [value]
  return httpAnswer(calls.map((call) => answerCall(call, dispatch)))
}

/** `?method=&params=<json>&id=`: whatever the id was meant to be, it comes back as a string. */
export function answerQuery(query: string, dispatch: Dispatch): HttpAnswer {
  const given = new URLSearchParams(query)
  const call: Record<string, unknown> = { method: given.get('method') ?? undefined, id: given.get('id') }
  try {
    call.params = JSON.parse(given.get('params') || '[]')
  } catch {
    return httpAnswer([failure(call.id, new GameError(-32700, 'Parse error.'))])
  }
  return answerValue(call, dispatch)
}

/** Undefined for a notification, which is executed all the same. The version members are not looked at. */
function answerCall(call: unknown, dispatch: Dispatch): CallAnswer | undefined {
  if (!isRecord(call)) return failure(null, new GameError(-32600, 'Invalid Request.'))
  const isNotification = call.id === undefined || call.id === null || call.id === ''
  const answer = runCall(call, dispatch)
  return isNotification ? undefined : answer
}

function runCall({ id, method, params }: Record<string, unknown>, dispatch: Dispatch): CallAnswer {
  try {
    if (typeof method !== 'string') throw new GameError(-32600, 'Invalid Request.')
    if (params !== undefined && params !== null && typeof params !== 'object') {
      throw new GameError(-32602, 'Invalid params.', params)
    }
    return { jsonrpc: '2.0', id, result: dispatch(method, params ?? []) ?? null }
  } catch (error) {
    if (error instanceof GameError) return failure(id, error)
    // A bug in one method must not cost a batch its other answers, and must not go unseen either.
    process.emitWarning(error instanceof Error ? error : String(error))
    return failure(id, new GameError(-32603, 'Internal error.'))
  }
}

function failure(id: unknown, { code, message, data }: GameError): CallAnswer {
  return { jsonrpc: '2.0', id, error: { code, message, data } }
}

/**
 * The number of answers decides, as in the original, not the number of calls: one answer goes alone with its own
 * status, also when the request was an array; several go as an array with 200, whatever is in it.
 */
function httpAnswer(answers: readonly (CallAnswer | undefined)[]): HttpAnswer {
  const sent = answers.filter((answer) => answer !== undefined)
  const [first] = sent
  if (!first) return { status: 204, body: '' }
  const isBatch = sent.length > 1
  const status = isBatch || !first.error ? 200 : (STATUS_OF_CODE.get(first.error.code) ?? 500)
  return { status, contentType: 'application/json-rpc', body: JSON.stringify(isBatch ? sent : first) }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
