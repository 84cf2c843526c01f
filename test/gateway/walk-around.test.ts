// Ways around the gateway that a client could try.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exchange, startGateway } from './harness.js'

/** A game that answers a session to everybody, and says what it was sent. */
async function startGame() {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer((req, res) => {
    seen.push(req.headers)
    res.setHeader('content-type', 'application/json').end('{"jsonrpc":"2.0","id":1,"result":{"session_id":"s"}}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, [Symbol.asyncDispose]: stop }
}

const offer =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'

test('a login that calls itself a WebSocket is a login', async () => {
  await using game = await startGame()
  await using gateway = await startGateway(game.url, { enforce: 'registered', smallestCrowd: 1 })
  const ask = (publicKey: string) => {
    const query = `method=login&id=1&params=${encodeURIComponent(JSON.stringify(['me', 'right', publicKey]))}`
    const request = `GET /empire?${query} HTTP/1.1\r\nHost: x\r\n${offer}\r\n`
    return exchange(gateway.port, request, (text) => text.includes('}'))
  }
  assert.match(await ask(''), /^HTTP\/1\.1 500 [\s\S]*"code":1002/)
  assert.is(game.seen.length, 0)
  assert.match(await ask('anonymous'), /^HTTP\/1\.1 200 [\s\S]*"session_id":"s"/)
  assert.is(game.seen[0]?.upgrade, undefined)
  assert.is((await gateway.clients.usage.read('anonymous')).sessions, 1)
})

test('what a client says of where it comes from is left out, with underscores too', async () => {
  await using game = await startGame()
  await using gateway = await startGateway(game.url)
  const forged = ['X-Forwarded-For', 'X_Forwarded_For', 'X-Forwarded_Proto', 'X_Real_IP', 'Forwarded']
  const lines = forged.map((name) => `${name}: 6.6.6.6\r\n`).join('')
  await exchange(gateway.port, `GET /x HTTP/1.1\r\nHost: x\r\n${lines}\r\n`, (text) => text.includes('}'))
  assert.not.match(JSON.stringify(game.seen), /6\.6\.6\.6/)
})

test.run()
