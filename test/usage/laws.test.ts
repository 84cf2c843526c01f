import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clock, dayMs, hourMs, type Process, startProcess } from '../helpers/fleet.js'

const awake = setInterval(() => {}, 1_000)
test.after(() => clearInterval(awake))
test.after.each(() => clock.stop())

const writers = 4
const clients = ['one', 'two']

/** What happens to a write: it lands; it is refused; it lands and its answer is lost; a part of it is refused. */
type Fate = 'lands' | 'refused' | 'lost' | 'half'
type Step =
  | { what: 'session' | 'call'; writer: number; client: number }
  | { what: 'commit'; writer: number; fate: Fate }
  | { what: 'restart'; writer: number }
  | { what: 'house'; writer: number }
  | { what: 'pass'; hours: number }

const writer = fc.nat(writers - 1)
const client = fc.nat(clients.length - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('session', 'call'), writer, client }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('commit' as const),
      writer,
      fate: fc.constantFrom<Fate>('lands', 'lands', 'refused', 'lost', 'half'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('restart' as const), writer }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('house' as const), writer }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('pass' as const), hours: fc.constantFrom(1, 5, 24, 72, 240) }),
  },
)

async function commit(process: Process, fate: Fate): Promise<void> {
  const { adapter, store } = process
  const { setMany } = adapter
  if (fate === 'half') {
    let entry = 0
    adapter.refused = () => entry++ % 2 === 1
  } else if (fate !== 'lands') {
    adapter.setMany = async (entries) => {
      if (fate === 'lost') await setMany.call(adapter, entries)
      throw new Error(fate)
    }
  }
  await process.flush()
  adapter.setMany = setMany
  adapter.refused = () => false
  // Probed at once, where a server would let some time pass.
  if (store.state !== 'up') store.start()
  await store.whenUp()
}

test('any interleaving of writers, retries, lost answers, restarts, days and seals reads as the exact sum', async () => {
  let steps = 0
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), async (plan) => {
    clock.start('2024-02-27T22:00:00Z')
    const records = new Map<string, unknown>()
    const processes = await Promise.all(Array.from({ length: writers }, () => startProcess(records)))
    const truth = clients.map(() => ({ sessions: 0, calls: 0 }))
    for (const one of plan) {
      steps++
      if (one.what === 'pass') {
        clock.pass(one.hours * hourMs)
        continue
      }
      const process = processes[one.writer] as Process
      if (one.what === 'commit') await commit(process, one.fate)
      else if (one.what === 'house') await process.keepHouse()
      else if (one.what === 'restart') {
        await process.close()
        processes[one.writer] = await startProcess(records)
      } else {
        const publicKey = clients[one.client] ?? ''
        const sums = truth[one.client] as { sessions: number; calls: number }
        if (one.what === 'session') process.recorder.session({ publicKey }, 'login', true)
        else process.recorder.call({ publicKey }, 'view', false, false)
        sums[one.what === 'session' ? 'sessions' : 'calls']++
      }
    }
    const compare = async (told: string) => {
      for (const process of processes) {
        for (const [index, publicKey] of clients.entries()) {
          const { sessions, calls } = await process.usage.read(publicKey, 'all')
          assert.equal({ sessions, calls }, truth[index], `${told}: ${publicKey}`)
        }
      }
    }
    for (const process of processes) await commit(process, 'lands')
    for (const process of processes) await commit(process, 'lands')
    // Doubts about days that are over settle in the second round after these are sealed.
    for (const hours of [1, 24, 24, 24, 1, 1]) {
      for (const process of processes) await process.keepHouse()
      clock.pass(hours * hourMs)
    }
    await compare('at rest')
    clock.pass(40 * dayMs)
    for (let round = 0; round < 4; round++) {
      for (const process of processes) await process.keepHouse()
      clock.pass(hourMs)
    }
    await compare('sealed')
    for (const process of processes) process.kill()
  })
  const result = await fc.check(property, { numRuns: Number(process.env.LAW_RUNS ?? 25) })
  console.log(
    `FIGURE interleavings: ${result.numRuns} tried with ${steps} steps, ${result.failed ? 1 : 0} failed, ${result.numShrinks} shrinks`,
  )
  assert.not.ok(result.failed, fc.defaultReportMessage(result))
})

test.run()
