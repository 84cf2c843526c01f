// A game server as a process of its own, in front of it clientele or nothing (`MODE=bare`). Answers its parent with its memory.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Koa from 'koa'
import { sqlite } from '../../../adapters/sqlite.js'
import { clientele, lacuna } from '../../../src/index.js'
import { secret } from '../../helpers/serve.js'

const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

interface Message {
  id?: unknown
  method?: unknown
  params?: unknown
}

const app = new Koa()
app.silent = true
// As some hosts do it, for all that comes here.
app.use((ctx, next) => {
  if (ctx.path === '/encoded') ctx.req.setEncoding('utf8')
  return next()
})
if (process.env.MODE !== 'bare') {
  const clients = clientele({
    store: sqlite(process.env.STORE ?? ''),
    protocol: lacuna(),
    secret,
    enforce: 'present',
    flushIntervalMs: 200,
    onError: () => {},
  })
  const { publicKey } = await clients.registry.register({ name: 'Honest' })
  app.use(clients.console())
  app.use(clients.middleware())
  process.send?.({ publicKey })
  process.once('disconnect', () => void clients.close().then(() => process.exit()))
} else process.once('disconnect', () => process.exit())

let sessions = 0

app.use(async (ctx) => {
  // From the headers, and what is sent is not read.
  if (ctx.path === '/upload') return ctx.throw(413)
  if (ctx.path !== '/empire' && ctx.path !== '/encoded') return ctx.throw(404)
  const { method, params, id } = ctx.query
  const sent: unknown =
    ctx.method === 'GET' ? { method, id, params: parse(String(params)) } : parse(await text(ctx.req).catch(() => ''))
  const replies = [sent].flat().flatMap((message) => reply(message as Message))
  if (replies.length === 0) ctx.status = 204
  else ctx.body = Array.isArray(sent) ? replies : replies[0]
  return undefined
})

function reply(message: Message | null | undefined): object[] {
  const { id = null, method, params } = message ?? {}
  if (id === null || id === '') return []
  // Who guesses passwords has no session.
  const isGuess = Array.isArray(params) && params[1] === 'guessed'
  if (method === 'login' && isGuess) return [{ id, error: { code: 1004, message: 'Wrong password.' } }]
  if (method === 'login') return [{ id, result: { session_id: `session-${++sessions}-${process.pid}` } }]
  if (method === 'view') return [{ id, result: { view: params } }]
  return [{ id, error: { code: -32601, message: 'There is no such method.' } }]
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

process.on('message', () => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.({ heapMiB: (heapUsed + external) / 2 ** 20, stoodMs: delay.max / 1e6 })
  delay.reset()
})

const server = createServer(app.callback())
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
