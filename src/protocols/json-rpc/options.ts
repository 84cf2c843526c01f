import { parse } from 'path-to-regexp'
import { aBoolean, type Check, checkOptions, group, requireOptions, text, wholeNumber } from '../../option-checks.js'
import { compilePointer } from '../text/json-pointer.js'

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
      /** `false`: it needs a public key and never answers with a session, such as a benchmark. @default true */
      session?: boolean
    }
  >
  /** The features that end a session. By default sessions end by disuse. */
  ends?: string[]
  /** The features whose result has the session of the call under a new id, at `answer.sessionId`. By default none. */
  renews?: string[]
  /**
   * A JSON Pointer (RFC 6901) into the `result` of any call: what stands there is the session of the call under a new id, as where
   * each answer renews the token. By default no answer does.
   */
  renewed?: string
  /**
   * All other features, as a list or as a function that tells them: what is not among them counts under `(unknown)`, whatever the game
   * answers. By default a feature is what the game has once answered with a result.
   */
  features?: string[] | ((feature: string) => boolean)
  /** Where later calls carry the session id. */
  sessionId: ParamPlace
  /** JSON Pointers (RFC 6901) into `result`. */
  answer: {
    /** Where a login's result has the session id: `/session_id`. */
    sessionId: string
    /** Whose session it is, for the estimate of distinct players; only ever hashed. By default nobody is counted. */
    playerId?: string
  }
  /**
   * The most messages that a batch is read with, those of the batches in it too. A larger one goes on to the game as it is and is as
   * good as unread; a session in its answer is still found. @default 1_000
   */
  maxBatch?: number
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

const where = 'jsonRpc()'
const someText = text(/./, 'text')
const place: Check = group('a place', { index: wholeNumber(0, 100, 'positions'), name: someText })

const sessions: Check = (value) => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return "must name at least one feature: { 'empire.login': { apiKey: { index: 2, name: 'api_key' } } }"
  }
  for (const [feature, session] of Object.entries(value)) {
    checkOptions(`${where} sessions['${feature}']`, session, { apiKey: place, session: aBoolean })
    requireOptions(`${where} sessions['${feature}']`, session, {
      apiKey: "say where it is: { index: 2, name: 'api_key' }",
    })
  }
  return undefined
}

const path: Check = (value) => {
  try {
    const { tokens } = parse(value as string)
    if (tokens.some(({ type }) => type === 'wildcard'))
      return "must not have a wildcard: name each part, as in '/:module'"
    return typeof value === 'string' && value.startsWith('/')
      ? undefined
      : "must begin with a slash: '/rpc', '/:module'"
  } catch {
    return "must be a path of path-to-regexp 8: '/rpc', '/:module'"
  }
}

const featureList: Check = (value) =>
  Array.isArray(value) && value.every((feature) => typeof feature === 'string')
    ? undefined
    : 'must be an array of features'

export function checkJsonRpcOptions(options: JsonRpcOptions): void {
  checkOptions(where, options, {
    path,
    sessions,
    ends: featureList,
    renews: featureList,
    features: (value) =>
      typeof value === 'function' || featureList(value) === undefined
        ? undefined
        : 'must be an array of features, or a function that tells whether a text is one',
    renewed: (value) => {
      compilePointer(value, 'renewed')
      return undefined
    },
    sessionId: place,
    answer: group(`${where} answer`, { sessionId: someText, playerId: someText }),
    maxBatch: wholeNumber(1, 1_000_000, 'messages'),
    refusal: group(`${where} refusal`, {
      code: wholeNumber(-2_147_483_648, 2_147_483_647, 'an error code'),
      message: someText,
      status: wholeNumber(200, 599, 'an HTTP status'),
      contentType: text(/^[\w.+-]+\/[\w.+-]+/, "a media type: 'application/json'"),
    }),
  })
  requireOptions(where, options, {
    path: "say where the API lives: '/rpc'",
    sessions: 'name the features that create a session',
    sessionId: "say where calls carry the session id: { index: 0, name: 'session_id' }",
    answer: "say where a login's result has the session id: { sessionId: '/session_id' }",
  })
}
