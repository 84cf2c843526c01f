// One server of the bench, in a process of its own: Koa, what is mounted before the game, and a game that does next to nothing, so
// that what is mounted is as much of the whole as it can be. Plain JavaScript, because tsx makes each closure slower.
import { randomUUID, scryptSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import bodyParser from '@koa/bodyparser'
import Koa from 'koa'
import { mountPeer } from './peers/mount.mjs'

// The wire format of these options is ServerOptions in bench-server.ts.
const options = JSON.parse(process.argv[2])
const atOnce = 500
const app = new Koa()
// Without a store a lost connection would be logged on the core that is measured.
app.silent = true
const ready = { publicKeys: [], privateKey: '', apiKey: '' }
let clients
let served = 0

const mounts = {
  parser: () => app.use(bodyParser()),
  clientele: async () => app.use((await opened()).middleware()),
  console: async () => app.use((await opened()).console({ operator: () => true })),
}
for (const name of options.mounts) {
  if (mounts[name]) await mounts[name]()
  else Object.assign(ready, await mountPeer(name, app, options))
}
app.use(play)

async function opened() {
  if (clients) return clients
  const { clientele, lacuna } = await import('../../dist/src/index.js')
  clients = clientele({
    store: await openStore(options.store),
    protocol: lacuna(),
    secret: 'a secret of the bench, long enough for it',
    ...options.settings,
  })
  await clients.ready()
  await inGroups(options.clients, async (index) => {
    const { publicKey, privateKey } = await clients.registry.register({ name: `Client ${index}` })
    ready.publicKeys[index] = publicKey
    if (index === 0) ready.privateKey = privateKey
  })
  await inGroups(options.sessions, (index) =>
    clients.openSession({
      sessionId: `session-${index}`,
      publicKey: ready.publicKeys[index % options.clients],
      method: 'empire.login',
      playerId: String(index),
    }),
  )
  return clients
}

async function openStore(address) {
  const { prefix } = options
  if (address === 'memory') return (await import('../../dist/adapters/memory.js')).memory()
  if (address.startsWith('redis:')) return (await import('../../dist/adapters/redis.js')).redis(address, { prefix })
  if (address.startsWith('postgres:')) {
    return (await import('../../dist/adapters/postgres.js')).postgres(address, { prefix })
  }
  if (address.startsWith('missing:')) throw new Error(address)
  return (await import('../../dist/adapters/sqlite.js')).sqlite(address, { prefix })
}

async function inGroups(count, work) {
  for (let start = 0; start < count; start += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, count - start) }, (_, index) => work(start + index)))
  }
}

function play(ctx) {
  const { body } = ctx.request
  if (ctx.method !== 'POST') ctx.body = 'hello'
  else ctx.body = Array.isArray(body) ? body.map(reply) : reply(body)
}

function reply({ id, method, params }) {
  if (method !== 'login') return { jsonrpc: '2.0', id, result: { buildings: {}, status: { empire: { id: 1 } } } }
  // The cost that the example game has, 1.5 ms: with scrypt's default nothing but the password would be measured.
  if (options.password) scryptSync(params[1], 'salt', 32, { N: 1_024 })
  return { jsonrpc: '2.0', id, result: { session_id: randomUUID(), status: { empire: { id: params[0] } } } }
}

const answers = {
  usage() {
    const { user, system } = process.cpuUsage()
    return { cpuUs: user + system, served }
  },
  heap() {
    globalThis.gc()
    return process.memoryUsage().heapUsed
  },
  /** What was counted, of what was sent. */
  async counted() {
    const rows = clients ? await clients.usage.overview() : []
    return {
      sessions: rows.reduce((sum, row) => sum + row.sessions, 0),
      calls: rows.reduce((sum, row) => sum + row.calls, 0),
    }
  },
}
process.on('message', async (question) => process.send(await answers[question]()))
process.on('disconnect', () => process.exit())

const callback = app.callback()
const server = createServer((request, response) => {
  served++
  callback(request, response)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
process.send({ ...ready, port: server.address().port })
