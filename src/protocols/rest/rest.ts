import { looksWell } from '../answers.js'
import { mayHaveCalls } from '../body-start.js'
import {
  compilePlaces,
  type PlaceSource,
  type Places,
  type RequestPlace,
  sourceOfAnswer,
  sourceOfRequest,
} from '../places.js'
import type {
  Call,
  CallOutcome,
  ExampleCall,
  GameAnswer,
  GameRequest,
  HandedOut,
  MissingSession,
  Protocol,
  Refusal,
} from '../protocol.js'
import { jsonOf, pointerNames } from '../text/json-pointer.js'
import { checkRestOptions, type RestOptions } from './options.js'
import { compileRoutes, exampleAddress, parseRoute } from './routes.js'

/**
 * The protocol of an API of methods and addresses.
 *
 * An answer of 400 and more is a failed call, a 404 too: a route that was named here is there, and what is missing is a
 * game or a player. A session is created by an answer below 400 (a form is often answered with a redirect and a cookie)
 * that has a session id in its place.
 *
 * A refusal is a problem of RFC 9457: `type`, `title`, `status`, `detail`, and the `reason`. It is a 401, with the
 * `WWW-Authenticate` that RFC 9110 asks for, where the public key is missing, and a 403 otherwise. For another answer, put a
 * function in its place: `{ ...rest(options), refuse: (request, refusals) => ({ status: 400, headers: {}, body: '' }) }`.
 *
 * @throws ClienteleError `option_unknown` for a name that is no option, and `option_invalid` for a wrong or a missing value,
 *   for two routes that take the same requests, and for an API key that is looked for only in the body of a GET
 */
export function rest(options: RestOptions): Protocol {
  checkRestOptions(options)
  const { sessions, ends = [], renews = [], features = [] } = options
  const routes = compileRoutes([...Object.keys(sessions), ...ends, ...renews, ...features], Object.keys(sessions))
  const answers = new Map(
    Object.entries(sessions).map(([feature, { answer }]) => [
      feature,
      answer && { sessionIdAt: compilePlaces(answer.sessionId), playerIdAt: compilePlaces(answer.playerId ?? []) },
    ]),
  )
  const apiKeyPlaces = [options.apiKey].flat()
  const apiKeyAt = compilePlaces(apiKeyPlaces)
  const sessionIdAt = compilePlaces(options.sessionId)
  const renewedAt = options.renewed && compilePlaces(options.renewed)
  const declaredAt = compilePlaces(Object.values(sessions).flatMap(({ answer }) => answer?.sessionId ?? []))
  const challenge = apiKeyPlaces.some((place) => 'bearer' in place) ? 'Bearer' : 'ApiKey'

  function read(request: GameRequest): Call[] {
    const feature = routes.featureOf(request.method, request.path)
    if (feature === undefined) return []
    const source = sourceOfRequest(request)
    const call = { index: 0, feature, createsSession: answers.has(feature), endsSession: ends.includes(feature) }
    if (!call.createsSession) return [inSession(call, sessionIdAt.firstId(source))]
    const publicKey = apiKeyAt.first(source)
    // What may have been in a body that nobody could read must not be refused.
    if (publicKey === undefined && apiKeyAt.needBody && isUnread(request, source)) return []
    return [{ ...call, publicKey }]
  }

  function readsBody(request: GameRequest): boolean {
    const feature = routes.featureOf(request.method, request.path)
    const places = feature !== undefined && answers.has(feature) ? apiKeyAt : sessionIdAt
    if (feature === undefined || !places.needBody) return false
    return !(request.body instanceof Uint8Array) || mayHaveCalls(request, request.body)
  }

  function inSession(call: Call, sessionId: string | undefined): Call {
    if (sessionId === undefined) return call
    const places = renewalsAt(call.feature)
    if (places.length === 0) return { ...call, sessionId }
    return { ...call, sessionId, renews: places.some(({ needBody }) => needBody) ? 'body' : 'head' }
  }

  function renewalsAt(feature: string): Places[] {
    return [...(renews.includes(feature) ? [declaredAt] : []), ...(renewedAt ? [renewedAt] : [])]
  }

  function refuse(_request: GameRequest, refusals: readonly Refusal[]): GameAnswer {
    const { reason, message } = refusals[0] as Refusal
    const [status, title] = reason === 'missing' ? [401, 'Unauthorized'] : [403, 'Forbidden']
    return {
      status,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        ...(status === 401 ? { 'www-authenticate': challenge } : {}),
      },
      body: JSON.stringify({ type: 'about:blank', title, status, detail: message, reason }),
    }
  }

  function learn(call: Call, answer: GameAnswer): CallOutcome {
    if (answer.status >= 400) return { failed: true }
    const places = answers.get(call.feature)
    if (!places && call.renews === undefined) return {}
    const source = sourceOfAnswer(answer)
    if (!places) {
      const renewed = renewalsAt(call.feature).flatMap((one) => one.ids(source))
      return idsOf(renewed.filter((id) => id !== call.sessionId))
    }
    const found = idsOf(places.sessionIdAt.ids(source))
    return found.sessionId === undefined ? {} : { ...found, ...playerOf(places.playerIdAt, source) }
  }

  function misses({ feature }: Call, answer: GameAnswer): MissingSession | undefined {
    const places = answers.get(feature)
    if (!places) return undefined
    const value = sourceOfAnswer(answer).body()?.value
    // Nothing at all may stand beside a cookie that says everything.
    const isBeside = jsonOf(value) === '{}' && answer.headers['set-cookie'] !== undefined
    if (value !== undefined && !looksWell(value) && !isBeside) return undefined
    return { place: places.sessionIdAt.named, shown: shownIn(answer, value) }
  }

  function handsOut({ path }: GameRequest, calls: readonly Call[], answer: GameAnswer): HandedOut[] {
    if (answer.status >= 400) return []
    const source = sourceOfAnswer(answer)
    const feature = calls[0]?.feature
    const more = feature === undefined ? { unread: true } : { unread: false, feature }
    return routes.watchedAt(path).flatMap((route) => {
      const places = answers.get(route)
      const ids = places?.sessionIdAt.ids(source) ?? []
      return ids.map((sessionId) => ({ sessionId, ...(places && playerOf(places.playerIdAt, source)), ...more }))
    })
  }

  function example(publicKey: string): ExampleCall {
    const { method, path } = parseRoute(Object.keys(sessions)[0] as string)
    const address = exampleAddress(path)
    const call = { method, path: address, headers: {} }
    const place = apiKeyPlaces[0] as RequestPlace
    if ('query' in place) return { ...call, path: `${address}?${new URLSearchParams({ [place.query]: publicKey })}` }
    if ('header' in place) return { ...call, headers: { [place.header]: publicKey } }
    if ('cookie' in place) return { ...call, headers: { cookie: `${place.cookie}=${publicKey}` } }
    if ('bearer' in place) return { ...call, headers: { authorization: `Bearer ${publicKey}` } }
    const body = pointerNames(place.body).reduceRight<unknown>((value, name) => ({ [name]: value }), publicKey)
    return { ...call, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  }

  const mayHandOut = (path: string) => routes.watchedAt(path).length > 0

  // All routes are declared.
  const isFeature = () => true

  return { matches: routes.has, readsBody, read, refuse, learn, isFeature, misses, handsOut, mayHandOut, example }
}

function idsOf([sessionId, ...otherIds]: readonly string[]): Pick<CallOutcome, 'sessionId' | 'otherIds'> {
  if (sessionId === undefined) return {}
  return otherIds.length === 0 ? { sessionId } : { sessionId, otherIds }
}

function playerOf(place: Places, source: PlaceSource): { playerId?: string } {
  const playerId = place.firstId(source)
  return playerId === undefined ? {} : { playerId }
}

function shownIn({ headers, body }: GameAnswer, value: unknown): string {
  const said = value === undefined && typeof body === 'string' ? body : jsonOf(value)
  return jsonOf([said, headers['set-cookie'] ?? null, headers.location ?? null])
}

function isUnread({ method, headers, body, parsed }: GameRequest, source: PlaceSource): boolean {
  if (parsed !== undefined || source.body() !== undefined) return false
  // A GET has no body to read.
  if (body === undefined) return method !== 'GET' && method !== 'HEAD' && mayHaveBody(headers)
  const isInParts = /^\s*multipart\//i.test(String(headers['content-type']))
  return body.length > 0 && (isInParts || headers['content-encoding'] !== undefined)
}

// Of HTTP/2 nothing says it.
function mayHaveBody({
  host,
  'content-length': length,
  'transfer-encoding': encoding,
}: GameRequest['headers']): boolean {
  return encoding !== undefined || (length === undefined ? host === undefined : length !== '0')
}
