// A game server as a process of its own: JSON-RPC with `login` and `view`, and clientele in front of it. Its options come in
// the environment; it tells its parent the port, and every error that clientele reports.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Keyv } from 'keyv'
import Koa from 'koa'
import { clientele, type Durability, lacuna } from '../../../src/index.js'
import { naivePath, openStore } from './stores.js'

/** What a parent is told. */
export type ServerMessage = { port: number } | { error: string }

/** What `GET /health` answers. */
export interface ServerHealth {
  store: string
  waiting: number
  oldestMs: number
  dropped: number
  lastError?: { code: string; at: string }
  rssBytes: number
  heapBytes: number
  loopDelayMs: { p50: number; p99: number; max: number }
}

interface RpcRequest {
  id: number
  method: string
  params: string[]
}

const {
  STORE = '',
  MODE = 'clientele',
  DURABILITY = 'sessions',
  FLUSH_INTERVAL_MS = '1000',
  MADE_SECRET = '',
  SESSION_TTL_MS = '14400000',
  MEMORY_SESSIONS = '100000',
} = process.env
const players = 1_000

const store = openStore(STORE)
const app = new Koa()
// Koa prints what a client that hangs up leaves behind.
app.silent = true
const loopDelay = monitorEventLoopDelay({ resolution: 10 })
loopDelay.enable()
let isClosing = false

app.use(async (ctx, next) => {
  // Node lets a connection live on that was in use when the server closed.
  if (isClosing) ctx.set('connection', 'close')
  await next()
})
const close = MODE === 'read-add-write' ? countNaively(app, store) : countWithClientele(app, store)
app.use(async (ctx) => {
  const { id, method, params } = (ctx.state.body ?? (await readJson(ctx.req))) as RpcRequest
  ctx.type = 'application/json-rpc'
  const status = { empire: { id: Math.floor(Math.random() * players) } }
  const result = method === 'login' ? { session_id: randomUUID(), status } : { seen: params.length }
  ctx.body = JSON.stringify({ jsonrpc: '2.0', id, result })
})

const server = createServer(app.callback())
server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }))
// An orphan would count on.
process.on('disconnect', () => isClosing || process.exit(1))
// No process.exit(): the process must end by itself when everything is written.
process.once('SIGTERM', async () => {
  isClosing = true
  server.close()
  await close()
  process.disconnect()
})

function countWithClientele(app: Koa, store: Keyv): () => Promise<void> {
  const clients = clientele({
    store,
    protocol: lacuna(),
    ...(MADE_SECRET ? {} : { secret: 'a secret of more than 32 characters, for tests' }),
    durability: DURABILITY as Durability,
    flushIntervalMs: Number(FLUSH_INTERVAL_MS),
    sessionTtlMs: Number(SESSION_TTL_MS),
    memory: { sessions: Number(MEMORY_SESSIONS) },
    onError: ({ code, message, cause }) => tell({ error: `${code}: ${message} ${cause ?? ''}` }),
  })
  app.use((ctx, next) => {
    if (ctx.path !== '/health') return next()
    if (ctx.search !== '') globalThis.gc?.()
    const { rss, heapUsed } = process.memoryUsage()
    const { store, waiting, oldestMs, dropped, lastError } = clients.health()
    const inMs = (ns: number) => Math.round(ns / 1e5) / 10
    ctx.body = {
      ...{ store, waiting, oldestMs, dropped },
      ...(lastError ? { lastError } : {}),
      rssBytes: rss,
      heapBytes: heapUsed,
      loopDelayMs: {
        p50: inMs(loopDelay.percentile(50)),
        p99: inMs(loopDelay.percentile(99)),
        max: inMs(loopDelay.max),
      },
    } satisfies ServerHealth
    loopDelay.reset()
  })
  app.use(clients.middleware())
  return () => clients.close()
}

/** What everybody writes first, and what the README's table compares with. */
function countNaively(app: Koa, store: Keyv): () => Promise<void> {
  const attempt = async <Value>(work: () => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await work()
    } catch (error) {
      tell({ error: String(error) })
      return undefined
    }
  }
  const add = (name: string) =>
    attempt(async () => {
      const count = (await store.get<number>(name)) ?? 0
      await store.set(name, count + 1)
    })
  app.use(async (ctx, next) => {
    const body = await readJson(ctx.req)
    const { method, params } = body as RpcRequest
    ctx.state.body = body
    await next()
    const { result } = JSON.parse(String(ctx.body)) as { result: { session_id?: string } }
    if (method === 'login') {
      const [, , publicKey = ''] = params
      await attempt(() => store.set(`naive.session.${result.session_id}`, publicKey, 14_400_000))
      await add(naivePath(publicKey, 'sessions'))
    } else {
      const publicKey = await attempt(() => store.get<string>(`naive.session.${params[0]}`))
      await add(naivePath(publicKey ?? 'nobody', 'calls'))
    }
  })
  return async () => {}
}

async function readJson(request: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

function tell(message: ServerMessage): void {
  if (process.connected) process.send?.(message)
}
