import { createServer, IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clientele } from '../clientele.js'
import type { ConsoleOptions } from '../console/router.js'
import type { Protocol } from '../protocols/protocol.js'
import { createForwarder } from './forwarder.js'

export interface GatewayOptions {
  upstream: URL
  /** Those of the middleware. */
  protocols: readonly Protocol[]
  trustProxy: boolean
  keepAlive: boolean
  console: ConsoleOptions
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
  // A large body on a thin line; how long an answer takes has no limit at all.
  requestTimeout: hourMs,
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
  const { trustProxy, onError } = options
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
    if (ctx.writable) onError(error)
  })

  const server = createServer({ ...serverOptions, IncomingMessage: requestOf(options.protocols) }, app.callback())
  const upgraded = new Set<Socket>()
  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    forwarder.upgrade(req, socket, head)
  })

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
    forwarder.close()
  }

  return { server, close }
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
