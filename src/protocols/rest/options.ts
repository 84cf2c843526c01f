import { ClienteleError } from '../../errors.js'
import { type Check, checkOptions, group, oneOf, type Rules, requireOptions, text } from '../../option-checks.js'
import type { AnswerPlace, RequestPlace } from '../places.js'
import { compilePointer } from '../text/json-pointer.js'
import { parseRoute, routeMethods } from './routes.js'

/** Where a route that creates a session answers with it. */
export interface RestAnswer {
  /** An answer without one creates no session. Where several places have one, all of them name the same session. */
  sessionId: AnswerPlace | readonly AnswerPlace[]
  /** Whose session it is, for the estimate of distinct players; only ever hashed. By default nobody is counted. */
  playerId?: AnswerPlace | readonly AnswerPlace[]
}

/**
 * A route is a method and a path of path-to-regexp 8, such as `POST /games/:name/:id/join`, and it is counted under just
 * that text. Methods are `GET` (a `HEAD` counts as one), `POST`, `PUT`, `PATCH` and `DELETE`; an `OPTIONS` is the host's.
 *
 * Case and a trailing slash are ignored, as routers do. Where several routes take a request, the most specific one has
 * it, in whatever order they are written: from left to right text goes before a `:parameter`, and that before a
 * `*wildcard`. So `/games/:name/create` is never taken for `/games/:name/:id`.
 */
export interface RestOptions {
  /** The routes that create a session; or, without an `answer`, need a public key for another reason. */
  sessions: Record<
    string,
    {
      /** Where the answer has the session; one route at least must say so. */
      answer?: RestAnswer
    }
  >
  /** Where such a request has the public key. Of several places the first that has something counts. */
  apiKey: RequestPlace | readonly RequestPlace[]
  /** Where later requests have the session id, unchanged. Of several places the first that has something counts. */
  sessionId: RequestPlace | readonly RequestPlace[]
  /** The routes that end a session. By default sessions end by disuse. */
  ends?: readonly string[]
  /**
   * The routes that answer with the session of the call under a new id, where `sessions` have theirs: `POST /token/refresh`. By
   * default none.
   */
  renews?: readonly string[]
  /**
   * Where any answer may have the session of the call under a new id: `{ header: 'x-token' }`, or `{ cookie: 'koa.sess' }` for a
   * cookie that changes. By default no answer has.
   */
  renewed?: AnswerPlace | readonly AnswerPlace[]
  /** The other routes to count; requests to an address that is not named pass uncounted. By default none. */
  features?: readonly string[]
}

const where = 'rest()'

/** In bytes of JSON; what is longer would be counted under `(other)`. */
const maxFeatureLength = 100

// Headers and cookies are named by a token (RFC 9110, RFC 6265).
const token = /^[\w!#$%&'*+.^`|~-]+$/

const answerPlace: Rules = {
  header: text(token, "a header's name: 'x-api-key'"),
  cookie: text(token, "a cookie's name: 'sid'"),
  body: (value) => {
    compilePointer(value, `${where} body`)
    return undefined
  },
  bearer: (value) => (value === true ? undefined : 'must be true'),
}
const requestPlace: Rules = { ...answerPlace, query: text(/./, "a parameter's name: 'api_key'") }

function places(name: string, rules: Rules): Check {
  return (value) => {
    const list = [value].flat()
    if (list.length === 0) return "must name at least one place: { header: 'x-api-key' }"
    for (const place of list) {
      checkOptions(name, place, rules)
      const said = Object.values(place as object)
      if (said.length !== 1 || said[0] === undefined) {
        return "must say one thing in each place: { header: 'x-api-key' }; several places are an array"
      }
    }
    return undefined
  }
}

const sessions: Check = (value) => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return "must name at least one route: { 'POST /login': { answer: { sessionId: { body: '/token' } } } }"
  }
  for (const [route, session] of Object.entries(value)) {
    const fault = routeFault(route)
    if (fault) return fault
    const name = `${where} sessions['${route}']`
    const sessionId = places(`${name} answer.sessionId`, answerPlace)
    const playerId = places(`${name} answer.playerId`, answerPlace)
    checkOptions(name, session, { answer: group(`${name} answer`, { sessionId, playerId }) })
    if (session.answer === undefined) continue
    requireOptions(`${name} answer`, session.answer, { sessionId: "say where it is: { body: '/token' }" })
  }
  // One that was forgotten would leave all sessions uncounted.
  const isAnswered = Object.values(value).some((session) => session.answer !== undefined)
  return isAnswered
    ? undefined
    : "must say of one route at least where it answers with the session id: { answer: { sessionId: { body: '/token' } } }"
}

const routes: Check = (value) =>
  Array.isArray(value) ? value.map(routeFault).find(Boolean) : "must be an array of routes: ['POST /logout']"

function routeFault(route: unknown): string | undefined {
  const [, method, path] = /^(\S+) (\/\S*)$/.exec(typeof route === 'string' ? route : '') ?? []
  if (method === undefined || path === undefined) {
    return `must have routes such as 'POST /games/:name/create', not ${typeof route === 'string' ? `'${route}'` : typeof route}`
  }
  const fault = oneOf(...routeMethods)(method)
  if (fault) return `has '${route}', whose method ${fault}; a HEAD counts as its GET`
  if (Buffer.byteLength(JSON.stringify(route)) > maxFeatureLength) {
    return `has '${route}', which is too long to be counted: give its parameters shorter names`
  }
  try {
    parseRoute(`${method} ${path}`)
    return undefined
  } catch {
    return `has '${route}', which path-to-regexp 8 cannot read: '/games/:name', '/games{/:name}' and '/files/*path' it can`
  }
}

/**
 * @throws ClienteleError `option_unknown` for a name that is no option, and `option_invalid` for a wrong or a missing value,
 *   for two routes that take the same requests, and for an API key that is looked for only in the body of a GET
 */
export function checkRestOptions(options: RestOptions): void {
  checkOptions(where, options, {
    sessions,
    apiKey: places(`${where} apiKey`, requestPlace),
    sessionId: places(`${where} sessionId`, requestPlace),
    ends: routes,
    renews: routes,
    renewed: places(`${where} renewed`, answerPlace),
    features: routes,
  })
  requireOptions(where, options, {
    sessions: "name the routes that create a session: { 'POST /login': { answer: { sessionId: { body: '/token' } } } }",
    apiKey: "say where it is: { header: 'x-api-key' }",
    sessionId: 'say where later calls carry the session id: { bearer: true }',
  })
  const creating = Object.keys(options.sessions)
  const get = creating.find((route) => route.startsWith('GET '))
  if (get !== undefined && [options.apiKey].flat().every((place) => 'body' in place)) {
    throw invalid('apiKey', `'${get}' has no body to look into; add a place such as { header: 'x-api-key' }`)
  }
  const known = new Map<string, string>()
  for (const route of [...creating, ...(options.ends ?? []), ...(options.renews ?? []), ...(options.features ?? [])]) {
    const { method, order } = parseRoute(route)
    const taken = known.get(method + order)
    if (taken !== undefined)
      throw invalid('features', `'${route}' takes the same requests as '${taken}'; name one of them`)
    known.set(method + order, route)
  }
}

function invalid(field: string, fault: string): ClienteleError {
  return new ClienteleError('option_invalid', `${where}: ${fault}.`, { field })
}
