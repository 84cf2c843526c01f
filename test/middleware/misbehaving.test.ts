// A game, or a client, that goes wrong: what the client sees is what it would see without us, each call is counted once, and
// nothing of it stays behind.
import { once } from 'node:events'
import { type ClientRequest, request as httpRequest, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, clientele, lacuna } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'

/** Of each kind, in all. */
const requests = Number(process.env.MISBEHAVING ?? 180)
const atOnce = 30

const text = JSON.stringify({ id: 1, result: { session_id: 's' } })

interface Kind {
  game(ctx: Koa3.Context): unknown
  /** When the client hangs up: the game has its call, or half of its body is sent. */
  hangsUp?: 'waiting' | 'sending'
  /** Of each login, how many sessions, calls and errors must be counted. */
  counts: readonly [sessions: number, calls: number, errors: number]
}

function byHand(write: (res: ServerResponse) => unknown): Kind['game'] {
  return (ctx) => {
    ctx.respond = false
    return write(ctx.res)
  }
}

const kinds: Record<string, Kind> = {
  'throws at once': { game: (ctx) => ctx.throw(418), counts: [0, 1, 1] },
  'throws after it has answered': {
    game: async (ctx) => {
      ctx.res.end(text)
      await wait(1)
      throw new Error('mine')
    },
    counts: [1, 1, 0],
  },
  'throws in the middle of an answer': {
    game: (ctx) => {
      ctx.res.write(text.slice(0, 9))
      setTimeout(() => ctx.res.destroy(), 5)
      throw new Error('mine')
    },
    counts: [0, 1, 1],
  },
  'answers twice by hand': {
    game: byHand((res) => {
      res.end(text)
      res.end('again')
    }),
    counts: [1, 1, 0],
  },
  'answers by hand and by Koa': {
    game: (ctx) => {
      ctx.res.end(text)
      ctx.body = 'again'
    },
    counts: [1, 1, 0],
  },
  'destroys the socket': { game: (ctx) => ctx.req.socket.destroy(), counts: [0, 1, 1] },
  'destroys the answer in its middle': {
    game: byHand((res) => {
      res.write(text.slice(0, 9))
      res.destroy()
    }),
    counts: [0, 1, 1],
  },
  'a stream that fails at once': {
    game: (ctx) => {
      ctx.body = new Readable({
        read() {
          this.destroy(new Error('mine'))
        },
      })
    },
    counts: [0, 1, 1],
  },
  'a stream that fails in its middle': {
    game: (ctx) => {
      ctx.body = Readable.from(
        (async function* () {
          yield text.slice(0, 9)
          throw new Error('mine')
        })(),
        { objectMode: false },
      )
    },
    counts: [0, 1, 1],
  },
  'never answers, and the client goes': { game: byHand(() => {}), hangsUp: 'waiting', counts: [0, 1, 1] },
  'never comes back, and the client goes': { game: () => new Promise(() => {}), hangsUp: 'waiting', counts: [0, 0, 0] },
  'answers after the client has gone': {
    game: async (ctx) => {
      await once(ctx.res, 'close')
      ctx.body = text
    },
    hangsUp: 'waiting',
    counts: [1, 1, 0],
  },
  'writes after the client has gone': {
    game: byHand(async (res) => {
      res.on('error', () => {})
      await once(res, 'close')
      res.write(text.slice(0, 9))
      res.end(text.slice(9))
    }),
    hangsUp: 'waiting',
    counts: [0, 1, 1],
  },
  'a client that hangs up in its body': {
    game: async ({ req }) => {
      if (!req.resume().destroyed) await once(req, 'close')
    },
    hangsUp: 'sending',
    counts: [0, 0, 0],
  },
}

let logins = 0
/** Clients that hang up as soon as the game has their call. */
const waiting = new Map<string, ClientRequest>()

/** The game of a kind, behind the middleware where that is given. */
function appOf(Koa: typeof Koa3, { game }: Kind, clients?: Clientele): Koa3 {
  const app = new Koa()
  if (clients) app.use(clients.middleware())
  app.use((ctx) => {
    const id = ctx.get('x-id')
    waiting.get(id)?.destroy()
    waiting.delete(id)
    return game(ctx)
  })
  return app
}

/** What the client got: a status and a body, or that the connection broke. */
async function login(url: string, hangsUp: Kind['hangsUp']): Promise<string> {
  const body = JSON.stringify({ id: 1, method: 'login', params: ['a', 'b', 'anonymous'] })
  const id = String(++logins)
  return new Promise((resolve) => {
    const headers = { 'content-length': body.length, 'x-id': id }
    const request = httpRequest(`${url}/empire`, { method: 'POST', headers })
    // Koa 2 leaves the connection open under a stream that failed.
    const patience = setTimeout(() => request.destroy(), 300)
    request.on('error', () => {})
    request.on('close', () => {
      clearTimeout(patience)
      resolve('broken')
    })
    request.on('response', (answer) => {
      let received = ''
      answer.on('data', (chunk) => (received += chunk))
      answer.on('close', () => resolve(`${answer.statusCode} ${received} ${answer.complete ? '' : 'cut'}`))
    })
    if (hangsUp === 'sending') {
      request.write(body.slice(0, 20))
      setTimeout(() => request.destroy(), 5)
    } else {
      request.end(body)
      if (hangsUp !== undefined) waiting.set(id, request)
    }
  })
}

async function outcomes(url: string, kind: Kind, count: number): Promise<string[]> {
  const seen = new Set<string>()
  for (let index = 0; index < count; index += atOnce) {
    const some = await Promise.all(Array.from({ length: atOnce }, () => login(url, kind.hangsUp)))
    for (const one of some) seen.add(one)
  }
  return [...seen]
}

async function settled(clients: Clientele, calls: number): Promise<readonly number[]> {
  const until = Date.now() + 3_000
  for (;;) {
    const report = await clients.usage.read('anonymous')
    if (report.calls >= calls || Date.now() > until) {
      await wait(30)
      const { sessions, calls, errors } = await clients.usage.read('anonymous')
      return [sessions, calls, errors]
    }
    await wait(10)
  }
}

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
function heapMiB(): number {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

for (const [koa, Koa] of [
  ['Koa 2', Koa2 as typeof Koa3],
  ['Koa 3', Koa3],
] as const) {
  test(`${koa}: ${Object.keys(kinds).length} ways to go wrong`, async () => {
    const problems = new Set<string>()
    const note = (problem: { code?: string; message: string }) => problems.add(problem.code ?? problem.message)
    // What a game throws outside of its middleware is its own doing, and is thrown without us as well.
    const itsOwn = () => {
      const all = [...problems]
      problems.clear()
      return all
    }
    process.on('unhandledRejection', note).on('uncaughtException', note)
    const grown: number[] = []
    for (const [name, kind] of Object.entries(kinds)) {
      const expected = await serve(appOf(Koa, kind), (url) => outcomes(url, kind, atOnce))
      const thrown = itsOwn()

      const clients = clientele({ store: memory(), protocol: lacuna(), secret })
      await serve(appOf(Koa, kind, clients), async (url) => {
        const count = requests - (requests % atOnce)
        assert.equal(await outcomes(url, kind, count / 2), expected, `${koa}, ${name}`)
        const before = heapMiB()
        assert.equal(await outcomes(url, kind, count / 2), expected, `${koa}, ${name}`)
        const counted = await settled(clients, count * kind.counts[1])
        assert.equal(
          counted,
          kind.counts.map((each) => each * count),
          `${koa}, ${name}`,
        )
        grown.push(heapMiB() - before)
      })
      await clients.close()
      assert.equal(itsOwn(), thrown, `${koa}, ${name}`)
    }
    process.off('unhandledRejection', note).off('uncaughtException', note)
    await wait(50)
    const handles = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'))
    const tried = `${Object.keys(kinds).length} ways to go wrong, ${requests} times each`
    const mib = Math.max(...grown).toFixed(1)
    console.log(`FIGURE ${koa}: ${tried}: ${mib} MiB more of heap at most, ${handles.length} sockets left open`)
    assert.equal(handles, [])
    assert.ok(Math.max(...grown) < 8, `the heap grew by ${grown}`)
  })
}

test.run()
