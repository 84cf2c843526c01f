// A game that gives every kind of answer, asked with us and without: what the client gets, what the game hears, what is counted.
import { Agent, createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import zlib from 'node:zlib'
import Koa3 from 'koa'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, type ClienteleOptions, clientele, jsonRpc, rest } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'
import type { Game } from './kinds-of-answers.js'
import type { Wrapper } from './packing-hosts.js'

interface Got {
  status: string
  headers: string[]
  body: Buffer
  /** Whether all of it came. */
  isWhole: boolean
}

/** What went wrong that a game can listen to, or that ends its process. */
interface Heard {
  app: string[]
  process: string[]
}

/** How a request asks: a plain call, a login whose session is in the body, or in the head. */
const modes = {
  call: { method: 'POST', isLogin: false },
  login: { method: 'POST', isLogin: true },
  enter: { method: 'POST', isLogin: true },
  look: { method: 'HEAD', isLogin: false },
  door: { method: 'HEAD', isLogin: true },
  /** What nobody can read as a call. */
  odd: { method: 'POST', isLogin: false },
}
export type Mode = keyof typeof modes

const wild: string[] = []
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => wild.push(String(error)))
}

/** Koa 2 lets a client wait for ever when a stream fails in the midst: the same with us, and a login would be held for two seconds. */
const endless = new Set([
  'readable-fails-in-the-midst',
  '900k-fails-in-the-midst',
  'large-fails-in-the-midst',
  'old-fails-in-the-midst',
  'readable-is-gone',
])

const contentOf = (mode: Mode, kind: string) =>
  Buffer.from(
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      result: { ...(mode === 'login' ? { session_id: `s.${kind}` } : {}), status: 'fine'.repeat(60) },
    }),
  )

function protocols(names: readonly string[]) {
  const rpc = jsonRpc({
    path: '/rpc',
    sessions: Object.fromEntries(names.map((name) => [`login.${name}`, { apiKey: { index: 0, name: 'api_key' } }])),
    sessionId: { index: 0, name: 'session_id' },
    answer: { sessionId: '/session_id' },
    features: names.map((name) => `call.${name}`),
  })
  const answer = { sessionId: [{ cookie: 'sid' }, { header: 'x-session' }] }
  const routes = rest({
    sessions: Object.fromEntries(
      names.flatMap((name) => [
        [`POST /enter/${name}`, { answer }],
        [`GET /door/${name}`, { answer }],
      ]),
    ),
    apiKey: { header: 'x-key' },
    sessionId: { cookie: 'sid' },
    features: names.map((name) => `GET /look/${name}`),
  })
  return [rpc, routes]
}

const featureOf = (mode: Mode, kind: string) =>
  ({
    call: `call.${kind}`,
    login: `login.${kind}`,
    enter: `POST /enter/${kind}`,
    look: `GET /look/${kind}`,
    door: `GET /door/${kind}`,
    odd: '',
  })[mode]

function ask(url: string, mode: Mode, kind: string, agent: Agent, more: Record<string, string>): Promise<Got> {
  const isRpc = mode === 'call' || mode === 'login' || mode === 'odd'
  const headers = { 'x-kind': kind, 'x-mode': mode, ...(isRpc ? {} : { 'x-key': 'anonymous' }), ...more }
  const path = isRpc ? '/rpc' : `/${mode}/${kind}`
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: `${mode}.${kind}`, params: ['anonymous'] })
  const body = mode === 'odd' ? 'a word' : isRpc ? call : ''
  return new Promise((resolve) => {
    const none = (error: Error) =>
      resolve({ status: error.message, headers: [], body: Buffer.alloc(0), isWhole: false })
    const request = httpRequest(
      url + path,
      { method: modes[mode].method, headers, agent, timeout: endless.has(kind) ? 250 : 5_000 },
      (answer) => {
        const raw = answer.rawHeaders
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('error', () => undefined)
        answer.on('close', () =>
          resolve({
            status: `${answer.statusCode} ${answer.statusMessage}`,
            headers: [
              ...raw.flatMap((name, at) =>
                at % 2 > 0 || name.toLowerCase() === 'date' ? [] : [`${name}: ${raw[at + 1]}`],
              ),
              ...answer.rawTrailers,
            ],
            body: Buffer.concat(parts),
            isWhole: answer.complete,
          }),
        )
      },
    )
    request.on('error', none)
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.end(body)
  })
}

const inflaters: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: zlib.gunzipSync,
  'gzip, identity': zlib.gunzipSync,
  'gzip, gzip': (bytes) => zlib.gunzipSync(zlib.gunzipSync(bytes)),
  deflate: (bytes) => ((bytes[0] ?? 0) === 0x78 ? zlib.inflateSync(bytes) : zlib.inflateRawSync(bytes)),
  br: zlib.brotliDecompressSync,
}

/** What somebody who may keep so many bytes can see in an answer: a session, none, or nothing at all. */
function seen(
  mode: Mode,
  { status, headers, body, isWhole }: Got,
  limitBytes: number,
): 'session' | 'none' | 'unreadable' {
  if (Number(status.slice(0, 3)) >= 400) return 'none'
  // One that breaks off is none, unless it was too long to be held: its head went out, and the session was in it.
  if (!isWhole && (mode === 'login' || body.length <= limitBytes)) return 'none'
  if (mode !== 'login') return headers.some((line) => line.startsWith('x-session:')) ? 'session' : 'none'
  const encoding = headers.find((line) => /^content-encoding:/i.test(line))?.slice('content-encoding: '.length)
  const inflate = encoding === undefined ? (bytes: Buffer) => bytes : inflaters[encoding]
  if (body.length > limitBytes) return 'unreadable'
  try {
    const bytes = inflate?.(body)
    if (!bytes || bytes.length > limitBytes) return 'unreadable'
    // To an array of one call's answer the protocol is as lenient as clients are.
    const [answer] = [JSON.parse(bytes.toString())].flat()
    return answer?.result?.session_id === undefined ? 'none' : 'session'
  } catch {
    return encoding === undefined ? 'none' : 'unreadable'
  }
}

/** A game that gives each kind of answer to whoever asks for it. */
function build(
  Koa: typeof Koa3,
  games: Record<string, Game>,
  far: string,
  before: Koa3.Middleware[],
): [Koa3, string[]] {
  const app = new Koa()
  const errors: string[] = []
  app.on('error', (error: Error) => errors.push(error.message))
  for (const one of before) app.use(one)
  app.use(async (ctx) => {
    const [mode, kind] = [ctx.get('x-mode') as Mode, ctx.get('x-kind')]
    for await (const _ of ctx.req);
    if (mode === 'enter' || mode === 'door') {
      ctx.set('x-session', `${mode}.${kind}`)
      ctx.cookies.set('sid', `${mode}.${kind}`)
    }
    await games[kind]?.(ctx, { content: contentOf(mode, kind), far: `${far}/${mode}/${kind}` })
  })
  return [app, errors]
}

async function hear<Result>(errors: string[], work: () => Promise<Result>): Promise<[Result, Heard]> {
  const result = await work()
  // A stream's end, and what it broke, come with the next turns.
  await wait((result as Got).isWhole ? 1 : 10)
  return [result, { app: errors.splice(0), process: wild.splice(0) }]
}

/** How answers are compared, if not with a host of our own defaults. */
export interface How {
  asked: Mode[]
  wrapper?: Wrapper
  options?: Partial<ClienteleOptions>
  /** What the client sends besides. */
  headers?: Record<string, string>
}

/** A few at a time: a day's record tells apart so many names of features, and of those that create sessions. */
export async function compareAll(Koa: typeof Koa3, games: Record<string, Game>, how: How): Promise<void> {
  const entries = Object.entries(games)
  for (let at = 0; at < entries.length; at += 24) {
    await compare(Koa, Object.fromEntries(entries.slice(at, at + 24)), how)
  }
}

/** Each kind in each way, with us and without. */
async function compare(
  Koa: typeof Koa3,
  games: Record<string, Game>,
  { asked, wrapper: { outer = [], inner = [] } = {}, options = {}, headers = {} }: How,
): Promise<void> {
  const { bodyLimitBytes = 1_048_576 } = options
  const isHeld = options.strict === true || options.durability === 'all'
  // To refuse an answer all of it is kept.
  const seenBytes = options.strict === true ? Number.POSITIVE_INFINITY : bodyLimitBytes
  const names = Object.keys(games)
  const agent = new Agent({ keepAlive: true })
  const told: string[] = []
  const clients: Clientele = clientele({
    store: memory(),
    protocol: protocols(names),
    secret,
    ...options,
    onError: (error) => told.push(`${error.code} ${error.cause}`),
  })
  const farServer = createServer((request, response) => {
    const [, mode, kind] = request.url?.split('/') ?? []
    response.setHeader('set-cookie', ['far=1', 'away=2'])
    response.setHeader('content-type', 'application/json')
    response.end(contentOf(mode as Mode, kind ?? ''))
  })
  await new Promise<void>((resolve) => farServer.listen(0, '127.0.0.1', resolve))
  const far = `http://127.0.0.1:${(farServer.address() as AddressInfo).port}`
  const [bare, bareErrors] = build(Koa, games, far, [...outer, ...inner])
  const [app, errors] = build(Koa, games, far, [...outer, clients.middleware(), ...inner])
  const faults: string[] = []
  const expected: [feature: string, isLogin: boolean, sessions: number][] = []
  await serve(bare, (bareUrl) =>
    serve(app, async (url) => {
      for (const kind of names) {
        for (const mode of asked) {
          const fault = (what: string) => faults.push(`${kind}, ${mode}: ${what}`)
          // Held for as long as it is not whole.
          if (Koa !== Koa3 && endless.has(kind) && (mode !== 'call' || isHeld)) continue
          const [without, heardWithout] = await hear(bareErrors, () => ask(bareUrl, mode, kind, agent, headers))
          const before = clients.health().unlearned
          const [got, heard] = await hear(errors, () => ask(url, mode, kind, agent, headers))
          if (got.status !== without.status) fault(`status ${got.status}, not ${without.status}`)
          if (String(got.headers) !== String(without.headers)) fault(`headers ${got.headers}, not ${without.headers}`)
          if (!got.body.equals(without.body))
            fault(
              `${got.body.length} bytes ${got.body.subarray(0, 50)}, not ${without.body.length} ${without.body.subarray(0, 50)}`,
            )
          if (got.isWhole !== without.isWhole) fault(`whole: ${got.isWhole}, not ${without.isWhole}`)
          // Koa 2 tells the app of a stream's error until the answer to HEAD is out, which one that is held is later.
          if (mode === 'door' || (mode === 'look' && isHeld)) heard.app = heardWithout.app
          if (JSON.stringify(heard) !== JSON.stringify(heardWithout))
            fault(`heard ${JSON.stringify(heard)}, not ${JSON.stringify(heardWithout)}`)
          const { isLogin } = modes[mode]
          const shown = isLogin ? seen(mode, without, seenBytes) : 'none'
          if (mode === 'odd') continue
          expected.push([featureOf(mode, kind), isLogin, shown === 'session' ? 1 : 0])
          const unlearned = clients.health().unlearned - before
          if (shown === 'unreadable' && unlearned !== 1) fault('an answer that nobody can read is not told')
          if (shown === 'session' && unlearned !== 0) fault('a session that is there is told as missing')
        }
      }
    }),
  )
  await clients.close()
  farServer.close()
  agent.destroy()
  const logins = await clients.usage.read('anonymous')
  const others = await clients.usage.read('(none)')
  for (const [feature, isLogin, sessions] of expected) {
    const { calls = 0 } = (isLogin ? logins : others).features[feature] ?? {}
    if (calls !== 1) faults.push(`${feature}: counted ${calls} times`)
    const opened = logins.sessionsByMethod[feature] ?? 0
    if (opened !== sessions) faults.push(`${feature}: ${opened} sessions, not ${sessions}`)
  }
  assert.equal(faults, [])
  assert.equal([logins.calls + others.calls, told], [expected.length, []])
}
