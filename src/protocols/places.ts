import { compilePointer, member } from './json-pointer.js'
import { answerValue, parseJson } from './json-text.js'
import type { GameAnswer, GameRequest } from './protocol.js'

/**
 * Where a value is in a request.
 * - `{ header: 'x-api-key' }`: a header, of whatever case.
 * - `{ query: 'api_key' }`: a parameter of the address.
 * - `{ cookie: 'sid' }`: a cookie (RFC 6265), its value without quotes and with `%` decoded.
 * - `{ body: '/data/api_key' }`: a JSON Pointer (RFC 6901) into a JSON body; `/api_key` into a form's fields as well.
 * - `{ bearer: true }`: what stands after `Bearer` in the header `Authorization` (RFC 6750).
 */
export type RequestPlace =
  | { header: string }
  | { query: string }
  | { cookie: string }
  | { body: string }
  | { bearer: true }

/**
 * Where a value is in an answer: as in a request, without `query`. A cookie is one that the answer sets, so whatever sets it
 * must be mounted after the middleware; where several have its name, the last one counts, as it does for a browser.
 */
export type AnswerPlace = Exclude<RequestPlace, { query: string }>

/** What places are looked up in: a request or an answer. */
export interface PlaceSource {
  headers: GameAnswer['headers']
  query: string
  /** `name=value` each; of several with one name the first counts. */
  cookies(): string[]
  body(): unknown
}

/** The first of these places that has something; a value of a body comes with its type. */
export function compilePlaces(places: RequestPlace | readonly RequestPlace[]): (source: PlaceSource) => unknown {
  const readers = [places].flat().map(compilePlace)
  return (source) => {
    for (const read of readers) {
      const value = read(source)
      if (value !== undefined && value !== null && value !== '') return value
    }
    return undefined
  }
}

export function sourceOfRequest(request: GameRequest): PlaceSource {
  const { headers, query } = request
  let body: { value: unknown } | undefined
  return {
    headers,
    query,
    cookies: () => textOf(headers.cookie).split(';'),
    body: () => {
      body ??= { value: bodyOf(request) }
      return body.value
    },
  }
}

export function sourceOfAnswer(answer: GameAnswer): PlaceSource {
  const { headers } = answer
  return {
    headers,
    query: '',
    // A browser keeps the last one of a name.
    cookies: () =>
      [headers['set-cookie'] ?? []]
        .flat()
        .map((cookie) => String(cookie).split(';', 1)[0] ?? '')
        .reverse(),
    body: () => answerValue(answer),
  }
}

function compilePlace(place: RequestPlace): (source: PlaceSource) => unknown {
  if ('header' in place) {
    const name = place.header.toLowerCase()
    return ({ headers }) => textOf(member(headers, name))
  }
  if ('query' in place) return ({ query }) => new URLSearchParams(query).get(place.query)
  if ('cookie' in place) return ({ cookies }) => cookieOf(cookies(), place.cookie)
  if ('body' in place) {
    const pointer = compilePointer(place.body, 'body')
    return ({ body }) => pointer(body())
  }
  return ({ headers }) => /^bearer +(\S+)$/i.exec(textOf(headers.authorization))?.[1]
}

function textOf(header: unknown): string {
  const [first] = [header].flat()
  return typeof first === 'string' || typeof first === 'number' ? String(first) : ''
}

function cookieOf(pairs: string[], name: string): string | undefined {
  for (const pair of pairs) {
    const end = pair.indexOf('=')
    if (end > 0 && pair.slice(0, end).trim() === name) {
      return decoded(
        pair
          .slice(end + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      )
    }
  }
  return undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

// JSON is tried first whatever the type: clients send it as a form, and with no type at all.
function bodyOf({ parsed, body, headers }: GameRequest): unknown {
  if (parsed !== undefined || body === undefined) return parsed
  const value = parseJson(body)
  if (value !== undefined || !/^application\/x-www-form-urlencoded\b/i.test(textOf(headers['content-type'])))
    return value
  return Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)))
}
