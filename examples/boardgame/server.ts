import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele } from '../../src/index.js'
import { createGameServer } from './game-server.js'
import { lobby } from './lobby.js'
import { socketsOf } from './moves.js'

// boardgame.io keeps its matches in memory; what is counted stays.
const dataFolder = process.env.TICTACTOE_DATA ?? '.tic-tac-toe'
mkdirSync(dataFolder, { recursive: true })

const store = sqlite(join(dataFolder, 'clients.sqlite'))
// A demonstration with two players must show its numbers.
const clients = clientele({ store, protocol: lobby, smallestCrowd: 1 })
const server = createGameServer(clients)

const apiPort = Number(process.env.PORT ?? 3000)
const socketPort = Number(process.env.SOCKET_PORT ?? apiPort + 1)

// Without `apiPort` boardgame.io 0.50 asks its app for a handler before anything is mounted, and since koa-compose 4.2 that
// is all the handler ever has: every address would answer 404.
const running = await server.run({ port: socketPort, lobbyConfig: { apiPort } })
console.log(`The console:  http://localhost:${apiPort}/apikey
The lobby:    http://localhost:${apiPort}/games
The moves:    http://localhost:${socketPort}, over socket.io

Try it, in another terminal:
  PORT=${apiPort} SOCKET_PORT=${socketPort} npx tsx examples/boardgame/play.ts anonymous`)

async function stop(): Promise<void> {
  server.kill(running)
  socketsOf(server)?.close()
  await clients.close()
  await store.disconnect()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
