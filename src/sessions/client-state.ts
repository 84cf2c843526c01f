import { anonymous } from '../keys/key-format.js'

/** The client of a request: `ctx.state.client`. */
export interface ClientState {
  /** What its sessions and calls count under; one that nobody registered counts under `(other)` on a day that has too many of them. */
  publicKey: string
  /** Of a registered client. */
  name?: string
  /** Whether it is the public key that everyone shares. */
  anonymous: boolean
  /** Whether somebody registered or adopted it; a retired one counts as such. */
  registered: boolean
  /** Adds to one of the game's own numbers for this client; by default 1. At most 64 names a day. */
  count(metric: string, amount?: number): void
}

export function clientState(
  publicKey: string,
  registered: boolean,
  name: string | undefined,
  count: (metric: string, amount: number) => void,
): ClientState {
  const state: ClientState = {
    publicKey,
    anonymous: publicKey === anonymous,
    registered,
    count: (metric, amount = 1) => count(metric, amount),
  }
  if (name !== undefined) state.name = name
  return state
}
