import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { other } from '../../src/row-names.js'
import {
  addCounters,
  type Counters,
  countCall,
  countMetric,
  countPlayer,
  countRefusal,
  countSession,
  decodeCounters,
  emptyCounters,
  encodeCounters,
  maxFeatures,
  playersOf,
  sumsOf,
} from '../../src/usage/counters.js'
import { reportOf } from '../../src/usage/report.js'

type Event = ['session' | 'call' | 'error' | 'refusal' | 'metric', string] | ['player', number]

const name = fc.constantFrom('login', 'found', '__proto__', 'constructor', 'toString', 'é', '"quoted"', '')
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.tuple(fc.constantFrom('session', 'call', 'error', 'refusal', 'metric') as fc.Arbitrary<'session'>, name),
  fc.tuple(fc.constant('player' as const), fc.nat(50)),
)

function counted(events: readonly Event[]): Counters {
  const counters = emptyCounters()
  for (const [kind, what] of events) {
    if (kind === 'session') countSession(counters, what)
    else if (kind === 'call' || kind === 'error') countCall(counters, what, kind === 'error', what.length * 7)
    else if (kind === 'refusal') countRefusal(counters, what)
    else if (kind === 'metric') countMetric(counters, what, 2, what.length * 5)
    else countPlayer(counters, 'secret', Buffer.from(String(what).padStart(32, '·')).subarray(0, 32))
  }
  return counters
}

function sum(...parts: Counters[]): unknown {
  const result = emptyCounters()
  for (const part of parts) addCounters(result, decodeCounters(encodeCounters(part, {})).counters)
  const sorted = (map: Map<unknown, unknown>) =>
    [...map].sort(([one], [another]) => (String(one) < String(another) ? -1 : 1))
  return Object.entries(result).map(([what, map]) => [
    what,
    what === 'players'
      ? sorted(map).map(([secret, sketch]) => [secret, sorted(sketch as Map<unknown, unknown>)])
      : sorted(map),
  ])
}

test('however events are spread over writers, and in whatever order these are read, the sum is the same', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(3))), (spread) => {
      const writers = [0, 1, 2, 3].map((writer) =>
        counted(spread.filter(([, by]) => by === writer).map(([what]) => what)),
      )
      const all = sum(counted(spread.map(([what]) => what)))
      assert.equal(sum(...writers), all)
      assert.equal(sum(...writers.toReversed()), all)
    }),
  )
})

test('a game may call its features what it likes', () => {
  const counters = counted([
    ['call', '__proto__'],
    ['error', 'constructor'],
    ['session', '__proto__'],
    ['metric', '__proto__'],
  ])
  const report = reportOf('anonymous', '2026-01-01', '2026-01-01', {
    whole: counters,
    days: new Map(),
    months: new Map(),
  })
  assert.equal(Object.entries(report.features), [
    ['__proto__', { calls: 1, errors: 0 }],
    ['constructor', { calls: 1, errors: 1 }],
  ])
  assert.equal(Object.entries(report.sessionsByMethod), [['__proto__', 1]])
  assert.equal(Object.entries(report.metrics), [['__proto__', 2]])
})

test('invented names fill neither a shard nor a report, and no count is lost', () => {
  const one = emptyCounters()
  const another = emptyCounters()
  for (let index = 0; index < 1_000; index++) {
    countCall(one, `feature ${index} ${'\u{1F600}'.repeat(9)}`, false)
    countCall(another, `method ${index}`, true)
    countMetric(one, `metric ${index}`, 1)
    countSession(one, `session ${index}`)
  }
  // As long as a crowd can be.
  for (const cell of [...one.features.values(), ...one.metrics.values(), ...one.sessions.values()]) {
    cell.crowd = { low: -1, high: -1 }
  }
  countCall(one, 'x'.repeat(1_000), false)
  countCall(one, '\u0000'.repeat(90), false)
  assert.ok(one.features.size <= maxFeatures)
  assert.ok(Buffer.byteLength(JSON.stringify(encodeCounters(one, {}))) < 60_000)
  const whole = emptyCounters()
  for (const part of [one, another]) addCounters(whole, part)
  const report = reportOf('x', '2026-01-01', '2026-01-02', { whole, days: new Map(), months: new Map() })
  assert.is(Object.keys(report.features).length, maxFeatures)
  assert.is(report.calls, 2_002)
  assert.is(
    Object.values(report.features).reduce((sum, { calls }) => sum + calls, 0),
    2_002,
  )
  assert.ok((report.features[other]?.calls ?? 0) > 1_000)
  assert.is(
    Object.values(report.metrics).reduce((sum, amount) => sum + amount, 0),
    1_000,
  )
  assert.is(sumsOf(one).sessions, 1_000)
})

test('players hashed under two secrets are added, not merged', () => {
  const counters = emptyCounters()
  for (let player = 0; player < 20; player++) {
    for (const secret of ['old', 'new'])
      countPlayer(counters, secret, createHash('sha256').update(`${secret}${player}`).digest())
  }
  assert.is(playersOf(counters), 40)
  assert.is(playersOf(decodeCounters(encodeCounters(counters, {})).counters), 40)
})

test.run()
