import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  addPlayer,
  decodePlayers,
  encodePlayers,
  estimatePlayers,
  mergePlayers,
  type PlayerSketch,
} from '../../src/usage/player-sketch.js'

function sketchOf(players: Iterable<string | number>, seed = 'seed'): PlayerSketch {
  const sketch: PlayerSketch = new Map()
  for (const player of players) addPlayer(sketch, createHmac('sha256', seed).update(String(player)).digest())
  return sketch
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

test('small numbers are nearly exact, large ones within the stated error', () => {
  for (const [players, within] of [
    [0, 0],
    [1, 0.001],
    [10, 0.02],
    [100, 0.03],
    [1_000, 0.05],
    [10_000, 0.06],
    [100_000, 0.06],
  ] as const) {
    for (const seed of ['a', 'b', 'c']) {
      const estimate = estimatePlayers(sketchOf(range(0, players), seed))
      assert.ok(Math.abs(estimate - players) <= players * within, `${players}: ${estimate}`)
    }
  }
})

test('the error over 60 seeds is the stated 1.6 % and leans to no side', () => {
  const errors = range(0, 60).map((seed) => estimatePlayers(sketchOf(range(0, 3_000), `seed ${seed}`)) / 3_000 - 1)
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)
  console.log(
    `FIGURE players sketch, 3,000 players, 60 seeds: mean error ${percent(mean)}, standard error ${percent(deviation)}`,
  )
  assert.ok(Math.abs(mean) < 0.01, percent(mean))
  assert.ok(deviation < 0.025, percent(deviation))
})

test('a player counts once, however often and in however many sketches', () => {
  const merged = sketchOf(range(0, 500))
  mergePlayers(merged, sketchOf(range(250, 750)))
  mergePlayers(merged, sketchOf(range(250, 750)))
  assert.equal(new Map([...merged].sort()), new Map([...sketchOf(range(0, 750))].sort()))
})

test('merging is commutative, associative and idempotent, and survives being stored', () => {
  const some = fc.uniqueArray(fc.nat(5_000), { maxLength: 60 }).map((players) => sketchOf(players))
  const merge = (...sketches: PlayerSketch[]) => {
    const result: PlayerSketch = new Map()
    for (const sketch of sketches) mergePlayers(result, decodePlayers(encodePlayers(sketch)))
    return [...result].sort(([one], [another]) => one - another)
  }
  fc.assert(
    fc.property(some, some, some, (a, b, c) => {
      assert.equal(merge(a, b), merge(b, a))
      assert.equal(merge(new Map(merge(a, b)), c), merge(a, new Map(merge(b, c))))
      assert.equal(merge(a, a), merge(a))
    }),
  )
})

test('a stored sketch is never longer than 4,096 letters, and reads back the same', () => {
  for (const players of [0, 1, 100, 1_500, 2_000, 50_000]) {
    const sketch = sketchOf(range(0, players))
    const text = encodePlayers(sketch)
    assert.ok(text.length <= 4_096)
    assert.is(estimatePlayers(decodePlayers(text)), estimatePlayers(sketch))
  }
})

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

test.run()
