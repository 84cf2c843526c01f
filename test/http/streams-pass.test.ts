// An answer that comes bit by bit goes on bit by bit: only that of a login is held, and for two seconds at most.
import { request as httpRequest } from 'node:http'
import { Readable, Stream } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import Koa3 from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna, rest } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { faulty } from '../helpers/faulty.js'
import { secret, serve } from '../helpers/serve.js'
import { OldStream } from './kinds-of-answers.js'

const lineEveryMs = 100

async function* linesOf(count: number) {
  for (let index = 0; index < count; index++) {
    if (index > 0) await wait(lineEveryMs)
    yield `{"line":${index}}\n`
  }
}

function oldLines(count: number): OldStream {
  const stream = new OldStream([], () => undefined)
  void (async () => {
    await wait(1)
    for await (const line of linesOf(count)) stream.emit('data', Buffer.from(line))
    stream.emit('end')
  })()
  return stream
}

type Game = (ctx: Koa3.Context, count: number) => unknown

const games: Record<string, Game> = {
  Readable: (ctx, count) => {
    ctx.body = Readable.from(linesOf(count), { objectMode: false })
  },
  'old stream': (ctx, count) => {
    ctx.body = oldLines(count)
  },
  'by hand': async (ctx, count) => {
    ctx.respond = false
    ctx.res.statusCode = 200
    for await (const line of linesOf(count)) ctx.res.write(line)
    ctx.res.end()
  },
  'by hand, without waiting': (ctx, count) => {
    ctx.respond = false
    ctx.res.writeHead(200, { 'content-type': 'application/x-ndjson' })
    void (async () => {
      for await (const line of linesOf(count)) ctx.res.write(line)
      ctx.res.end()
    })()
  },
}
const gamesOfKoa3: Record<string, Game> = {
  'web stream': (ctx, count) => {
    ctx.body = Readable.toWeb(Readable.from(linesOf(count), { objectMode: false }))
  },
  Response: (ctx, count) => {
    const lines = Readable.toWeb(Readable.from(linesOf(count), { objectMode: false })) as ReadableStream
    ctx.body = new Response(lines, { headers: { 'content-type': 'application/x-ndjson' } })
  },
}

/** Streams that never end by themselves, and how many of each there are. */
function endlessFor(koa: string, open: Record<string, number>): Record<string, Game> {
  function begin(kind: string, give: () => void): () => void {
    open[kind] = (open[kind] ?? 0) + 1
    const timer = setInterval(give, 20)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      clearInterval(timer)
      open[kind] = (open[kind] ?? 0) - 1
    }
  }
  const line = '{"line":1}\n'
  const kinds: Record<string, Game> = {
    Readable: (ctx) => {
      const stream = new Readable({
        read: () => undefined,
        destroy: (error, done) => {
          over()
          done(error)
        },
      })
      const over = begin('Readable', () => stream.push(line))
      ctx.body = stream.on('error', () => undefined)
    },
    'old stream': (ctx) => {
      const stream = Object.assign(new Stream(), { readable: true, destroy: () => over() })
      const over = begin('old stream', () => stream.emit('data', Buffer.from(line)))
      ctx.body = stream
    },
    'by hand': (ctx) => {
      ctx.respond = false
      ctx.res.statusCode = 200
      const over = begin('by hand', () => ctx.res.write(line))
      ctx.res.on('close', over)
    },
  }
  const web: Game = (ctx) => {
    let over = () => {}
    ctx.body = new ReadableStream({
      start: (controller) => {
        over = begin('web stream', () => controller.enqueue(Buffer.from(line)))
      },
      cancel: () => over(),
    })
  }
  return koa === 'Koa 3' ? { ...kinds, 'web stream': web } : kinds
}

interface Came {
  headMs: number
  /** Of the first byte, and of the end. */
  firstMs: number
  lastMs: number
  text: string
}

/** When what of an answer comes. With `patienceMs` the client hangs up then. */
function listen(url: string, game: string, method: string, patienceMs?: number): Promise<Came> {
  const startedAtMs = performance.now()
  const sinceMs = () => performance.now() - startedAtMs
  const came = { headMs: Number.NaN, firstMs: Number.NaN, lastMs: Number.NaN, text: '' }
  const path = `${url}/empire?game=${encodeURIComponent(game)}`
  return new Promise((resolve) => {
    const done = () => resolve({ ...came, lastMs: sinceMs() })
    const request = httpRequest(path, { method: 'POST', agent: false }, (answer) => {
      came.headMs = sinceMs()
      answer.on('data', (part: Buffer) => {
        if (came.text === '') came.firstMs = sinceMs()
        came.text += part
      })
      answer.on('error', () => undefined).on('close', done)
    })
    request.on('error', done)
    request.end(JSON.stringify({ id: 1, method, params: ['player', 'password', 'anonymous'] }))
    if (patienceMs !== undefined) setTimeout(() => request.destroy(), patienceMs)
  })
}

function appOf(Koa: typeof Koa3, all: Record<string, Game>, count: number) {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, durability: 'sessions' })
  const app = new Koa()
  app.use(clients.middleware())
  app.use((ctx) => {
    ctx.type = 'application/x-ndjson'
    return all[String(ctx.query.game)]?.(ctx, count)
  })
  return { clients, app }
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 50 && !(await isDone()); tries++) await wait(20)
}

for (const [koa, Koa] of Object.entries(koas) as [string, typeof Koa3][]) {
  const all = Koa === Koa3 ? { ...games, ...gamesOfKoa3 } : games
  const names = Object.keys(all)

  test(`${koa}: a stream to a call passes as it comes`, async () => {
    const { clients, app } = appOf(Koa, all, 8)
    await serve(app, async (url) => {
      for (const [index, came] of (await Promise.all(names.map((name) => listen(url, name, 'watch')))).entries()) {
        const told = `${names[index]}: ${JSON.stringify(came)}`
        assert.is(came.text.split('\n').length, 9, told)
        assert.ok(came.lastMs > 7 * lineEveryMs - 50, told)
        assert.ok(came.lastMs - came.firstMs > 5 * lineEveryMs, told)
      }
    })
    await clients.close()
    assert.is((await clients.usage.read('(none)')).calls, names.length)
  })

  test(`${koa}: a stream to a login is held for two seconds at most`, async () => {
    const { clients, app } = appOf(Koa, all, 46)
    await serve(app, async (url) => {
      for (const [index, came] of (await Promise.all(names.map((name) => listen(url, name, 'login')))).entries()) {
        const told = `${names[index]}: ${JSON.stringify(came)}`
        assert.is(came.text.split('\n').length, 47, told)
        assert.ok(came.firstMs < 4_000, told)
        assert.ok(came.lastMs > 45 * lineEveryMs - 50, told)
      }
    })
    await clients.close()
    assert.is((await clients.usage.read('anonymous')).calls, names.length)
  })

  test(`${koa}: a client that hangs up ends the stream, and its call is counted once`, async () => {
    const open: Record<string, number> = {}
    const endless = endlessFor(koa, open)
    const kinds = Object.keys(endless)
    const { clients, app } = appOf(Koa, endless, 0)
    await serve(app, async (url) => {
      const watched = await Promise.all(kinds.map((kind) => listen(url, kind, 'watch', 1_000)))
      for (const [index, { text }] of watched.entries()) assert.match(text, /line/, kinds[index])
      // One who goes while the answer is held, and one who got some of it.
      const patience = kinds.flatMap((kind) => [1_000, 3_500].map((patienceMs) => [kind, patienceMs] as const))
      await Promise.all(patience.map(([kind, patienceMs]) => listen(url, kind, 'login', patienceMs)))
      await until(async () => Object.values(open).every((count) => count === 0))
      assert.equal(open, Object.fromEntries(kinds.map((kind) => [kind, 0])))
    })
    await clients.close()
    const [none, logins] = [await clients.usage.read('(none)'), await clients.usage.read('anonymous')]
    assert.equal([none.calls, logins.calls, logins.sessions], [kinds.length, 2 * kinds.length, 0])
  })

  test(`${koa}: a long answer waits where it comes from while a session in its head is saved`, async () => {
    const { adapter, store } = faulty()
    const clients = clientele({
      store,
      protocol: rest({
        sessions: { 'POST /empire': { answer: { sessionId: { header: 'x-session' } } } },
        apiKey: { header: 'x-key' },
        sessionId: { header: 'x-session' },
      }),
      enforce: 'present',
      secret,
    })
    await clients.ready()
    const part = Buffer.alloc(65_536)
    const parts = 1_600
    let given = 0
    const app = new Koa()
    app.use(clients.middleware())
    app.use((ctx) => {
      ctx.set('x-session', 's1')
      ctx.body = new Readable({
        read() {
          setImmediate(() => this.push(given++ < parts ? part : null))
        },
      })
    })
    await serve(app, async (url) => {
      let save = () => {}
      adapter.hanging = new Promise((resolve) => (save = resolve))
      const whole = new Promise<number>((resolve, reject) => {
        const request = httpRequest(
          `${url}/empire`,
          { method: 'POST', headers: { 'x-key': 'anonymous' }, agent: false },
          (answer) => {
            let bytes = 0
            answer.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => resolve(bytes))
          },
        )
        request.on('error', reject).end()
      })
      await wait(800)
      const waiting = given
      save()
      adapter.hanging = undefined
      assert.is(await whole, parts * part.length)
      // What is looked into, and a stream's own buffer.
      assert.ok(waiting * part.length < 4 * 1_048_576, `${waiting} parts`)
    })
    await clients.close()
    assert.is((await clients.usage.read('anonymous')).sessions, 1)
  })

  test(`${koa}: a head that is sent ahead comes at once, that of a login after two seconds at most`, async () => {
    const ahead: Game = async (ctx) => {
      ctx.status = 200
      ctx.flushHeaders()
      ctx.respond = false
      await wait(4_600)
      ctx.res.end('{}')
    }
    const { clients, app } = appOf(Koa, { ahead }, 0)
    await serve(app, async (url) => {
      const [call, login] = await Promise.all([listen(url, 'ahead', 'watch'), listen(url, 'ahead', 'login')])
      assert.ok(call.headMs < 1_900, JSON.stringify(call))
      assert.ok(login.headMs > 1_900 && login.headMs < 4_200, JSON.stringify(login))
      assert.equal([call.text, login.text], ['{}', '{}'])
    })
    await clients.close()
  })
}

test.run()
