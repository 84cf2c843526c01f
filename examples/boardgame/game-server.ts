import type { Clientele } from '../../src/index.js'
import { Origins, Server } from './boardgame-io.js'
import { countMoves } from './moves.js'
import { ticTacToe } from './tic-tac-toe.js'

export type GameServer = ReturnType<typeof Server>

/** boardgame.io as it comes from npm, with the console and the middleware in it. */
export function createGameServer(clients: Clientele, db?: GameServer['db']): GameServer {
  const server = Server({ games: [ticTacToe], origins: [Origins.LOCALHOST], ...(db && { db }) })
  // Not in `server.app`: with an `apiPort` the API is in an app of its own. And before `server.run`, which adds the routes of
  // the API: what is used after them sees none of their requests.
  server.router.use(clients.console({ title: 'Tic-tac-toe' }), clients.middleware())
  countMoves(server, ticTacToe, clients)
  return server
}
