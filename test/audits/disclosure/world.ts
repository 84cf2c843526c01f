// A game server that is played on over HTTP through more than a year, by a clock that is moved from day to day.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import Koa from 'koa'
import { type ClientDetails, type Clientele, clientele, lacuna } from '../../../src/index.js'
import { addDays } from '../../../src/usage/days.js'
import { faulty } from '../../helpers/faulty.js'
import { clock, dayMs, hourMs, startProcess } from '../../helpers/fleet.js'
import { secret } from '../../helpers/serve.js'

/** When everything is looked at. */
export const now = '2026-11-23T12:00:00Z'
export const today = now.slice(0, 10)

/** What a player does in one session. */
export interface Visit {
  /** The public key that is sent. */
  client: string
  player: string
  daysAgo: number
  /** `empire.login` if it is not said. */
  method?: string
  /** Wrong passwords before the right one. */
  wrong?: number
  /** By feature: how many went well, and how many failed. */
  calls: Record<string, [ok: number, failed: number]>
  /** The game's own numbers. */
  metrics?: Record<string, number>
}

/** Somebody whom nobody let in: who sends no key, or a retired one. */
export interface Refused {
  publicKey?: string
  daysAgo: number
}

export interface World {
  /** Those with details are adopted, so that every world has the same public keys. */
  clients: Record<string, ClientDetails | undefined>
  visits: readonly Visit[]
  refused?: readonly Refused[]
  /** Asked by nobody in particular, so many days ago. */
  strangers?: readonly number[]
  retired?: readonly string[]
}

export interface Played extends AsyncDisposable {
  origin: string
  /** Reads the store as the server does. */
  clients: Clientele
  /** What the store holds. */
  records: Map<string, string>
  /** Of those that have one, to be sent along as a bearer token. */
  privateKeys: Map<string, string>
}

export const dayAt = (daysAgo: number) => addDays(today, -daysAgo)

/** Plays, seals what is due, and opens the server as it is `now`. */
export async function play(world: World, smallestCrowd: number): Promise<Played> {
  const stored = new Map<string, unknown>()
  const realNow = Date.now
  const start = realNow()
  const moveTo = (iso: string) => {
    Date.now = () => Date.parse(iso) + realNow() - start
  }
  try {
    const last = Math.max(...world.visits.map(({ daysAgo }) => daysAgo))
    moveTo(`${dayAt(last)}T12:00:00Z`)
    const privateKeys = new Map<string, string>()
    await using game = await open(stored, smallestCrowd)
    const { registry } = game.clients
    await Promise.all(
      Object.entries(world.clients).map(async ([publicKey, details]) => {
        if (details) privateKeys.set(publicKey, (await registry.adopt(publicKey, details)).privateKey)
      }),
    )
    for (let daysAgo = last; daysAgo >= 0; daysAgo--) {
      moveTo(`${dayAt(daysAgo)}T12:00:00Z`)
      for (const visit of world.visits) if (visit.daysAgo === daysAgo) await visitGame(game.origin, visit)
      for (const one of world.refused ?? []) {
        if (one.daysAgo === daysAgo)
          await send(game.origin, 'empire', [message('login', ['p', 'right', one.publicKey])])
      }
      for (const day of world.strangers ?? []) {
        if (day === daysAgo) await send(game.origin, 'empire', [message('is_name_available', ['p'])])
      }
      if (daysAgo === 0) await Promise.all((world.retired ?? []).map((publicKey) => registry.retire(publicKey)))
      // What was counted on a day is written before the next one begins.
      do await wait(1)
      while (game.clients.health().waiting > 0)
    }
    await game[Symbol.asyncDispose]()
    await seal(stored)
    moveTo(now)
    const { origin, clients, ...site } = await open(stored, smallestCrowd)
    const records = new Map(
      Array.from(stored, ([name, text]) => [name, (JSON.parse(text as string) as { value: string }).value]),
    )
    return {
      ...{ origin, clients, records, privateKeys },
      async [Symbol.asyncDispose]() {
        await site[Symbol.asyncDispose]()
        Date.now = realNow
      },
    }
  } catch (error) {
    Date.now = realNow
    throw error
  }
}

async function open(stored: Map<string, unknown>, smallestCrowd: number) {
  const clients = clientele({
    ...{ store: faulty(stored).store, protocol: lacuna(), secret, smallestCrowd },
    ...{ enforce: 'present', durability: 'none', flushIntervalMs: 10 },
  })
  const app = new Koa()
  app.use(clients.console({ operator: () => true }))
  app.use(clients.middleware())
  app.use(game)
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await clients.ready()
  return {
    clients,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await clients.close()
    },
  }
}

interface Message {
  id: number
  method: string
  params: unknown[]
}

let sessions = 0

/** Knows sessions by what they are called, and does what its caller asks for: `params[1]` says whether it fails. */
async function game(ctx: Koa.Context): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of ctx.req) parts.push(part as Buffer)
  const asked = JSON.parse(Buffer.concat(parts).toString()) as Message | Message[]
  const answer = ({ id, method, params }: Message) => {
    const failed = (code: number) => ({ jsonrpc: '2.0', id, error: { code, message: 'no', data: null } })
    if (/^(login|found|reset_password)$/.test(method)) {
      const [player, password] = method === 'login' ? params : [params[0], 'right']
      if (password !== 'right') return failed(1004)
      return { jsonrpc: '2.0', id, result: { session_id: `s${sessions++}`, status: { empire: { id: player } } } }
    }
    if (method === 'no_such') return failed(-32601)
    if (method === 'spend') ctx.state.client?.count(params[2], params[3])
    return params[1] === 'fail' ? failed(1010) : { jsonrpc: '2.0', id, result: 1 }
  }
  ctx.type = 'application/json-rpc'
  ctx.body = JSON.stringify(Array.isArray(asked) ? asked.map(answer) : answer(asked))
}

const places: Record<string, (player: string, publicKey: string) => unknown[]> = {
  login: (player, publicKey) => [player, 'right', publicKey],
  found: (player, publicKey) => [player, publicKey],
  reset_password: (player, publicKey) => [player, '', '', publicKey],
}

async function visitGame(origin: string, visit: Visit): Promise<void> {
  const { client, player, method = 'empire.login', wrong = 0, calls, metrics = {} } = visit
  const attempts = Array.from({ length: wrong }, () => message('login', [player, 'wrong', client]))
  if (attempts.length > 0) await send(origin, 'empire', attempts)
  const name = method.replace('empire.', '')
  const answers = await send(origin, 'empire', [message(name, places[name]?.(player, client) ?? [])])
  const sessionId = (answers as { result: { session_id: string } }).result.session_id
  const modules = new Map<string, Message[]>()
  const ask = (feature: string, ...params: unknown[]) => {
    const [module = '', name = ''] = feature === '(unknown)' ? ['map', 'no_such'] : feature.split('.')
    modules.set(module, [...(modules.get(module) ?? []), message(name, [sessionId, ...params])])
  }
  for (const [feature, [ok, failed]] of Object.entries(calls)) {
    for (let call = 0; call < ok + failed; call++) ask(feature, call < ok ? 'ok' : 'fail')
  }
  for (const [metric, amount] of Object.entries(metrics)) ask('shop.spend', 'ok', metric, amount)
  for (const [module, messages] of modules) await send(origin, module, messages)
}

let messages = 0
const message = (method: string, params: unknown[]): Message => ({ id: ++messages, method, params })

async function send(origin: string, module: string, messages: readonly Message[]): Promise<unknown> {
  const body = JSON.stringify(messages.length === 1 ? messages[0] : messages)
  const headers = { 'content-type': 'application/json-rpc' }
  return (await fetch(`${origin}/${module}`, { method: 'POST', headers, body })).json()
}

/** What a server does in the background, a day after the last one was closed. */
async function seal(stored: Map<string, unknown>): Promise<void> {
  clock.start(new Date(Date.parse(now) - dayMs - 2 * hourMs).toISOString())
  // Nothing else keeps this process alive while the clock stands.
  const awake = setInterval(() => {}, 1_000)
  try {
    const keeper = await startProcess(stored)
    await keeper.keepHouse()
    clock.pass(dayMs)
    // The totals take a month each time.
    for (let round = 0; round < 24; round++) {
      await keeper.keepHouse()
      clock.pass(60_000)
    }
    keeper.kill()
  } finally {
    clock.stop()
    clearInterval(awake)
  }
}
