/** Recorded traffic of real clients: load it, send it again, and say how an answer differs from the recorded one. */
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

export interface Exchange {
  n: number
  request: { method: string; url: string; rawHeaders: string[]; body: string }
  response: { status: number; headers: Record<string, string | number>; body: string }
}

export interface Answer {
  status: number
  contentType: string | undefined
  contentLength: number | undefined
  body: string
}

export interface Replayed {
  exchange: Exchange
  /** The body as it was sent this time. */
  sent: string
  /** The recorded answer, with this run's session ids in it. */
  expected: Answer
  actual: Answer
}

export interface ReplayOptions {
  /** Changes a request body before it is sent: another API key, another password. Session ids are already this run's. */
  rewrite?: (body: string, exchange: Exchange) => string
}

export type WireRequest = Pick<Exchange['request'], 'method' | 'url'> & {
  rawHeaders?: readonly string[]
  body?: string
}

export const RECORDINGS = ['glc', 'glc-badkey', 'glc-emptykey', 'web-us1', 'web-badkey'] as const
export type RecordingName = (typeof RECORDINGS)[number]

export function loadRecording(name: RecordingName): Exchange[] {
  // From the root, where the tests are run: compiled tests live in another folder, the recordings do not.
  return JSON.parse(readFileSync(resolve('test/fixtures/wire', `${name}.json`), 'utf8'))
}

/** Answered by whoever keeps the API keys, not by the game. */
export function isKeyRefusal({ response }: Exchange): boolean {
  return response.body.includes('"code":1002,"message":"You need an API Key."')
}

/** Sends the requests one after another with their recorded headers, each with the session ids that this server gave. */
export async function replay(
  baseUrl: string,
  exchanges: readonly Exchange[],
  { rewrite = (body) => body }: ReplayOptions = {},
): Promise<Replayed[]> {
  const replayed: Replayed[] = []
  const sessionIds = new Map<string, string>()
  const withOurSessions = (text: string) => {
    let ours = text
    for (const [recorded, given] of sessionIds) ours = ours.replaceAll(recorded, given)
    return ours
  }
  for (const exchange of exchanges) {
    const sent = rewrite(withOurSessions(exchange.request.body), exchange)
    const actual = await send(baseUrl, { ...exchange.request, url: withOurSessions(exchange.request.url), body: sent })
    const recordedId = sessionIdOf(exchange.response.body)
    const givenId = sessionIdOf(actual.body)
    if (recordedId !== undefined && givenId !== undefined) sessionIds.set(recordedId, givenId)
    const expected = recordedAnswer(exchange)
    replayed.push({ exchange, sent, expected: { ...expected, body: withOurSessions(expected.body) }, actual })
  }
  return replayed
}

/** One request over a connection of its own, headers exactly as given; Host and Content-Length are ours. */
export function send(baseUrl: string, { method, url, rawHeaders = [], body = '' }: WireRequest): Promise<Answer> {
  const target = new URL(url, baseUrl)
  const headers = ['Host', target.host, 'Content-Length', String(Buffer.byteLength(body))]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2)
    if (!['host', 'content-length', 'connection'].includes(name.toLowerCase())) headers.push(name, value)
  }
  return new Promise((resolve, reject) => {
    const request = httpRequest(target, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const length = response.headers['content-length']
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'],
          contentLength: length === undefined ? undefined : Number(length),
          body: Buffer.concat(chunks).toString(),
        })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

export function recordedAnswer({ response }: Exchange): Answer {
  const contentType = response.headers['Content-Type']
  return {
    status: response.status,
    contentType: contentType === undefined ? undefined : String(contentType),
    contentLength: Buffer.byteLength(response.body),
    body: response.body,
  }
}

/** What a client could trip over, each difference as a sentence; none when the two answers are of one kind. */
export function compareAnswer(expected: Answer, actual: Answer): string[] {
  const differences: string[] = []
  const compare = (what: string, wanted: unknown, got: unknown) => {
    if (isDeepStrictEqual(wanted, got)) return
    differences.push(`${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`)
  }
  compare('status', expected.status, actual.status)
  compare('content type', expected.contentType, actual.contentType)
  compare('content length', Buffer.byteLength(actual.body), actual.contentLength)
  compare('line breaks', 0, actual.body.split('\n').length - 1)
  const [wanted, got] = [parsed(expected.body), parsed(actual.body)]
  if (!isRecord(wanted) || !isRecord(got)) return [...differences, ...shapeDifferences(wanted, got, 'body')]
  compare('members', Object.keys(wanted), Object.keys(got))
  compare('jsonrpc', wanted.jsonrpc, got.jsonrpc)
  compare('id', wanted.id, got.id)
  compare('error', wanted.error, got.error)
  return [...differences, ...shapeDifferences(wanted.result, got.result, 'result')]
}

export type Shape = string | Shape[] | { [member: string]: Shape }

/** The JSON type of everything in a value; of an array its first element stands for all. */
export function shapeOf(value: unknown): Shape {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (!isRecord(value)) return value === null ? 'null' : typeof value
  return Object.fromEntries(Object.entries(value).map(([member, each]) => [member, shapeOf(each)]))
}

function shapeDifferences(expected: unknown, actual: unknown, path: string): string[] {
  return compareShapes(shapeOf(expected), shapeOf(actual), path)
}

function compareShapes(expected: Shape, actual: Shape, path: string): string[] {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const [wanted, got] = [expected[0], actual[0]]
    // An empty array says nothing about its elements.
    return wanted === undefined || got === undefined ? [] : compareShapes(wanted, got, `${path}[0]`)
  }
  if (isRecord(expected) && isRecord(actual)) {
    return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((member) => {
      const [wanted, got] = [expected[member], actual[member]]
      if (wanted === undefined) return [`${path}.${member} was never recorded`]
      if (got === undefined) return [`${path}.${member} is missing`]
      return compareShapes(wanted, got, `${path}.${member}`)
    })
  }
  if (expected === actual) return []
  return [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`]
}

function sessionIdOf(body: string): string | undefined {
  const answer = parsed(body)
  const result = isRecord(answer) ? answer.result : undefined
  return isRecord(result) && typeof result.session_id === 'string' ? result.session_id : undefined
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
