// Every way in which a game answers a login: the client gets what it would have got without us, byte for byte, and when it
// has the first byte, the session is on the store.
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable, Stream } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import Router, { type RouterMiddleware } from '@koa/router'
import Koa3 from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'

type Game = (ctx: Koa3.Context) => unknown

const value = { jsonrpc: '2.0', id: 1, result: { session_id: 's1', status: { empire: { id: 7 } } } }
const text = JSON.stringify(value)
const halves = [text.slice(0, 20), text.slice(20)] as const
const packed = gzipSync(text)

function given(body: () => unknown, type?: string): Game {
  return (ctx) => {
    if (type !== undefined) ctx.type = type
    ctx.body = body()
  }
}

/** What the game writes itself, with `ctx.respond = false`. */
function written(write: (res: ServerResponse) => unknown): Game {
  return (ctx) => {
    ctx.respond = false
    return write(ctx.res)
  }
}

// A stream of the days before `Readable`.
function oldStream(): Stream {
  const stream = new Stream()
  setTimeout(() => {
    for (const half of halves) stream.emit('data', Buffer.from(half))
    stream.emit('end')
  }, 5)
  return stream
}

const streamed = () => Readable.from(halves, { objectMode: false })

const kinds: Record<string, Game> = {
  object: given(() => value),
  'class with toJSON': given(() => ({ toJSON: () => value })),
  string: given(() => text, 'application/json-rpc'),
  Buffer: given(() => Buffer.from(text), 'application/json'),
  'packed Buffer': (ctx) => {
    ctx.set('content-encoding', 'gzip')
    ctx.body = packed
  },
  stream: given(streamed, 'application/json'),
  'stream without a type': given(streamed),
  'stream with a length': (ctx) => {
    ctx.body = streamed()
    ctx.length = text.length
  },
  'packed stream': (ctx) => {
    ctx.set('content-encoding', 'gzip')
    ctx.body = Readable.from([packed.subarray(0, 30), packed.subarray(30)], { objectMode: false })
  },
  'stream without an iterator': given(oldStream, 'application/json'),
  'end alone': written((res) => res.end(text)),
  'head and end': written((res) =>
    res.writeHead(200, 'Fine', { 'X-Mine': 'a', 'Content-Length': text.length }).end(text),
  ),
  'head as a list': written((res) => res.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end(text)),
  'write and end': written((res) => {
    res.write(halves[0])
    res.write(Buffer.from(halves[1]))
    res.end()
  }),
  'packed by hand': written((res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)),
  'in hex': written((res) => res.end(Buffer.from(text).toString('hex'), 'hex')),
  'waiting for its own end': written((res) => new Promise<void>((resolve) => res.end(text, () => resolve()))),
  'piped by hand': written((res) => pipeline(streamed(), res)),
  'after the middleware': written((res) => {
    setTimeout(() => res.end(text), 20)
  }),
  'bit by bit after the middleware': written((res) => {
    setTimeout(() => res.write(halves[0]), 5)
    setTimeout(() => res.end(halves[1]), 20)
  }),
  'by hand without saying so': async ({ res }) => {
    res.statusCode = 200
    res.end(text)
    await wait(5)
  },
}

const kindsOfKoa3: Record<string, Game> = {
  'web stream': given(() => Readable.toWeb(streamed()), 'application/json'),
  Blob: given(() => new Blob([text], { type: 'application/json' })),
  Response: given(() => new Response(text, { status: 201, headers: { 'x-mine': 'a' } })),
}

interface Answered {
  status: string
  headers: string[]
  body: string
  /** What the store said of sessions when the first byte came. */
  sessions: number
}

const call = JSON.stringify({ id: 1, method: 'login', params: ['a', 'b', 'anonymous'] })

async function login(url: string, path: string, sessions: () => Promise<number>): Promise<Answered> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(url + path, { method: 'POST', agent: false }, resolve)
      .on('error', reject)
      .end(call)
  })
  const headers = answer.rawHeaders.flatMap((name, index, all) =>
    index % 2 > 0 || name === 'Date' ? [] : [`${name}: ${all[index + 1]}`],
  )
  return { status: `${answer.statusCode} ${answer.statusMessage}`, headers, ...(await read(answer, sessions)) }
}

async function loginOverHttp2(url: string, path: string, sessions: () => Promise<number>): Promise<Answered> {
  const session = connect(url)
  const stream = session.request({ ':method': 'POST', ':path': path })
  stream.end(call)
  const {
    ':status': status,
    date: _,
    ...headers
  } = await new Promise<Record<string, unknown>>((resolve) => stream.once('response', resolve))
  const answered = { status: String(status), headers: [JSON.stringify(headers)], ...(await read(stream, sessions)) }
  session.close()
  return answered
}

async function read(answer: Readable, sessions: () => Promise<number>): Promise<Pick<Answered, 'body' | 'sessions'>> {
  const chunks: Buffer[] = []
  let atFirst: Promise<number> | undefined
  for await (const chunk of answer) {
    atFirst ??= sessions()
    chunks.push(chunk)
  }
  return { body: Buffer.concat(chunks).toString('base64'), sessions: (await atFirst) ?? 0 }
}

async function serveHttp2<Result>(app: Koa3, play: (url: string) => Promise<Result>): Promise<Result> {
  app.silent = true
  const handler = app.callback() as unknown as Parameters<typeof createHttp2Server>[1]
  const server = createHttp2Server({}, handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await play(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
  }
}

type Middleware = Koa3.Middleware

/** How a host has our middleware, if any, in front of the game. */
const hosts: Record<string, (app: Koa3, Koa: typeof Koa3, ours: Middleware[], game: Middleware) => void> = {
  'in the app': (app, _, ours, game) => {
    for (const one of [...ours, game]) app.use(one)
  },
  'in the app twice': (app, _, ours, game) => {
    for (const one of [...ours, ...ours, game]) app.use(one)
  },
  'below a mount point': (app, Koa, ours, game) => {
    const below = new Koa()
    for (const one of [...ours, game]) below.use(one)
    app.use(mount('/v1', below))
  },
  'in a router': (app, _, ours, game) => {
    const router = new Router()
    router.post('/empire', ...([...ours, game] as RouterMiddleware[]))
    app.use(router.routes() as unknown as Middleware)
  },
  'over HTTP/2': (app, _, ours, game) => {
    for (const one of [...ours, game]) app.use(one)
  },
}

for (const [koa, Koa, games] of [
  ['Koa 2', Koa2 as typeof Koa3, kinds],
  ['Koa 3', Koa3, { ...kinds, ...kindsOfKoa3 }],
] as const) {
  for (const [host, build] of Object.entries(hosts)) {
    test(`${koa}, ${host}: ${Object.keys(games).length} kinds of answers`, async () => {
      const path = host === 'below a mount point' ? '/v1/empire' : '/empire'
      const ask = (app: Koa3, sessions: () => Promise<number>) =>
        host === 'over HTTP/2'
          ? serveHttp2(app, (url) => loginOverHttp2(url, path, sessions))
          : serve(app, (url) => login(url, path, sessions))
      for (const [kind, game] of Object.entries(games)) {
        const bare = new Koa()
        build(bare, Koa, [], game as Middleware)
        const expected = await ask(bare, async () => 1)

        const store = memory()
        const clients = clientele({ store, protocol: lacuna(), secret })
        const another = clientele({ store, protocol: lacuna(), secret })
        const app = new Koa()
        build(app, Koa, [clients.middleware()], game as Middleware)
        const answered = await ask(app, async () => (await another.usage.read('anonymous')).sessions)
        assert.equal(answered, expected, kind)
        const { sessions, calls, errors, players } = await clients.usage.read('anonymous')
        assert.equal([sessions, calls, errors, players], [1, 1, 0, 1], kind)
        await another.close()
        await clients.close()
      }
    })
  }
}

test.run()
