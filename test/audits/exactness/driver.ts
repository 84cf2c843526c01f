// Counts what server processes acknowledged and compares it with what a fresh process then reads in the store, while two of
// them are killed and started again, and one is asked to end and started again.
//
//   npx tsx test/audits/exactness/driver.ts --store sqlite
//   npx tsx test/audits/exactness/driver.ts --store postgres --durability all
//   npx tsx test/audits/exactness/driver.ts --store redis --kills 0 --terms 0
//   npx tsx test/audits/exactness/driver.ts --store mysql --mode read-add-write
//
// --store       sqlite, or redis, postgres, mysql (each a server of our own, its data on disk), or the address of a store
// --kills       how many processes get kill -9 (2), --terms how many get SIGTERM (1); both are started again
// --processes 4 --connections 64 (to each process) --logins 20000 --calls 100000 --clients 10
// --durability sessions|all|none, --flush 1000 (flushIntervalMs), --mode clientele|read-add-write
//
// What must hold, for each client:
// - sessions: acknowledged ≤ counted ≤ acknowledged + unanswered; without kills and SIGTERM exactly equal.
// - calls: the same with --durability all. Otherwise a killed process may have lost what it acknowledged last. A call's
//   count waits for the flush timer, and then as a login's does: for the write that is under way, and for its own. So it
//   may be lost if it was acknowledged within flushIntervalMs + the slowest login of that process before the kill.
// - SIGTERM loses nothing, and the process ends by itself.
// - a login counts as a call too, with its session; the overview, which is read from other records, is in the same bounds,
//   and without kills says what the reports say.
// Prints a table and a line of JSON; exits with 1 on a violation.
import { parseArgs } from 'node:util'
import { clientele, lacuna } from '../../../src/index.js'
import { type Answered, runLoad, type Slot } from './load.js'
import { openPlace } from './places.js'
import { readCounts, type ServerOptions, ServerProcess } from './processes.js'
import { openStore } from './stores.js'

export interface ExactnessOptions extends Omit<ServerOptions, 'address'> {
  store: string
  processes: number
  connections: number
  logins: number
  calls: number
  clients: number
  kills: number
  terms: number
}

/** One thing that is counted, of one client or of all together. */
export interface Line {
  acknowledged: number
  /** Sent to a process that ended before it answered. */
  unanswered: number
  /** Acknowledged by a killed process so shortly before that its count may have been in memory. */
  atRisk: number
  counted: number
}

export interface ExactnessResult {
  sessions: Line
  calls: Line
  perClient: { sessions: Line; calls: Line }[]
  violations: string[]
  /** Of clientele, in all processes. */
  errors: string[]
  seconds: number
}

export async function runExactness(options: ExactnessOptions): Promise<ExactnessResult> {
  await using place = await openPlace(options.store)
  const server: ServerOptions = { ...options, address: place.address }
  const publicKeys = await registerClients(place.address, options.clients)
  const slots = await Promise.all(
    Array.from(
      { length: options.processes },
      async (): Promise<Slot> => ({
        process: await ServerProcess.start(server),
        roaming: [],
      }),
    ),
  )
  const all = slots.flatMap(({ process }) => (process ? [process] : []))
  const answered: Answered[] = []
  const violations: string[] = []

  async function endOne(slot: Slot, signal: 'kill' | 'close'): Promise<void> {
    const { process } = slot
    if (!process) return
    slot.process = undefined
    const fault = await process[signal]()
    if (fault) violations.push(`A process did not end well: ${fault}.`)
    slot.process = await ServerProcess.start(server)
    all.push(slot.process)
  }

  const accidents = planAccidents(options)
  const underWay: Promise<void>[] = []
  const startedAtMs = performance.now()
  let begun = 0
  const { tallies, failures } = await runLoad({
    slots,
    connections: options.connections,
    publicKeys,
    callsPerVisit: options.calls / options.logins,
    roams: options.processes > 1,
    async another() {
      return begun++ < options.logins
    },
    onAnswer(one) {
      answered.push(one)
      while (accidents[0] && answered.length >= accidents[0].after) {
        const [accident] = accidents.splice(0, 1)
        const slot = slots[accident?.slot ?? 0]
        if (accident && slot) underWay.push(endOne(slot, accident.signal))
      }
    },
  })
  const seconds = (performance.now() - startedAtMs) / 1_000
  await Promise.all(underWay)
  for (const { process } of slots) {
    const fault = await process?.close()
    if (fault) violations.push(`A process did not end well: ${fault}.`)
  }
  const { clients: counted, nobodys } = await readCounts(server, publicKeys)
  const errors = all.flatMap((process) => process.errors)

  const riskMs = (process: ServerProcess) => (options.flushIntervalMs ?? 1_000) + process.slowestLoginMs
  const isAtRisk = ({ process, isLogin, atMs }: Answered) =>
    !isLogin && options.durability !== 'all' && process.killedAtMs - atMs <= riskMs(process)
  const atRisk = publicKeys.map(() => 0)
  for (const one of answered) if (isAtRisk(one)) atRisk[one.client] = (atRisk[one.client] ?? 0) + 1
  const perClient = tallies.map((tally, client) => ({
    sessions: {
      acknowledged: tally.sessions,
      unanswered: tally.unansweredSessions,
      atRisk: 0,
      counted: counted[client]?.sessions ?? 0,
    },
    calls: {
      acknowledged: tally.calls,
      unanswered: tally.unansweredCalls,
      atRisk: atRisk[client] ?? 0,
      counted: counted[client]?.calls ?? 0,
    },
  }))

  for (const [failure, times] of failures) violations.push(`${times} requests were answered with ${failure}`)
  for (const [client, lines] of perClient.entries()) {
    for (const what of ['sessions', 'calls'] as const)
      violations.push(...judge(`client ${client}: ${what}`, lines[what]))
    if (!counted[client]) continue
    const { sessions, calls, logins, overview } = counted[client]
    violations.push(...judge(`client ${client}: logins as calls`, { ...lines.sessions, counted: logins }))
    // A killed process may have written the one and not the other; what it may have lost is bounded for each.
    const both = { ...addUp([lines.sessions, lines.calls]), counted: overview.calls }
    violations.push(...judge(`client ${client}: calls in the overview`, both))
    violations.push(
      ...judge(`client ${client}: sessions in the overview`, { ...lines.sessions, counted: overview.sessions }),
    )
    if (options.kills === 0 && (overview.sessions !== sessions || overview.calls !== calls + logins)) {
      violations.push(
        `client ${client}: the overview says ${JSON.stringify(overview)}, the report ${sessions}, ${calls}`,
      )
    }
  }
  if (nobodys > 0) violations.push(`${nobodys} calls were counted for no client.`)
  const unanswered = perClient.reduce((sum, { sessions, calls }) => sum + sessions.unanswered + calls.unanswered, 0)
  if (options.kills + options.terms === 0 && unanswered > 0) violations.push(`${unanswered} requests had no answer.`)
  return {
    sessions: addUp(perClient.map(({ sessions }) => sessions)),
    calls: addUp(perClient.map(({ calls }) => calls)),
    ...{ perClient, violations, errors, seconds },
  }
}

/** Processes and moments at random: after so many answers. The accidents of one process never overlap. */
function planAccidents({ processes, kills, terms, logins, calls }: ExactnessOptions) {
  const signals = [...Array<'kill'>(kills).fill('kill'), ...Array<'close'>(terms).fill('close')]
  const victims = Array.from({ length: processes }, (_, slot) => slot).sort(() => Math.random() - 0.5)
  const span = 0.8 / Math.max(1, signals.length)
  return signals
    .sort(() => Math.random() - 0.5)
    .map((signal, index) => ({
      signal,
      slot: victims[index % victims.length] ?? 0,
      after: Math.floor((logins + calls) * (0.1 + span * (index + Math.random()))),
    }))
}

function judge(what: string, { acknowledged, unanswered, atRisk, counted }: Line): string[] {
  const [least, most] = [acknowledged - atRisk, acknowledged + unanswered]
  return counted >= least && counted <= most ? [] : [`${what}: ${counted} counted, not ${least} to ${most}`]
}

function addUp(lines: readonly Line[]): Line {
  const sum: Line = { acknowledged: 0, unanswered: 0, atRisk: 0, counted: 0 }
  for (const line of lines) for (const [name, value] of Object.entries(line)) sum[name as keyof Line] += value
  return sum
}

/** Registers clients and answers their public keys. */
export async function registerClients(address: string, count: number): Promise<string[]> {
  const store = openStore(address)
  const clients = clientele({ store, protocol: lacuna(), secret: 'a secret of more than 32 characters, for tests' })
  await clients.ready()
  const publicKeys: string[] = []
  for (let index = 0; index < count; index++) {
    publicKeys.push((await clients.registry.register({ name: `Client ${index}` })).publicKey)
  }
  await clients.close()
  await store.disconnect()
  return publicKeys
}

export function tableOf({ sessions, calls, perClient }: ExactnessResult): string {
  const rows = [
    ['', 'sessions', 'unanswered', 'counted', 'calls', 'unanswered', 'at risk', 'counted'],
    ...perClient.map((lines, index) => row(`client ${index}`, lines)),
    row('all', { sessions, calls }),
  ]
  return rows
    .map((cells) => cells.map((cell, index) => (index ? cell.padStart(11) : cell.padEnd(9))).join(''))
    .join('\n')
}

function row(name: string, { sessions, calls }: { sessions: Line; calls: Line }): string[] {
  const numbers = [sessions.acknowledged, sessions.unanswered, sessions.counted]
  return [name, ...[...numbers, calls.acknowledged, calls.unanswered, calls.atRisk, calls.counted].map(String)]
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'sqlite' },
      mode: { type: 'string', default: 'clientele' },
      durability: { type: 'string', default: 'sessions' },
      flush: { type: 'string', default: '1000' },
      processes: { type: 'string', default: '4' },
      connections: { type: 'string', default: '64' },
      logins: { type: 'string', default: '20000' },
      calls: { type: 'string', default: '100000' },
      clients: { type: 'string', default: '10' },
      kills: { type: 'string', default: '2' },
      terms: { type: 'string', default: '1' },
    },
  })
  const options: ExactnessOptions = {
    store: values.store,
    mode: values.mode as NonNullable<ServerOptions['mode']>,
    durability: values.durability as NonNullable<ServerOptions['durability']>,
    flushIntervalMs: Number(values.flush),
    processes: Number(values.processes),
    connections: Number(values.connections),
    logins: Number(values.logins),
    calls: Number(values.calls),
    clients: Number(values.clients),
    kills: Number(values.kills),
    terms: Number(values.terms),
  }
  const result = await runExactness(options)
  const { sessions, calls, violations, errors, seconds } = result
  console.log(tableOf(result))
  const rate = Math.round((sessions.acknowledged + calls.acknowledged) / seconds)
  console.log(`\n${seconds.toFixed(1)} s, ${rate} requests/s, ${errors.length} errors reported`)
  for (const error of new Set(errors)) console.log(`  reported: ${error}`)
  for (const violation of violations) console.log(`VIOLATION ${violation}`)
  console.log(
    JSON.stringify({ options, sessions, calls, violations: violations.length, errors: errors.length, seconds }),
  )
  process.exitCode = violations.length > 0 ? 1 : 0
}

if (process.argv[1] === import.meta.filename) await main()
