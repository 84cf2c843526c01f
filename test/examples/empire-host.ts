/** The example game on a port of its own, for the tests beside this file. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import { empireGame, empireGameOnStream } from '../../examples/empire/game.js'
import { createUniverse, type Universe, type UniverseOptions } from '../../examples/empire/universe.js'
import { type Answer, send } from '../helpers/wire.js'

export type Json = Record<string, unknown>
export type Use = (app: Koa, universe: Universe) => void

// Koa 2 under its alias: its types are those of Koa 3 for what is used here.
export const Koa2: typeof Koa = createRequire(import.meta.url)('koa2')

export const API_KEY = '11111111-2222-4333-8444-555555555555'
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The ways in which a body reaches the game. */
export const MOUNTS: Record<string, Use> = {
  'with nothing in front': (app, universe) => app.use(empireGame(universe)),
  'behind a body parser': (app, universe) => app.use(bodyParser()).use(empireGame(universe)),
  'behind something that sets the parsed body': (app, universe) => {
    app.use(async (ctx, next) => {
      const chunks: Buffer[] = []
      for await (const chunk of ctx.req) chunks.push(chunk)
      ctx.request.body = JSON.parse(Buffer.concat(chunks).toString())
      return next()
    })
    app.use(empireGame(universe))
  },
  'behind something that peeks and puts back, and a body parser': (app, universe) => {
    app.use(async ({ req }, next) => {
      await peek(req)
      return next()
    })
    app.use(bodyParser()).use(empireGame(universe))
  },
  'listening to the stream': (app, universe) => app.use(empireGameOnStream(universe)),
}
const plain = MOUNTS['with nothing in front'] as Use

export interface Game {
  url: string
  universe: Universe
  /** Posts a call to a module and gives the answer, parsed. */
  call(module: string, method: string, params: unknown, id?: unknown): Promise<Answer & { json: Json }>
  post(path: string, body: string, headers?: readonly string[]): Promise<Answer>
  login(name?: string, password?: string): Promise<string>
}

export async function withGame(play: (game: Game) => Promise<void>, options: UniverseOptions & { use?: Use } = {}) {
  const universe = createUniverse(options)
  const app = new Koa()
  // Koa prints what a client that hangs up leaves behind.
  app.silent = true
  const use = options.use ?? plain
  use(app, universe)
  const server = await listen(createServer(app.callback()))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const post: Game['post'] = (path, body, rawHeaders = []) => send(url, { method: 'POST', url: path, rawHeaders, body })
  const call: Game['call'] = async (module, method, params, id = 1) => {
    const answer = await post(`/${module}`, JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return { ...answer, json: JSON.parse(answer.body || 'null') }
  }
  const login: Game['login'] = async (name = 'Stub Empire', password = 'secret') =>
    at((await call('empire', 'login', [name, password, API_KEY])).json, 'result', 'session_id') as string
  try {
    await play({ url, universe, call, post, login })
  } finally {
    universe.close()
    await new Promise((resolve) => server.close(resolve))
  }
}

export function listen(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

export function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((each, member) => (each as Json | undefined)?.[member], value)
}

export const errorOf = (answer: { status: number; json: Json }) => [answer.status, at(answer.json, 'error')]

function peek(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const read = () => {
      for (let chunk = request.read(); chunk !== null; chunk = request.read()) chunks.push(chunk)
      if (!request.complete) return
      request.off('readable', read)
      request.unshift(Buffer.concat(chunks))
      resolve()
    }
    request.on('readable', read)
  })
}
