// The most expensive requests of a megabyte that anybody thought of: none may keep a server from its other players for long.
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, jsonRpc, lacuna, rest } from '../../src/index.js'
import { secret } from '../helpers/serve.js'

const bodyLimitBytes = 1_048_576
/** Of the processor's time, in milliseconds; of the clock's a busy machine takes more. A text of a megabyte costs some 100. */
const maxCpuMs = 1_200

const rpc = jsonRpc({
  path: '/rpc',
  sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
  ends: ['logout'],
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id', playerId: '/player' },
})
const routes = rest({
  sessions: { 'POST /login': { answer: { sessionId: [{ body: '/token' }, { cookie: 'sid' }] } } },
  apiKey: [{ header: 'x-api-key' }, { body: '/api_key' }, { query: 'api_key' }, { cookie: 'k' }],
  sessionId: [{ bearer: true }, { cookie: 'sid' }, { body: '/session_id' }],
  ends: ['POST /logout'],
  features: ['GET /games', 'POST /games/:id/move', 'GET /files/*path'],
})

const most = bodyLimitBytes - 500
/** So often as there is room. */
const fill = (piece: string, size = most) => piece.repeat(Math.max(1, Math.floor(size / Buffer.byteLength(piece))))
const each = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => piece(index)).join('')
const batch = (piece: string) => `[${fill(piece)}1]`
const view = (params: string) => `{"id":1,"method":"view","params":${params}}`
const members = each(80_000, (index) => `"m${index}":1,`)

interface Odd {
  body?: string | Buffer
  path?: string
  headers?: Record<string, string>
}
const form = (body: string): Odd => ({ body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
const packed = (encoding: string, body: Buffer): Odd => ({ body, headers: { 'content-encoding': encoding } })

const shapes: Record<string, Odd> = {
  'logins with one public key': { body: batch('{"id":1,"method":"login","params":["a","b","wrong"]},') },
  'logins with none': { body: batch('{"method":"login"},') },
  'logins with as many': { body: `[${each(18_000, (id) => `{"id":1,"method":"login","params":[0,0,"k${id}"]},`)}1]` },
  'calls in as many sessions': { body: `[${each(18_000, (id) => `{"id":1,"method":"view","params":["s${id}"]},`)}1]` },
  'as many methods': { body: `[${each(40_000, (id) => `{"method":"v${id}"},`)}1]` },
  'a batch of nothing': { body: batch('{},') },
  'a batch of numbers': { body: batch('1,') },
  'a batch of batches': { body: batch('[],') },
  'a batch of deep ones': { body: batch('[[[[[[[]]]]]]],') },
  'a login beside them': { body: `[{"method":"login","id":1},{"id":2,"method":"x"},[${fill('[[[[[[]]]]]],')}1]]` },
  'open brackets': { body: fill('[') },
  'closed brackets': { body: fill('[', most / 2) + fill(']', most / 2) },
  'open objects': { body: fill('{"a":') },
  'a method of methods': { body: `${fill('{"method":', (most * 10) / 11)}1${fill('}', most / 11 - 10)}` },
  'params of brackets': { body: view(fill('[', most / 2) + fill(']', most / 2)) },
  'params as text': { body: view(JSON.stringify(fill("{'a':", most))) },
  'twins of the method': { body: `{${fill('"method":"a",')}"id":1}` },
  'differing twins': { body: `{${each(50_000, (id) => `"method":"${id}",`)}"id":1}` },
  'twins in a batch': { body: batch('{"method":"a","Method":"b"},') },
  'many members': { body: `{${members}"method":"view","id":12345678901234567890,"params":[12345678901234567890]}` },
  'many members and no method': { body: `{${members}"id":1}` },
  'many members of a refused login': { body: `[{${members}"method":"login","id":1e30},{"id":3,"method":"x"}]` },
  'long sessions': { body: batch('{"id":1,"method":"view","params":{"a":1,"session_id":12345678901234567890}},') },
  'a session with a huge power': { body: batch(`${view(`[1e${'9'.repeat(4_000)}]`)},`) },
  'an id of a megabyte': { body: `{"method":"login","id":${fill('1')},"params":["","",""]}` },
  'a public key of a megabyte': { body: `{"method":"login","id":1,"params":[1,2,"${fill('k')}"]}` },
  'control characters in quotes': { body: `{${fill("'\u0001':'\u0001',")}a:1}` },
  'one text of control characters': { body: `{a:'${fill('\u0001')}'}` },
  'bare words': { body: `{${fill('a:b,')}method:x,method:y}` },
  'single quotes': { body: `{${fill("'a':1,")}'method':'x'}` },
  backslashes: { body: `{a:'${fill('\\')}'}` },
  'open comments': { body: `{a:1,${fill('/*')}` },
  slashes: { body: `{a:${fill('a/')}}` },
  'white space': { body: fill(' ') + view('[]') },
  'UTF-32': {
    body: Buffer.from([...Buffer.from(fill('{"id":1},', most / 4 - 9))].flatMap((code) => [0, 0, 0, code])),
  },
  'a form of methods': form(fill('method=a&')),
  'a form of lists': form(each(50_000, (index) => `method[${index}]=a&`)),
  'a form of brackets': form(`method${fill('[a]')}=a`),
  'a form of open brackets': form(`method${fill('[')}=a`),
  'a form of dots': form(`method${fill('.a')}=a`),
  'a form of ampersands': form(`method=a${fill('&')}`),
  'a form of percents': form(fill('%')),
  'JSON as a form': form(batch('{"id":1,"method":"login","params":["a","b","wrong"]},')),
  'a query of methods': {
    path: `/rpc?${fill('method=a&', 15_000)}`,
    body: `{${fill('"method":"a",', most - 20_000)}"id":1}`,
  },
  'an address of slashes': { path: `/${fill('/', 15_000)}rpc`, body: '{}' },
  'an address of steps up': { path: `/${fill('a/../', 15_000)}rpc`, body: '{}' },
  'an address of percents': { path: `/${fill('%', 15_000)}`, body: '{}' },
  cookies: { path: '/login', body: '{}', headers: { cookie: fill('a=b; ', 15_000) } },
  'a bearer of blanks': { path: '/logout', body: '{}', headers: { authorization: `Bearer ${fill(' a', 15_000)}` } },
  'many headers': {
    path: '/login',
    body: '{}',
    headers: Object.fromEntries(Array.from({ length: 700 }, (_, one) => [`x-${one}`, 'a'])),
  },
  encodings: packed(fill('gzip,', 15_000), Buffer.from('{}')),
  'a bomb': packed('gzip', gzipSync(Buffer.alloc(200_000_000, '['))),
  'a small bomb': packed('gzip', gzipSync(fill('['))),
  'another bomb': packed('br', brotliCompressSync(Buffer.alloc(50_000_000, '['))),
  'what is not packed': packed('gzip', Buffer.from(batch('{"id":1,"method":"login","params":["a","b","wrong"]},'))),
  'a REST body of brackets': { path: '/login', body: fill('[', most / 2) + fill(']', most / 2) },
  'a REST body of members': { path: '/logout', body: `{${members}"session_id":12345678901234567890}` },
}

test('no request of a megabyte takes long', async () => {
  const clients = clientele({
    store: memory(),
    protocol: [rpc, routes, lacuna()],
    secret,
    bodyLimitBytes,
    onError() {},
  })
  await clients.ready()
  const app = new Koa()
  app.silent = true
  app.use(clients.middleware() as Koa.Middleware).use(async (ctx) => {
    await buffer(ctx.req)
    ctx.type = 'json'
    ctx.body = '{"jsonrpc":"2.0","id":1,"result":{"session_id":"s"}}'
  })
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const send = ({ body = '', path = '/rpc', headers = {} }: Odd) =>
    new Promise<number>((resolve, reject) => {
      const sent = request(
        {
          port,
          path,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
        },
        (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0)),
      )
      sent.on('error', reject).end(body)
    })
  try {
    for (let round = 0; round < 5; round++) await send({ body: view('[]') })
    const costs: [ms: number, name: string][] = []
    for (const [name, odd] of Object.entries(shapes)) {
      const before = process.cpuUsage()
      await send(odd)
      const { user } = process.cpuUsage(before)
      costs.push([Math.round(user / 1_000), name])
    }
    costs.sort(([one], [another]) => another - one)
    console.log(
      `FIGURE ${costs.length} odd requests, the dearest in ms of CPU: ${costs
        .slice(0, 5)
        .map(([ms, name]) => `${name} ${ms}`)
        .join(', ')}`,
    )
    assert.equal(
      costs.filter(([ms]) => ms > maxCpuMs),
      [],
    )
    assert.is(await send({ body: '{"id":1,"method":"login","params":["a","b","anonymous"]}' }), 200)
  } finally {
    server.closeAllConnections()
    server.close()
    await clients.close()
  }
})

const pieces = [
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '"',
  "'",
  '\\',
  '/',
  '*',
  '\n',
  ' ',
  '1',
  '-',
  'e',
  'a',
  '\u0001',
  'ä',
  '"method"',
  '"id"',
  'method=',
  '&',
  '=',
  '%',
  '.',
]

test('nor does what is made of any piece, and twice as much takes no more than about twice as long', () => {
  const cpuMsOf = (body: string, headers: Record<string, string>) => {
    const before = process.cpuUsage()
    for (const protocol of [rpc, routes]) {
      protocol.read({
        method: 'POST',
        path: protocol === rpc ? '/rpc' : '/login',
        query: '',
        headers,
        body: Buffer.from(body),
      })
    }
    return process.cpuUsage(before).user / 1_000
  }
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }),
      fc.array(fc.constantFrom(...pieces), { maxLength: 3 }),
      fc.constantFrom('application/json', 'application/x-www-form-urlencoded'),
      (repeated, first, type) => {
        const body = first.join('') + fill(repeated.join(''), most / 2)
        const headers = { 'content-type': type }
        const half = cpuMsOf(body, headers)
        assert.ok(half < maxCpuMs, `${half} ms`)
        if (half > 100) assert.ok(cpuMsOf(body + body, headers) < half * 4, `${half} ms`)
      },
    ),
    { numRuns: 60 },
  )
})

test.run()
