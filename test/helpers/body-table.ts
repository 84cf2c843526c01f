// Every body by every reader: what the game sees and answers with the middleware in front of it, and what without.
import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type Koa from 'koa'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, clientele, jsonRpc } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { until } from './faulty.js'
import { overHttp2, overSocket, type RawRequest, type Send } from './raw.js'
import { readers } from './readers.js'
import { secret } from './serve.js'

const bodyLimitBytes = 200_000

const login = (publicKey: string, password = 'right', more = '') => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'login',
  params: ['me', password, publicKey, more],
})
const json = (publicKey: string, moreBytes = 0) => JSON.stringify(login(publicKey, 'right', 'x'.repeat(moreBytes)))
const packed = (publicKey: string) => ({ body: gzipSync(json(publicKey)), headers: { 'content-encoding': 'gzip' } })

/** Each has its name for a public key. `calls`: how many we see in it; `unread`: whether we cannot look into it. */
const bodies: Record<string, { calls: number; unread?: true; request: (publicKey: string) => RawRequest }> = {
  JSON: { calls: 1, request: (publicKey) => ({ body: json(publicKey) }) },
  batch: {
    calls: 2,
    request: (publicKey) => ({ body: JSON.stringify([login(publicKey), login(publicKey, 'wrong')]) }),
  },
  chunked: { calls: 1, request: (publicKey) => ({ body: json(publicKey), chunked: true }) },
  gzip: { calls: 1, request: packed },
  'gzip, chunked': { calls: 1, request: (publicKey) => ({ ...packed(publicKey), chunked: true }) },
  '100 KB': { calls: 1, request: (publicKey) => ({ body: json(publicKey, 100_000) }) },
  '100 KB, chunked': { calls: 1, request: (publicKey) => ({ body: json(publicKey, 100_000), chunked: true }) },
  'over our limit': { calls: 0, unread: true, request: (publicKey) => ({ body: json(publicKey, 300_000) }) },
  'over our limit, chunked': {
    calls: 0,
    unread: true,
    request: (publicKey) => ({ body: json(publicKey, 300_000), chunked: true }),
  },
  "over the parser's limit": {
    calls: 1,
    request: (publicKey) => ({ body: json(publicKey), headers: { 'x-tight': '1' } }),
  },
  'bad JSON': { calls: 0, unread: true, request: (publicKey) => ({ body: json(publicKey).slice(0, -1) }) },
  empty: { calls: 0, request: () => ({ body: '' }) },
  text: { calls: 0, unread: true, request: () => ({ body: 'hello', headers: { 'content-type': 'text/plain' } }) },
  aborted: { calls: 0, unread: true, request: (publicKey) => ({ body: json(publicKey), manner: 'aborted' }) },
  pipelined: { calls: 2, request: (publicKey) => ({ body: json(publicKey), manner: 'pipelined' }) },
  continue: { calls: 1, request: (publicKey) => ({ body: json(publicKey), manner: 'continue' }) },
}

const cells = Object.keys(readers).flatMap((reader) =>
  Object.entries(bodies).map(([body, { calls, unread, request }]) => ({
    reader,
    body,
    calls,
    unread,
    request: request(body),
  })),
)
const unreadCells = cells.filter(({ unread }) => unread).length

interface Way {
  send: Send
  create(listener: ReturnType<Koa['callback']>): http.Server
}
type WayName = 'http' | 'h2c'
const ways: Record<WayName, Way> = {
  http: { send: overSocket, create: (listener) => http.createServer(listener) },
  h2c: {
    send: overHttp2,
    // Koa's types know nothing of HTTP/2, which Koa serves.
    create: (listener) => http2.createServer(listener as Parameters<typeof http2.createServer>[0]) as never,
  },
}
export type KoaName = keyof typeof koas
export type KoaClass = typeof Koa

/** A game whose address names the reader. */
export const game: Koa.Middleware = (ctx, next) => readers[ctx.path.slice(1)]?.(ctx, next)

/** Where a host has the middleware and the game, and below which path. */
export interface Place {
  mount(app: Koa, clients: Clientele, KoaClass: KoaClass): void
  prefix?: string
}

async function withApp<Result>(
  { create }: Way,
  KoaClass: KoaClass,
  mount: (app: Koa) => void,
  use: (port: number) => Promise<Result>,
): Promise<Result> {
  const app = new KoaClass()
  // Koa prints what a client that hangs up leaves behind.
  app.silent = true
  mount(app)
  const server = create(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    // Not waited for: over HTTP/2 a stream that a parser has paused is closed by nobody.
    server.close()
  }
}

async function sendAll(send: Send, port: number, prefix: string): Promise<string[]> {
  const answers: string[] = []
  for (let start = 0; start < cells.length; start += 16) {
    const some = cells.slice(start, start + 16)
    answers.push(...(await Promise.all(some.map((cell) => send(port, `${prefix}/${cell.reader}`, cell.request)))))
  }
  return answers
}

const withoutUs = new Map<string, Promise<string[]>>()

function bareAnswers(way: WayName, koa: KoaName): Promise<string[]> {
  const { send } = ways[way]
  const answers =
    withoutUs.get(way + koa) ??
    withApp(
      ways[way],
      koas[koa],
      (app) => app.use(game),
      (port) => sendAll(send, port, ''),
    )
  withoutUs.set(way + koa, answers)
  return answers
}

const protocol = jsonRpc({
  path: '/:reader',
  sessions: Object.fromEntries(
    Object.keys(readers).map((reader) => [`${reader}.login`, { apiKey: { index: 2, name: 'api_key' } }]),
  ),
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id' },
})

/** What is wrong in the cells that are not as they would be without us. */
async function compare(way: WayName, koa: KoaName, { mount, prefix = '' }: Place): Promise<string[]> {
  const clients = clientele({ store: memory(), protocol, secret, enforce: 'present', bodyLimitBytes })
  const expected = await bareAnswers(way, koa)
  const actual = await withApp(
    ways[way],
    koas[koa],
    (app) => mount(app, clients, koas[koa]),
    async (port) => {
      const answers = await sendAll(ways[way].send, port, prefix)
      await until(() => clients.health().unread >= unreadCells, 'we noticed all that we cannot look into')
      assert.is(clients.health().unread, unreadCells)
      return answers
    },
  )
  const read = async (publicKey: string) => [publicKey, await clients.usage.read(publicKey)] as const
  const reports = Object.fromEntries(await Promise.all(Object.keys(bodies).map(read)))
  await clients.close()
  return cells.flatMap(({ reader, body, calls }, index) => {
    const [given, wanted] = [actual[index] ?? '', expected[index] ?? '']
    const cell = `${way}, ${koa}, ${reader}, ${body}:`
    if (given !== wanted) return [`${cell} ${given.slice(0, 300)} instead of ${wanted.slice(0, 300)}`]
    const sessions = calls === 0 ? 0 : wanted.split('"session_id"').length - 1
    const report = reports[body]
    const { calls: counted, errors } = report?.features[`${reader}.login`] ?? { calls: 0, errors: 0 }
    const counts = `${report?.sessionsByMethod[`${reader}.login`] ?? 0} sessions, ${counted} calls, ${errors} errors`
    const right = `${sessions} sessions, ${calls} calls, ${calls - sessions} errors`
    return counts === right ? [] : [`${cell} counted ${counts} instead of ${right}`]
  })
}

/** Fails unless every cell of these tables is as it would be without us, and counted. */
export async function compareAll(subject: string, tables: [way: WayName, koa: KoaName, place: Place][]): Promise<void> {
  const wrong: string[] = []
  for (const table of tables) wrong.push(...(await compare(...table)))
  const total = tables.length * cells.length
  console.log(`FIGURE ${subject}: ${total - wrong.length} of ${total}`)
  assert.equal(wrong.slice(0, 5), [])
}
