// The highest rate that the machine holds, for minutes: does memory stay flat, and the store within its bound?
//
//   npx tsx test/audits/exactness/soak.ts --store redis --minutes 10
//   npx tsx test/audits/exactness/soak.ts --store sqlite --minutes 10 --ttl 60
//
// --ttl how long a session lives in seconds (60; clientele's default is four hours), --cached the bound of the cache of
// sessions (20000; the default is 100000), --processes 1 --connections 64 --calls 5 (of each visit)
//
// What must hold: every request is answered 2xx, what is acknowledged is counted, and after the first third of the time the
// heap grows no more (by at most a tenth and 4 MiB, after a collection). The store holds one record for each session until
// its TTL is over and it was swept (Redis: at once), and beside that a number of records that has nothing to do with how
// many requests there were: for each process one per client and day, a page per day, and a handful.

import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { registerClients } from './driver.js'
import { runLoad, type Slot } from './load.js'
import { openPlace } from './places.js'
import { readCounts, type ServerOptions, ServerProcess } from './processes.js'
import { openStore, recordsIn } from './stores.js'

export interface SoakOptions extends Omit<ServerOptions, 'address'> {
  store: string
  processes: number
  connections: number
  callsPerVisit: number
  runMs: number
  sampleEveryMs: number
  onSample(sample: SoakSample): void
}

export interface SoakSample {
  seconds: number
  requestsPerSecond: number
  /** Of all processes; the heap after a collection. */
  rssBytes: number
  heapBytes: number
  loopDelayMs: { p50: number; p99: number; max: number }
  /** Records of sessions that have not expired, and those that have and are still there, where the store tells. */
  sessions: number
  expired: number | undefined
  /** All other records. */
  others: number
}

export interface SoakResult {
  samples: SoakSample[]
  acknowledged: number
  counted: number
  violations: string[]
}

const clients = 10

export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  await using place = await openPlace(options.store)
  const server: ServerOptions = { ...options, address: place.address }
  const publicKeys = await registerClients(place.address, clients)
  const processes = await Promise.all(Array.from({ length: options.processes }, () => ServerProcess.start(server)))
  const slots = processes.map((process): Slot => ({ process, roaming: [] }))
  const store = openStore(place.address)
  const startedAtMs = performance.now()
  let answered = 0
  const isOver = () => performance.now() - startedAtMs > options.runMs
  const load = runLoad({
    ...options,
    ...{ slots, publicKeys, roams: processes.length > 1 },
    another: async () => !isOver(),
    onAnswer: () => answered++,
  })

  const samples: SoakSample[] = []
  while (!isOver()) {
    const [answeredBefore, beforeMs] = [answered, performance.now()]
    await wait(options.sampleEveryMs)
    const perMs = (answered - answeredBefore) / (performance.now() - beforeMs)
    // First, so that our own collection is not in the delays.
    const delays = (await Promise.all(processes.map((process) => process.health()))).map((one) => one.loopDelayMs)
    const all = await Promise.all(processes.map((process) => process.health(true)))
    await Promise.all(processes.map((process) => process.health()))
    const worst = (of: 'p50' | 'p99' | 'max') => Math.max(...delays.map((delay) => delay[of]))
    const sample: SoakSample = {
      seconds: Math.round((performance.now() - startedAtMs) / 1_000),
      requestsPerSecond: Math.round(perMs * 1_000),
      rssBytes: all.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
      heapBytes: all.reduce((sum, { heapBytes }) => sum + heapBytes, 0),
      loopDelayMs: { p50: worst('p50'), p99: worst('p99'), max: worst('max') },
      ...(await recordsIn(store, place.address)),
    }
    samples.push(sample)
    options.onSample(sample)
  }
  const { tallies, failures } = await load
  await store.disconnect()
  const violations: string[] = []
  for (const process of processes) {
    const fault = await process.close()
    if (fault) violations.push(`A process did not end well: ${fault}.`)
  }
  const counts = await readCounts(server, publicKeys)
  for (const [failure, times] of failures) violations.push(`${times} requests were answered with ${failure}`)
  const acknowledged = tallies.reduce((sum, { sessions, calls }) => sum + sessions + calls, 0)
  const counted = counts.clients.reduce((sum, { sessions, calls }) => sum + sessions + calls, 0)
  if (acknowledged !== counted) violations.push(`${counted} counted, not ${acknowledged}`)

  // Of the heap the least in each third: a collection may come while much is under way.
  const third = Math.ceil(samples.length / 3)
  const minHeap = (some: readonly SoakSample[]) => Math.min(...some.map(({ heapBytes }) => heapBytes))
  const [second, last] = [minHeap(samples.slice(third, 2 * third)), minHeap(samples.slice(2 * third))]
  if (last > second * 1.1 + 4 * 2 ** 20) violations.push(`The heap grew from ${mib(second)} to ${mib(last)} MiB.`)
  const maxOthers = recordsBeside(options.processes)
  const { others = 0 } = samples.at(-1) ?? {}
  if (others > maxOthers) violations.push(`${others} records beside the sessions, not at most ${maxOthers}.`)
  return { samples, acknowledged, counted, violations }
}

/** Two days, because midnight may come: shards, a page, the writer's own record; the directory; the clients; a probe. */
function recordsBeside(processes: number): number {
  const writers = processes + 1
  const [directory, recordsOfClient, listOfClients, secret, probes] = [32, 3, 1, 1, processes]
  const ofWriter = 1 + 2 * (clients + 2)
  return writers * ofWriter + directory + clients * recordsOfClient + listOfClients + secret + probes
}

const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1)

const columns = [
  'seconds',
  'req/s',
  'RSS MiB',
  'heap MiB',
  'loop p50',
  'p99',
  'max ms',
  'sessions',
  'expired',
  'others',
]

function rowOf(sample: SoakSample): string[] {
  const { seconds, requestsPerSecond, rssBytes, heapBytes, loopDelayMs, sessions, expired, others } = sample
  const { p50, p99, max } = loopDelayMs
  const numbers = [
    seconds,
    requestsPerSecond,
    mib(rssBytes),
    mib(heapBytes),
    p50,
    p99,
    max,
    sessions,
    expired ?? '–',
    others,
  ]
  return numbers.map(String)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'sqlite' },
      minutes: { type: 'string', default: '10' },
      ttl: { type: 'string', default: '60' },
      cached: { type: 'string', default: '20000' },
      processes: { type: 'string', default: '1' },
      connections: { type: 'string', default: '64' },
      calls: { type: 'string', default: '5' },
    },
  })
  const print = (cells: readonly string[]) => console.log(cells.map((cell) => cell.padStart(10)).join(''))
  print(columns)
  const { samples, acknowledged, counted, violations } = await runSoak({
    store: values.store,
    processes: Number(values.processes),
    connections: Number(values.connections),
    callsPerVisit: Number(values.calls),
    runMs: Number(values.minutes) * 60_000,
    sampleEveryMs: 10_000,
    sessionTtlMs: Number(values.ttl) * 1_000,
    cachedSessions: Number(values.cached),
    onSample: (sample) => print(rowOf(sample)),
  })
  console.log(`\n${acknowledged} acknowledged, ${counted} counted`)
  for (const violation of violations) console.log(`VIOLATION ${violation}`)
  console.log(
    JSON.stringify({ options: values, acknowledged, counted, last: samples.at(-1), violations: violations.length }),
  )
  process.exitCode = violations.length > 0 ? 1 : 0
}

if (process.argv[1] === import.meta.filename) await main()
