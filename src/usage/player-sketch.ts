// How many distinct players, without keeping one: a HyperLogLog of 4,096 registers (Flajolet et al., 2007), read by Ertl's
// improved estimator, which needs no correction tables and no switch between formulas
// (https://arxiv.org/abs/1702.01284, algorithm 6). Relative standard error: 1.04 / sqrt(4,096) = 1.6 %.

const registerBits = 12
const registers = 1 << registerBits
/** Ranks are counted in the 50 bits after those that pick the register, so a rank fits 6 bits: one letter. */
const rankBits = 50
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const numbers = new Map([...letters].map((letter, number) => [letter, number]))
/** Below it a sketch is written as three letters for each register that is not zero. */
const fewRegisters = Math.floor(registers / 3) - 1

/** Register → rank. Most clients have few players a day, so registers are kept only when they are not zero. */
export type PlayerSketch = Map<number, number>

export function addPlayer(sketch: PlayerSketch, playerHash: Uint8Array): void {
  const view = new DataView(playerHash.buffer, playerHash.byteOffset)
  const high = view.getUint32(0)
  const low = view.getUint32(4)
  const register = high >>> (32 - registerBits)
  // 20 bits of the first word, then 30 of the second.
  const rank = Math.min(rankBits + 1, 1 + zerosBefore((high << registerBits) >>> registerBits, 20, low >>> 2, 30))
  raise(sketch, register, rank)
}

function zerosBefore(first: number, firstBits: number, second: number, secondBits: number): number {
  const zeros = Math.clz32(first) - (32 - firstBits)
  return zeros < firstBits ? zeros : firstBits + Math.clz32(second) - (32 - secondBits)
}

/** Register-wise maximum: commutative, associative, and the same however often. */
export function mergePlayers(into: PlayerSketch, from: PlayerSketch): void {
  for (const [register, rank] of from) raise(into, register, rank)
}

function raise(sketch: PlayerSketch, register: number, rank: number): void {
  if (rank > (sketch.get(register) ?? 0)) sketch.set(register, rank)
}

/** About how many players; two times in three within 1.6 %, 19 times in 20 within 3.2 %. */
export function estimatePlayers(sketch: PlayerSketch): number {
  const counts = new Array<number>(rankBits + 2).fill(0)
  counts[0] = registers - sketch.size
  for (const rank of sketch.values()) counts[rank] = (counts[rank] ?? 0) + 1
  let sum = registers * tau(1 - (counts[rankBits + 1] ?? 0) / registers)
  for (let rank = rankBits; rank >= 1; rank--) sum = (sum + (counts[rank] ?? 0)) / 2
  sum += registers * sigma((counts[0] ?? 0) / registers)
  return (registers * registers) / (2 * Math.LN2 * sum)
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY
  let [power, weight, sum, before] = [share, 1, share, -1]
  while (sum !== before) {
    before = sum
    power *= power
    sum += power * weight
    weight += weight
  }
  return sum
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let [root, weight, sum, before] = [share, 1, 1 - share, -1]
  while (sum !== before) {
    before = sum
    root = Math.sqrt(root)
    weight /= 2
    sum -= (1 - root) ** 2 * weight
  }
  return sum / 3
}

/** At most 4,096 letters: one for each register, or three (register, rank) for each that is not zero. */
export function encodePlayers(sketch: PlayerSketch): string {
  let text = ''
  if (sketch.size <= fewRegisters) {
    for (const [register, rank] of sketch) text += letter(register >> 6) + letter(register & 63) + letter(rank)
    return text
  }
  for (let register = 0; register < registers; register++) text += letter(sketch.get(register) ?? 0)
  return text
}

export function decodePlayers(text: string): PlayerSketch {
  const sketch: PlayerSketch = new Map()
  if (text.length === registers) {
    for (let register = 0; register < registers; register++) raise(sketch, register, number(text, register))
    return sketch
  }
  for (let at = 0; at + 2 < text.length; at += 3) {
    raise(sketch, number(text, at) * 64 + number(text, at + 1), number(text, at + 2))
  }
  return sketch
}

function letter(number: number): string {
  return letters[number] ?? 'A'
}

function number(text: string, at: number): number {
  return numbers.get(text[at] ?? 'A') ?? 0
}
