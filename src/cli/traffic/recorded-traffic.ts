import { readFile } from 'node:fs/promises'
import type { GameAnswer, GameRequest } from '../../protocols/protocol.js'
import { UsageError } from '../output.js'

/** A request as it was recorded, and what it was answered. */
export interface Exchange {
  request: GameRequest
  answer: GameAnswer
  /** Recorders leave out the bodies of some answers. */
  hasBody: boolean
}

type Json = Record<string, unknown>
type Headers = Record<string, string | string[]>

const forms =
  'It takes a HAR file of a browser or a proxy ({ "log": { "entries": […] } }), or an array of { "request": { "method", "url", "headers", "body" }, "response": { "status", "headers", "body" } }.'

/** @throws UsageError for what is no recording; it quotes nothing of it */
export async function readTraffic(file: string): Promise<Exchange[]> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`)
  }
  const entries = entriesOf(text)
  if (!entries) throw new UsageError(`${file} is no recorded traffic. ${forms}`)
  const exchanges = entries.map(exchangeOf)
  const wrong = exchanges.indexOf(undefined)
  if (wrong >= 0)
    throw new UsageError(`${file}: entry ${wrong + 1} has no request with a method and an address. ${forms}`)
  return exchanges.filter((one) => one !== undefined && one !== 'no HTTP')
}

function entriesOf(text: string): unknown[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
  if (Array.isArray(value)) return value
  const { entries } = record(record(value).log)
  return Array.isArray(entries) ? inOrder(entries) : undefined
}

// Some recorders write an entry when its answer is there.
function inOrder(entries: unknown[]): unknown[] {
  const startedAt = (entry: unknown) => Date.parse(String(record(entry).startedDateTime))
  return entries.every((entry) => Number.isFinite(startedAt(entry)))
    ? entries.toSorted((one, another) => startedAt(one) - startedAt(another))
    : entries
}

function exchangeOf(entry: unknown): Exchange | 'no HTTP' | undefined {
  const { request: asked, response, answer } = record(entry)
  const { method, url, ...sent } = record(asked)
  if (typeof method !== 'string' || typeof url !== 'string' || !URL.canParse(url, 'http://host')) return undefined
  const { protocol, pathname, search } = new URL(url, 'http://host')
  // A browser has pictures in it that lie in the page itself, and files of its extensions.
  if (!/^(https?|wss?):$/.test(protocol)) return 'no HTTP'
  const body = sentBody(sent)
  const said = record(response ?? answer)
  const given = givenBody(said)
  return {
    request: {
      method: method.toUpperCase(),
      path: pathname,
      query: search.slice(1),
      headers: headersOf(sent, 'cookie'),
      ...(body === undefined ? {} : { body }),
    },
    answer: {
      status: Number(said.status) || 0,
      headers: headersOf(said, 'set-cookie'),
      body: given ?? '',
    },
    hasBody: given !== undefined,
  }
}

/** The body of a request: of a HAR `postData`, of which a form may only have its fields. */
function sentBody({ postData, body }: Json): Uint8Array | undefined {
  const { text, params, mimeType, encoding } = record(postData)
  if (typeof text === 'string' && (text !== '' || !Array.isArray(params))) return bytesOf(text, encoding)
  if (!Array.isArray(params)) return body === undefined ? undefined : bytesOf(body)
  // Nobody reads the parts of a form, but there were some.
  if (/^multipart\//i.test(String(mimeType))) return Buffer.from('--')
  const fields = new URLSearchParams(
    params.map((param): [string, string] => [String(record(param).name), String(record(param).value ?? '')]),
  )
  return Buffer.from(String(fields))
}

function givenBody({ content, body, status }: Json): Uint8Array | undefined {
  if (body !== undefined) return bytesOf(body)
  const { text, encoding, size } = record(content)
  if (typeof text === 'string') return bytesOf(text, encoding)
  // Where there was nothing, nothing is left out.
  return status === 204 || status === 304 || size === 0 ? Buffer.alloc(0) : undefined
}

function bytesOf(body: unknown, encoding?: unknown): Buffer {
  if (typeof body !== 'string') return Buffer.from(JSON.stringify(body) ?? '')
  return Buffer.from(body, encoding === 'base64' ? 'base64' : 'utf8')
}

/** By lower-case name, without the `:path` of HTTP/2. What is recorded is unpacked, whatever the headers say. */
function headersOf({ headers, rawHeaders, cookies }: Json, cookieName: 'cookie' | 'set-cookie'): Headers {
  const found: Headers = {}
  for (const [written, value] of pairsOf(headers ?? rawHeaders)) {
    const name = written.toLowerCase()
    if (name.startsWith(':') || name === 'content-encoding' || name === 'transfer-encoding') continue
    if (name === 'set-cookie') found[name] = [...[found[name] ?? []].flat(), ...value.split('\n')]
    else found[name] = found[name] === undefined ? value : [found[name], value].join(name === 'cookie' ? '; ' : ', ')
  }
  // Some recorders have them only here.
  if (found[cookieName] === undefined && Array.isArray(cookies) && cookies.length > 0) {
    const listed = cookies.map((cookie) => `${record(cookie).name}=${record(cookie).value}`)
    found[cookieName] = cookieName === 'cookie' ? listed.join('; ') : listed
  }
  return found
}

/** `[{ name, value }]` of a HAR, `{ name: value }`, and `[name, value, name, value]` of Node. */
function pairsOf(headers: unknown): [name: string, value: string][] {
  if (!Array.isArray(headers)) {
    return Object.entries(record(headers)).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, String(one)]),
    )
  }
  if (typeof headers[0] !== 'string') {
    return headers.map((one) => [String(record(one).name), String(record(one).value)])
  }
  return headers.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[String(name), String(headers[at + 1])]] : [],
  )
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}
