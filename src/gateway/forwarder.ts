import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { missingPeer } from '../optional-peer.js'
import { type Headers, towardsClient, towardsGame } from './headers.js'
import { answerProblem, endWithProblem } from './problem.js'

export interface ForwarderOptions {
  /** Scheme, host and port. */
  upstream: URL
  /** Whether `X-Forwarded-*` of a request are true, because another proxy set them. */
  trustProxy: boolean
  /** Whether a connection to the game server serves one request after the other. */
  keepAlive: boolean
  /** The gateway is about to stop: no answer may invite another request on its connection. */
  isClosing(): boolean
  /** Is told why a request did not reach the game server, or its answer not the client. */
  onError(error: Error): void
}

export interface Forwarder {
  /** Resolves when the client has the answer, or has gone. */
  forward(req: IncomingMessage, res: ServerResponse): Promise<void>
  /** A WebSocket; what comes over it is not looked into. */
  upgrade(req: IncomingMessage, socket: Socket, head: Buffer): void
  close(): void
}

/**
 * Shorter than a server's own limit, 2 s at the least: what goes out on a connection that is closed at that moment may have
 * been executed, so it could not be sent again.
 */
const idleConnectionMs = 1_000
const connectTimeoutMs = 5_000
/** Within it a WebSocket is accepted or refused. */
const upgradeTimeoutMs = 60_000

export async function createForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const { upstream, trustProxy, keepAlive, isClosing, onError } = options
  const { createProxyServer } = await loadProxy()
  const agent = agentFor(upstream, keepAlive)
  // Headers are ours, because httpxy joins what came twice and passes on what is meant for the next neighbour only.
  const proxy = createProxyServer({
    target: upstream,
    agent,
    selfHandleResponse: true,
    upgradeTimeout: upgradeTimeoutMs,
  })
  proxy.on('proxyReq', (sent, req) => begin(sent, req))
  const answered = new WeakSet<Socket>()
  proxy.on('proxyReqWs', (sent, req, socket) => {
    begin(sent, req)
    sent.once('response', () => answered.add(socket))
    sent.once('upgrade', (_answer, far: Socket) => {
      answered.add(socket)
      // Half of a connection is no use to anybody, and a paused half would stay for ever.
      socket.once('close', () => far.destroySoon())
      far.once('close', () => socket.destroySoon())
    })
  })
  proxy.on('proxyRes', (answer, _, res) => {
    try {
      relay(answer, res)
    } catch (error) {
      // A reason that Node reads but does not write.
      answer.destroy()
      fail(error as Error, res)
    }
  })
  proxy.on('error', (error, _, receiver) => {
    if (receiver) fail(error, receiver)
  })

  function relay(answer: IncomingMessage, res: ServerResponse): void {
    for (const [name, value] of Object.entries(towardsClient(answer))) res.setHeader(name, value)
    res.sendDate = false
    if (isClosing()) res.shouldKeepAlive = false
    res.writeHead(answer.statusCode ?? 502, answer.statusMessage)
    answer.pipe(res)
    // A stream of events may begin long before its first event; of other answers the head goes out with what follows.
    setImmediate(() => {
      if (!answer.readableDidRead && !res.writableEnded && !res.destroyed) res.write('')
    })
  }

  function fail(error: Error & { code?: string }, receiver: ServerResponse | Socket): void {
    const isHttp = 'writeHead' in receiver
    // The client hung up, and that is all there is to it; but httpxy has hung up on it where an answer broke off.
    if (receiver.destroyed && !(isHttp && receiver.errored)) return
    onError(error)
    const status = timeouts.has(error.code ?? '') ? 504 : 502
    if (!isHttp) {
      if (!answered.has(receiver)) endWithProblem(receiver, status)
    } else if (receiver.headersSent) receiver.destroy()
    else answerProblem(receiver, status)
  }

  /** The headers to send. */
  function prepare(req: IncomingMessage, more: Headers = {}): Record<string, string> {
    const headers = { ...towardsGame(req, trustProxy), ...more }
    const names = new Set([
      'content-length',
      'transfer-encoding',
      ...Object.keys(headers).map((name) => name.toLowerCase()),
    ])
    // httpxy would send what it finds there, too.
    for (const name of Object.keys(req.headers)) if (!names.has(name)) delete req.headers[name]
    // Several values of one name are an array, to Node and so to httpxy, whose type does not know.
    return headers as Record<string, string>
  }

  return {
    async forward(req, res) {
      // The client hung up while its body was read: the rest will never come.
      if (res.destroyed) return
      await proxy.web(req, res, { headers: prepare(req) }).catch(() => undefined)
    },
    upgrade(req, socket, head) {
      const headers = prepare(req, { Connection: 'Upgrade', Upgrade: req.headers.upgrade ?? '' })
      void proxy.ws(req, socket, { headers }, head)
    },
    close: () => agent.destroy(),
  }
}

/** Imported late: nothing else needs it. */
async function loadProxy(): Promise<typeof import('httpxy')> {
  try {
    return await import('httpxy')
  } catch (cause) {
    throw missingPeer('The gateway', 'httpxy', 0.5, cause)
  }
}

function agentFor({ protocol, hostname }: URL, keepAlive: boolean): HttpAgent {
  const options = { keepAlive, timeout: idleConnectionMs }
  if (protocol === 'http:') return new HttpAgent(options)
  // Node would ask for the certificate of the host that the client named.
  return new HttpsAgent({ ...options, servername: isIP(hostname.replace(/^\[|\]$/g, '')) ? '' : hostname })
}

const timeouts = new Set(['ETIMEDOUT', 'ERR_UPSTREAM_UPGRADE_TIMEOUT'])

function begin(sent: ClientRequest, { url = '' }: IncomingMessage): void {
  // Letter by letter: httpxy would put a slash before a `*`.
  sent.path = url
  limitConnecting(sent)
}

function limitConnecting(sent: ClientRequest): void {
  if (!sent.socket) {
    sent.once('socket', () => limitConnecting(sent))
    return
  }
  if (!sent.socket.connecting) return
  const timer = setTimeout(() => {
    sent.destroy(Object.assign(new Error(`No connection within ${connectTimeoutMs} ms.`), { code: 'ETIMEDOUT' }))
  }, connectTimeoutMs)
  sent.socket.once('connect', () => clearTimeout(timer))
  sent.once('close', () => clearTimeout(timer))
}
