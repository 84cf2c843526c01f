import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchServer } from './bench-server.js'
import type { Load } from './load.js'
import type { Variant, WorkLoad } from './rounds.js'

/** What the work loads need from outside. */
export interface Surroundings {
  folder: string
  peers: readonly string[]
  /** As the `store` of a server's options. */
  stores: Readonly<Record<'SQLite' | 'PostgreSQL' | 'Redis', string>>
}

const sessions = 1_000
const methods = 20
/** Lines of a file of bodies; a round sends some 30,000. */
const lines = 100_000
const players = 10_000

const pick = (count: number) => Math.floor(Math.random() * count)
const message = (method: string, params: unknown[]) => ({ jsonrpc: '2.0', id: 1, method, params })
const call = (from: number) => message(`get_${pick(methods)}`, [`session-${pick(from)}`, 17])

export function workLoads(around: Surroundings): Record<string, () => WorkLoad> {
  let files = 0
  let prefixes = 0

  function post(path: string, body: (server: BenchServer) => unknown): Variant['load'] {
    return (server) => {
      const file = join(around.folder, `bodies-${files++}.txt`)
      const bodies = Array.from({ length: lines }, () => JSON.stringify(body(server)))
      writeFileSync(file, bodies.join('\n'))
      return { url: urlOf(server, path), bodies: file, headers: { 'x-api-key': server.ready.apiKey || 'none' } }
    }
  }

  const get = (path: string): Variant['load'] => {
    return (server) => ({
      url: urlOf(server, path),
      headers: { authorization: `Bearer ${server.ready.privateKey || 'none'}` },
    })
  }

  const twice = (variants: Variant[]): Variant[] => {
    const [baseline] = variants
    if (!baseline) return variants
    return [baseline, { ...baseline, name: `${baseline.name}, again` }, ...variants.slice(1)]
  }

  /** Koa and a parser; clientele in its three places; and whoever does a part of its work. */
  const jsonRpcVariants = (load: Variant['load'], peers: readonly string[]): Variant[] =>
    twice([
      { name: 'Koa + @koa/bodyparser', server: { mounts: ['parser'] }, load },
      { name: 'clientele, after the parser', server: { mounts: ['parser', 'clientele'] }, load },
      { name: 'clientele, first, putting back', server: { mounts: ['clientele', 'parser'] }, load },
      {
        name: 'clientele, first, handing over',
        server: { mounts: ['clientele', 'parser'], settings: { handOver: true } },
        load,
      },
      ...peers.map((name) => ({ name, server: { mounts: ['parser', name] }, load })),
    ])

  const calls = (count: number): WorkLoad['check'] => {
    return (counted, served) =>
      counted.calls === served * count ? undefined : `Counted ${counted.calls} calls of ${served * count}.`
  }

  return {
    unknown: () => ({
      title: 'GET of a path that no protocol knows',
      variants: twice([
        { name: 'Koa', server: { mounts: [] }, load: get('/other/thing') },
        { name: 'clientele', server: { mounts: ['clientele'] }, load: get('/other/thing') },
        ...around.peers
          .filter((name) => seesEveryRequest.test(name))
          .map((name) => ({ name, server: { mounts: [name] }, load: get('/other/thing') })),
      ]),
      check: calls(0),
    }),

    calls: () => ({
      title: 'A call of a session, recorded',
      variants: jsonRpcVariants(
        post('/body', () => call(sessions)),
        around.peers,
      ),
      check: calls(1),
    }),

    batches: () => ({
      title: 'A batch of 10 calls of a session, recorded',
      variants: jsonRpcVariants(
        post('/body', () => Array.from({ length: 10 }, () => call(sessions))),
        around.peers.filter((name) => !seesEveryRequest.test(name) && !name.startsWith('better-auth')),
      ),
      check: calls(10),
    }),

    logins: () => loginsOf({ password: false, peers: around.peers }),
    passwords: () => loginsOf({ password: true, peers: [] }),

    pages: () => ({
      title: "The console's pages, with 1,000 clients",
      variants: [
        ['Koa, "hello"', '/other'],
        ['home', '/apikey'],
        ["a client's statistics", '/apikey/stats'],
        ['the same as JSON', '/apikey/stats.json'],
        ["the operator's overview", '/apikey/operator'],
      ].map(([name = '', path = '']) => ({
        name,
        server: { mounts: ['console', 'clientele'], clients: 1_000, sessions: 10_000 },
        load: get(path),
      })),
    }),

    growth: () => ({
      title: 'A call of a session, by the number of clients and sessions, after the parser, on SQLite',
      variants: [
        { name: 'without clientele', server: { mounts: ['parser'] }, load: post('/body', () => call(1)) },
        ...[
          [1, 1],
          [1_000, 1_000],
          [100_000, 100_000],
          [1_000, 1_000_000],
        ].map(([clients = 0, sessions = 0]) => ({
          name: `${count(clients, 'client')}, ${count(sessions, 'session')}`,
          server: {
            mounts: ['parser', 'clientele'],
            store: join(around.folder, `growth-${clients}-${sessions}.sqlite`),
            clients,
            sessions,
            settings: { memory: { clients: 200_000, sessions: 2_000_000 } },
          },
          load: post('/body', () => call(sessions)),
        })),
      ],
      check: calls(1),
    }),
  }

  function loginsOf({ password, peers }: { password: boolean; peers: readonly string[] }): WorkLoad {
    const load = post('/empire', ({ ready }) =>
      message('login', [`player-${pick(players)}`, 'password', ready.publicKeys[0] ?? 'client-0']),
    )
    const on = (name: string, mounts: string[], settings = {}) =>
      Object.entries(around.stores).map(([database, store]) => ({
        name: `${name}, on ${database}`,
        server: { mounts, store, prefix: `bench_${prefixes++}`, settings, password },
        load,
      }))
    return {
      title: password
        ? 'A login that checks a password (scrypt, 1.5 ms), durable on the store'
        : 'A login that checks nothing, durable on the store',
      variants: twice([
        { name: 'Koa + @koa/bodyparser', server: { mounts: ['parser'], password }, load },
        ...on('clientele, after the parser', ['parser', 'clientele']),
        ...(password ? [] : on('clientele, first, handing over', ['clientele', 'parser'], { handOver: true })),
        ...peers.map((name) => ({ name, server: { mounts: ['parser', name] }, load })),
      ]),
      check: (counted, served) =>
        counted.sessions - sessions === served
          ? undefined
          : `Counted ${counted.sessions - sessions} logins of ${served}.`,
    }
  }
}

/** They count or limit requests; the others need a client and a method. */
const seesEveryRequest = /^(swagger-stats|apitally|node-api-analytics|koa-ratelimit|rate-limiter-flexible)/

function urlOf({ ready }: BenchServer, path: string): Load['url'] {
  return `http://127.0.0.1:${ready.port}${path}`
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
