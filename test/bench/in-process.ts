// What the middleware adds to a request, in nanoseconds of CPU: called with contexts of a real Koa application that were made
// before, so that nothing of HTTP is in it. wrk cannot resolve so little.
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa, { type Context, type Middleware } from 'koa'

/** The library under test, compiled: tsx would make each closure of it slower. */
export interface Library {
  core: typeof import('../../src/index.js')
  adapters: typeof import('../../adapters/memory.js')
}

export interface Added {
  name: string
  /** Of a middleware that only calls the next. */
  passNs: number
  /** What the fastest tenth of the rounds took more than the fastest tenth of those without it. */
  lowNs: number
  medianNs: number
  /** Of all rounds, so with the collection of garbage. */
  meanNs: number
}

const contextsPerRound = 500
/** Until the compiler has seen everything. */
const warmUpRounds = 60
const sessions = 1_000
const methods = 20

interface Work {
  name: string
  context(app: Koa, index: number): Context
  answer: unknown
}

const works: Work[] = [
  {
    name: 'a path that no protocol knows',
    context: (app) => contextOf(app, 'GET', '/other/thing'),
    answer: 'hello',
  },
  {
    name: 'a session call, after a parser',
    context: (app, index) => parsed(contextOf(app, 'POST', '/body'), messageAt(index)),
    answer: { jsonrpc: '2.0', id: 1, result: { buildings: {}, status: { empire: { id: 1 } } } },
  },
  {
    name: 'a batch of 10 session calls, after a parser',
    context: (app, index) =>
      parsed(
        contextOf(app, 'POST', '/body'),
        Array.from({ length: 10 }, (_, at) => messageAt(index + at)),
      ),
    answer: Array.from({ length: 10 }, () => ({ jsonrpc: '2.0', id: 1, result: { buildings: {} } })),
  },
]

export async function measureAdded({ core, adapters }: Library, rounds: number): Promise<Added[]> {
  const clients = core.clientele({
    store: adapters.memory(),
    protocol: core.lacuna(),
    secret: 'a secret of the bench, long enough for it',
  })
  await clients.ready()
  const { publicKey } = await clients.registry.register({ name: 'bench' })
  for (let index = 0; index < sessions; index++) {
    await clients.openSession({
      sessionId: sessionAt(index),
      publicKey,
      method: 'empire.login',
      playerId: String(index),
    })
  }
  const app = new Koa()
  const pass: Middleware = (_, next) => next()
  const ours = clients.middleware() as Middleware
  const added: Added[] = []
  let calls = 0
  for (const work of works) {
    const passes: number[] = []
    const times: number[] = []
    const differences: number[] = []
    for (let round = -warmUpRounds; round < rounds; round++) {
      const passNs = await timed(app, pass, work, round)
      const oursNs = await timed(app, ours, work, round)
      if (round < 0) continue
      passes.push(passNs)
      times.push(oursNs)
      differences.push(oursNs - passNs)
    }
    if (work.name !== works[0]?.name) {
      calls += (rounds + warmUpRounds) * contextsPerRound * (Array.isArray(work.answer) ? work.answer.length : 1)
    }
    added.push({
      name: work.name,
      passNs: at(passes, 0.5),
      lowNs: at(times, 0.1) - at(passes, 0.1),
      medianNs: at(differences, 0.5),
      meanNs: differences.reduce((sum, one) => sum + one, 0) / differences.length,
    })
  }
  const report = await clients.usage.read(publicKey)
  await clients.close()
  // A middleware that counts nothing would be fast.
  if (report.calls !== calls) throw new Error(`${calls} calls were made and ${report.calls} counted.`)
  return added
}

async function timed(app: Koa, middleware: Middleware, work: Work, round: number): Promise<number> {
  const contexts = Array.from({ length: contextsPerRound }, (_, index) => work.context(app, index + round))
  const started = process.cpuUsage()
  for (const ctx of contexts) {
    await middleware(ctx, async () => {
      ctx.body = work.answer
    })
  }
  const { user, system } = process.cpuUsage(started)
  return ((user + system) * 1_000) / contextsPerRound
}

function contextOf(app: Koa, method: string, url: string): Context {
  const request = new IncomingMessage(new Socket())
  request.method = method
  request.url = url
  request.headers = { host: '127.0.0.1', 'content-type': 'application/json' }
  return app.createContext(request, new ServerResponse(request))
}

/** As a parser leaves it. */
function parsed(ctx: Context, body: unknown): Context {
  Object.assign(ctx.request, { body })
  Object.defineProperty(ctx.req, 'readableDidRead', { value: true })
  return ctx
}

function messageAt(index: number): object {
  const params = [sessionAt(Math.abs(index * 7919) % sessions), 17]
  return { jsonrpc: '2.0', id: 1, method: `get_${Math.abs(index) % methods}`, params }
}

function sessionAt(index: number): string {
  return `5f1c9d7e-0000-4000-8000-${String(index).padStart(12, '0')}`
}

function at(values: readonly number[], share: number): number {
  return values.toSorted((one, another) => one - another)[Math.floor(share * values.length)] ?? Number.NaN
}
