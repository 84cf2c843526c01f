// The store goes away under load and comes back: no login may fail or wait, and no count may be lost.
//
//   npx tsx test/audits/exactness/outage.ts --store redis --how stop --seconds 60
//   npx tsx test/audits/exactness/outage.ts --store postgres --how freeze
//   npx tsx test/audits/exactness/outage.ts --store mysql --how late
//   npx tsx test/audits/exactness/outage.ts --store sqlite --how freeze
//
// --how      stop: the server is killed and started again on its data; freeze: it keeps its connections and answers nothing
//            (SQLite: another program holds an exclusive lock); late: it is not there when the game servers start
// --seconds  how long (60), --before and --after how long the load runs around it (5, 10), --rate visits a second (200)
// --processes 2 --connections 32 --calls 5 (of each visit), --secret given|made
//
// What must hold: every request is answered 2xx; a fresh process reads exactly what was acknowledged; health() says `down`
// from the store's timeout on until the store is back, then `up`, and in the end that nothing waits; while the store is
// known to be down, 99 of 100 logins take less than half a second, or three times what they take afterwards. Exits with
// 1 on a violation.
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { registerClients } from './driver.js'
import { type Answered, percentile, runLoad, type Slot } from './load.js'
import { openPlace } from './places.js'
import { readCounts, type ServerOptions, ServerProcess } from './processes.js'
import type { ServerHealth } from './server.js'

export interface OutageOptions extends Omit<ServerOptions, 'address'> {
  store: string
  how: 'stop' | 'freeze' | 'late'
  processes: number
  connections: number
  clients: number
  visitsPerSecond: number
  callsPerVisit: number
  beforeMs: number
  outageMs: number
  afterMs: number
}

const storeTimeoutMs = 2_000
/** How late a sample may see what is so: a probe's longest pause with its jitter, and its own time. */
const probeMs = 7_500 + storeTimeoutMs
const sampleEveryMs = 100

export interface Phase {
  name: 'before' | 'noticing' | 'down' | 'coming back' | 'after'
  seconds: number
  logins: number
  /** Milliseconds. */
  login: { p50: number; p99: number; max: number }
  call: { p50: number; p99: number; max: number }
}

export interface OutageResult {
  phases: Phase[]
  /** Summed over the processes, after their garbage was collected. */
  memory: { when: string; rssBytes: number; heapBytes: number; waiting: number }[]
  acknowledged: { sessions: number; calls: number }
  counted: { sessions: number; calls: number }
  /** From the moment the store was there again. */
  upAfterMs: number
  landedAfterMs: number
  violations: string[]
}

interface Sample {
  atMs: number
  process: number
  health: ServerHealth
}

export async function runOutage(options: OutageOptions): Promise<OutageResult> {
  await using place = await openPlace(options.store)
  const isFreeze = options.how === 'freeze'
  const [takeAway, bringBack] = isFreeze ? [place.freeze, place.thaw] : [place.stop, place.start]
  if (!takeAway || !bringBack) throw new Error(`A store at ${options.store} cannot be taken away by ${options.how}.`)
  const server: ServerOptions = { ...options, address: place.address }
  const publicKeys = await registerClients(place.address, options.clients)
  let [goneAtMs, backAtMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  if (options.how === 'late') {
    await takeAway()
    goneAtMs = performance.now()
  }
  const processes = await Promise.all(Array.from({ length: options.processes }, () => ServerProcess.start(server)))
  const slots = processes.map((process): Slot => ({ process, roaming: [] }))

  const memory: OutageResult['memory'] = []
  const weigh = async (when: string) => {
    const all = await Promise.all(processes.map((process) => process.health(true)))
    const sum = (of: (health: ServerHealth) => number) => all.reduce((total, health) => total + of(health), 0)
    memory.push({
      when,
      rssBytes: sum(({ rssBytes }) => rssBytes),
      heapBytes: sum(({ heapBytes }) => heapBytes),
      waiting: sum(({ waiting }) => waiting),
    })
  }
  const samples: Sample[] = []
  let isSampling = true
  const sampled = Promise.all(
    processes.map(async (process, index) => {
      while (isSampling) {
        const atMs = performance.now()
        samples.push({ atMs, process: index, health: await process.health() })
        await wait(sampleEveryMs)
      }
    }),
  )

  const answered: Answered[] = []
  let isOver = false
  const startedAtMs = performance.now()
  let begun = 0
  const load = runLoad({
    slots,
    connections: options.connections,
    publicKeys,
    callsPerVisit: options.callsPerVisit,
    // A session that began in an outage is known to its own process alone until the store is back.
    roams: false,
    async another() {
      const dueAtMs = startedAtMs + (begun++ * 1_000) / options.visitsPerSecond
      const earlyMs = dueAtMs - performance.now()
      if (earlyMs > 0) await wait(earlyMs)
      return !isOver
    },
    onAnswer: (one) => answered.push(one),
  })
  if (options.how !== 'late') {
    await wait(options.beforeMs)
    await weigh('before')
    goneAtMs = performance.now()
    await takeAway()
  }
  await wait(options.outageMs)
  await weigh('end of the outage')
  // A server is back somewhere between its start and its first answer.
  const returningAtMs = performance.now()
  await bringBack()
  backAtMs = performance.now()
  const landed = async () => {
    const all = await Promise.all(processes.map((process) => process.health()))
    return all.every(({ store, oldestMs }) => store === 'up' && oldestMs < 2_000)
  }
  while (!(await landed())) {
    if (performance.now() - backAtMs > 60_000) break
    await wait(50)
  }
  const landedAtMs = performance.now()
  await wait(options.afterMs)
  isOver = true
  const { tallies, failures } = await load
  await wait(2 * (options.flushIntervalMs ?? 1_000))
  await weigh('after')
  isSampling = false
  await sampled
  const violations: string[] = []
  for (const process of processes) {
    const fault = await process.close()
    if (fault) violations.push(`A process did not end well: ${fault}.`)
  }

  const counts = await readCounts(server, publicKeys)
  for (const [failure, times] of failures) violations.push(`${times} requests were answered with ${failure}`)
  for (const [client, tally] of tallies.entries()) {
    const { sessions = 0, calls = 0, logins = 0 } = counts.clients[client] ?? {}
    const compare = (what: string, acknowledged: number, counted: number) => {
      if (acknowledged !== counted) violations.push(`client ${client}: ${counted} ${what} counted, not ${acknowledged}`)
    }
    compare('sessions', tally.sessions, sessions)
    compare('calls', tally.calls, calls)
    compare('logins as calls', tally.sessions, logins)
    if (tally.unansweredSessions + tally.unansweredCalls > 0) violations.push(`client ${client}: no answer`)
  }
  if (counts.nobodys > 0) violations.push(`${counts.nobodys} calls were counted for no client.`)

  const noticedAtMs = firstOfAll(
    samples,
    processes.length,
    ({ atMs, health }) => atMs > goneAtMs && health.store === 'down',
  )
  const upAtMs = firstOfAll(samples, processes.length, ({ atMs, health }) => atMs > backAtMs && health.store === 'up')
  violations.push(...faultsOfHealth(samples, { goneAtMs, returningAtMs, backAtMs }))
  const bounds = [
    ['before', startedAtMs, goneAtMs],
    ['noticing', Math.max(goneAtMs, startedAtMs), noticedAtMs],
    ['down', Math.max(noticedAtMs, startedAtMs), returningAtMs],
    ['coming back', returningAtMs, landedAtMs],
    ['after', landedAtMs, Number.POSITIVE_INFINITY],
  ] as const
  const phases = bounds
    .map(([name, fromMs, toMs]): Phase => {
      const some = answered.filter(({ atMs, tookMs }) => atMs - tookMs >= fromMs && atMs - tookMs < toMs)
      const times = (isLogin: boolean) => {
        const values = some.filter((one) => one.isLogin === isLogin).map(({ tookMs }) => tookMs)
        return { p50: percentile(values, 0.5), p99: percentile(values, 0.99), max: percentile(values, 1) }
      }
      const lastMs = Math.min(toMs, answered.at(-1)?.atMs ?? toMs)
      const logins = some.filter(({ isLogin }) => isLogin).length
      return { name, seconds: (lastMs - fromMs) / 1_000, logins, login: times(true), call: times(false) }
    })
    .filter(({ logins }) => logins > 0)
  const [down, usual] = ['down', 'after'].map((name) => phases.find((phase) => phase.name === name)?.login)
  if (!down) violations.push('No login came while the store was known to be down.')
  // A machine with other work to do is slow without an outage too.
  else if (down.p99 > 500 && down.p99 > 3 * (usual?.p99 ?? 0)) {
    violations.push(`Logins waited while the store was down: ${JSON.stringify(down)}`)
  }
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
  return {
    phases,
    memory,
    acknowledged: {
      sessions: total(tallies.map((one) => one.sessions)),
      calls: total(tallies.map((one) => one.calls)),
    },
    counted: {
      sessions: total(counts.clients.map((one) => one.sessions)),
      calls: total(counts.clients.map((one) => one.calls)),
    },
    upAfterMs: upAtMs - backAtMs,
    landedAfterMs: landedAtMs - backAtMs,
    violations,
  }
}

/** When the last of the processes had its first such sample. */
function firstOfAll(samples: readonly Sample[], processes: number, is: (sample: Sample) => boolean): number {
  const firsts = Array.from({ length: processes }, (_, process) =>
    samples.find((sample) => sample.process === process && is(sample)),
  )
  return Math.max(...firsts.map((first) => first?.atMs ?? Number.POSITIVE_INFINITY))
}

function faultsOfHealth(
  samples: readonly Sample[],
  { goneAtMs, returningAtMs, backAtMs }: { goneAtMs: number; returningAtMs: number; backAtMs: number },
): string[] {
  const faults = new Map<string, number>()
  const fault = (text: string) => faults.set(text, (faults.get(text) ?? 0) + 1)
  const last = new Map<number, ServerHealth>()
  for (const { atMs, process, health } of samples) {
    last.set(process, health)
    // A sample is answered some time after it was asked for.
    const doneAtMs = atMs + 1_000
    if (doneAtMs < goneAtMs && health.store === 'down' && !health.lastError) fault('down before')
    if (atMs > goneAtMs + storeTimeoutMs + 1_000 && doneAtMs < returningAtMs && health.store !== 'down')
      fault(`${health.store} in the outage`)
    if (atMs > backAtMs + probeMs && health.store !== 'up') fault(`${health.store} long after`)
    if (health.dropped > 0) fault('dropped')
  }
  for (const { store, waiting, lastError } of last.values()) {
    if (store !== 'up' || waiting > 0) fault(`at the end ${store} with ${waiting} waiting`)
    if (!lastError) fault('no lastError at the end')
  }
  return [...faults].map(([text, times]) => `health() said ${text}, ${times} times.`)
}

export function tableOf({ phases, memory }: OutageResult): string {
  const times = ({ p50, p99, max }: Phase['login']) => [p50, p99, max].map((ms) => ms.toFixed(1))
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
  const latencies = [
    ['', 'seconds', 'logins', 'login p50', 'p99', 'max ms', 'call p50', 'p99', 'max ms'],
    ...phases.map(({ name, seconds, logins, login, call }) => [
      name,
      seconds.toFixed(1),
      String(logins),
      ...times(login),
      ...times(call),
    ]),
  ]
  const sizes = [
    ['', 'RSS MiB', 'heap MiB', 'waiting'],
    ...memory.map(({ when, rssBytes, heapBytes, waiting }) => [when, mib(rssBytes), mib(heapBytes), String(waiting)]),
  ]
  const aligned = (rows: string[][]) =>
    rows.map((cells) => cells.map((cell, index) => (index ? cell.padStart(10) : cell.padEnd(18))).join('')).join('\n')
  return `${aligned(latencies)}\n\n${aligned(sizes)}`
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'sqlite' },
      how: { type: 'string', default: 'stop' },
      seconds: { type: 'string', default: '60' },
      before: { type: 'string', default: '5' },
      after: { type: 'string', default: '10' },
      rate: { type: 'string', default: '200' },
      processes: { type: 'string', default: '2' },
      connections: { type: 'string', default: '32' },
      calls: { type: 'string', default: '5' },
      secret: { type: 'string', default: 'given' },
      durability: { type: 'string', default: 'sessions' },
    },
  })
  const result = await runOutage({
    store: values.store,
    how: values.how as OutageOptions['how'],
    secret: values.secret as 'given' | 'made',
    durability: values.durability as 'sessions',
    processes: Number(values.processes),
    connections: Number(values.connections),
    clients: 10,
    visitsPerSecond: Number(values.rate),
    callsPerVisit: Number(values.calls),
    beforeMs: Number(values.before) * 1_000,
    outageMs: Number(values.seconds) * 1_000,
    afterMs: Number(values.after) * 1_000,
  })
  const { acknowledged, counted, upAfterMs, landedAfterMs, violations } = result
  console.log(tableOf(result))
  console.log(`\nacknowledged ${acknowledged.sessions} sessions and ${acknowledged.calls} calls,`)
  console.log(`counted      ${counted.sessions} sessions and ${counted.calls} calls;`)
  console.log(
    `up ${(upAfterMs / 1_000).toFixed(1)} s and everything saved ${(landedAfterMs / 1_000).toFixed(1)} s after the store was back`,
  )
  for (const violation of violations) console.log(`VIOLATION ${violation}`)
  console.log(JSON.stringify({ options: values, acknowledged, counted, violations: violations.length }))
  process.exitCode = violations.length > 0 ? 1 : 0
}

if (process.argv[1] === import.meta.filename) await main()
