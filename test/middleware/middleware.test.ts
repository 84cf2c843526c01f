import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import {
  type Clientele,
  ClienteleError,
  type ClienteleOptions,
  type ClientState,
  clientele,
  lacuna,
  type UsageReport,
} from '../../src/index.js'
import { issueKeyPair } from '../../src/keys/key-format.js'
import { rpc, secret, serve } from '../helpers/serve.js'

interface Played {
  url: string
  clients: Clientele
  /** What the game was given, call by call. */
  seen: { body: string; digest: string; client: ClientState | undefined; parsed: unknown }[]
  usage(publicKey: string): Promise<UsageReport>
}

interface Host {
  options?: Partial<ClienteleOptions>
  before?: Koa.Middleware[]
  between?: Koa.Middleware[]
  game?: Koa.Middleware
}

/** A game that answers a session to whoever logs in with the password `right`, behind the middleware. */
async function play(host: Host, use: (played: Played) => Promise<void>): Promise<void> {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, ...host.options })
  const seen: Played['seen'] = []
  const app = new Koa()
  for (const middleware of host.before ?? []) app.use(middleware)
  app.use(clients.middleware())
  for (const middleware of host.between ?? []) app.use(middleware)
  app.use(
    host.game ??
      (async (ctx) => {
        const chunks: Buffer[] = []
        if (!ctx.req.readableEnded) for await (const chunk of ctx.req) chunks.push(chunk)
        const bytes = Buffer.concat(chunks)
        const parsed: unknown = (ctx.request as { body?: unknown }).body
        const digest = createHash('sha256').update(bytes).digest('hex')
        seen.push({ body: bytes.toString(), digest, client: ctx.state.client, parsed })
        const message =
          parsed ?? (ctx.method === 'GET' ? Object.fromEntries(ctx.URL.searchParams) : tryParse(bytes.toString()))
        ctx.body = Array.isArray(message) ? message.filter(hasId).map(reply) : reply(message)
      }),
  )
  try {
    await serve(app, (url) => use({ url, clients, seen, usage: (publicKey) => clients.usage.read(publicKey) }))
  } finally {
    await clients.close()
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a client sent
const hasId = (message: any) => message?.id !== undefined && message.id !== null

// biome-ignore lint/suspicious/noExplicitAny: whatever a client sent
function reply(message: any): object {
  const { id, method, params } = message ?? {}
  const envelope = { jsonrpc: '2.0', id }
  if (method === 'no_such_method') return { ...envelope, error: { code: -32601, message: 'Method not found.' } }
  if (method !== 'login') return { ...envelope, result: 1 }
  const password = params?.password ?? params?.[0]?.password ?? params?.[1]
  if (password !== 'right') return { ...envelope, error: { code: 1004, message: 'Password incorrect.', data: null } }
  return { ...envelope, result: { session_id: `session of ${id}`, status: { empire: { id: `${id}` } } } }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const login = (publicKey: unknown, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  method: 'login',
  params: ['me', 'right', publicKey],
})

test('each kind of refusal: the original code, status, type and line, its own words, and the id with its type', async () => {
  await play({}, async ({ url, clients, usage, seen }) => {
    const { publicKey, privateKey } = await clients.registry.register({ name: 'One' })
    const retired = (await clients.registry.register({ name: 'Two' })).publicKey
    await clients.registry.retire(retired)
    const typo = publicKey.slice(0, -1) + (publicKey.endsWith('0') ? '1' : '0')
    const table: [unknown, string, RegExp][] = [
      [undefined, 'missing', /^You need an API Key\.$/],
      [null, 'missing', /^You need an API Key\.$/],
      ['', 'missing', /^You need an API Key\.$/],
      ['0', 'missing', /^You need an API Key\.$/],
      [17, 'malformed', /must be text of at most 128/],
      ['x'.repeat(129), 'malformed', /must be text of at most 128/],
      [typo, 'mistyped', /is mistyped/],
      [issueKeyPair('ck').publicKey, 'unknown', /not registered here/],
      ['iOS', 'unknown', /not registered here/],
      [issueKeyPair('other').publicKey, 'foreign', /issued by another server/],
      [retired, 'retired', /was retired/],
      [privateKey, 'reserved', /send the public key/],
      ['(other)', 'reserved', /not a public key/],
    ]
    for (const [sent, , words] of table) {
      for (const id of ['1', 7, 'a b']) {
        const { status, type, text, json } = await rpc(`${url}/empire`, login(sent, id))
        assert.equal([status, type], [500, 'application/json-rpc'])
        assert.not.match(text, '\n')
        assert.equal(Object.keys(json), ['jsonrpc', 'id', 'error'])
        assert.equal([json.id, json.error.code, json.error.data], [id, 1002, null])
        assert.match(json.error.message, words)
        assert.not.match(text, privateKey)
      }
    }
    assert.is(seen.length, 0)
    const counted: Record<string, number> = {}
    for (const [, reason] of table) counted[reason] = (counted[reason] ?? 0) + 3
    assert.equal({ ...(await usage('(refused)')).refusals }, counted)
    assert.equal({ ...(await usage(retired)).refusals }, { retired: 3 })
    assert.is((await usage(publicKey)).calls, 0)
  })
})

test('a refused notification is answered with nothing', async () => {
  await play({}, async ({ url, seen }) => {
    for (const id of [undefined, null, '']) {
      const { status, text } = await rpc(`${url}/empire`, login('bad', id === undefined ? undefined : id))
      assert.equal([status, text], [id === undefined ? 500 : 204, id === undefined ? text : ''])
    }
    const { status, text } = await rpc(`${url}/empire`, { method: 'login', params: ['me', 'right', 'bad'] })
    assert.equal([status, text, seen.length], [204, '', 0])
  })
})

test('the key and the session are read from all three shapes of params, on any address that a router takes', async () => {
  await play({}, async ({ url, clients, usage }) => {
    const { publicKey } = await clients.registry.register({ name: 'One' })
    const shapes = [
      ['me', 'right', publicKey],
      { name: 'me', password: 'right', api_key: publicKey },
      [{ name: 'me', password: 'right', api_key: publicKey }],
    ]
    const addresses = ['/empire', '/empire/', '/Empire', '/%65mpire', '/empire?x=1']
    for (const [index, address] of addresses.entries()) {
      for (const params of shapes) {
        const { json } = await rpc(url + address, { id: index + 1, method: 'login', params })
        const id = json.result.session_id
        for (const later of [[id], { session_id: id }, [{ session_id: id }], [id, { page: 1 }]]) {
          await rpc(`${url}/Body/`, { id: 2, method: 'get_buildings', params: later })
        }
      }
    }
    const report = await usage(publicKey)
    assert.equal({ ...report.sessionsByMethod }, { 'empire.login': 15 })
    assert.equal(
      { ...report.features },
      { 'empire.login': { calls: 15, errors: 0 }, 'body.get_buildings': { calls: 60, errors: 0 } },
    )
    assert.is(report.players, 5)
  })
})

test('a GET login counts like a POST', async () => {
  await play({}, async ({ url, usage, seen }) => {
    const query = new URLSearchParams({ method: 'login', params: JSON.stringify(['me', 'x', 'anonymous']), id: '4' })
    await fetch(`${url}/empire?${query}`)
    query.set('params', JSON.stringify(['me', 'right', '']))
    const refused = await fetch(`${url}/empire?${query}`)
    assert.is(((await refused.json()) as { id: unknown }).id, '4')
    assert.is(seen.length, 1)
    assert.equal({ ...(await usage('anonymous')).features }, { 'empire.login': { calls: 1, errors: 1 } })
    assert.equal({ ...(await usage('(refused)')).refusals }, { missing: 1 })
  })
})

test('a wrong password is a call with an error and no session; an unknown method is no feature', async () => {
  await play({}, async ({ url, usage }) => {
    await rpc(`${url}/empire`, { id: 1, method: 'login', params: ['me', 'wrong', 'anonymous'] })
    await rpc(`${url}/empire`, login('anonymous', 2))
    await rpc(`${url}/body`, { id: 3, method: 'no_such_method', params: ['session of 2'] })
    const report = await usage('anonymous')
    assert.equal([report.sessions, report.calls, report.errors], [1, 3, 2])
    assert.equal(
      { ...report.features },
      { 'empire.login': { calls: 2, errors: 1 }, '(unknown)': { calls: 1, errors: 1 } },
    )
  })
})

test("'present' and 'off' count strings from the wild under themselves", async () => {
  for (const enforce of ['present', 'off'] as const) {
    await play({ options: { enforce } }, async ({ url, clients, usage }) => {
      for (const sent of ['iOS', 'iOS', 'ios', '\u{1F600} bot', issueKeyPair('other').publicKey])
        await rpc(`${url}/empire`, login(sent))
      const keyless = await rpc(`${url}/empire`, login(''))
      assert.is(keyless.status, enforce === 'off' ? 200 : 500)
      assert.is((await usage('iOS')).sessions, 2)
      assert.is((await usage('ios')).sessions, 1)
      assert.is((await usage('\u{1F600} bot')).sessions, 1)
      assert.is((await usage('(none)')).sessions, enforce === 'off' ? 1 : 0)

      await clients.registry.adopt('iOS', { name: 'The iPhone client' })
      await rpc(`${url}/empire`, login('iOS'))
      const [first] = await clients.usage.overview()
      assert.equal(first, {
        publicKey: 'iOS',
        name: 'The iPhone client',
        registered: true,
        sessions: 3,
        calls: 3,
        errors: 0,
      })
    })
  }
})

test('made-up keys share a row after the first thousand of a day', async () => {
  await play({ options: { enforce: 'off' } }, async ({ clients, usage }) => {
    for (let index = 0; index < 1_010; index++) {
      await clients.openSession({ sessionId: `s${index}`, publicKey: `made up ${index}`, method: 'empire.login' })
    }
    assert.is((await clients.usage.overview()).length, 1_001)
    assert.is((await usage('(other)')).sessions, 10)
    await clients.track({ sessionId: 's1009', feature: 'body.view' })
    assert.is((await usage('(other)')).calls, 1)
  })
})

test('sessions of yesterday under made-up keys share the thousand rows of today', async () => {
  const realNow = Date.now
  await play({ options: { enforce: 'off' } }, async ({ url, clients }) => {
    try {
      Date.now = () => Date.parse('2026-03-01T23:59:00Z')
      const { json } = await rpc(`${url}/empire`, login('of yesterday'))
      Date.now = () => Date.parse('2026-03-02T00:01:00Z')
      for (let index = 0; index < 1_000; index++)
        await clients.track({ publicKey: `made up ${index}`, feature: 'view' })
      const sessionId = json.result.session_id
      const view = { id: 2, method: 'view', params: [sessionId] }
      await rpc(`${url}/empire`, view)
      await clients.track({ sessionId, feature: 'empire.view' })
      await clients.count(sessionId, 'gems')
      const today = { from: '2026-03-02', to: '2026-03-02' }
      const [own, others] = [
        await clients.usage.read('of yesterday', today),
        await clients.usage.read('(other)', today),
      ]
      assert.equal([own.calls, others.calls, others.metrics.gems], [0, 2, 1])

      // Whoever gets the key for itself has rows of its own at once.
      await clients.registry.adopt('of yesterday', { name: 'Adopted' })
      await rpc(`${url}/empire`, view)
      assert.is((await clients.usage.read('of yesterday', today)).calls, 1)
    } finally {
      Date.now = realNow
    }
  })
})

test('the game knows the client of each request and adds its own numbers', async () => {
  const states: unknown[] = []
  const game: Koa.Middleware = (ctx) => {
    const { client } = ctx.state as { client?: ClientState }
    client?.count('essentia spent', 5)
    client?.count('lottery votes')
    client?.count('nonsense', Number.NaN)
    states.push(client && [client.publicKey, client.name, client.anonymous, client.registered])
    ctx.body = { jsonrpc: '2.0', id: 1, result: { session_id: 's1' } }
  }
  const errors: string[] = []
  await play({ game, options: { onError: ({ code }) => errors.push(code) } }, async ({ url, clients, usage }) => {
    const { publicKey } = await clients.registry.register({ name: 'One' })
    await rpc(`${url}/empire`, login(publicKey))
    await rpc(`${url}/body`, { id: 1, method: 'view', params: ['s1'] })
    await rpc(`${url}/stats`, { id: 1, method: 'credits', params: [] })
    await rpc(`${url}/empire`, login('anonymous'))
    assert.equal(states, [
      [publicKey, 'One', false, true],
      [publicKey, 'One', false, true],
      undefined,
      ['anonymous', undefined, true, false],
    ])
    assert.equal({ ...(await usage(publicKey)).metrics }, { 'essentia spent': 10, 'lottery votes': 2 })
    assert.equal(errors, ['option_invalid', 'option_invalid', 'option_invalid'])
  })
})

test('what is none of ours reaches the game untouched', async () => {
  const bodies: [string, Buffer, Record<string, string>][] = [
    ['not JSON', Buffer.from('hello'), {}],
    ['JSON, but no call', Buffer.from('{"a":1}'), {}],
    ['a number', Buffer.from('42'), {}],
    ['broken JSON', Buffer.from('{"method":"login",'), {}],
    ['an empty batch', Buffer.from('[]'), {}],
    ['nonsense in a batch', Buffer.from('[1,null,{"method":5}]'), {}],
    ['bytes', Buffer.from([0, 255, 254, 10, 13]), {}],
    ['nothing', Buffer.alloc(0), {}],
    ['over our limit', Buffer.alloc(70_000, 'x'), {}],
    ['packed', gzipSync('{"method":"x"}'), { 'content-encoding': 'gzip' }],
    ['packed beyond our limit', gzipSync(Buffer.alloc(70_000, 'x')), { 'content-encoding': 'gzip' }],
    ['wrongly packed', Buffer.from('xx'), { 'content-encoding': 'gzip' }],
    ['packed as nobody knows', Buffer.from('xx'), { 'content-encoding': 'zip' }],
    ['multipart', Buffer.from('--x\r\n'), { 'content-type': 'multipart/form-data; boundary=x' }],
  ]
  await play({ options: { bodyLimitBytes: 60_000 } }, async ({ url, clients, seen }) => {
    for (const chunked of [false, true]) {
      for (const [name, body, headers] of bodies) {
        const before = seen.length
        assert.is(await post(`${url}/empire`, body, headers, chunked), 200, name)
        assert.is(seen[before]?.digest, createHash('sha256').update(body).digest('hex'), `${name}, chunked: ${chunked}`)
      }
    }
    // All but the empty ones and the packed one, which was a call.
    assert.is(clients.health().unread, 24)
    assert.equal(
      (await clients.usage.overview()).map(({ publicKey, calls }) => [publicKey, calls]),
      [['(none)', 2]],
    )
  })
})

test('an address that no protocol knows is not looked into', async () => {
  await play({ options: { bodyLimitBytes: 1 } }, async ({ url, clients, seen }) => {
    for (const path of ['/', '/a/b', '/empire/x']) await rpc(url + path, login('bad'))
    assert.is(seen.length, 3)
    assert.is(clients.health().unread, 0)
    // A body counts, whatever its method.
    await fetch(`${url}/empire`, { method: 'PUT', body: '{}' })
    assert.is(clients.health().unread, 1)
  })
})

test('a hung-up upload is counted as unread, and the server goes on', async () => {
  await play({}, async ({ url, clients }) => {
    const request = httpRequest(`${url}/empire`, { method: 'POST', headers: { 'content-length': '1000' } })
    request.on('error', () => undefined)
    request.write('{"method":')
    await new Promise((resolve) => setTimeout(resolve, 50))
    request.destroy()
    while (clients.health().unread === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.is((await rpc(`${url}/empire`, login('anonymous'))).status, 200)
  })
})

test('the parsed body is handed over to later parsers on request', async () => {
  await play({ options: { handOver: true }, between: [bodyParser()] }, async ({ url, seen, usage }) => {
    await rpc(`${url}/empire`, login('anonymous'), { 'content-type': 'application/json-rpc' })
    assert.equal(seen[0]?.parsed, login('anonymous'))
    assert.is((await usage('anonymous')).sessions, 1)
  })
})

test('of a batch the refused calls are answered by us, the rest by the game, in one array and in order', async () => {
  for (const before of [[], [bodyParser()]]) {
    for (const between of [[], [bodyParser()]]) {
      await play({ before, between }, async ({ url, usage }) => {
        const batch = [
          login('bad', 'a'),
          { jsonrpc: '2.0', id: 'b', method: 'is_name_available', params: ['x'] },
          { jsonrpc: '2.0', method: 'login', params: ['me', 'right', 'bad'] },
          login('anonymous', 'c'),
          login('', 'd'),
        ]
        const { status, json } = await rpc(`${url}/empire`, batch, { 'content-type': 'application/json' })
        assert.is(status, 200)
        assert.equal(
          json.map(({ id, error, result }: { id: string; error?: { code: number }; result?: unknown }) => [
            id,
            error?.code ?? typeof result,
          ]),
          [
            ['a', 1002],
            ['b', 'number'],
            ['c', 'object'],
            ['d', 1002],
          ],
        )
        assert.is((await usage('anonymous')).sessions, 1)
        assert.equal({ ...(await usage('(refused)')).refusals }, { unknown: 2, missing: 1 })
      })
    }
  }
})

test('replies of a batch find their calls: the same id twice, a notification beside an error, an object as id', async () => {
  await play({}, async ({ url, usage }) => {
    const wrong = { id: 1, method: 'login', params: ['me', 'wrong', 'anonymous'] }
    await rpc(`${url}/empire`, [wrong, login('anonymous', 1)])
    const once = await usage('anonymous')
    assert.equal([once.sessions, once.calls, once.errors], [1, 2, 1])
    await rpc(`${url}/empire`, [
      { method: 'login', params: ['me', 'right', 'anonymous'] },
      { ...wrong, id: { a: 1 } },
    ])
    const twice = await usage('anonymous')
    assert.equal([twice.sessions, twice.calls, twice.errors], [1, 4, 2])
    await rpc(`${url}/empire`, [login('bad', 'x'), { ...wrong, id: 'x' }, login('anonymous', 'x')])
    const thrice = await usage('anonymous')
    assert.equal([thrice.sessions, thrice.calls, thrice.errors], [2, 6, 3])
  })
})

test('a body full of calls costs no more than its share', async () => {
  await play({}, async ({ url }) => {
    const cpuMsOf = async (batch: unknown[]) => {
      const before = process.cpuUsage()
      assert.is((await rpc(`${url}/empire`, batch)).json.length, batch.length)
      return process.cpuUsage(before).user / 1_000
    }
    const calls = (count: number) => Array.from({ length: count }, (_, id) => ({ id, method: 'x' }))
    const logins = (count: number) => Array.from({ length: count }, (_, id) => login(`made up ${count} ${id}`, id))
    await cpuMsOf(calls(1_000))
    await cpuMsOf(logins(500))
    // Ten times the calls: some ten times the work, and a hundred if each call looked through all replies.
    for (const some of [calls, logins]) {
      const [few, many] = [await cpuMsOf(some(800)), await cpuMsOf(some(8_000))]
      console.log(`FIGURE a batch of 800 and of 8,000 ${some.name}: ${few.toFixed(0)} and ${many.toFixed(0)} ms of CPU`)
      assert.ok(many < few * 40, `${few} ms, ${many} ms`)
    }
  })
})

test('an address in absolute form or with a fragment is the same address', async () => {
  await play({}, async ({ url, seen }) => {
    const { host, hostname, port } = new URL(url)
    for (const path of [`http://${host}/empire`, '/empire#x', '/empire?x#y']) {
      const status = await new Promise((resolve) => {
        const request = httpRequest({ hostname, port, path: '/', method: 'POST' }, (answer) =>
          resolve(answer.resume().statusCode),
        )
        request.path = path
        request.end(JSON.stringify(login('bad')))
      })
      assert.is(status, 500, path)
    }
    assert.is(seen.length, 0)
  })
})

test('an empty chunked body is left for whoever listens for its end', async () => {
  const listening: Koa.Middleware = async (ctx) => {
    await new Promise((resolve) => ctx.req.on('end', resolve).resume())
    ctx.body = 'heard'
  }
  const parsing: Koa.Middleware = (ctx) => {
    ctx.body = 'parsed'
  }
  for (const [between, game] of [
    [[], listening],
    [[bodyParser()], parsing],
  ] as [Koa.Middleware[], Koa.Middleware][]) {
    await play({ between, game }, async ({ url }) => {
      const { port } = new URL(url)
      const { connect } = await import('node:net')
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1')
        socket.write(
          'POST /empire HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        )
        let text = ''
        socket.on('data', (data) => (text += data)).on('close', () => resolve(text))
      })
      assert.match(answer, /^HTTP\/1\.1 200/)
    })
  }
})

test('HTTP/2 without a length is read and put back too', async () => {
  const http2 = await import('node:http2')
  const clients = clientele({ store: memory(), protocol: lacuna(), secret })
  const app = new Koa()
  app.use(clients.middleware())
  app.use(async (ctx) => {
    const chunks: Buffer[] = []
    for await (const chunk of ctx.req) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    ctx.body = text === '' ? 'empty' : reply(JSON.parse(text))
  })
  const server = http2.createServer(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const session = http2.connect(`http://127.0.0.1:${port}`)
  const ask = (body: string) =>
    new Promise<string>((resolve) => {
      const stream = session.request({ ':method': 'POST', ':path': '/empire' })
      let text = ''
      stream.on('data', (data) => (text += data)).on('end', () => resolve(text))
      stream.end(body)
    })
  assert.is(await ask(''), 'empty')
  assert.is(JSON.parse(await ask(JSON.stringify(login('anonymous', 5)))).id, 5)
  assert.is(JSON.parse(await ask(JSON.stringify(login('bad', 6)))).error.code, 1002)
  assert.is((await clients.usage.read('anonymous')).sessions, 1)
  session.close()
  await new Promise((resolve) => server.close(resolve))
  await clients.close()
})

test('a parser that leaves the text, or patches the request of Node, is understood', async () => {
  const text: Koa.Middleware = async (ctx, next) => {
    const chunks: Buffer[] = []
    for await (const chunk of ctx.req) chunks.push(chunk)
    ;(ctx.request as { body?: unknown }).body = Buffer.concat(chunks).toString()
    return next()
  }
  await play({ before: [text] }, async ({ url, seen }) => {
    assert.is((await rpc(`${url}/empire`, login('bad'))).status, 500)
    assert.is(seen.length, 0)
  })
  let played: unknown
  const game: Koa.Middleware = (ctx) => {
    const { body } = ctx.req as { body?: { id: unknown; method: string }[] }
    played = body?.map(({ id }) => id)
    ctx.body = body?.map(reply)
  }
  await play({ before: [bodyParser({ patchNode: true })], game }, async ({ url }) => {
    const batch = [login('bad', 1), login('anonymous', 2)]
    await rpc(`${url}/empire`, batch, { 'content-type': 'application/json' })
    assert.equal(played, [2])
  })
})

test('what stands in an address that the game does not know is no feature', async () => {
  await play({ game: () => {} }, async ({ url, usage }) => {
    const answer = await fetch(`${url}/someone@example.com`, {
      method: 'POST',
      body: '{"id":1,"method":"my-password"}',
    })
    assert.is(answer.status, 404)
    assert.equal({ ...(await usage('(none)')).features }, { '(unknown)': { calls: 1, errors: 1 } })
  })
})

test('a batch that is refused as a whole never reaches the game', async () => {
  await play({}, async ({ url, seen }) => {
    const { status, json } = await rpc(`${url}/empire`, [login('bad', 1), login('', 2)])
    assert.equal([status, json.length, seen.length], [200, 2, 0])
    const one = await rpc(`${url}/empire`, [login('bad', 1)])
    assert.equal([one.status, one.json.id, seen.length], [500, 1, 0])
  })
})

test('mounted twice it counts once', async () => {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret })
  const app = new Koa()
  app.use(clients.middleware())
  app.use(clients.middleware())
  app.use((ctx) => {
    ctx.body = { jsonrpc: '2.0', id: 1, result: { session_id: 's1' } }
  })
  await serve(app, (url) => rpc(`${url}/empire`, login('anonymous')))
  const report = await clients.usage.read('anonymous')
  assert.equal([report.sessions, report.calls], [1, 1])
  await clients.close()
})

test('a game that throws is answered as without us, and counted as an error', async () => {
  const game: Koa.Middleware = (ctx) => ctx.throw(418, 'I threw')
  await play({ game }, async ({ url, usage }) => {
    const answer = await fetch(`${url}/empire`, { method: 'POST', body: JSON.stringify(login('anonymous')) })
    assert.equal([answer.status, await answer.text()], [418, 'I threw'])
    const report = await usage('anonymous')
    assert.equal([report.sessions, report.calls, report.errors], [0, 1, 1])
  })
})

test('a protocol that throws does not stop the game', async () => {
  const broken = {
    ...lacuna(),
    read: () => {
      throw new Error('mine')
    },
  }
  const errors: ClienteleError[] = []
  await play({ options: { protocol: broken, onError: (error) => errors.push(error) } }, async ({ url }) => {
    assert.is((await rpc(`${url}/empire`, login('bad'))).status, 200)
    assert.instance(errors[0], ClienteleError)
    assert.is(errors[0]?.code, 'protocol_failed')
  })
})

test('a refusal that a protocol throws is said of the protocol, and what is no refusal is not', async () => {
  const refusals = {
    protocol_failed: () => {
      throw new Error('mine')
    },
    middleware_failed: () => undefined as never,
  }
  for (const [code, refuse] of Object.entries(refusals)) {
    const errors: ClienteleError[] = []
    const protocol = { ...lacuna(), refuse }
    await play({ options: { protocol, onError: (error) => errors.push(error) } }, async ({ url }) => {
      assert.is((await rpc(`${url}/empire`, login('bad'))).status, 200)
      assert.equal(
        errors.map((error) => error.code),
        [code],
      )
    })
  }
})

test('the session id is found in an answer of any kind', async () => {
  const result = { jsonrpc: '2.0', id: 1, result: { session_id: 's1', status: { empire: { id: 7 } } } }
  const text = JSON.stringify(result)
  const { Readable } = await import('node:stream')
  const kinds: Record<string, () => unknown> = {
    object: () => result,
    string: () => text,
    buffer: () => Buffer.from(text),
    'class with toJSON': () => ({ toJSON: () => result }),
    'id with toJSON': () => ({ ...result, result: { ...result.result, session_id: { toJSON: () => 's1' } } }),
    'small stream': () => Readable.from([text.slice(0, 9), text.slice(9)], { objectMode: false }),
  }
  for (const [kind, body] of Object.entries(kinds)) {
    const game: Koa.Middleware = (ctx) => {
      ctx.type = 'application/json'
      ctx.body = body()
    }
    await play({ game }, async ({ url, usage }) => {
      const { json } = await rpc(`${url}/empire`, login('anonymous'))
      assert.equal(json, result, kind)
      const report = await usage('anonymous')
      assert.equal([report.sessions, report.players], [1, 1], kind)
    })
  }
})

test('a large stream goes on unread and unchanged', async () => {
  const { Readable } = await import('node:stream')
  const body = Buffer.alloc(300_000, 'abc')
  const game: Koa.Middleware = (ctx) => {
    ctx.body = Readable.from([body.subarray(0, 100_000), body.subarray(100_000)], { objectMode: false })
  }
  await play({ game, options: { bodyLimitBytes: 50_000 } }, async ({ url, usage }) => {
    const answer = await fetch(`${url}/empire`, { method: 'POST', body: JSON.stringify(login('anonymous')) })
    assert.ok(body.equals(Buffer.from(await answer.arrayBuffer())))
    assert.equal([(await usage('anonymous')).sessions, (await usage('anonymous')).calls], [0, 1])
  })
})

function post(url: string, body: Buffer, headers: Record<string, string>, chunked: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }
    const request = httpRequest(url, { method: 'POST', headers: { ...headers, ...length } }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
    request.on('error', reject)
    const half = Math.floor(body.length / 2)
    request.write(body.subarray(0, half))
    setTimeout(() => request.end(body.subarray(half)), 5)
  })
}

test.run()
