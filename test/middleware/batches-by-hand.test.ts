// A batch of which a part was refused, answered by a game that writes its answers itself: the two parts are put together.
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'

const batch = JSON.stringify([
  { id: 1, method: 'login', params: ['me', 'right', 'bad'] },
  { id: 2, method: 'login', params: ['me', 'right', 'anonymous'] },
])
const reply = { jsonrpc: '2.0', id: 2, result: { session_id: 's' } }
const text = JSON.stringify([reply])

const ways: Record<string, (res: ServerResponse) => unknown> = {
  'end alone': (res) => res.end(text),
  'a head with a length': (res) =>
    res.writeHead(200, 'Fine', { 'Content-Length': text.length, 'X-Mine': 'a' }).end(text),
  'a head as a list': (res) => res.writeHead(200, ['X-Mine', 'a', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end(text),
  'the head at once': (res) => {
    res.setHeader('X-Mine', 'a')
    res.flushHeaders()
    res.end(text)
  },
  'in parts': (res) => {
    res.write(text.slice(0, 9))
    res.end(text.slice(9))
  },
  'a head, then parts': (res) => {
    res.writeHead(200, { 'X-Mine': 'a' })
    res.write(text.slice(0, 9))
    res.end(text.slice(9))
  },
  piped: (res) => pipeline(Readable.from([text.slice(0, 9), text.slice(9)]), res),
  packed: (res) => res.writeHead(200, { 'Content-Encoding': 'gzip', ETag: '"1"' }).end(gzipSync(text)),
  'waiting for its own end': (res) => new Promise<void>((resolve) => res.end(text, () => resolve())),
  later: (res) => {
    setTimeout(() => res.end(text), 10)
  },
}

async function ask(Koa: typeof Koa3, answer: (res: ServerResponse) => unknown) {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret })
  const app = new Koa()
  app.use(clients.middleware())
  app.use((ctx) => {
    ctx.respond = false
    ctx.res.statusCode = 200
    return answer(ctx.res)
  })
  const given = await serve(app, async (url) => {
    const response = await fetch(`${url}/empire`, { method: 'POST', body: batch })
    return { status: response.status, headers: response.headers, text: await response.text() }
  })
  const { sessions, calls, errors } = await clients.usage.read('anonymous')
  await clients.close()
  return { ...given, counted: [sessions, calls, errors] }
}

for (const [koa, Koa] of [
  ['Koa 2', Koa2 as typeof Koa3],
  ['Koa 3', Koa3],
] as const) {
  for (const [way, answer] of Object.entries(ways)) {
    test(`${koa}, ${way}`, async () => {
      const { status, headers, text: joined, counted } = await ask(Koa, answer)
      const [refused, admitted] = JSON.parse(joined)
      assert.equal([status, refused.id, refused.error.code, admitted], [200, 1, 1002, reply])
      assert.equal([headers.get('content-encoding'), headers.get('etag')], [null, null])
      assert.is(headers.get('content-type'), 'application/json-rpc')
      if (answer.toString().includes('X-Mine')) assert.is(headers.get('x-mine'), 'a')
      if (answer.toString().includes('Cookie')) assert.equal(headers.getSetCookie(), ['a=1', 'b=2'])
      assert.equal(counted, [1, 1, 0])
    })
  }

  test(`${koa}, a game that fell over has the last word`, async () => {
    const problem = '{"type":"about:blank","status":502}'
    const { status, headers, text, counted } = await ask(Koa, (res) =>
      res
        .writeHead(502, ['Content-Type', 'application/problem+json', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'])
        .end(problem),
    )
    assert.equal([status, text, headers.get('content-type')], [502, problem, 'application/problem+json'])
    assert.equal(headers.getSetCookie(), ['a=1', 'b=2'])
    assert.equal(counted, [0, 1, 1])
  })
}

test.run()
