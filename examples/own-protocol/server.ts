// One game with two APIs, in one server. Try it: npx tsx examples/own-protocol/server.ts
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { memory } from '../../adapters/memory.js'
import { clientele, rest } from '../../src/index.js'
import { game } from './game.js'
import { textCommands } from './text-commands.js'

const addresses = rest({
  sessions: { 'POST /sessions': { answer: { sessionId: { body: '/session' } } } },
  apiKey: { header: 'x-api-key' },
  sessionId: { bearer: true },
  ends: ['DELETE /sessions/current'],
  features: ['PUT /guesses/:number'],
})

// A demonstration may forget, and has few players to hide; a game wants a store that does not.
const clients = clientele({ store: memory(), protocol: [textCommands, addresses], smallestCrowd: 1 })

const app = new Koa()
app.use(clients.console({ title: 'Guess the number' }))
app.use(clients.middleware())
app.use(game)

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  console.log(`The console:  ${origin}/apikey

Try it:
  curl ${origin}/command -d 'LOGIN ada anonymous'
  curl ${origin}/sessions -X POST -H 'x-api-key: anonymous'`)
})

process.once('SIGTERM', async () => {
  server.close()
  server.closeIdleConnections()
  await clients.close()
})
