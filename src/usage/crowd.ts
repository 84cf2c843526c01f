/**
 * How many distinct players share a number, as far as that must be known: a bit for each of 64 seats. Every player has one
 * seat, by a keyed hash, and many have the same; so the bits never say who it was, and never more players than there were.
 */
export interface Crowd {
  readonly low: number
  readonly high: number
}

export const seats = 64

export const nobodyYet: Crowd = { low: 0, high: 0 }

/** The seat of whoever has this keyed hash. */
export function seatOf(hash: Uint8Array): number {
  return (hash[31] ?? 0) % seats
}

/** The crowd with this seat taken. */
export function seated(crowd: Crowd, seat: number): Crowd {
  const { low, high } = crowd
  const taken = seat < 32 ? { low: low | (1 << seat), high } : { low, high: high | (1 << (seat - 32)) }
  return taken.low === low && taken.high === high ? crowd : taken
}

export function joinCrowds(one: Crowd, another: Crowd): Crowd {
  return { low: one.low | another.low, high: one.high | another.high }
}

/** At least so many distinct players. */
export function sizeOfCrowd({ low, high }: Crowd): number {
  return bitsOf(low) + bitsOf(high)
}

/** As stored: two words in base 36. */
export function encodeCrowd({ low, high }: Crowd): string {
  return `${(high >>> 0).toString(36)}.${(low >>> 0).toString(36)}`
}

export function decodeCrowd(text: string): Crowd {
  const [high = 0, low = 0] = text.split('.').map((word) => Number.parseInt(word, 36) | 0)
  return { low, high }
}

function bitsOf(word: number): number {
  let count = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) count++
  return count
}
