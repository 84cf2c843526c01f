import { answerJson } from './answers.js'
import type { GameAnswer, GameRequest } from './protocol.js'
import { compilePointer, idText, member, pointerNames } from './text/json-pointer.js'
import { JsonText, readJson } from './text/json-text.js'
import { decodeText, fieldsOf, isForm } from './text/text-form.js'

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
  body(): JsonText | undefined
}

/** Some places, as one looks into them. */
export interface Places {
  /** What the first of them has; a value of a body comes with its type. */
  first(source: PlaceSource): unknown
  /** Of the first place that has an id. */
  firstId(source: PlaceSource): string | undefined
  /** What each of them has that is an id. */
  ids(source: PlaceSource): string[]
  /** Whether one of them is in the body. */
  needBody: boolean
  /** As a person would say it: `/token`, `the cookie sid`. */
  named: string
}

interface Found {
  value: unknown
  written?: () => string | undefined
}

export function compilePlaces(places: RequestPlace | readonly RequestPlace[]): Places {
  const list = [places].flat()
  const readers = list.map(compilePlace)
  const idOf = ({ value, written }: Found) => idText(value, written)
  return {
    first(source) {
      for (const read of readers) {
        const { value } = read(source)
        if (value !== undefined && value !== null && value !== '') return value
      }
      return undefined
    },
    firstId(source) {
      for (const read of readers) {
        const id = idOf(read(source))
        if (id !== undefined) return id
      }
      return undefined
    },
    ids: (source) => [...new Set(readers.map((read) => idOf(read(source))).filter((id) => id !== undefined))],
    needBody: list.some((place) => 'body' in place),
    named: list.map(nameOf).join(' or '),
  }
}

export function sourceOfRequest(request: GameRequest): PlaceSource {
  const { headers, query } = request
  let body: { json: JsonText | undefined } | undefined
  return {
    headers,
    query,
    cookies: () => textOf(headers.cookie).split(';'),
    body: () => {
      body ??= { json: bodyOf(request) }
      return body.json
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
        .map(String)
        .filter((cookie) => !isTakenBack(cookie))
        .map((cookie) => cookie.split(';', 1)[0] ?? '')
        .reverse(),
    body: () => answerJson(answer),
  }
}

// As a server says that a cookie is to be forgotten (RFC 6265, section 3.1).
function isTakenBack(cookie: string): boolean {
  const [, maxAge] = /;\s*max-age=\s*(-?\d+)/i.exec(cookie) ?? []
  if (maxAge !== undefined) return Number(maxAge) <= 0
  const [, expires = ''] = /;\s*expires=([^;]+)/i.exec(cookie) ?? []
  return Date.parse(expires) < Date.now()
}

function compilePlace(place: RequestPlace): (source: PlaceSource) => Found {
  if ('header' in place) {
    const name = place.header.toLowerCase()
    return ({ headers }) => ({ value: textOf(member(headers, name)) })
  }
  if ('query' in place) return ({ query }) => ({ value: new URLSearchParams(query).get(place.query) })
  if ('cookie' in place) return ({ cookies }) => ({ value: cookieOf(cookies(), place.cookie) })
  if ('body' in place) {
    const [pointer, path] = [compilePointer(place.body, 'body'), pointerNames(place.body)]
    return ({ body }) => {
      const json = body()
      return { value: pointer(json?.value), written: () => json?.written(path) }
    }
  }
  return ({ headers }) => ({ value: /^bearer +(\S+)$/i.exec(textOf(headers.authorization))?.[1] })
}

function nameOf(place: RequestPlace): string {
  if ('header' in place) return `the header ${place.header}`
  if ('query' in place) return `the parameter ${place.query}`
  if ('cookie' in place) return `the cookie ${place.cookie}`
  return 'body' in place ? place.body || 'the body' : 'the header authorization'
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
function bodyOf({ parsed, body, headers }: GameRequest): JsonText | undefined {
  if (parsed !== undefined) return new JsonText(parsed, body)
  if (body === undefined) return undefined
  const json = readJson(body)
  if (json || !isForm({ headers })) return json
  return new JsonText(fieldsOf(decodeText(body)), undefined)
}
