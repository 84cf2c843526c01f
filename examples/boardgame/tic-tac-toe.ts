import type { Game } from 'boardgame.io'
import { INVALID_MOVE } from './boardgame-io.js'

/** Whose mark is in each of the nine cells: a seat, `'0'` or `'1'`. */
export interface Board {
  cells: (string | null)[]
}

const LINES = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
  [0, 3, 6],
  [1, 4, 7],
  [2, 5, 8],
  [0, 4, 8],
  [2, 4, 6],
]

export const ticTacToe = {
  name: 'tic-tac-toe',
  minPlayers: 2,
  maxPlayers: 2,
  setup: () => ({ cells: Array(9).fill(null) }),
  turn: { minMoves: 1, maxMoves: 1 },
  // By default a client may say whose turn it is, and who has won.
  events: { endGame: false, endTurn: false, pass: false, setActivePlayers: false },
  moves: {
    clickCell({ G, playerID }, cell: unknown) {
      // Not in the board is undefined, taken is a seat.
      if (typeof cell !== 'number' || G.cells[cell] !== null) return INVALID_MOVE
      G.cells[cell] = playerID
    },
  },
  endIf({ G, ctx }) {
    const isWon = LINES.some((line) => line.every((cell) => G.cells[cell] === ctx.currentPlayer))
    if (isWon) return { winner: ctx.currentPlayer }
    if (!G.cells.includes(null)) return { draw: true }
  },
} satisfies Game<Board>

export function freeCells({ cells }: Board): number[] {
  return cells.flatMap((owner, cell) => (owner === null ? [cell] : []))
}
