// What a stranger with a socket sends to the gateway: tunnels, odd targets, headers to be taken away, bodies that do not come, and
// connections without an end.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket, WebSocketServer } from 'ws'
import { rest } from '../../src/index.js'
import { rpc } from '../helpers/serve.js'
import { exchange, startGateway, startUpstream, until } from './harness.js'

interface Arrived {
  method: string | undefined
  url: string | undefined
  headers: [name: string, value: string][]
}

/** A game in Node that notes what arrives, answers at once, and takes WebSockets. */
async function startGame() {
  const seen: Arrived[] = []
  const server = createServer((req, res) => {
    seen.push(arrived(req))
    res.setHeader('content-type', 'application/json').end('{"jsonrpc":"2.0","id":1,"result":{"session_id":"s"}}')
  })
  server.keepAliveTimeout = 60_000
  const sockets = new WebSocketServer({ server })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Since the last call. */
    seen: () => seen.splice(0),
    async [Symbol.asyncDispose]() {
      for (const one of sockets.clients) one.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function arrived({ method, url, rawHeaders }: IncomingMessage): Arrived {
  const headers = rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : [],
  )
  return { method, url, headers }
}

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`
const whole = (text: string) => /\r\n\r\n.*\}/s.test(text)

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  // `once` of events would take a reset for a failure.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return text
}

const ofEverybody = [
  'Cookie',
  'Authorization',
  'X-API-Key',
  'Content-Type',
  'Content-Encoding',
  'Accept',
  'Origin',
  'X-Own',
]
const ofNeighbours = ['Keep-Alive', 'TE', 'Trailer', 'Proxy-Connection', 'Proxy-Authorization', 'HTTP2-Settings']
const token = fc.stringMatching(/^[a-z][a-z-]{0,10}$/)

test('what a client names in `Connection` arrives all the same, but for what is said between neighbours', async () => {
  await using game = await startGame()
  await using gateway = await startGateway(game.url)
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(
        fc.oneof(
          fc.constantFrom(...ofEverybody, ...ofNeighbours),
          token.map((name) => `X-${name}`),
        ),
        {
          maxLength: 8,
          selector: (name) => name.toLowerCase(),
        },
      ),
      fc.array(fc.constantFrom('host', 'content-length', 'close', 'x-forwarded-for', ' ', 'x')),
      fc.constantFrom(',', ', ', ' ,\t'),
      fc.boolean(),
      async (names, more, comma, areUpper) => {
        const sent = names.map((name): [string, string] => [name, name === 'Trailer' ? 'X-T' : 'value'])
        const named = [...names, ...more].map((name) => (areUpper ? name.toUpperCase() : name)).join(comma)
        await exchange(
          gateway.port,
          lines(
            'GET /x HTTP/1.1',
            'Host: game.example',
            `Connection: ${named}`,
            ...sent.map(([name, value]) => `${name}: ${value}`),
          ),
          whole,
        )
        const [one] = game.seen()
        const expected = sent.filter(([name]) => !ofNeighbours.includes(name))
        const isOwn = ([name]: [string, string]) => /^(x-forwarded-(for|proto|host)|connection)$/i.test(name)
        assert.equal(
          one?.headers.filter((header) => !isOwn(header)),
          [['Host', 'game.example'], ...expected],
        )
      },
    ),
    { numRuns: 60 },
  )
})

test('a public key that is named in `Connection` is judged and arrives', async () => {
  await using game = await startGame()
  const protocol = rest({
    sessions: { 'POST /login': { answer: { sessionId: { body: '/result/session_id' } } } },
    apiKey: { header: 'x-api-key' },
    sessionId: { bearer: true },
  })
  await using gateway = await startGateway(game.url, { protocol, enforce: 'registered' })
  const ask = (publicKey: string) =>
    exchange(
      gateway.port,
      lines('POST /login HTTP/1.1', 'Host: h', 'Connection: x-api-key', `X-API-Key: ${publicKey}`, 'Content-Length: 0'),
      whole,
    )
  assert.match(await ask('nobody'), /^HTTP\/1.1 403/)
  assert.equal(game.seen(), [])
  assert.match(await ask('anonymous'), /^HTTP\/1.1 200/)
  assert.ok(game.seen()[0]?.headers.some(([name, value]) => name === 'X-API-Key' && value === 'anonymous'))
})

test('of a header that Node knows once the game sees what we saw, and of others all', async () => {
  await using game = await startGame()
  await using gateway = await startGateway(game.url)
  const sent = [
    'Authorization: Bearer one',
    'Authorization: Bearer two',
    'X-Tag: one',
    'X-Tag: two',
    'User-Agent: a',
    'user-agent: b',
  ]
  await exchange(gateway.port, lines('GET /x HTTP/1.1', 'Host: h', 'Connection: close', ...sent))
  const [{ headers } = { headers: [] }] = game.seen()
  const told = headers.filter(([name]) => /^(authorization|x-tag|user-agent)$/i.test(name)).map(([, value]) => value)
  assert.equal(told, ['Bearer one', 'one', 'two', 'a'])
})

test('targets arrive as they are meant', async () => {
  await using game = await startGame()
  await using gateway = await startGateway(game.url)
  const table: [sent: string, url: string, host: string][] = [
    ['OPTIONS *', '*', 'said'],
    ['OPTIONS http://meant', '*', 'meant'],
    ['OPTIONS http://meant/', '/', 'meant'],
    ['GET http://meant', '/', 'meant'],
    ['GET http://meant:81/x?y=http://z/', '/x?y=http://z/', 'meant:81'],
    ['GET HTTP://meant?x', '/?x', 'meant'],
    ['GET https://me:secret@meant/x', '/x', 'meant'],
    ['GET http://[::1]:80/x', '/x', '[::1]:80'],
    ['GET other://meant/x', '/x', 'meant'],
    ['GET //other/x', '//other/x', 'said'],
    ['GET /http://other/x', '/http://other/x', 'said'],
    ['GET *x', '*x', 'said'],
  ]
  for (const [sent, url, host] of table) {
    for (const before of ['Host: said\r\n', '']) {
      if (before === '' && host === 'said') continue
      await exchange(gateway.port, `${sent} HTTP/1.1\r\n${before}X: y\r\n\r\n`, whole)
      const [one] = game.seen()
      assert.equal([one?.method, one?.url], [sent.split(' ')[0], url], sent)
      const hosts = one?.headers.filter(([name]) => /^(host|x-forwarded-host)$/i.test(name)).map(([, value]) => value)
      assert.equal(hosts, [host, host], sent)
    }
  }
  assert.equal(gateway.errors, [])
})

test('who asks for a tunnel, or for two hosts, is told so, and nobody else hears of it', async () => {
  await using game = await startGame()
  await using gateway = await startGateway(game.url)
  const offer = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  const table: [status: number, ...sent: string[]][] = [
    [501, 'CONNECT game:80 HTTP/1.1', 'Host: game:80'],
    [501, 'CONNECT 127.0.0.1:22 HTTP/1.1', 'Host: x', 'Content-Length: 5'],
    [501, 'CONNECT game:80 HTTP/1.0'],
    [400, 'GET /x HTTP/1.1', 'Host: a', 'Host: b'],
    [400, 'GET /x HTTP/1.1', 'Host: a', 'X: y', 'hOST: a'],
    [400, 'POST /empire HTTP/1.1', 'Host: a', 'Host: b', 'Content-Length: 2'],
    [400, 'GET /ws HTTP/1.1', 'Host: a', ...offer, 'Host: b'],
    [400, 'GET http://[x/ HTTP/1.1', 'Host: a'],
    [400, 'GET http:///x HTTP/1.1', 'Host: a'],
    [400, 'GET http://h:99999/x HTTP/1.1', 'Host: a'],
    // Node's own answers.
    [400, 'GET /x HTTP/1.1', 'Host: a', 'X: \u0001'],
    [400, 'GET /x HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Content-Length: 2'],
    [417, 'GET /x HTTP/1.1', 'Host: a', 'Expect: wonders', 'Connection: close'],
    [431, 'GET /x HTTP/1.1', 'Host: a', `X: ${'x'.repeat(70_000)}`],
  ]
  for (const [status, ...sent] of table) {
    // Until the connection is closed.
    const answer = await exchange(gateway.port, lines(...sent))
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), sent.join(' '))
  }
  assert.equal(game.seen(), [])
  assert.equal(gateway.errors, [])
  assert.is(gateway.clients.health().unread, 0)
})

test('a body that stands still is cut off, one that comes slowly or waits for the game server is not', async () => {
  const upstream = await startUpstream()
  if (!upstream) return
  // So much patience that a busy machine does not lose it with the honest.
  await using gateway = await startGateway(upstream.url, { uploadPatienceMs: 2_000 })
  const post = (path: string, framing: string) => `POST ${path} HTTP/1.1\r\nHost: h\r\n${framing}\r\n\r\n`
  const [length, chunked] = ['Content-Length: 400000', 'Transfer-Encoding: chunked']
  const stuck = [
    post('/empire', length),
    `${post('/empire', length)}{"id":`,
    `${post('/empire', length)}${'x'.repeat(300_000)}`,
    `${post('/empire', chunked)}5\r\n{"id"\r\n`,
    `${post('/_upload', length)}abc`,
    `${post('/other/place', chunked)}5\r\n{"id"\r\n`,
  ]
  const startedAtMs = performance.now()
  const answers = stuck.map(async (sent) => {
    const socket = await opened(gateway.port)
    socket.write(sent)
    return textOf(socket)
  })
  // Three seconds in all, each pause shorter than the patience.
  const slow = await opened(gateway.port)
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'login', params: ['a', 'b', 'iOS', 'x'.repeat(5_000)] })
  slow.write(post('/empire', `Connection: close\r\nContent-Length: ${body.length}`))
  const slowAnswer = textOf(slow)
  const step = Math.ceil(body.length / 6)
  for (let at = 0; at < body.length; at += step) {
    await wait(500)
    slow.write(body.slice(at, at + step))
  }
  // The game server takes 64 KB each half second.
  const size = 500_000
  const waits = exchange(
    gateway.port,
    post('/_upload?0.5', `Connection: close\r\nContent-Length: ${size}`) + 'x'.repeat(size),
  )
  for (const [index, answer] of (await Promise.all(answers)).entries()) {
    assert.match(answer, /^HTTP\/1.1 408 Request Timeout\r\n[\s\S]*"status":408/, stuck[index]?.slice(0, 60))
  }
  const tookMs = performance.now() - startedAtMs
  assert.ok(tookMs > 1_500, `${tookMs} ms`)
  assert.match(await slowAnswer, /session-1/)
  assert.match(await waits, /^HTTP\/1.1 200/)
  assert.equal(gateway.errors, [])
  await upstream.kill()
})

test('so many connections and no more, WebSockets among them; those that are idle make room', async () => {
  await using game = await startGame()
  const maxConnections = 6
  await using gateway = await startGateway(game.url, { maxConnections })
  const { port } = gateway
  const isAnswered = (socket: Socket) => {
    socket.write(lines('GET /x HTTP/1.1', 'Host: h'))
    return new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true)).once('close', () => resolve(false))
      if (socket.closed) resolve(false)
    })
  }
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  await once(webSocket, 'open')
  const waiting: Socket[] = []
  for (let one = 0; one < 4; one++) {
    const socket = await opened(port)
    socket.write('POST /empire HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{')
    waiting.push(socket)
  }
  await wait(100)
  // The last place, which is then idle.
  const idle = await opened(port)
  assert.ok(await isAnswered(idle))
  const closed = once(idle, 'close')
  // One more than there is room for.
  const turnedAway = await opened(port)
  assert.not.ok(await isAnswered(turnedAway))
  await until(() => gateway.errors.length > 0)
  assert.match(gateway.errors[0]?.message ?? '', 'All 6 connections are taken (--max-connections)')
  idle.destroy()
  await closed
  for (const socket of waiting.slice(0, 3)) socket.destroy()
  await wait(100)
  // There is room again; idle ones give theirs to who comes when the last is taken.
  const kept: Socket[] = []
  for (let one = 0; one < 12; one++) {
    const socket = await opened(port)
    kept.push(socket)
    assert.ok(await isAnswered(socket), `connection ${one}`)
  }
  webSocket.send('still there')
  assert.is(webSocket.readyState, WebSocket.OPEN)
  webSocket.terminate()
  for (const socket of [...kept, ...waiting]) socket.destroy()
})

test('unfinished uploads hold so much together and no more, and honest logins go on', async () => {
  await using game = await startGame()
  await using gateway = await startGateway(game.url)
  const before = process.memoryUsage()
  const sockets = await Promise.all(Array.from({ length: 200 }, () => opened(gateway.port)))
  const part = Buffer.alloc(1_000_000, 'x')
  for (const socket of sockets) {
    socket.write('POST /empire HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n')
    socket.write(part)
  }
  await wait(2_000)
  const { arrayBuffers, rss } = process.memoryUsage()
  // The test's own parts are one buffer, which its sockets share.
  const held = (arrayBuffers - before.arrayBuffers) / 2 ** 20
  console.log(
    `FIGURE 200 unfinished uploads of 1 MB hold ${held.toFixed(0)} MiB (resident ${((rss - before.rss) / 2 ** 20).toFixed(0)} MiB, the test's among them)`,
  )
  assert.ok(held < 150, `${held} MiB`)
  const { json } = await rpc(`${gateway.url}/empire`, { id: 1, method: 'login', params: ['a', 'b', 'iOS'] })
  assert.is(json.result.session_id, 's')
  for (const socket of sockets) socket.destroy()
})

test.run()
