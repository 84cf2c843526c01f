// Small forms of driver.ts and soak.ts: real processes on real stores. The full sizes are run by hand.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ExactnessOptions, runExactness } from './driver.js'
import { missingStore } from './places.js'
import { runSoak } from './soak.js'

const small: Omit<ExactnessOptions, 'store'> = {
  processes: 3,
  connections: 16,
  logins: 600,
  calls: 3_000,
  clients: 10,
  kills: 2,
  terms: 1,
}

/** A test on a store that may not be on this machine; REQUIRE_ALL=1 forbids skipping. */
function on(store: string, what: string, run: () => Promise<void>): void {
  const missing = missingStore(store)
  if (missing === undefined) test(`${store}: ${what}`, run)
  else {
    console.log(`SKIPPED ${store}, ${what}: ${missing}`)
    test.skip(`${store}: ${what}`)
  }
}

async function isExact(options: ExactnessOptions): Promise<void> {
  const { sessions, calls, violations, errors } = await runExactness(options)
  const { store, kills, durability = 'sessions' } = options
  console.log(
    `FIGURE ${store}, durability ${durability}, ${kills} killed: ` +
      `${sessions.acknowledged} sessions acknowledged, ${sessions.unanswered} unanswered, ${sessions.counted} counted; ` +
      `${calls.acknowledged} calls acknowledged, ${calls.unanswered} unanswered, ${calls.counted} counted; ` +
      `${errors.length} errors reported`,
  )
  assert.equal(violations, [], [...violations, ...new Set(errors)].join('\n'))
}

on('sqlite', 'without kills the counts are equal', () => isExact({ ...small, store: 'sqlite', kills: 0, terms: 0 }))
on('sqlite', 'two processes killed and one ended', () => isExact({ ...small, store: 'sqlite' }))
on('sqlite', 'the same with every call durable', () => isExact({ ...small, store: 'sqlite', durability: 'all' }))
for (const store of ['redis', 'postgres', 'mysql']) {
  on(store, 'two processes killed and one ended', () => isExact({ ...small, store, logins: 300, calls: 1_500 }))
}

// Else the driver could be blind.
on('sqlite', 'read-add-write loses counts, and the driver sees it', async () => {
  const mode = 'read-add-write'
  const options: ExactnessOptions = {
    ...small,
    ...{ store: 'sqlite', mode, logins: 50, calls: 250, kills: 0, terms: 0 },
  }
  const { sessions, calls, violations } = await runExactness({ ...options, clients: 2 })
  console.log(
    `FIGURE sqlite, read-add-write, none killed: of ${calls.acknowledged} calls ${calls.counted} counted, ` +
      `of ${sessions.acknowledged} sessions ${sessions.counted}`,
  )
  assert.ok(violations.length > 0)
  assert.ok(calls.counted < calls.acknowledged)
})

on('sqlite', 'a short soak', async () => {
  const { samples, acknowledged, counted, violations } = await runSoak({
    ...{ store: 'sqlite', processes: 1, connections: 32, callsPerVisit: 5, runMs: 6_000, sampleEveryMs: 1_000 },
    ...{ sessionTtlMs: 2_000, cachedSessions: 500, onSample() {} },
  })
  const heaps = samples.map(({ heapBytes }) => Math.round(heapBytes / 2 ** 20))
  console.log(
    `FIGURE soak, 6 s: ${acknowledged} acknowledged, ${counted} counted, heap ${heaps.join(' ')} MiB, ` +
      `${samples.at(-1)?.others} records beside the sessions`,
  )
  assert.equal(violations, [])
})

test.run()
