// Sends requests to a game, with us in front of it and without, and says what became of each.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import zlib from 'node:zlib'
import type Koa from 'koa'
import { memory } from '../../adapters/memory.js'
import { createGateway } from '../../src/gateway/gateway.js'
import { type Clientele, type ClienteleOptions, clientele } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { secret } from '../helpers/serve.js'
import type { Game } from './games.js'

export type KoaName = keyof typeof koas
/** Where we are: in front of all, behind the game's parser, in front of it and handing over, or in a process of our own. */
export type Mount = 'first' | 'after the parser' | 'handing over' | 'gateway'

export const mountsOf = ({ parser }: Game): Mount[] =>
  parser ? ['first', 'after the parser', 'handing over', 'gateway'] : ['first', 'gateway']

/** A larger body passes unread. */
export const bodyLimitBytes = 16_384
const maxAnswerMs = 3_000
/** What passes as it comes may be seen by us only when the client has it. */
const maxNoticeMs = 100

export interface Request {
  /** By default `POST`. */
  method?: string
  target: string
  /** As they are written. `Host`, `Content-Length` and `Connection` are added where they are not. */
  headers?: [name: string, value: string][]
  body?: string | Buffer
  /** Sent in chunks and without a length. */
  chunked?: true
}

export function bytesOf({ method = 'POST', target, headers = [], body = '', chunked }: Request): Buffer {
  const bytes = Buffer.from(body)
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const added: [string, string][] = [
    ['Host', 'localhost'],
    ['Connection', 'close'],
    ...(chunked ? [['Transfer-Encoding', 'chunked'] as [string, string]] : []),
    ...(bytes.length > 0 && !chunked ? [['Content-Length', String(bytes.length)] as [string, string]] : []),
  ]
  const lines = [...added.filter(([name]) => !names.has(name.toLowerCase())), ...headers]
  const head = `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), ...(chunked ? inChunks(bytes) : [bytes])])
}

function inChunks(bytes: Buffer): Buffer[] {
  const half = Math.ceil(bytes.length / 2)
  const chunks = [bytes.subarray(0, half), bytes.subarray(half)].filter(({ length }) => length > 0)
  const framed = chunks.flatMap((chunk) => [`${chunk.length.toString(16)};x=y\r\n`, chunk, '\r\n'])
  return [...framed, '0\r\n\r\n'].map((part) => Buffer.from(part))
}

export interface Answer {
  status: number
  head: string
  body: Buffer
  /** Unpacked, in whatever charset. */
  text: string
  /** Nothing more came, and the connection was not closed. */
  isCutOff: boolean
}

function parseAnswer(bytes: Buffer, isCutOff: boolean): Answer {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.subarray(0, end < 0 ? bytes.length : end).toString('latin1')
  const rest = end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4)
  if (/^HTTP\/1\.1 100/.test(head)) return parseAnswer(rest, isCutOff)
  const body = /^transfer-encoding: chunked/im.test(head) ? joined(rest) : rest
  const [, coding = ''] = /^content-encoding: (\w+)/im.exec(head) ?? []
  const plain = unpacked(body, coding)
  const text = plain[1] === 0 || plain[0] === 0xff ? plain.toString('utf16le') : plain.toString()
  return { status: Number(head.slice(9, 12)), head, body, text, isCutOff }
}

function unpacked(body: Buffer, coding: string): Buffer {
  try {
    if (coding === 'br') return zlib.brotliDecompressSync(body)
    return coding === 'gzip' || coding === 'deflate' ? zlib.unzipSync(body) : body
  } catch {
    return body
  }
}

function joined(bytes: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (lineEnd < 0 || !(size > 0)) break
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
  return Buffer.concat(chunks)
}

/** Who is in front of the game for what comes over a connection; nobody where it is not told. */
const inFront = new Map<string, Clientele>()

async function converse(port: number, bytes: Buffer, clients: Clientele | undefined): Promise<Answer> {
  const socket = connect(port, '127.0.0.1').setNoDelay()
  const chunks: Buffer[] = []
  let isCutOff = false
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined)
  // A promise of `once` would fail with the socket, before anybody waits for it.
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  socket.setTimeout(maxAnswerMs, () => {
    isCutOff = true
    socket.destroy()
  })
  const connection = `${socket.localPort} ${port}`
  if (clients) inFront.set(connection, clients)
  socket.write(bytes)
  await closed
  inFront.delete(connection)
  return parseAnswer(Buffer.concat(chunks), isCutOff)
}

const ours: Koa.Middleware = (ctx, next) => {
  const { remotePort, localPort } = ctx.req.socket
  const clients = inFront.get(`${remotePort} ${localPort}`)
  return clients ? (clients.middleware() as Koa.Middleware)(ctx, next) : next()
}

export interface Host extends AsyncDisposable {
  readonly game: Game
  readonly koa: KoaName
  /** Without `clients` there is only the game. */
  send(mount: Mount, request: Request, clients?: Clientele): Promise<Answer>
}

/** A game on ports of its own, one for each place where we can be. */
export async function openHost(game: Game, koa: KoaName): Promise<Host> {
  const stops: (() => Promise<unknown>)[] = []
  const ports = new Map<Mount, number>()
  async function open(isParsedBefore: boolean): Promise<number> {
    const app = new koas[koa]()
    // Koa prints what a request that cannot be read leaves behind.
    app.silent = true
    const { front, parser, handler } = game
    for (const middleware of isParsedBefore ? [front, parser, ours, handler] : [front, ours, parser, handler])
      if (middleware) app.use(middleware)
    const server = createServer(app.callback())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(async () => server.close().closeAllConnections())
    return (server.address() as AddressInfo).port
  }
  async function openGateway(upstream: string): Promise<number> {
    // It has one clientele for its life; this one is a stand-in that asks the connection.
    const base = freshClients(game)
    const standIn = {
      ...base.clients,
      console: () => (_: unknown, next: () => unknown) => next(),
      middleware: () => ours,
    }
    const gateway = await createGateway(standIn as unknown as Clientele, {
      upstream: new URL(upstream),
      protocols: [game.protocol].flat(),
      trustProxy: false,
      keepAlive: true,
      maxConnections: 1_000,
      console: {},
      onError: () => undefined,
    })
    const { server, close } = gateway
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(async () => {
      server.closeAllConnections()
      await close()
      await base.clients.close()
    })
    return (server.address() as AddressInfo).port
  }
  const first = await open(false)
  ports.set('first', first).set('handing over', first)
  if (game.parser) ports.set('after the parser', await open(true))
  ports.set('gateway', await openGateway(`http://127.0.0.1:${first}`))
  return {
    game,
    koa,
    send(mount, request, clients) {
      // Without us there is no gateway.
      const place = mount === 'gateway' && !clients ? 'first' : mount
      return converse(ports.get(place) as number, bytesOf(request), clients)
    },
    async [Symbol.asyncDispose]() {
      for (const stop of stops.reverse()) await stop()
    },
  }
}

export interface Watched {
  clients: Clientele
  /** The codes of what `onError` was told. */
  told: string[]
}

/** With small caches: it is made for one request. */
export function freshClients(
  { protocol }: Game,
  options: Partial<ClienteleOptions> & { strict?: boolean | string[] } = {},
): Watched {
  const told: string[] = []
  const clients = clientele({
    store: memory(),
    protocol,
    secret,
    bodyLimitBytes,
    memory: { sessions: 50, clients: 50 },
    onError: ({ code }) => told.push(code),
    ...options,
  } as ClienteleOptions)
  return { clients, told }
}

const anId = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g

/** Every session id that a client can find in its answer, head and all. */
export const idsIn = ({ head, text }: Answer): string[] => [...new Set(`${head}\n${text}`.match(anId) ?? [])]

/** An answer as far as it does not differ each time. */
export function comparable({ status, head, text }: Answer): string {
  const field = (name: string) => new RegExp(`^${name}: (.*)`, 'im').exec(head)?.[1]
  const [type, coding] = ['content-type', 'content-encoding'].map(field)
  return `${status} ${type} ${coding} ${text.replace(anId, 'ID').replace(/\d+/g, '0')}`
}

export interface Noticed {
  /** Sessions under `(unread)`. */
  sessions: number
  health: number
  isUnreadTold: boolean
  isUnexpectedTold: boolean
}

async function noticedNow({ clients, told }: Watched): Promise<Noticed> {
  const { sessions } = await clients.usage.read('(unread)', { days: 1 })
  return {
    sessions,
    health: clients.health().unread,
    isUnreadTold: told.includes('session_unread'),
    isUnexpectedTold: told.includes('session_unexpected'),
  }
}

/** What we noticed of a request; waited for as long as `isEnough` says no. */
export async function noticed(watched: Watched, isEnough: (noticed: Noticed) => boolean): Promise<Noticed> {
  const endMs = performance.now() + maxNoticeMs
  for (;;) {
    const now = await noticedNow(watched)
    if (isEnough(now) || performance.now() > endMs) return now
    await wait(5)
  }
}
