// The boardgame.io server of the example on free ports, and the programs that play on it.
import type { AddressInfo } from 'node:net'
import type { LobbyAPI } from 'boardgame.io'
import { memory } from '../../adapters/memory.js'
import { Client, LobbyClient, SocketIO } from '../../examples/boardgame/boardgame-io.js'
import { createGameServer, type GameServer } from '../../examples/boardgame/game-server.js'
import { lobby as protocol } from '../../examples/boardgame/lobby.js'
import { socketsOf } from '../../examples/boardgame/moves.js'
import { ticTacToe } from '../../examples/boardgame/tic-tac-toe.js'
import { type Clientele, type ClienteleOptions, clientele, type UsageReport } from '../../src/index.js'
import { Browser, keysOn } from '../console/harness.js'
import { secret } from '../helpers/serve.js'
import { freePort } from '../helpers/servers.js'

export const { name } = ticTacToe

export interface Host extends AsyncDisposable {
  origin: string
  lobby: InstanceType<typeof LobbyClient>
  clients: Clientele
  server: GameServer
  sit(matchID: string, seat: LobbyAPI.JoinedMatch): Player
}

/** A program in a seat. */
export interface Player {
  click(cell: unknown): void
  /** Sends what no client of boardgame.io would. */
  send(...update: unknown[]): void
  /** Resolves when the server has told of this turn. */
  turn(turn: number): Promise<true>
  over(): Promise<true>
  stop(): void
}

export async function openHost(options: Partial<ClienteleOptions> = {}, db?: GameServer['db']): Promise<Host> {
  const clients = clientele({ store: memory(), protocol, secret, smallestCrowd: 1, ...options })
  await clients.ready()
  const server = createGameServer(clients, db)
  // boardgame.io takes 0 for "no port of its own".
  const apiPort = await freePort()
  const running = await server.run({ port: 0, lobbyConfig: { apiPort } })
  const sockets = `http://localhost:${(running.appServer.address() as AddressInfo).port}`
  const origin = `http://localhost:${apiPort}`
  const players: Player[] = []
  return {
    origin,
    lobby: new LobbyClient({ server: origin }),
    clients,
    server,
    sit(matchID, seat) {
      const player = playerOn(sockets, matchID, seat)
      players.push(player)
      return player
    },
    async [Symbol.asyncDispose]() {
      for (const player of players) player.stop()
      server.kill(running)
      socketsOf(server)?.close()
      await clients.close()
    },
  }
}

function playerOn(server: string, matchID: string, { playerID, playerCredentials }: LobbyAPI.JoinedMatch): Player {
  let transport: ReturnType<ReturnType<typeof SocketIO>> | undefined
  const client = Client({
    game: ticTacToe,
    multiplayer: (options) => {
      transport = SocketIO({ server })(options)
      return transport
    },
    matchID,
    playerID,
    credentials: playerCredentials,
    debug: false,
  })
  client.start()
  return {
    click: (cell) => client.moves.clickCell?.(cell),
    send: (...update) => transport?.socket.emit('update', ...update),
    turn: (turn) => until(() => client.getState()?.ctx.turn === turn, `turn ${turn}`),
    over: () => until(() => client.getState()?.ctx.gameover !== undefined, 'the end'),
    stop: () => client.stop(),
  }
}

export const ada = { playerName: 'Ada' }
export const bob = { playerName: 'Bob' }
export const twoPlayers = { numPlayers: 2 }

/** Creates a match and takes both seats. */
export async function openMatch({ lobby, sit }: Host, first?: RequestInit, second = first) {
  const { matchID } = await lobby.createMatch(name, twoPlayers, first)
  const seats = [
    await lobby.joinMatch(name, matchID, ada, first),
    await lobby.joinMatch(name, matchID, bob, second),
  ] as const
  return { matchID, seats, players: seats.map((seat) => sit(matchID, seat)) as [Player, Player] }
}

export function credentialsOf({ playerID, playerCredentials }: LobbyAPI.JoinedMatch) {
  return { playerID, credentials: playerCredentials }
}

/** The first seat wins with these. */
export const upperRow = [0, 3, 1, 4, 2]

/** The seats click in turn. */
export async function click(players: [Player, Player], cells: number[]): Promise<void> {
  for (const [index, cell] of cells.entries()) {
    const player = players[index % 2] as Player
    await player.turn(index + 1)
    player.click(cell)
  }
}

/** Registers a client as a person does, in the console's form. */
export async function register({ origin }: Pick<Host, 'origin'>, clientName: string) {
  const page = await new Browser(`${origin}/apikey`).submit('/apikey/register', { name: clientName })
  const { publicKey, privateKey } = keysOn(page.text)
  return { publicKey, privateKey, init: { headers: { 'x-api-key': publicKey } } }
}

/** The console's numbers, as a script of the client's developer reads them. */
export async function statsOf({ origin }: Pick<Host, 'origin'>, privateKey: string): Promise<UsageReport> {
  const answer = await fetch(`${origin}/apikey/stats.json`, { headers: { authorization: `Bearer ${privateKey}` } })
  return ((await answer.json()) as { allTime: UsageReport }).allTime
}

export async function until<Value>(look: () => Promise<Value | false> | Value | false, what: string): Promise<Value> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const value = await look()
    if (value !== false) return value
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`waited in vain for ${what}`)
}
