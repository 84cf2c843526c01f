import { createServer, IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clientele } from '../clientele.js'
import type { ConsoleOptions } from '../console/console-options.js'
import type { Protocol } from '../protocols/protocol.js'
import { createForwarder } from './forwarder.js'
import { answerProblem, endWithProblem } from './problem.js'
import { readTarget } from './request-target.js'
import { Uploads } from './uploads.js'

export interface GatewayOptions {
  upstream: URL
  /** Those of the middleware. */
  protocols: readonly Protocol[]
  trustProxy: boolean
  keepAlive: boolean
  /** Of clients, at once; WebSockets are among them. */
  maxConnections: number
  /** How long a body may stand still. @default 20_000 */
  uploadPatienceMs?: number
  console: ConsoleOptions
  /** Is told what the operator can mend, and not what a client did wrong. */
  onError(error: Error): void
}

export interface Gateway {
  /** Not listening yet. */
  server: Server
  /** Stops listening, lets running requests finish within five seconds, and cuts what is left. */
  close(): Promise<void>
}

/** What a container is given to end is ten seconds, and what is counted must be saved in them too. */
const closeWithinMs = 5_000
const hourMs = 3_600_000

const serverOptions = {
  headersTimeout: 20_000,
  // A large body on a thin line, as long as it comes; how long an answer takes has no limit at all.
  requestTimeout: hourMs,
  connectionsCheckingInterval: 5_000,
  // Longer than proxies keep a connection for the next request (60 s), or they would send it to a closed one.
  keepAliveTimeout: 75_000,
  // As much as a server of any language takes.
  maxHeaderSize: 65_536,
  // Let the game server decide.
  requireHostHeader: false,
  // Finds out that a client is gone which could not say so.
  keepAlive: true,
}

/** The middleware and the console in front of a server of any kind. */
export async function createGateway(clients: Clientele, options: GatewayOptions): Promise<Gateway> {
  const { trustProxy, maxConnections, uploadPatienceMs = 20_000, onError } = options
  const { default: Koa } = await import('koa')
  const forwarder = await createForwarder({ ...options, isClosing: () => !server.listening })
  // Of the addresses in X-Forwarded-For only the last is the proxy's own word.
  const app = new Koa({ proxy: trustProxy, maxIpsCount: 1 })
  app.use(clients.console(options.console))
  app.use(clients.middleware())
  app.use((ctx) => {
    ctx.respond = false
    return forwarder.forward(ctx.req, ctx.res)
  })
  app.on('error', (error, ctx) => {
    // Of an answer that broke off the forwarder has told; that a client hung up is nothing to tell.
    if (ctx.writable && !error.expose) onError(error)
  })
  const answer = app.callback()
  const uploads = new Uploads(uploadPatienceMs)

  const server = createServer({ ...serverOptions, IncomingMessage: requestOf(options.protocols) }, (req, res) => {
    if (!readTarget(req)) {
      res.shouldKeepAlive = false
      answerProblem(res, 400)
      return
    }
    uploads.watch(req, res)
    void answer(req, res)
  })
  const upgraded = new Set<Socket>()
  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!readTarget(req)) return refuse(socket, 400)
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    forwarder.upgrade(req, socket, head)
  })
  server.on('connect', (_, socket: Socket) => refuse(socket, 501))
  limitConnections(server, maxConnections, onError)

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve))
    // They would never come to an end.
    for (const socket of upgraded) socket.destroySoon()
    // A connection becomes idle when its request is answered.
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    const bound = setTimeout(() => {
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
    }, closeWithinMs)
    await closed
    clearInterval(idle)
    clearTimeout(bound)
    uploads.close()
    forwarder.close()
  }

  return { server, close }
}

function refuse(socket: Socket, status: 400 | 501): void {
  socket.on('error', () => undefined)
  endWithProblem(socket, status)
}

/** When the last place is taken, those make room that wait for nothing but their next request. */
function limitConnections(server: Server, maxConnections: number, onError: (error: Error) => void): void {
  let open = 0
  server.maxConnections = maxConnections
  server.on('connection', (socket) => {
    open++
    socket.once('close', () => open--)
    if (open >= maxConnections) server.closeIdleConnections()
  })
  server.on('drop', () => {
    const message = `All ${maxConnections} connections are taken (--max-connections); others were turned away`
    onError(Object.assign(new Error(message), { code: 'connections_full' }))
  })
}

/**
 * Of the offers to leave HTTP only a WebSocket's is taken. Node would hand over every one, and Java's client makes another
 * (h2c) with each first request, which is then to be answered as if nothing had been offered. So is a login that calls itself
 * a WebSocket: it would reach the game without a public key.
 */
function requestOf(protocols: readonly Protocol[]): typeof IncomingMessage {
  return class extends IncomingMessage {
    declare private isOffered: boolean

    get upgrade(): boolean {
      if (this.method === 'CONNECT') return true
      const { upgrade, 'content-length': length = '0', 'transfer-encoding': encoding } = this.headers
      const hasBody = length !== '0' || encoding !== undefined
      const isWebSocket = this.isOffered && this.method === 'GET' && !hasBody && upgrade?.toLowerCase() === 'websocket'
      return isWebSocket && !createsSession(this, protocols)
    }

    set upgrade(isOffered: boolean) {
      this.isOffered = isOffered
    }
  }
}

// Nor is what the protocol could not read where sessions are handed out.
function createsSession({ method = '', url = '', headers }: IncomingMessage, protocols: readonly Protocol[]): boolean {
  const [path = '', query = ''] = url.split(/\?(.*)/s)
  return protocols.some((protocol) => {
    if (!protocol.matches(method, path)) return false
    const calls = protocol.read({ method, path, query, headers })
    return calls.length === 0 ? protocol.mayHandOut?.(path, calls) === true : calls.some((call) => call.createsSession)
  })
}
