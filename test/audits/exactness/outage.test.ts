// Small forms of outage.ts: four seconds instead of sixty.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type OutageOptions, runOutage } from './outage.js'
import { missingStore } from './places.js'

const short: Omit<OutageOptions, 'store' | 'how'> = {
  processes: 2,
  connections: 8,
  clients: 5,
  visitsPerSecond: 40,
  callsPerVisit: 5,
  beforeMs: 2_000,
  outageMs: 5_000,
  afterMs: 1_000,
}

for (const [store, how, secret, what] of [
  ['sqlite', 'freeze', 'given', 'somebody locks the file'],
  ['redis', 'stop', 'given', 'the server is killed and comes back'],
  ['redis', 'late', 'made', 'the server is not there at the start, and the secret is to be made in it'],
  ['postgres', 'freeze', 'given', 'the server hangs and keeps its connections'],
] as const) {
  const name = `${store}: ${what}`
  const missing = missingStore(store)
  if (missing !== undefined) {
    console.log(`SKIPPED ${name}: ${missing}`)
    test.skip(name)
    continue
  }
  test(name, async () => {
    const { phases, memory, acknowledged, counted, upAfterMs, violations } = await runOutage({
      ...{ ...short, store, how, secret },
    })
    const down = phases.find((phase) => phase.name === 'down')
    const grown = ((memory.at(-2)?.heapBytes ?? 0) - (memory.at(-1)?.heapBytes ?? 0)) / 2 ** 10
    console.log(
      `FIGURE ${name}: ${acknowledged.sessions} sessions and ${acknowledged.calls} calls acknowledged, ` +
        `${counted.sessions} and ${counted.calls} counted; ${down?.logins} logins while it was down, ` +
        `p99 ${down?.login.p99.toFixed(0)} ms, ${grown.toFixed(0)} KiB more on the heap than afterwards; ` +
        `up again after ${(upAfterMs / 1_000).toFixed(1)} s`,
    )
    assert.equal(violations, [])
  })
}

test.run()
