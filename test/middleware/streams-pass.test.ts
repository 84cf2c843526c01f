// An answer that comes bit by bit goes on bit by bit: only that of a login is held, and for two seconds at most.
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import Koa3 from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import { koas } from '../console/harness.js'
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
    const { clients, app } = appOf(Koa, all, 26)
    await serve(app, async (url) => {
      for (const [index, came] of (await Promise.all(names.map((name) => listen(url, name, 'login')))).entries()) {
        const told = `${names[index]}: ${JSON.stringify(came)}`
        assert.is(came.text.split('\n').length, 27, told)
        assert.ok(came.firstMs < 2_400, told)
        assert.ok(came.lastMs > 25 * lineEveryMs - 50, told)
      }
    })
    await clients.close()
    assert.is((await clients.usage.read('anonymous')).calls, names.length)
  })

  test(`${koa}: a client that hangs up ends the stream, and its call is counted once`, async () => {
    let open = 0
    const endless: Game = (ctx) => {
      open++
      ctx.body = new Readable({
        read() {
          setTimeout(() => this.push('{"line":1}\n'), 20)
        },
        destroy: (error, done) => {
          open--
          done(error)
        },
      }).on('error', () => undefined)
    }
    const { clients, app } = appOf(Koa, { endless }, 0)
    await serve(app, async (url) => {
      const watched = await listen(url, 'endless', 'watch', 200)
      assert.match(watched.text, /line/)
      // One who goes while the answer is held, and one who got some of it.
      for (const patienceMs of [200, 2_300]) await listen(url, 'endless', 'login', patienceMs)
      await until(async () => open === 0)
      assert.is(open, 0)
    })
    await clients.close()
    const [none, logins] = [await clients.usage.read('(none)'), await clients.usage.read('anonymous')]
    assert.equal([none.calls, logins.calls, logins.sessions], [1, 2, 0])
  })

  test(`${koa}: a head that is sent ahead comes at once, that of a login after two seconds at most`, async () => {
    const ahead: Game = async (ctx) => {
      ctx.status = 200
      ctx.flushHeaders()
      ctx.respond = false
      await wait(2_400)
      ctx.res.end('{}')
    }
    const { clients, app } = appOf(Koa, { ahead }, 0)
    await serve(app, async (url) => {
      const [call, login] = await Promise.all([listen(url, 'ahead', 'watch'), listen(url, 'ahead', 'login')])
      assert.ok(call.headMs < 500, JSON.stringify(call))
      assert.ok(login.headMs > 1_900 && login.headMs < 2_350, JSON.stringify(login))
      assert.equal([call.text, login.text], ['{}', '{}'])
    })
    await clients.close()
  })
}

test.run()
