// Games and protocols that are careless with what they are given, and middleware around ours that does as it likes.
import { request as httpRequest, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, type ClienteleOptions, clientele, lacuna, type Protocol, rest } from '../../src/index.js'
import { rpc, secret, serve } from '../helpers/serve.js'

const value = { jsonrpc: '2.0', id: 1, result: { session_id: 's1' } }
const text = JSON.stringify(value)
const login = { id: 1, method: 'login', params: ['me', 'right', 'anonymous'] }

interface Host {
  options?: Partial<ClienteleOptions>
  before?: Koa.Middleware[]
  game: Koa.Middleware
}

async function play(host: Host, use: (url: string, clients: Clientele, errors: string[]) => Promise<void>) {
  const errors: string[] = []
  const onError = ({ code }: { code: string }) => errors.push(code)
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, onError, ...host.options })
  const app = new Koa()
  for (const middleware of [...(host.before ?? []), clients.middleware(), host.game]) app.use(middleware)
  try {
    await serve(app, (url) => use(url, clients, errors))
  } finally {
    await clients.close()
  }
}

const byHand =
  (write: (res: ServerResponse) => unknown): Koa.Middleware =>
  async (ctx) => {
    ctx.respond = false
    ctx.res.statusCode = 200
    await write(ctx.res)
  }

test('what Node does not take is refused while the game listens', async () => {
  for (const wrong of [{ id: 1 }, 5, true]) {
    const game = byHand((res) => {
      setTimeout(() => {
        try {
          res.end(wrong)
        } catch {
          res.statusCode = 500
          res.end('"oops"')
        }
      }, 5)
    })
    await play({ game }, async (url, clients) => {
      const { status, text } = await rpc(`${url}/empire`, login)
      assert.equal([status, text], [500, '"oops"'])
      assert.is((await clients.usage.read('anonymous')).errors, 1)
    })
  }
})

test('what Node refuses later, because of a length, ends the connection and not the process', async () => {
  const game = byHand((res) => {
    res.strictContentLength = true
    res.setHeader('content-length', 3)
    res.end(text)
  })
  await play({ game }, async (url) => {
    const outcome = await rpc(`${url}/empire`, login).catch(() => 'broken')
    assert.is(outcome, 'broken')
  })
})

test('a game may wait until a part is written before it writes the next', async () => {
  const game = byHand(async (res) => {
    await new Promise<void>((resolve) => res.write(text.slice(0, 9), () => resolve()))
    res.end(text.slice(9))
  })
  await play({ game }, async (url, clients) => {
    const startedAtMs = Date.now()
    assert.equal((await rpc(`${url}/empire`, login)).json, value)
    const both = [login, { ...login, id: 2, params: ['me', 'right', 'bad'] }]
    assert.is((await rpc(`${url}/empire`, both)).json.length, 2)
    assert.ok(Date.now() - startedAtMs < 1_500)
    assert.is((await clients.usage.read('anonymous')).sessions, 2)
  })
})

test('a status that comes after the end is too late, as ever', async () => {
  const game = byHand((res) => {
    res.end(text)
    res.statusCode = 500
  })
  await play({ game }, async (url) => assert.is((await rpc(`${url}/empire`, login)).status, 200))
})

test('middleware in front may wrap the answer, and finds its own methods again', async () => {
  const kept: boolean[] = []
  const wrapper: Koa.Middleware = async ({ res }, next) => {
    const { write } = res
    const own = Object.assign(function (this: ServerResponse, ...args: unknown[]) {
      if (!res.headersSent) res.setHeader('x-wrapped', 'yes')
      return (write as (...args: unknown[]) => boolean).apply(this, args)
    })
    res.write = own as typeof res.write
    await next()
    kept.push(res.write === own)
  }
  const game = byHand((res) => {
    res.write(text.slice(0, 9))
    res.end(text.slice(9))
  })
  await play({ before: [wrapper], game }, async (url) => {
    const answer = await fetch(`${url}/empire`, { method: 'POST', body: JSON.stringify(login) })
    assert.equal([answer.status, answer.headers.get('x-wrapped'), await answer.text()], [200, 'yes', text])
    assert.equal(kept, [true])
  })
})

test('a session in a cookie is found in a head that is a list, flat or in pairs', async () => {
  const protocol = rest({
    sessions: { 'POST /login': { answer: { sessionId: { cookie: 'sid' } } } },
    ...{ apiKey: { query: 'api_key' }, sessionId: { cookie: 'sid' } },
  })
  const flat = ['Set-Cookie', 'sid=1', 'Set-Cookie', 'lang=en']
  for (const head of [flat, [flat.slice(0, 2), flat.slice(2)]]) {
    const game = byHand((res) => res.writeHead(200, head as string[]).end('{}'))
    await play({ options: { protocol }, game }, async (url, clients) => {
      await fetch(`${url}/login?api_key=anonymous`, { method: 'POST' })
      assert.is((await clients.usage.read('anonymous')).sessions, 1)
    })
  }
})

test('events that go on for ever are not waited for, by hand or by Koa', async () => {
  const protocol = rest({
    sessions: { 'POST /listen': { answer: { sessionId: { header: 'x-session' } } } },
    ...{ apiKey: { query: 'api_key' }, sessionId: { header: 'x-session' } },
  })
  const head = { 'content-type': 'text/event-stream', 'x-session': 's' }
  const games: Koa.Middleware[] = [
    byHand((res) => res.writeHead(200, head).write('data: 1\n\n')),
    (ctx) => {
      ctx.set(head)
      const events = new Readable({ read() {} })
      events.push('data: 1\n\n')
      ctx.body = events
    },
  ]
  for (const game of games) {
    await play({ options: { protocol }, game }, async (url, clients) => {
      const hangUp = new AbortController()
      const startedAtMs = Date.now()
      const { signal } = hangUp
      const answer = await fetch(`${url}/listen?api_key=anonymous`, { method: 'POST', signal })
      const first = await answer.body?.getReader().read()
      assert.is(Buffer.from(first?.value ?? '').toString(), 'data: 1\n\n')
      assert.ok(Date.now() - startedAtMs < 1_000)
      assert.is((await clients.usage.read('anonymous')).sessions, 1)
      hangUp.abort()
    })
  }
})

test('a stream that is too large to look into ends with its client', async () => {
  let source: Readable | undefined
  const game: Koa.Middleware = (ctx) => {
    ctx.type = 'application/json'
    source = new Readable({ read: () => source?.push(Buffer.alloc(10_000)) })
    ctx.body = Readable.toWeb(source)
  }
  await play({ game, options: { bodyLimitBytes: 50_000 } }, async (url) => {
    await new Promise<void>((resolve) => {
      const request = httpRequest(`${url}/empire`, { method: 'POST' }, (answer) => {
        answer.once('data', () => request.destroy())
        answer.on('error', () => {}).once('close', () => resolve())
      })
      request.on('error', () => {}).end(JSON.stringify(login))
    })
    for (let tries = 0; tries < 50 && !source?.destroyed; tries++) await wait(20)
    assert.is(source?.destroyed, true)
  })
})

test('a packed answer of Koa to a batch that is put together says no more that it is packed', async () => {
  const game: Koa.Middleware = (ctx) => {
    ctx.set({ 'content-encoding': 'gzip', etag: '"1"' })
    ctx.body = gzipSync(`[${text}]`)
  }
  await play({ game }, async (url) => {
    const both = JSON.stringify([login, { ...login, id: 2, params: ['me', 'right', 'bad'] }])
    const answer = await fetch(`${url}/empire`, { method: 'POST', body: both })
    assert.equal([answer.headers.get('content-encoding'), answer.headers.get('etag')], [null, null])
    assert.is(((await answer.json()) as unknown[]).length, 2)
  })
})

test('what JSON cannot say is an error that Koa answers', async () => {
  const game: Koa.Middleware = (ctx) => {
    ctx.body = { ...value, more: 1n }
  }
  await play({ game }, async (url, clients) => {
    const answer = await fetch(`${url}/empire`, { method: 'POST', body: JSON.stringify(login) })
    const { errors, calls, sessions } = await clients.usage.read('anonymous')
    assert.equal([answer.status, errors, calls, sessions], [500, 1, 1, 0])
  })
})

test('a careless protocol never stops the game', async () => {
  const whole = lacuna()
  const careless: Record<string, Partial<Record<keyof Protocol, unknown>>> = {
    'matches throws': { matches: () => JSON.parse('{') },
    'read gives nothing': { read: () => undefined },
    'a call without a feature': { read: () => [{ index: 0, createsSession: true, publicKey: 'anonymous' }] },
    'learn gives nothing': { learn: () => null },
    'refuse gives nothing': { refuse: () => undefined },
    'refuse with no such status': { refuse: () => ({ status: 9, headers: {}, body: '' }) },
    'refuse without headers': { refuse: () => ({ status: 403, body: '' }) },
  }
  const problems: unknown[] = []
  const note = (problem: unknown) => problems.push(problem)
  process.on('unhandledRejection', note)
  for (const [what, parts] of Object.entries(careless)) {
    const protocol = { ...whole, ...parts } as Protocol
    const games: Koa.Middleware[] = [
      (ctx) => {
        ctx.body = value
      },
      byHand((res) => void setTimeout(() => res.end(text), 5)),
    ]
    for (const game of games) {
      await play({ options: { protocol }, game }, async (url, _, errors) => {
        const publicKey = what.startsWith('refuse') ? 'bad' : 'anonymous'
        const { status, json } = await rpc(`${url}/empire`, { ...login, params: ['me', 'right', publicKey] })
        assert.equal([status, json], [200, value], what)
        if (what !== 'learn gives nothing') assert.ok(errors.length > 0, `${what} is told`)
      })
    }
  }
  process.off('unhandledRejection', note)
  assert.equal(problems, [])
})

test('verbs that are called wrongly are told, and never reject', async () => {
  const errors: string[] = []
  const onError = ({ message }: Error) => errors.push(message)
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, onError })
  await clients.openSession({ sessionId: 's', publicKey: 'anonymous' } as Parameters<Clientele['openSession']>[0])
  await clients.openSession({ publicKey: 'anonymous', method: 'login' } as Parameters<Clientele['openSession']>[0])
  await clients.track({ sessionId: 's' } as Parameters<Clientele['track']>[0])
  assert.match(
    errors.join('\n'),
    /openSession\(\).*`method`[\s\S]*openSession\(\).*`sessionId`[\s\S]*track\(\).*`feature`/,
  )
  assert.is((await clients.usage.read('anonymous')).sessions, 0)
  await clients.close()
})

test.run()
