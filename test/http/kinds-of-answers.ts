// Whatever a game of Koa's may give as its answer, or write itself.
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { PassThrough, Readable, Stream, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import type Koa from 'koa'

/** What it answers with, and another server on this machine that gives just that. */
export interface Play {
  content: Buffer
  far: string
}

/** Returns how a game gives an answer. */
export type Game = (ctx: Koa.Context, play: Play) => unknown

const partBytes = 16_384

export function partsOf(content: Buffer): Buffer[] {
  const bytes = content.length > 2 * partBytes ? partBytes : Math.ceil(content.length / 3)
  return Array.from({ length: Math.ceil(content.length / bytes) }, (_, index) =>
    content.subarray(index * bytes, (index + 1) * bytes),
  )
}

const padded = ({ content }: Play, bytes: number) =>
  Buffer.from(content.toString().replace('{', `{"pad":"${'x'.repeat(bytes)}",`))
const readable = (play: Play) => Readable.from(partsOf(play.content), { objectMode: false })
const web = (play: Play) => Readable.toWeb(readable(play))
const broken = () => new Error('the far server is down')

/** A stream that fails when it has given so many parts. */
function failing(play: Play, parts: number): Readable {
  const all = partsOf(play.content)
  let index = 0
  return new Readable({
    read() {
      if (index < parts) this.push(all[index++])
      else setTimeout(() => this.destroy(broken()), 5)
    },
  })
}

/** A stream of the days before `Readable`, as `request`, `through` and `JSONStream` have: it emits and is told to wait. */
export class OldStream extends Stream {
  readable = true
  #parts: Buffer[]
  #isPaused = false
  readonly #end: () => void

  constructor(parts: Buffer[], end?: (stream: OldStream) => void) {
    super()
    this.#parts = [...parts]
    this.#end = () => (end ? end(this) : this.emit('end'))
    setImmediate(() => this.#flow())
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    setImmediate(() => this.#flow())
  }

  destroy(): void {
    this.#parts = []
    this.readable = false
    this.emit('close')
  }

  #flow(): void {
    while (this.readable && !this.#isPaused) {
      const part = this.#parts.shift()
      if (part) this.emit('data', part)
      else {
        this.readable = false
        this.#end()
      }
    }
  }
}

const old = ({ content }: Play, end?: (stream: OldStream) => void) => new OldStream(partsOf(content), end)

/** As `got.stream()`: it brings the head of what it fetched to wherever it is piped. */
class WithHead extends PassThrough {
  override pipe<Destination extends NodeJS.WritableStream>(destination: Destination, options?: { end?: boolean }) {
    const res = destination as unknown as ServerResponse
    if (!res.headersSent && typeof res.setHeader === 'function') {
      res.setHeader('set-cookie', ['far=1; path=/', 'away=2; path=/'])
      res.setHeader('x-far', 'yes')
      res.statusCode = 201
    }
    return super.pipe(destination, options)
  }
}

class Login {
  jsonrpc!: string
  constructor(text: string) {
    Object.assign(this, JSON.parse(text))
  }
}

const parsed = ({ content }: Play) => JSON.parse(content.toString()) as object

function given(body: (play: Play) => unknown, type?: string): Game {
  return (ctx, play) => {
    if (type !== undefined) ctx.type = type
    ctx.body = body(play)
  }
}

function written(write: (res: ServerResponse, play: Play) => unknown): Game {
  return (ctx, play) => {
    ctx.respond = false
    ctx.res.statusCode = 200
    return write(ctx.res, play)
  }
}

function packed(encoding: string, pack: (bytes: Buffer) => Buffer): Game {
  return (ctx, { content }) => {
    ctx.set('content-encoding', encoding)
    ctx.type = 'json'
    ctx.body = pack(content)
  }
}

/** For Koa 2 and 3. */
export const kinds: Record<string, Game> = {
  object: given(parsed),
  'to-json': given((play) => ({ toJSON: () => parsed(play) })),
  instance: given((play) => new Login(play.content.toString())),
  'object-of-no-class': given((play) => Object.assign(Object.create(null) as object, parsed(play))),
  array: given((play) => [parsed(play)]),
  'large-object': given((play) => ({ ...parsed(play), pad: 'x'.repeat(1_500_000) })),
  string: given(({ content }) => content.toString()),
  'json-string': given(({ content }) => content.toString(), 'application/json-rpc'),
  'empty-string': given(() => ''),
  number: given(() => 7),
  false: given(() => false),
  buffer: given(({ content }) => content, 'json'),
  'untyped-buffer': given(({ content }) => content),
  'empty-buffer': given(() => Buffer.alloc(0)),
  bytes: given(({ content }) => new Uint8Array(content), 'json'),
  null: given(() => null),
  'null-as-json': given(() => null, 'json'),
  nothing: () => undefined,
  204: (ctx) => {
    ctx.status = 204
  },
  readable: given(readable, 'json'),
  'untyped-readable': given(readable),
  'readable-with-length': (ctx, play) => {
    ctx.body = readable(play)
    ctx.length = play.content.length
  },
  'empty-readable': given(() => Readable.from([])),
  'readable-200k': given((play) => readable({ ...play, content: padded(play, 200_000) }), 'json'),
  'readable-large': given((play) => readable({ ...play, content: padded(play, 1_500_000) }), 'json'),
  'readable-fails': given((play) => failing(play, 0), 'json'),
  'readable-fails-in-the-midst': given((play) => failing(play, 1), 'json'),
  'large-fails-in-the-midst': given((play) => failing({ ...play, content: padded(play, 1_500_000) }, 80), 'json'),
  '900k-fails-in-the-midst': given((play) => failing({ ...play, content: padded(play, 1_000_000) }, 55), 'json'),
  'readable-is-gone': given((play) => readable(play).destroy(), 'json'),
  'objects-as-text': given((play) => {
    const lines = new Transform({
      writableObjectMode: true,
      transform: (value, _, done) => done(null, JSON.stringify(value)),
    })
    lines.end(parsed(play))
    return lines
  }, 'json'),
  'fed-late': given(({ content }) => {
    const late = new PassThrough()
    setTimeout(() => late.write(content.subarray(0, 9)), 5)
    setTimeout(() => late.end(content.subarray(9)), 15)
    return late
  }, 'json'),
  old: given((play) => old(play), 'json'),
  'untyped-old': given((play) => old(play)),
  'old-200k': given((play) => old({ ...play, content: padded(play, 200_000) }), 'json'),
  'old-large': given((play) => old({ ...play, content: padded(play, 1_500_000) }), 'json'),
  'old-of-text': given(({ content }) => {
    const stream = new OldStream([content.toString('utf8') as unknown as Buffer])
    return stream
  }, 'json'),
  'old-fails': given(() => new OldStream([], (stream) => stream.emit('error', broken())), 'json'),
  'old-fails-in-the-midst': given(
    ({ content }) => new OldStream([content.subarray(0, 9)], (stream) => stream.emit('error', broken())),
    'json',
  ),
  'old-closes': given(
    ({ content }) => new OldStream([content.subarray(0, 9)], (stream) => stream.emit('close')),
    'json',
  ),
  'stream-with-a-head': given(({ content }) => {
    const stream = new WithHead()
    stream.end(content)
    return stream
  }),
  'large-stream-with-a-head': given((play) => {
    const stream = new WithHead()
    stream.end(padded(play, 1_500_000))
    return stream
  }),
  proxied: async (ctx, { far }) => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(far, { agent: false }, resolve).on('error', reject).end()
    })
    ctx.status = answer.statusCode ?? 0
    ctx.set('set-cookie', answer.headers['set-cookie'] ?? [])
    ctx.type = 'json'
    ctx.body = answer
  },
  cyclic: given(() => {
    const value: Record<string, unknown> = {}
    value.self = value
    return value
  }),
  bigint: given(() => ({ amount: 1n })),
  throws: () => {
    throw broken()
  },
  refuses: (ctx) => ctx.throw(403, 'not you'),
  'throws-with-a-body': (ctx, { content }) => {
    ctx.body = content
    throw broken()
  },
  redirect: (ctx) => ctx.redirect('/elsewhere'),
  'redirect-with-a-body': (ctx, play) => {
    ctx.redirect('/elsewhere')
    ctx.body = parsed(play)
  },
  'not-modified': (ctx, { content }) => {
    ctx.etag = 'the same'
    ctx.body = content
    ctx.status = 304
  },
  'replaced-stream': (ctx, play) => {
    ctx.body = readable(play)
    ctx.body = parsed(play)
  },
  'in-its-own-words': (ctx, play) => {
    ctx.status = 202
    ctx.message = 'Taken'
    ctx.append('x-many', 'a')
    ctx.append('x-many', 'b')
    ctx.cookies.set('one', '1')
    ctx.cookies.set('two', '2')
    ctx.body = parsed(play)
  },
  gzip: packed('gzip', gzipSync),
  'gzip-and-identity': packed('gzip, identity', gzipSync),
  deflate: packed('deflate', deflateSync),
  'raw-deflate': packed('deflate', deflateRawSync),
  brotli: packed('br', brotliCompressSync),
  'gzip-twice': packed('gzip, gzip', (bytes) => gzipSync(gzipSync(bytes))),
  'unknown-encoding': packed('x-own', (bytes) => Buffer.from(bytes.toString('base64'))),
  'gzip-cut-short': packed('gzip', (bytes) => gzipSync(bytes).subarray(0, 30)),
  'end-by-hand': written((res, { content }) => res.end(content)),
  'written-by-hand': written((res, { content }) => {
    res.write(content.subarray(0, 9))
    res.write(content.subarray(9))
    res.end()
  }),
  'head-by-hand': written((res, { content }) =>
    res
      .writeHead(201, 'Mine', { 'X-Mine': 'a', 'Set-Cookie': ['a=1', 'b=2'], 'Content-Length': content.length })
      .end(content),
  ),
  'head-as-a-list': written((res, { content }) =>
    res.writeHead(200, ['X-Mine', 'a', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end(content),
  ),
  'head-as-pairs': written((res, { content }) =>
    res
      .writeHead(200, [
        ['X-Mine', 'a'],
        ['Set-Cookie', 'a=1'],
      ] as unknown as string[])
      .end(content),
  ),
  'by-hand-unsaid': async ({ res }, { content }) => {
    res.statusCode = 200
    res.setHeader('content-type', 'application/json')
    res.end(content)
    await new Promise((resolve) => setTimeout(resolve, 5))
  },
  'by-hand-unsaid-and-at-once': ({ res }, { content }) => {
    res.statusCode = 200
    res.end(content)
  },
  'by-hand-and-by-koa': (ctx, { content }) => {
    ctx.res.statusCode = 200
    ctx.res.end(content)
    ctx.body = 'too late'
  },
  'by-hand-later': written((res, { content }) => setTimeout(() => res.end(content), 10)),
  'by-hand-with-trailers': written((res, { content }) => {
    res.writeHead(200, { trailer: 'x-sum' })
    res.write(content)
    res.addTrailers({ 'x-sum': '1' })
    res.end()
  }),
  'by-hand-breaks-off': written((res, { content }) => {
    res.writeHead(200, { 'content-length': content.length })
    res.write(content.subarray(0, 9))
    setTimeout(() => res.destroy(), 10)
  }),
  'piped-by-hand': written((res, play) => pipeline(readable(play), res)),
  'piped-by-hand-large': written((res, play) => pipeline(readable({ ...play, content: padded(play, 1_500_000) }), res)),
  'waits-for-its-parts': written(async (res, { content }) => {
    for (const part of partsOf(content)) await new Promise((resolve) => res.write(part, resolve))
    await new Promise<void>((resolve) => res.end(resolve))
  }),
  // Node says when the bytes may be written over, as a loop over a file does.
  'reuses-its-bytes': written(async (res, { content }) => {
    const bytes = Buffer.alloc(Math.ceil(content.length / 4))
    for (let at = 0; at < content.length; at += bytes.length) {
      const size = content.copy(bytes, 0, at)
      await new Promise((resolve) => res.write(bytes.subarray(0, size), resolve))
    }
    bytes.fill(0)
    res.end()
  }),
  'bytes-of-another-realm': written((res, { content }) => {
    const bytes = runInNewContext(`new Uint8Array(${content.length})`) as Uint8Array
    bytes.set(content)
    res.write(bytes.subarray(0, 9))
    res.end(bytes.subarray(9))
  }),
  // As `on-headers` does it, for sessions of Express and the like.
  'head-at-the-last-moment': (ctx, { content }) => {
    const { res } = ctx
    const late = ['x-session', 'set-cookie'].map((name) => [name, res.getHeader(name)] as const)
    for (const [name] of late) res.removeHeader(name)
    const { writeHead } = res as unknown as { writeHead: (...args: unknown[]) => ServerResponse }
    Object.assign(res, {
      writeHead(...args: unknown[]) {
        for (const [name, value] of late) if (value !== undefined) res.setHeader(name, value)
        res.appendHeader('x-late', 'once')
        return writeHead.apply(res, args)
      },
    })
    ctx.type = 'json'
    ctx.body = content
  },
  'flushes-its-head': (ctx, play) => {
    ctx.type = 'json'
    ctx.status = 200
    ctx.flushHeaders()
    ctx.body = readable(play)
  },
}

/** What Koa 3 knows besides. */
export const kindsOfKoa3: Record<string, Game> = {
  web: given(web, 'json'),
  'web-large': given((play) => web({ ...play, content: padded(play, 1_500_000) }), 'json'),
  'web-fails': given((play) => Readable.toWeb(failing(play, 0)), 'json'),
  'web-fails-in-the-midst': given((play) => Readable.toWeb(failing(play, 1)), 'json'),
  blob: given(({ content }) => new Blob([content], { type: 'application/json' })),
  'blob-large': given((play) => new Blob([padded(play, 1_500_000)], { type: 'application/json' })),
  response: given(
    ({ content }) =>
      new Response(content, { status: 201, headers: { 'x-mine': 'a', 'content-type': 'application/json' } }),
  ),
  'response-of-a-stream': given((play) => new Response(web(play) as ReadableStream, { headers: { 'x-mine': 'a' } })),
  'response-that-is-empty': given(() => new Response(null, { status: 200, headers: { 'x-mine': 'a' } })),
  'response-that-fails': given(() => new Response('{"error":1}', { status: 502 })),
  fetched: async (ctx, { far }) => {
    ctx.body = await fetch(far)
  },
  'fetched-body': async (ctx, { far }) => {
    ctx.type = 'json'
    ctx.body = (await fetch(far)).body
  },
}

/** All that this Koa knows. */
export const kindsFor = (koa: string): Record<string, Game> => (koa === 'Koa 3' ? { ...kinds, ...kindsOfKoa3 } : kinds)

/** What breaks off while it is being packed has come as far as it has by chance. */
export const wholeKindsFor = (koa: string): Record<string, Game> =>
  Object.fromEntries(
    Object.entries(kindsFor(koa)).filter(([kind]) => !/fail|break|close|gone|by-koa|unsaid|flush/.test(kind)),
  )
