// A game that answers before a body is whole answers then with us too; and what comes late is counted all the same.
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { deflateSync, gzipSync } from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import fc from 'fast-check'
import type Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, clientele, jsonRpc, type Protocol, rest } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { readers } from '../helpers/readers.js'
import { secret } from '../helpers/serve.js'

const bodyLimitBytes = 100_000
/** A busy machine is given its time; whoever waits for the body waits for ever. */
const maxWaitMs = 8_000

/** The readers, by names that can be modules. */
const modules = Object.fromEntries(Object.entries(readers).map(([name, read]) => [name.replaceAll(/\W/g, '-'), read]))

const protocol = jsonRpc({
  path: '/:module',
  sessions: Object.fromEntries(
    ['early', 'eager', ...Object.keys(modules)].map((name) => [
      `${name}.login`,
      { apiKey: { index: 2, name: 'api_key' } },
    ]),
  ),
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id' },
  features: ['early.view'],
})

type KoaName = keyof typeof koas
const koaNames = Object.keys(koas) as KoaName[]

/** Answers from the headers alone, as they ask for it, in all the ways in which a game answers. */
const early: Koa.Middleware = (ctx) => {
  started(ctx.get('x-request'))
  ctx.status = Number(ctx.get('x-status') || 401)
  const way = ctx.get('x-way')
  if (way === 'object') ctx.body = { error: 'no' }
  else if (way === 'bytes') ctx.body = Buffer.from('no')
  else if (way === 'by hand') {
    ctx.respond = false
    ctx.res.writeHead(ctx.status, { 'x-by': 'hand' })
    ctx.res.end('no')
  } else if (way === 'thrown') ctx.throw(ctx.status, 'no')
  else ctx.body = 'no'
}

/** Reads as its address says, and plays. */
const late: Koa.Middleware = (ctx, next) => {
  started(ctx.get('x-request'))
  return modules[ctx.path.slice(1)]?.(ctx, next)
}
/** Answers bit by bit. */
const progress: Koa.Middleware = (ctx) => {
  ctx.respond = false
  ctx.res.write('begun')
  ctx.req.on('end', () => ctx.res.end('no')).resume()
}
/** Opens a session before it has read who asks. */
const eager: Koa.Middleware = (ctx) => {
  ctx.respond = false
  ctx.res.setHeader('content-type', 'application/json')
  ctx.res.end('{"id":1,"result":{"session_id":"from the eager"}}')
}
const game: Koa.Middleware = (ctx, next) => {
  if (ctx.path === '/progress') return progress(ctx, next)
  if (ctx.path === '/eager') return eager(ctx, next)
  return ctx.path === '/early' || ctx.path === '/avatar' ? early(ctx, next) : late(ctx, next)
}

/** Who waits until the game has a request. */
const waiting = new Map<string, () => void>()
const started = (request: string) => waiting.get(request)?.()
let requests = 0
function aRequest(): { id: string; isWithGame: Promise<void> } {
  const id = String(++requests)
  return {
    id,
    isWithGame: within(new Promise((resolve) => waiting.set(id, resolve)), `request ${id} reaches the game`),
  }
}

async function within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const controller = new AbortController()
  const late = wait(maxWaitMs, undefined, { signal: controller.signal }).then(() =>
    assert.unreachable(`never: ${what}`),
  )
  try {
    return (await Promise.race([promise, late])) as Value
  } finally {
    late.catch(() => undefined)
    controller.abort()
  }
}

type Mount = 'first' | 'before a parser' | 'after a parser'
const orders: Record<Mount, (ours: Koa.Middleware[]) => Koa.Middleware[]> = {
  first: (ours) => [...ours, game],
  'before a parser': (ours) => [...ours, bodyParser(), game],
  'after a parser': (ours) => [bodyParser(), ...ours, game],
}

interface Host {
  port: number
  clients?: Clientele
}

type Listener = ReturnType<Koa['callback']>
const servers: Record<string, (listener: Listener) => http.Server> = {
  http: (listener) => http.createServer(listener),
  // It leaves it to the game whether a client is to go on.
  'leaving it to the game': (listener) => http.createServer(listener).on('checkContinue', listener),
  h2c: (listener) => http2.createServer(listener as Parameters<typeof http2.createServer>[0]) as never,
}

async function withHosts(
  {
    koa,
    mount = 'first',
    server = 'http',
    ...options
  }: { koa: KoaName; mount?: Mount; server?: string; strict?: true; protocol?: Protocol },
  use: (ours: Required<Host>, bare: Host) => Promise<void>,
): Promise<void> {
  const clients = clientele({ store: memory(), protocol, secret, bodyLimitBytes, onError: () => undefined, ...options })
  const listening = await Promise.all(
    [[clients.middleware() as Koa.Middleware], []].map(async (ours) => {
      const app = new koas[koa]()
      app.silent = true
      for (const one of orders[mount](ours)) app.use(one)
      const listener = (servers[server] as (typeof servers)[string])(app.callback()).listen(0, '127.0.0.1')
      await once(listener, 'listening')
      return listener
    }),
  )
  const [ours, bare] = listening.map((one) => ({ port: (one.address() as AddressInfo).port }))
  try {
    await use({ ...(ours as Host), clients }, bare as Host)
  } finally {
    for (const one of listening) {
      one.closeAllConnections?.()
      one.close()
    }
    await clients.close()
  }
}

/** A connection, and what came over it. */
class Line {
  readonly #socket: Socket
  #sent = ''
  received = ''

  private constructor(socket: Socket) {
    this.#socket = socket.setNoDelay().on('error', () => undefined)
    socket.on('data', (data) => {
      this.received += data.toString('latin1')
    })
  }

  static async to({ port }: Host): Promise<Line> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Line(socket)
  }

  write(bytes: string | Buffer): void {
    this.#sent += bytes.toString('latin1')
    if (bytes.length > 0) this.#socket.write(bytes)
  }

  /** Until this many answers are here, whole; or until it is closed. */
  answers(count: number): Promise<string> {
    const isThere = () =>
      (this.received.match(/HTTP\/1\.1 (?!100)/g)?.length ?? 0) >= count && /(no|\}|0\r\n\r\n)$/.test(this.received)
    const come = async () => {
      while (!isThere() && !this.#socket.destroyed) await wait(2)
      return this.received.replaceAll(/^Date: .*\r\n/gm, '')
    }
    return within(
      come(),
      `${count} answers to ${JSON.stringify(this.#sent.slice(0, 400))}; there are: ${JSON.stringify(this.received)}`,
    )
  }

  async has(text: string): Promise<void> {
    while (!this.received.includes(text) && !this.#socket.destroyed) await wait(2)
  }

  close(): void {
    this.#socket.destroy()
  }
}

interface Upload {
  path: string
  type?: string | undefined
  body: Buffer
  /** How much is sent before the answer is here. */
  sentBytes: number
  isChunked: boolean
  headers?: Record<string, string>
}

const framed = (bytes: Buffer) =>
  bytes.length === 0
    ? bytes
    : Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])

function head({ path, type, body, isChunked, headers = {} }: Upload): string {
  const fields = {
    host: 'h',
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }),
    ...headers,
  }
  return `POST ${path} HTTP/1.1\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
}

/** Sends a part, waits for the answer, sends what is left, and asks again on the same connection. */
async function answeredEarly(host: Host, upload: Upload): Promise<{ first: string; all: string }> {
  const line = await Line.to(host)
  try {
    const parts = [upload.body.subarray(0, upload.sentBytes), upload.body.subarray(upload.sentBytes)]
    const [sent, left] = upload.isChunked ? parts.map(framed) : parts
    line.write(head(upload))
    line.write(sent as Buffer)
    const first = await line.answers(1)
    line.write(left as Buffer)
    if (upload.isChunked) line.write('0\r\n\r\n')
    line.write('GET /early HTTP/1.1\r\nHost: h\r\nX-Way: object\r\n\r\n')
    return { first, all: await line.answers(2) }
  } finally {
    line.close()
  }
}

const bytes = (...values: (number | string)[]) =>
  Buffer.concat(values.map((one) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : Buffer.from([one]))))
const long = (start: Buffer) => Buffer.concat([start, Buffer.alloc(3_000, 0x41)])

/** No login begins so, whatever type it is sent as. */
const files: Record<string, Buffer> = {
  png: long(bytes(0x89, 'PNG\r\n', 0x1a, '\n', 0, 0, 0, 13, 'IHDR')),
  jpeg: long(bytes(0xff, 0xd8, 0xff, 0xe0, 0, 16, 'JFIF', 0)),
  gif: long(bytes('GIF89a', 16, 0, 16, 0)),
  zip: long(bytes('PK', 3, 4, 20, 0, 0, 0)),
  mp4: long(bytes(0, 0, 0, 24, 'ftypmp42')),
  ogg: long(bytes('OggS', 0, 2, 0, 0)),
  xml: long(bytes('<?xml version="1.0"?><upload>')),
  parts: long(bytes('--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n')),
}
const fileTypes = ['image/png', 'application/octet-stream', 'application/json', undefined]

const anUpload = fc.record({
  kind: fc.constantFrom(...Object.keys(files)),
  type: fc.constantFrom(...fileTypes),
  path: fc.constantFrom('/early', '/avatar'),
  sentBytes: fc.oneof(fc.integer({ min: 12, max: 40 }), fc.integer({ min: 12, max: 3_000 })),
  isChunked: fc.boolean(),
  expects: fc.boolean(),
  status: fc.constantFrom('401', '404', '413', '200'),
  way: fc.constantFrom('object', 'text', 'bytes', 'by hand', 'thrown'),
})
type AnyUpload = typeof anUpload extends fc.Arbitrary<infer One> ? One : never

function uploadOf({ kind, type, path, sentBytes, isChunked, expects, status, way }: AnyUpload, mount: Mount): Upload {
  // What a parser takes it waits for, with us and without.
  const own = kind === 'parts' ? 'multipart/form-data; boundary=x' : mount === 'first' ? type : 'image/png'
  const headers = {
    'x-status': status,
    'x-way': way === 'thrown' && status === '200' ? 'text' : way,
    ...(expects ? { expect: '100-continue' } : {}),
  }
  return { path, type: own, body: files[kind] as Buffer, sentBytes, isChunked, headers }
}

const sample = <Value>(arbitrary: fc.Arbitrary<Value>, count: number) =>
  fc.sample(arbitrary, { numRuns: count, seed: Number(process.env.SEED ?? Date.now() % 100_000) })

for (const koa of koaNames) {
  test(`${koa}: what can be no login goes to the game at once, where the whole body is waited for too`, async () => {
    for (const mount of Object.keys(orders) as Mount[]) {
      await withHosts({ koa, mount, strict: true }, async (ours, bare) => {
        const uploads = sample(anUpload, 40).map((one) => uploadOf(one, mount))
        const tooLarge: Upload = {
          path: '/early',
          type: 'application/json',
          body: Buffer.alloc(bodyLimitBytes + 1, 0x20),
          sentBytes: 0,
          isChunked: false,
        }
        const all = mount === 'first' ? [...uploads, tooLarge] : uploads
        await Promise.all(
          all.map(async (upload) => {
            const [given, wanted] = await Promise.all([answeredEarly(ours, upload), answeredEarly(bare, upload)])
            assert.equal(
              given,
              wanted,
              `${mount} ${JSON.stringify({ ...upload, body: upload.body.toString('latin1').slice(0, 12) })}`,
            )
          }),
        )
        await settled(() => ours.clients.health().unread >= all.length)
        assert.is(ours.clients.health().unread, all.length)
      })
    }
  })
}

/** Text of which nobody can say what it will be. */
const inSession = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'view', params: ['known'] })
const texts: Record<string, { body: Buffer; isCall?: true; headers?: Record<string, string> }> = {
  call: { body: Buffer.from(inSession), isCall: true },
  'call in UTF-16': { body: Buffer.from(inSession, 'utf16le'), isCall: true },
  form: { body: Buffer.from('method=view&id=1&params=["known"]'), isCall: true },
  packed: { body: gzipSync(inSession), isCall: true },
  'packed, and said so': { body: deflateSync(inSession), isCall: true, headers: { 'content-encoding': 'deflate' } },
  text: { body: Buffer.from('hello, how is it going with the game today?') },
}

const aText = fc.record({
  kind: fc.constantFrom(...Object.keys(texts)),
  cut: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.99, noNaN: true })),
  isChunked: fc.boolean(),
  expects: fc.boolean(),
  status: fc.constantFrom('401', '413', '200'),
  way: fc.constantFrom('object', 'text', 'bytes', 'by hand'),
})

test('what nobody can tell from its first bytes goes to the game in two seconds, and its calls count when it is whole', async () => {
  const hosts = koaNames.flatMap((koa) => [
    { koa, mount: 'first' as const },
    { koa, mount: 'before a parser' as const },
    { koa, mount: 'after a parser' as const },
    { koa, mount: 'first' as const, server: 'leaving it to the game' },
  ])
  await Promise.all(
    hosts.map((where) =>
      withHosts(where, async (ours, bare) => {
        const { publicKey } = await ours.clients.registry.register({ name: 'a client' })
        await ours.clients.openSession({ sessionId: 'known', publicKey, method: 'early.login' })
        const chosen = sample(aText, 24)
        await Promise.all(
          chosen.map(async ({ kind, cut, isChunked, expects, status, way }) => {
            const { body, headers } = texts[kind] as (typeof texts)[string]
            const more = {
              ...headers,
              'x-status': status,
              'x-way': way,
              ...(expects ? { expect: '100-continue' } : {}),
            }
            const upload = {
              path: '/early',
              type: 'text/plain',
              body,
              sentBytes: Math.floor(cut * body.length),
              isChunked,
              headers: more,
            }
            const [given, wanted] = await Promise.all([answeredEarly(ours, upload), answeredEarly(bare, upload)])
            assert.equal(given, wanted, `${JSON.stringify({ ...where, ...upload, body: kind })}`)
          }),
        )
        // Whom nobody told to go on has its connection closed.
        const isCut = ({ expects }: { expects: boolean }) => expects && 'server' in where
        const calls = chosen.filter((one) => texts[one.kind]?.isCall && !isCut(one))
        const errors = calls.filter(({ status }) => status !== '200')
        const counted = async () => ({ ...(await ours.clients.usage.read(publicKey)).features['early.view'] })
        await settled(async () => (await counted()).calls === calls.length)
        assert.equal(await counted(), { calls: calls.length, errors: errors.length }, JSON.stringify(where))
        assert.is(ours.clients.health().unread, chosen.length - calls.length)
      }),
    ),
  )
})

const login = (publicKey: string, id = 1) => ({
  jsonrpc: '2.0',
  id,
  method: 'login',
  params: ['ada', 'right', publicKey],
})

/** What is in a body that comes too late to be refused, and what is counted of it. */
const lateBodies: Record<string, { body: (known: string) => unknown; known: number; unread: number }> = {
  login: { body: (known) => login(known), known: 1, unread: 0 },
  'login of nobody': { body: () => login('nobody-knows-it'), known: 0, unread: 1 },
  'login without a public key': { body: () => login(''), known: 0, unread: 1 },
  batch: { body: (known) => [login(known), login('nobody-knows-it', 2)], known: 1, unread: 1 },
}

/** Sends a part, and the rest when the game has the request. */
async function slowly(host: Host, upload: Upload): Promise<string> {
  const { id, isWithGame } = aRequest()
  const line = await Line.to(host)
  try {
    const { body, sentBytes } = upload
    const [sent, left] = [body.subarray(0, sentBytes), body.subarray(sentBytes)].map((part) =>
      upload.isChunked ? framed(part) : part,
    )
    line.write(head({ ...upload, headers: { connection: 'close', 'x-request': id } }))
    line.write(sent as Buffer)
    await isWithGame
    for (const byte of (left as Buffer).subarray(0, 3)) {
      line.write(Buffer.from([byte]))
      await wait(2)
    }
    line.write((left as Buffer).subarray(3))
    if (upload.isChunked) line.write('0\r\n\r\n')
    return await line.answers(1)
  } finally {
    line.close()
  }
}

test('a login whose body comes late is not refused, and its session counts for its client or as unread', async () => {
  await Promise.all(
    koaNames.map((koa) =>
      withHosts({ koa }, async (ours, bare) => {
        const { publicKey } = await ours.clients.registry.register({ name: 'a client' })
        const cells = Object.keys(modules).flatMap((reader) =>
          Object.keys(lateBodies).map((kind) => ({ reader, kind })),
        )
        const cuts = sample(
          fc.record({ cut: fc.double({ min: 0, max: 0.99, noNaN: true }), isChunked: fc.boolean() }),
          cells.length,
        )
        const answers = await Promise.all(
          cells.map(async ({ reader, kind }, index) => {
            const { cut, isChunked } = cuts[index] as (typeof cuts)[number]
            const body = Buffer.from(JSON.stringify(lateBodies[kind]?.body(publicKey)))
            const upload = {
              path: `/${reader}`,
              type: 'application/json',
              body,
              sentBytes: Math.floor(cut * body.length),
              isChunked,
            }
            const [given, wanted] = await Promise.all([slowly(ours, upload), slowly(bare, upload)])
            assert.is(given, wanted, `${koa}, ${reader}, ${kind}, ${JSON.stringify(cuts[index])}`)
            return { ...(lateBodies[kind] as (typeof lateBodies)[string]), isPlayed: given.includes('session_id') }
          }),
        )
        const played = answers.filter(({ isPlayed }) => isPlayed)
        const sum = (of: 'known' | 'unread') => played.reduce((all, one) => all + one[of], 0)
        const sessions = async (row: string) => (await ours.clients.usage.read(row)).sessions
        await settled(
          async () => (await sessions(publicKey)) >= sum('known') && (await sessions('(unread)')) >= sum('unread'),
        )
        assert.ok(played.length > 20)
        assert.equal([await sessions(publicKey), await sessions('(unread)')], [sum('known'), sum('unread')])
        assert.equal({ ...(await ours.clients.usage.read('(refused)')).refusals }, {})
        assert.is(ours.clients.health().unread, answers.filter(({ unread }) => unread > 0).length)
      }),
    ),
  )
})

for (const koa of koaNames) {
  test(`${koa}: a session that is shown before the body has ended, and the login in that, are one unread request`, async () => {
    await withHosts({ koa }, async (ours) => {
      const { publicKey } = await ours.clients.registry.register({ name: 'a client' })
      for (const [index, sent] of ['nobody-knows-it', 'nor this', publicKey].entries()) {
        const body = Buffer.from(JSON.stringify({ id: 1, method: 'login', params: ['me', 'password', sent] }))
        const upload = { path: '/eager', type: 'application/json', body, sentBytes: 20, isChunked: index === 1 }
        const { all } = await answeredEarly(ours, upload)
        assert.match(all, /from the eager/)
      }
      // What comes after them is counted after them.
      const body = Buffer.from(JSON.stringify(login(publicKey)))
      await slowly(ours, { path: '/data', type: 'application/json', body, sentBytes: 40, isChunked: false })
      await settled(async () => (await ours.clients.usage.read(publicKey)).sessions === 1)
      assert.is((await ours.clients.usage.read('(unread)')).sessions, 3)
      assert.is(ours.clients.health().unread, 3)
    })
  })
}

test('under strict a login is waited for, however slow, and refused', async () => {
  await withHosts({ koa: 'Koa 3', strict: true }, async (ours) => {
    const { id, isWithGame } = aRequest()
    let isPlayed = false
    isWithGame.then(
      () => (isPlayed = true),
      () => undefined,
    )
    const line = await Line.to(ours)
    const body = Buffer.from(JSON.stringify(login('nobody-knows-it')))
    line.write(
      head({
        path: '/data',
        type: 'application/json',
        body,
        sentBytes: 0,
        isChunked: false,
        headers: { 'x-request': id },
      }),
    )
    line.write(body.subarray(0, 40))
    await wait(2_500)
    line.write(body.subarray(40))
    assert.match(await line.answers(1), '-32001')
    assert.is(isPlayed, false)
    line.close()
  })
})

test('a game that tells how far an upload has come tells it while it comes', async () => {
  await Promise.all(
    koaNames.map((koa) =>
      withHosts({ koa }, async (ours, bare) => {
        const told = [ours, bare].map(async (host) => {
          const line = await Line.to(host)
          const body = Buffer.from(JSON.stringify(login('nobody-knows-it')))
          line.write(head({ path: '/progress', type: 'application/json', body, sentBytes: 0, isChunked: true }))
          line.write(framed(body.subarray(0, 9)))
          await within(line.has('begun'), 'the answer begins')
          line.write(framed(body.subarray(9)))
          line.write('0\r\n\r\n')
          const answer = await line.answers(1)
          line.close()
          return answer
        })
        const [given, wanted] = await Promise.all(told)
        assert.is(given, wanted)
      }),
    ),
  )
})

test('an API whose bodies say nothing has no body waited for', async () => {
  const inHeaders = rest({
    sessions: { 'POST /login': { answer: { sessionId: { body: '/session_id' } } } },
    apiKey: { header: 'x-api-key' },
    sessionId: { header: 'x-session' },
    features: ['POST /early'],
  })
  for (const koa of koaNames) {
    await withHosts({ koa, strict: true, protocol: inHeaders }, async (ours, bare) => {
      const { publicKey } = await ours.clients.registry.register({ name: 'a client' })
      await ours.clients.openSession({ sessionId: 'known', publicKey, method: 'POST /login' })
      const body = Buffer.from(inSession)
      for (const sentBytes of [0, 1, 20]) {
        const upload = {
          path: '/early',
          type: 'application/json',
          body,
          sentBytes,
          isChunked: sentBytes === 1,
          headers: { 'x-session': 'known' },
        }
        assert.equal(await answeredEarly(ours, upload), await answeredEarly(bare, upload))
      }
      assert.equal({ ...(await ours.clients.usage.read(publicKey)).features['POST /early'] }, { calls: 3, errors: 3 })
    })
  }
})

/** Over HTTP/2: a part, the answer's status or the game, and the rest. */
async function overHttp2(
  host: Host,
  { path, body, sentBytes, headers }: Upload,
  until: 'answered' | Promise<void>,
): Promise<string> {
  const session = http2.connect(`http://127.0.0.1:${host.port}`)
  try {
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers })
    stream.on('error', () => undefined)
    const answered = once(stream, 'response').then(([fields]) => fields)
    let text = ''
    const ended = new Promise((resolve) => stream.on('data', (data) => (text += data)).on('close', resolve))
    stream.write(body.subarray(0, sentBytes))
    if (until === 'answered') await within(answered, `an answer at ${path}`)
    else await until
    if (!stream.closed) stream.end(body.subarray(sentBytes))
    const { date: _, ...fields } = (await within(answered, `an answer at ${path}`)) as Record<string, unknown>
    await within(ended, 'the end of the stream')
    return JSON.stringify([fields, text, stream.rstCode])
  } finally {
    session.destroy()
  }
}

test('over HTTP/2 as well', async () => {
  await Promise.all(
    koaNames.map((koa) =>
      withHosts({ koa, server: 'h2c' }, async (ours, bare) => {
        const { publicKey } = await ours.clients.registry.register({ name: 'a client' })
        const early = [files.png as Buffer, Buffer.from(inSession)].map(async (body) => {
          const upload = { path: '/early', body, sentBytes: 20, isChunked: true }
          assert.is(await overHttp2(ours, upload, 'answered'), await overHttp2(bare, upload, 'answered'))
        })
        const late = [publicKey, 'nobody-knows-it'].map(async (one) => {
          const answers = [ours, bare].map((host) => {
            const { id, isWithGame } = aRequest()
            const body = Buffer.from(JSON.stringify(login(one)))
            return overHttp2(
              host,
              { path: '/data', body, sentBytes: 20, isChunked: true, headers: { 'x-request': id } },
              isWithGame,
            )
          })
          const [given, wanted] = await Promise.all(answers)
          assert.match(given ?? '', 'session_id')
          assert.is(given, wanted)
        })
        await Promise.all([...early, ...late])
        const sessions = async (row: string) => (await ours.clients.usage.read(row)).sessions
        assert.equal([await sessions(publicKey), await sessions('(unread)')], [1, 1])
      }),
    ),
  )
})

async function settled(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + maxWaitMs
  while (!(await isSo()) && performance.now() < endMs) await wait(5)
}

test.run()
