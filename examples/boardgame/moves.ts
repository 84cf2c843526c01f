import type { Game, State } from 'boardgame.io'
import type { Clientele } from '../../src/index.js'
import type { GameServer } from './game-server.js'

/** A move as it comes over socket.io, or whatever else a client sends. */
type Update = [
  action: { payload?: { type?: unknown; credentials?: unknown } } | null,
  stateId: unknown,
  matchId: string,
  seat: unknown,
]

type NamedGame = Game & { name: string }

/** Counts what players do over socket.io, which no middleware sees. */
export function countMoves(server: GameServer, game: NamedGame, clients: Clientele): void {
  const { db, transport } = server

  // boardgame.io makes the moves of a match one after another: its state when all that came so far are made.
  const stateInTurn = (matchId: string) =>
    transport.getMatchQueue(matchId).add(async (): Promise<State | undefined> => {
      const { state } = await db.fetch(matchId, { state: true })
      return state
    })

  async function count([action, , , seat]: Update, states: Promise<State | undefined>[]): Promise<void> {
    const { type, credentials } = action?.payload ?? {}
    const sessionId = typeof credentials === 'string' ? credentials : ''
    const [before, after] = await Promise.all(states)
    const failed = before?._stateID === after?._stateID
    if (!failed && after?.ctx.gameover?.winner === seat) await clients.count(sessionId, 'games won')
    await clients.track({ sessionId, feature: featureOf(game, type), failed })
  }

  socketsOf(server)
    ?.of(game.name)
    .on('connection', (socket) => {
      // No move is answered, so one look at the state goes into the queue in front of it and one behind it. Their difference
      // is this move's doing, also when two come at once.
      let before: Promise<State | undefined>
      socket.prependListener('update', (...[, , matchId]: Update) => {
        before = stateInTurn(matchId)
      })
      socket.on('update', (...update: Update) => {
        // A move that cannot be counted is no reason to end the server.
        count(update, [before, stateInTurn(update[2])]).catch((error) => process.emitWarning(error))
      })
    })
}

/** boardgame.io shows its sockets to its transport only. */
export function socketsOf({ app, transport }: GameServer) {
  return (app as Parameters<typeof transport.init>[0])._io
}

// What a client makes up is no feature. A game with phases or stages has moves in these as well.
function featureOf({ moves = {} }: Game, type: unknown): string {
  return typeof type === 'string' && Object.hasOwn(moves, type) ? `move.${type}` : '(unknown)'
}
