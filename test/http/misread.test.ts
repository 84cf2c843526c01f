// What was once misread, case by case. The kinds that they stand for are in encodings, ways-around, answer-kinds, streams-pass and
// batches-as-text.
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import * as zlib from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import koaBodyParser from 'koa-bodyparser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, type ClienteleOptions, clientele, jsonRpc, lacuna, rest } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'

const protocol = jsonRpc({
  path: '/rpc',
  sessions: { login: { apiKey: { index: 1, name: 'api_key' } } },
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id', playerId: '/player' },
})

interface Played {
  url: string
  clients: Clientele
  /** What the game was sent. */
  seen: string[]
  codes: string[]
}

/** A game that reads the stream itself, or takes what a parser in front of us has left. */
async function play(
  answer: (sent: string, ctx: Koa.Context) => unknown,
  use: (played: Played) => Promise<void>,
  options: Partial<ClienteleOptions> = {},
  before: Koa.Middleware[] = [],
): Promise<void> {
  const codes: string[] = []
  const onError = ({ code }: { code: string }) => codes.push(code)
  const clients = clientele({ store: memory(), protocol, secret, smallestCrowd: 1, onError, ...options })
  const app = new Koa()
  for (const one of before) app.use(one)
  app.use(clients.middleware() as Koa.Middleware)
  const seen: string[] = []
  app.use(async (ctx) => {
    const parsed = (ctx.request as { body?: unknown }).body
    const sent = parsed === undefined ? await text(ctx.req) : JSON.stringify(parsed)
    seen.push(sent)
    const given = answer(sent, ctx)
    if (given !== undefined) ctx.body = given
  })
  await serve(app, (url) => use({ url, clients, seen, codes }))
  await clients.close()
}

const post = async (url: string, body: string | Buffer, headers: Record<string, string> = {}) => {
  const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  return answer.text()
}
const login = (publicKey = 'anonymous', id: unknown = 1) =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"login","params":["ada","${publicKey}"]}`
const session = (id: unknown, sessionId: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { session_id: sessionId } })

test('1: a mark before a login without a public key is no way around, and before an answer loses no session', async () => {
  for (const before of [[], [koaBodyParser()], [bodyParser()]] as Koa.Middleware[][]) {
    await play(
      () => `\ufeff${session(1, 's')}`,
      async ({ url, clients, seen }) => {
        assert.match(await post(`${url}/rpc`, `\ufeff${login('')}`), 'You need an API Key.')
        assert.equal(seen, [])
        await post(`${url}/rpc`, `\ufeff${login()}`)
        await post(`${url}/rpc`, '{"id":2,"method":"view","params":["s"]}')
        const { sessions, calls } = await clients.usage.read('anonymous')
        assert.equal([sessions, calls, (await clients.usage.read('(none)')).calls], [1, 2, 0])
      },
      {},
      before,
    )
  }
})

test('1: a body that is no call at all raises unread', async () => {
  await play(
    () => '{}',
    async ({ url, clients }) => {
      for (const body of ['hello', '{"a":1}', '[]', '7', '{"x":NaN}']) await post(`${url}/rpc`, body)
      assert.is(clients.health().unread, 5)
      await fetch(`${url}/rpc`, { method: 'POST' })
      assert.is(clients.health().unread, 5)
    },
  )
})

test('2: an amount in a transfer keeps its digits, and so do ids', async () => {
  const transfer = '{"id":9007199254740993,"method":"transfer","params":["S1",9007199254740993,1.0,1e400,-0]}'
  const reply = '{"id":9007199254740993,"result":{"left":12345678901234567890.10}}'
  await play(
    () => `[${reply}]`,
    async ({ url, seen }) => {
      const answer = await post(`${url}/rpc`, `[${login('')}, ${transfer}]`)
      assert.equal(seen, [`[${transfer}]`])
      assert.ok(answer.endsWith(`,${reply}]`), answer)
      const alone = await post(`${url}/rpc`, login('').replace('"id":1', '"id":9007199254740993'))
      assert.match(alone, '"id":9007199254740993,')
    },
  )
})

test('2: numeric session ids and players are told apart by all of their digits', async () => {
  for (const before of [[], [koaBodyParser()], [bodyParser()]] as Koa.Middleware[][]) {
    await play(
      (sent) => {
        const [, player = ''] = /"ada(\d+)"/.exec(sent) ?? []
        const number = `765611980000${player.padStart(5, '0')}`
        return sent.includes('"login"')
          ? `{"jsonrpc":"2.0","id":1,"result":{"session_id":9007199254${number.slice(-6)},"player":${number}}}`
          : '{"jsonrpc":"2.0","id":1,"result":1}'
      },
      async ({ url, clients }) => {
        const [one, two] = await Promise.all(['One', 'Two'].map((name) => clients.registry.register({ name })))
        for (let player = 740_992; player < 740_994; player++) {
          const key = player === 740_992 ? one?.publicKey : two?.publicKey
          await post(`${url}/rpc`, login(key).replace('ada', `ada${player}`))
        }
        await post(`${url}/rpc`, '{"id":1,"method":"view","params":[9007199254740993]}')
        assert.is((await clients.usage.read(one?.publicKey ?? '')).calls, 1)
        assert.is((await clients.usage.read(two?.publicKey ?? '')).calls, 2)
        for (let player = 0; player < 200; player++) await post(`${url}/rpc`, login().replace('ada', `ada${player}`))
        const { players } = await clients.usage.read('anonymous')
        assert.ok(players > 185 && players < 215, `${players} players`)
      },
      {},
      before,
    )
  }
})

test('3: ids of another type, or none, lose no session of a batch', async () => {
  const replies: [string, unknown[]][] = [
    ['as text', ['1', '2']],
    ['none', [undefined, undefined]],
    ['right', [1, 2]],
  ]
  for (const [what, ids] of replies) {
    await play(
      () => `[${ids.map((id, index) => session(id, `s${index}`)).join(',')}]`,
      async ({ url, clients }) => {
        await post(`${url}/rpc`, `[${login('anonymous', 1)},${login('anonymous', 2)}]`)
        assert.is((await clients.usage.read('anonymous')).sessions, 2, what)
      },
    )
  }
})

test('3: only an absent id is a notification, but to the original', async () => {
  for (const [one, path, isAnswered] of [
    [protocol, '/rpc', true],
    [lacuna(), '/empire', false],
  ] as const) {
    await play(
      () => '{}',
      async ({ url }) => {
        for (const id of [null, '']) {
          const answer = await post(url + path, login('', id))
          assert.is(answer.includes(`"id":${JSON.stringify(id)}`), isAnswered, `${path} ${answer}`)
        }
        assert.is(await post(url + path, login('').replace('"id":1,', '')), '')
      },
      { protocol: one },
    )
  }
})

test('4: lines of JSON are not held back', async () => {
  await play(
    (_, ctx) => {
      ctx.respond = false
      ctx.res.writeHead(200, { 'content-type': 'application/x-ndjson' }).write('{"line":1}\n')
      setTimeout(() => ctx.res.end('{"line":2}\n'), 1_000)
    },
    async ({ url }) => {
      const startedAtMs = performance.now()
      const answer = await fetch(`${url}/rpc`, { method: 'POST', body: '{"id":1,"method":"watch"}' })
      const reader = (answer.body as ReadableStream).getReader()
      await reader.read()
      assert.ok(performance.now() - startedAtMs < 900)
      while (!(await reader.read()).done);
    },
  )
})

test('5: an answer that nobody can look into leaves a trace', async () => {
  const { zstdCompressSync: packed } = zlib as { zstdCompressSync?: (bytes: string) => Buffer }
  for (const [encoding, body] of [
    ['unheard-of', Buffer.from([1, 2, 3])],
    ['zstd', packed ? packed(session(1, 's')) : Buffer.from([0x28, 0xb5])],
  ] as const) {
    await play(
      (_, ctx) => {
        ctx.set('content-encoding', encoding)
        return body
      },
      ({ url, clients }) =>
        new Promise((resolve, reject) => {
          // Not by fetch, which would unpack it.
          const sent = httpRequest(`${url}/rpc`, { method: 'POST' }, async (answer) => {
            await answer.resume().toArray()
            const isRead = encoding === 'zstd' && packed !== undefined
            const { sessions } = await clients.usage.read('anonymous')
            if (sessions === (isRead ? 1 : 0) && clients.health().unlearned === (isRead ? 0 : 1)) resolve()
            else reject(new Error(`${encoding}: ${sessions} sessions, ${clients.health().unlearned} unlearned`))
          })
          sent.end(login())
        }),
    )
  }
})

test('5: a session that the head tells is saved before an answer that is too long, or takes too long, goes on', async () => {
  const cookies = rest({
    sessions: { 'POST /login': { answer: { sessionId: { cookie: 'sid' } } } },
    apiKey: { header: 'x-api-key' },
    sessionId: { cookie: 'sid' },
  })
  for (const isLong of [true, false]) {
    const store = memory()
    await play(
      (_, ctx) => {
        ctx.respond = false
        ctx.res.writeHead(200, { 'set-cookie': 'sid=s', 'content-type': 'text/plain' })
        ctx.res.write('x'.repeat(isLong ? 20_000 : 20))
        setTimeout(() => ctx.res.end('the end'), 2_600)
      },
      async ({ url }) => {
        const answer = await fetch(`${url}/login`, { method: 'POST', headers: { 'x-api-key': 'anonymous' } })
        const another = clientele({ store, protocol: cookies, secret })
        assert.is((await another.usage.read('anonymous')).sessions, 1)
        await another.close()
        assert.match(await answer.text(), /^x+the end$/)
      },
      { protocol: cookies, store, bodyLimitBytes: 10_000 },
    )
  }
})

test('7: a protocol that looks in the wrong place is told after a dozen logins', async () => {
  let tokens = 0
  await play(
    () => ({ token: `token ${++tokens}` }),
    async ({ url, clients, codes }) => {
      for (let index = 0; index < 20; index++) await post(`${url}/login`, '{}', { 'x-api-key': 'anonymous' })
      assert.equal([clients.health().unlearned, codes], [20, ['session_unlearned']])
    },
    {
      protocol: rest({
        sessions: { 'POST /login': { answer: { sessionId: { body: '/result/token' } } } },
        apiKey: { header: 'x-api-key' },
        sessionId: { bearer: true },
      }),
    },
  )
})

test('8: a web stream and a Response are what they are without us', async () => {
  for (const make of [
    () => new Blob([session(1, 's')]).stream(),
    () => new Response(session(1, 's'), { headers: { 'x-game': 'yes' } }),
  ]) {
    for (const sent of [login(), '{"id":1,"method":"view","params":["s"]}']) {
      await play(make, async ({ url, clients }) => {
        const answer = await fetch(`${url}/rpc`, { method: 'POST', body: sent })
        assert.equal([answer.status, await answer.text()], [200, session(1, 's')])
        const reports = await Promise.all(['anonymous', '(none)'].map((name) => clients.usage.read(name)))
        assert.is(
          reports.reduce((sum, { calls }) => sum + calls, 0),
          1,
        )
        assert.is(reports[0]?.sessions, sent === login() ? 1 : 0)
      })
    }
  }
})

test('a host that has called setEncoding is not brought down', async () => {
  await play(
    () => session(1, 's'),
    async ({ url, clients, seen }) => {
      const body = `${login().slice(0, -1)},"x":"${'é'.repeat(9)}"}`
      await new Promise<void>((resolve, reject) => {
        const sent = httpRequest(`${url}/rpc`, { method: 'POST' }, (answer) => answer.resume().on('end', resolve))
        sent.on('error', reject)
        sent.write(Buffer.from(body).subarray(0, 90))
        setTimeout(() => sent.end(Buffer.from(body).subarray(90)), 20)
      })
      assert.equal([seen, (await clients.usage.read('anonymous')).sessions], [[body], 1])
    },
    {},
    [
      (ctx, next) => {
        ctx.req.setEncoding('utf8')
        return next()
      },
    ],
  )
})

test.run()
