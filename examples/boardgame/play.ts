// A client program: it plays a match from both seats, and then plays again. Its argument is its public key.
import { Client, LobbyClient, SocketIO } from './boardgame-io.js'
import { freeCells, ticTacToe } from './tic-tac-toe.js'

interface Seat {
  playerID: string
  credentials: string
}

const { name } = ticTacToe
const apiPort = Number(process.env.PORT ?? 3000)
const socketPort = Number(process.env.SOCKET_PORT ?? apiPort + 1)
const lobby = new LobbyClient({ server: `http://localhost:${apiPort}` })
const multiplayer = SocketIO({ server: `http://localhost:${socketPort}` })
const headers = { 'x-api-key': process.argv[2] ?? 'anonymous' }

async function join(matchID: string, playerName: string): Promise<Seat> {
  const { playerID, playerCredentials } = await lobby.joinMatch(name, matchID, { playerName }, { headers })
  return { playerID, credentials: playerCredentials }
}

/** Makes random moves until the game is over. */
async function play(matchID: string, seat: Seat): Promise<string> {
  const client = Client({ game: ticTacToe, multiplayer, matchID, ...seat, debug: false })
  const end = await new Promise<string>((resolve) => {
    let playedTurn = 0
    client.subscribe((state) => {
      if (!state) return
      const { currentPlayer, gameover, turn } = state.ctx
      if (gameover) resolve(gameover.draw ? 'a draw' : `seat ${gameover.winner} has won`)
      // Until the server has answered a move, the turn does not pass on.
      if (gameover || currentPlayer !== seat.playerID || turn === playedTurn) return
      playedTurn = turn
      const free = freeCells(state.G)
      client.moves.clickCell?.(free[Math.floor(Math.random() * free.length)])
    })
    client.start()
  })
  client.stop()
  return end
}

async function playMatch(matchID: string): Promise<[Seat, Seat]> {
  const seats: [Seat, Seat] = [await join(matchID, 'Ada'), await join(matchID, 'Bob')]
  const [end] = await Promise.all(seats.map((seat) => play(matchID, seat)))
  console.log(`Match ${matchID}: ${end}.`)
  return seats
}

async function leave(matchID: string, seats: Seat[]): Promise<void> {
  for (const seat of seats) await lobby.leaveMatch(name, matchID, seat)
}

const { matchID } = await lobby.createMatch(name, { numPlayers: 2 }, { headers })
const seats = await playMatch(matchID)
const { nextMatchID } = await lobby.playAgain(name, matchID, seats[0])
await leave(matchID, seats)
await leave(nextMatchID, await playMatch(nextMatchID))
