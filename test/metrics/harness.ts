// A game server with metrics: what it counts comes in over HTTP, and what it counted is scraped over HTTP.

import type { Keyv } from 'keyv'
import Koa from 'koa'
import { Registry } from 'prom-client'
import { memory } from '../../adapters/memory.js'
import { type Clientele, type ClienteleOptions, clientele, lacuna } from '../../src/index.js'
import { prometheus } from '../../src/metrics/prometheus.js'
import { rpc, secret, serve } from '../helpers/serve.js'
import { type Family, readExposition } from './exposition.js'

export interface Playing {
  url: string
  clients: Clientele
  registry: Registry
  /** Logs in and returns the session id, or undefined when that was refused. */
  login(publicKey: string | undefined, player?: string): Promise<string | undefined>
  /** Calls a method of a session; `explode` is one that always fails. */
  call(sessionId: string | undefined, method?: string): Promise<void>
  scrape(): Promise<Map<string, Family>>
  scrapeText(): Promise<string>
}

let sessions = 0

/** A game that gives session ids to all who ask, and fails where it is asked to. */
export function game(): Koa.Middleware {
  return (ctx) => {
    const chunks: Buffer[] = []
    return new Promise<void>((resolve) => {
      ctx.req.on('data', (chunk: Buffer) => chunks.push(chunk))
      ctx.req.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const asked = text === '' ? undefined : (JSON.parse(text) as Asked | Asked[])
        ctx.type = 'application/json-rpc'
        ctx.body =
          asked === undefined ? 'the game' : JSON.stringify(Array.isArray(asked) ? asked.map(reply) : reply(asked))
        resolve()
      })
    })
  }
}

interface Asked {
  id: number
  method: string
  params: { name?: string }
}

function reply({ id, method, params }: Asked) {
  if (method === 'explode') return { jsonrpc: '2.0', id, error: { code: 1010, message: 'Boom.', data: null } }
  if (method !== 'login') return { jsonrpc: '2.0', id, result: {} }
  const result = { session_id: `session-${++sessions}`, status: { empire: { id: `id-of-${params.name}` } } }
  return { jsonrpc: '2.0', id, result }
}

export async function play<Result>(
  options: Partial<ClienteleOptions> & { store?: Keyv },
  use: (playing: Playing) => Promise<Result>,
): Promise<Result> {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, onError: () => {}, ...options })
  const registry = new Registry()
  const app = new Koa()
  app.use(prometheus(clients, { registry }))
  app.use(clients.middleware())
  app.use(game())
  try {
    return await serve(app, (url) => use(player(url, clients, registry)))
  } finally {
    await clients.close()
  }
}

function player(url: string, clients: Clientele, registry: Registry): Playing {
  const scrapeText = async () => (await fetch(`${url}/metrics`)).text()
  return {
    url,
    clients,
    registry,
    async login(publicKey, name = 'somebody') {
      const params = { name, password: 'hunter2', ...(publicKey !== undefined && { api_key: publicKey }) }
      const { json } = await rpc(`${url}/empire`, { id: 1, method: 'login', params })
      return json.result?.session_id
    },
    async call(sessionId, method = 'view') {
      const params = sessionId === undefined ? {} : { session_id: sessionId }
      await rpc(`${url}/body`, { id: 1, method, params })
    },
    scrapeText,
    scrape: async () => readExposition(await scrapeText()),
  }
}

/** Sessions, calls and errors of a client, over the scrapes of several processes. */
export function summed(scrapes: Map<string, Family>[], client: string): number[] {
  return ['clientele_sessions_total', 'clientele_calls_total', 'clientele_call_errors_total'].map((name) =>
    scrapes
      .flatMap((families) => families.get(name)?.series ?? [])
      .filter(({ labels }) => labels.client === client)
      .reduce((sum, { value }) => sum + value, 0),
  )
}
