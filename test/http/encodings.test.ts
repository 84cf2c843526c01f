// Every encoding of every shape of a login, to every kind of reader: what the game takes for a login is one to us, or refused;
// what it does not take is none; and the bytes that the game and the client get are the bytes that the other sent.
import { buffer } from 'node:stream/consumers'
import zlib from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import type Koa from 'koa'
import { koaBody } from 'koa-body'
import koaBodyParser from 'koa-bodyparser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Clientele, jsonRpc } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { digest } from '../helpers/readers.js'
import type { Game } from '../middleware/games.js'
import { decoded, inflated, utf32 } from '../middleware/lenient-readers.js'
import {
  type Answer,
  freshClients,
  type Host,
  type KoaName,
  type Mount,
  mountsOf,
  openHost,
} from '../middleware/ways-harness.js'

const utf16 = (text: string) => Buffer.from(text, 'utf16le')
const marked = (write: (text: string) => Buffer) => (text: string) => write(`\ufeff${text}`)
const charsets: Record<string, (text: string) => Buffer> = {
  'UTF-8': Buffer.from,
  'UTF-16LE': utf16,
  'UTF-16BE': (text) => utf16(text).swap16(),
  'UTF-32LE': utf32,
  'UTF-32BE': (text) => utf32(text).swap32(),
}

const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer }
const packings: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: zlib.gzipSync,
  deflate: zlib.deflateSync,
  br: zlib.brotliCompressSync,
  ...(zstdCompressSync ? { zstd: zstdCompressSync } : {}),
}

interface Encoding {
  /** As `Content-Encoding` has it. */
  packing?: string
  encode(text: string): Buffer
}
const encodings = new Map<string, Encoding>()
for (const [charset, plain] of Object.entries(charsets)) {
  for (const [name, encode] of [
    [charset, plain],
    [`${charset} with a mark`, marked(plain)],
  ] as const) {
    encodings.set(name, { encode })
    // One of each kind: packed all of them would be more of the same.
    if (name !== 'UTF-8' && name !== 'UTF-16BE with a mark') continue
    for (const [packing, pack] of Object.entries(packings)) {
      encodings.set(`${name}, ${packing}`, { packing, encode: (text) => pack(encode(text)) })
    }
  }
}

/** The params of a login, with a public key or without. The name is only there to make it the cell's own. */
const shapes: Record<string, (name: string, publicKey: string | undefined) => unknown> = {
  positional: (name, publicKey) => [name, 'right', ...(publicKey ? [publicKey] : [])],
  named: (name, publicKey) => ({ name, password: 'right', ...(publicKey ? { api_key: publicKey } : {}) }),
  'object in an array': (name, publicKey) => [
    { name, password: 'right', ...(publicKey ? { api_key: publicKey } : {}) },
  ],
}

// Text on purpose: numbers that no parser keeps, escapes and white space.
const loginText = (id: number, params: unknown) =>
  `{"jsonrpc": "2.0", "id":${id}, "method":"login","params":${JSON.stringify(params)}}`
const transferText = `{ "id":9007199254740993,"method":"transfer", "params":["S1",9007199254740993,1.0,1e400,-0,"\\u00e9\u{1f600}"] }`
const transferReply = `{"jsonrpc": "2.0", "id":9007199254740993, "result":{"left":12345678901234567890.10} }`
const sessionOf = (name: unknown) => `of ${digest(String(name)).slice(0, 16)}`

/** What each cell's request came to at the game, by the number that it carries. */
const received = new Map<string, Buffer>()

interface Message {
  id?: unknown
  method?: unknown
  params?: unknown
}

function reply(message: unknown): string {
  const { id = null, method, params } = (message ?? {}) as Message
  if (method === 'transfer') return transferReply
  const [first, positional] = [params].flat() as [unknown, unknown]
  const { name = first, password = positional } =
    typeof first === 'object' && first !== null ? (first as { name?: unknown; password?: unknown }) : {}
  const outcome =
    method === 'login' && password === 'right'
      ? `"result":{"session_id": "${sessionOf(name)}"}`
      : '"error":{"code":-32600,"message":"No."}'
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)}, ${outcome}}`
}

const answering =
  (read: (ctx: Koa.Context) => Promise<{ got: Buffer; value(): unknown }>): Koa.Middleware =>
  async (ctx) => {
    const { got, value } = await read(ctx)
    received.set(ctx.get('x-cell'), got)
    ctx.type = 'application/json'
    try {
      const message = value()
      ctx.body = Array.isArray(message) ? `[ ${message.map(reply).join(' , ')} ]` : reply(message)
    } catch {
      ctx.status = 400
      ctx.body = '"no JSON"'
    }
  }

const protocol = jsonRpc({
  path: '/rpc',
  sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id' },
})

const raw = (read: (bytes: Buffer, encoding: string) => string): Game => ({
  path: '/rpc',
  protocol,
  handler: answering(async (ctx) => {
    const got = await buffer(ctx.req)
    return { got, value: () => JSON.parse(read(got, ctx.get('content-encoding'))) }
  }),
})
const parsed = (parser: Koa.Middleware): Game => ({
  path: '/rpc',
  protocol,
  parser,
  handler: answering(async (ctx) => {
    const { body } = ctx.request
    return { got: Buffer.from(JSON.stringify(body) ?? ''), value: () => body }
  }),
})
const utf8 = (bytes: Buffer) => new TextDecoder().decode(bytes)

const hosts: Record<string, Game> = {
  text: raw(utf8),
  'text in any charset': raw(decoded),
  'text, unpacked': raw((bytes, encoding) => utf8(inflated(bytes, encoding))),
  'text in any charset, unpacked': raw((bytes, encoding) => decoded(inflated(bytes, encoding))),
  '@koa/bodyparser': parsed(bodyParser() as Koa.Middleware),
  'koa-bodyparser': parsed(koaBodyParser()),
  'koa-body': parsed(koaBody()),
  'koa-body, keeping the text': parsed(koaBody({ includeUnparsed: true })),
}

interface Cell {
  encoding: string
  shape: string
  isBatch: boolean
  isKeyed: boolean
}
const cells = [...encodings.keys()].flatMap((encoding) =>
  Object.keys(shapes).flatMap((shape) =>
    [false, true].flatMap((isBatch) => [false, true].map((isKeyed): Cell => ({ encoding, shape, isBatch, isKeyed }))),
  ),
)

/** The elements of a cell's request. Of a batch without a key the first is to be refused and the others are to go on. */
function elementsOf({ shape, isBatch, isKeyed }: Cell, publicKey: string): string[] {
  const paramsOf = shapes[shape] as (typeof shapes)[string]
  const login = loginText(1, paramsOf('me', isKeyed ? publicKey : undefined))
  return isBatch ? [login, transferText, loginText(3, paramsOf('me too', publicKey))] : [login]
}

let requests = 0
interface Outcome {
  answer: Answer
  /** What the game got, if it was asked. */
  got: Buffer | undefined
}

async function send(host: Host, mount: Mount, cell: Cell, text: string, clients?: Clientele): Promise<Outcome> {
  const { encode, packing } = encodings.get(cell.encoding) as Encoding
  const number = String(++requests)
  const headers: [string, string][] = [
    ['Content-Type', 'application/json'],
    ['X-Cell', number],
    ...(packing ? [['Content-Encoding', packing] as [string, string]] : []),
  ]
  const answer = await host.send(mount, { target: host.game.path, headers, body: encode(text) }, clients)
  const got = received.get(number)
  received.delete(number)
  return { answer, got }
}

const isSession = ({ answer }: Outcome, name: string) => answer.text.includes(`"${sessionOf(name)}"`)
const same = (one: Outcome, another: Outcome) =>
  digest(one.got ?? 'none') === digest(another.got ?? 'none') &&
  one.answer.status === another.answer.status &&
  digest(one.answer.body) === digest(another.answer.body)

const spaced = (slices: string[]) =>
  slices.map((slice) => slice.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('\\s*,\\s*')
const isListOf = (text: string, slices: string[]) => new RegExp(`^\\s*\\[\\s*${spaced(slices)}\\s*\\]\\s*$`).test(text)

/** What is wrong with a batch of which the first element was refused. */
function faultOfCut({ answer, got }: Outcome, [, ...kept]: string[], isParsed: boolean): string | undefined {
  const text = got === undefined ? '' : decoded(got)
  const isCut = isParsed ? text === JSON.stringify(kept.map((slice) => JSON.parse(slice))) : isListOf(text, kept)
  if (!isCut) return `the game got ${text.slice(0, 200)}`
  const refusal = /"error":\s*\{[^}]*API Key/
  const replies = kept.map((slice) => reply(JSON.parse(slice)))
  const [before = '', ...after] = answer.text.split(transferReply)
  const isJoined = after.length === 1 && refusal.test(before) && after[0]?.includes(replies[1] ?? '')
  return isJoined ? undefined : `the client got ${answer.text.slice(0, 300)}`
}

const sums = { total: 0, taken: 0, wrong: [] as string[] }

/** The same at every place, so that the game need be asked without us only once. */
const publicKey = 'a-known-client'
const bareOutcomes = new WeakMap<Host, Map<Cell, Promise<Outcome>>>()

function sendBare(host: Host, cell: Cell, text: string): Promise<Outcome> {
  const known = bareOutcomes.get(host) ?? new Map<Cell, Promise<Outcome>>()
  bareOutcomes.set(host, known)
  const outcome = known.get(cell) ?? send(host, 'first', cell, text)
  known.set(cell, outcome)
  return outcome
}

/** One place at one host: one request after the other, so that what was counted is this one's. */
async function tryAll(host: Host, what: string, mount: Mount): Promise<void> {
  const { clients } = freshClients(host.game, { handOver: mount === 'handing over' })
  await clients.registry.adopt(publicKey, { name: 'a known client' })
  const counted = async () =>
    Promise.all([publicKey, '(unread)'].map(async (row) => (await clients.usage.read(row, { days: 1 })).sessions))
  let before = await counted()
  for (const cell of cells) {
    const elements = elementsOf(cell, publicKey)
    const text = cell.isBatch ? `[${elements.join(' ,\n')}]` : (elements[0] as string)
    const bare = await sendBare(host, cell, text)
    const given = await send(host, mount, cell, text, clients)
    const after = await counted()
    const [sessions = 0, unread = 0] = after.map((sum, row) => sum - (before[row] ?? 0))
    before = after
    const isTaken = isSession(bare, 'me')
    const fault = (() => {
      if (given.answer.isCutOff) return 'no end'
      if (unread > 0) return `${unread} unread`
      // What the game hands out is counted, and nothing else is. (What we unpacked to cut it, a game may read that could not before.)
      const handedOut =
        Number(cell.isKeyed && isSession(given, 'me')) + Number(cell.isBatch && isSession(given, 'me too'))
      if (sessions !== handedOut) return `${sessions} sessions, not ${handedOut}`
      if (cell.isKeyed) return same(bare, given) ? undefined : `other bytes: ${given.answer.text.slice(0, 200)}`
      if (isSession(given, 'me')) return 'not refused'
      return isTaken && cell.isBatch ? faultOfCut(given, elements, host.game.parser !== undefined) : undefined
    })()
    sums.total++
    if (isTaken) sums.taken++
    const { encoding, shape, isBatch, isKeyed } = cell
    const name = `${encoding}, ${shape}, ${isBatch ? 'batch' : 'single'}, ${isKeyed ? 'with' : 'without'} a key`
    if (fault) sums.wrong.push(`${what} | ${mount} | ${name}: ${fault}`)
  }
  await clients.close()
}

for (const koa of Object.keys(koas) as KoaName[]) {
  for (const [what, game] of Object.entries(hosts)) {
    test(`${koa}, ${what}`, async () => {
      const [wrongBefore, takenBefore] = [sums.wrong.length, sums.taken]
      await using host = await openHost(game, koa)
      await Promise.all(mountsOf(game).map((mount) => tryAll(host, `${koa} | ${what}`, mount)))
      assert.ok(sums.taken > takenBefore, 'it takes logins')
      assert.equal(sums.wrong.slice(wrongBefore, wrongBefore + 5), [])
    })
  }
}

test.after(() => {
  console.log(`FIGURE encodings: ${sums.total} cells, ${sums.taken} taken for a login, ${sums.wrong.length} wrong`)
  if (process.env.WAYS_LIST) console.log(sums.wrong.join('\n'))
})

test.run()
