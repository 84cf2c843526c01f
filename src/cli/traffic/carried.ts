import { answerJson } from '../../protocols/answers.js'
import type { GameAnswer, GameRequest } from '../../protocols/protocol.js'
import { idText } from '../../protocols/text/json-pointer.js'
import { type JsonText, type Path, readJson } from '../../protocols/text/json-text.js'
import { decodeText, fieldsOf } from '../../protocols/text/text-form.js'

/** A value in a request or an answer, and where it stands, as the option of a protocol would say it. */
export interface Carried {
  place: string
  value: string
}

const maxValues = 5_000
const deepest = 20
/** What every HTTP message has, and no session is in. */
const ordinary =
  /^(accept|access-control|age$|alt-svc|cache-control|connection|content-|date|dnt|etag|expires|host|if-|keep-alive|last-modified|origin|pragma|priority|referer|sec-|server|te$|upgrade|user-agent|vary|via|x-powered-by|x-requested-with)/

/** What an answer says: places in the `result` of a JSON-RPC reply, in any other JSON, and in the headers. */
export function valuesOfAnswer(answer: GameAnswer): Carried[] {
  const json = answerJson(answer)
  const values = [...inHeaders(answer.headers), ...cookiesIn([answer.headers['set-cookie'] ?? []].flat().map(String))]
  if (!json) return values
  const replies = Array.isArray(json.value) ? json.value.map((_, at): Path => [at]) : [[]]
  const results = replies.filter((path) => isReply(at(json.value, path)))
  if (results.length === 0) return [...values, ...inJson(json, [])]
  return [...values, ...results.flatMap((path) => inJson(json, [...path, 'result']))]
}

/** What a request carries. */
export function valuesOfRequest({ headers, query, body }: GameRequest): Carried[] {
  const cookies = String(headers.cookie ?? '').split(/; */)
  const inQuery = [...new URLSearchParams(query)].flatMap(([name, value]) => [
    { place: `the parameter ${name}`, value },
    ...(name === 'params' ? inJson(readJson(value), []).map((one) => ({ ...one, place: `/params${one.place}` })) : []),
  ])
  const values = [...inHeaders(headers), ...cookiesIn(cookies), ...inQuery]
  if (body === undefined) return values
  const json = readJson(body)
  if (json) return [...values, ...inJson(json, [])]
  const isForm = /^\s*application\/x-www-form-urlencoded/i.test(String(headers['content-type']))
  return isForm ? [...values, ...inJson({ value: fieldsOf(decodeText(body)), written: () => undefined }, [])] : values
}

function isReply(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'result' in value && ('id' in value || 'jsonrpc' in value)
}

function inHeaders(headers: GameAnswer['headers']): Carried[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (name === 'cookie' || name === 'set-cookie' || ordinary.test(name)) return []
    const text = String(value)
    return [{ place: `the header ${name}`, value: /^[a-z][\w-]* +(\S+)$/i.exec(text)?.[1] ?? text }]
  })
}

/** `name=value; Path=/` each. */
function cookiesIn(cookies: readonly string[]): Carried[] {
  return cookies.flatMap((cookie) => {
    const [, name = '', value = ''] = /^\s*([^=;]+)="?([^;"]*)/.exec(cookie) ?? []
    return name === '' ? [] : [{ place: `the cookie ${name}`, value: decoded(value) }]
  })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Places are JSON Pointers from `root` on. */
function inJson(json: Pick<JsonText, 'value' | 'written'> | undefined, root: Path): Carried[] {
  const found: Carried[] = []
  const look = (value: unknown, path: Path): void => {
    if (found.length >= maxValues || path.length > deepest) return
    if (typeof value === 'object' && value !== null) {
      for (const [name, one] of Object.entries(value)) look(one, [...path, Array.isArray(value) ? Number(name) : name])
      return
    }
    const text = idText(value, () => json?.written(path))
    if (text !== undefined) found.push({ place: pointerOf(path.slice(root.length)), value: text })
  }
  look(at(json?.value, root), root)
  return found
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((one, name) => (one as Record<string, unknown> | undefined)?.[name], value)
}

function pointerOf(path: Path): string {
  if (path.length === 0) return 'the whole of it'
  return path.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
