// Players of ten clients, on keep-alive connections: a visit is a login and some calls with its session. It notes what was
// acknowledged, an answer 2xx that came whole, and what was sent and never answered.
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { ServerProcess } from './processes.js'

/** A place for a process; another takes it when one was killed. */
export interface Slot {
  /** While it is started again, nobody. */
  process: ServerProcess | undefined
  /** Sessions of another process, which are to be used here. */
  readonly roaming: Session[]
}

interface Session {
  sessionId: string
  client: number
}

/** Of one client. */
export interface LiveTotals {
  sessions: number
  calls: number
  /** Sent, and the connection broke before the answer was whole: counted or not. */
  unansweredSessions: number
  unansweredCalls: number
}

/** One acknowledged request, to be looked at afterwards. */
export interface Answered {
  process: ServerProcess
  client: number
  isLogin: boolean
  atMs: number
  tookMs: number
}

export interface LoadOptions {
  slots: readonly Slot[]
  /** To each process. */
  connections: number
  publicKeys: readonly string[]
  callsPerVisit: number
  /** The last call of a visit goes to another process, which has to look the session up in the store. */
  roams: boolean
  /** Whether one more visit begins; may wait. */
  another(): Promise<boolean>
  onAnswer(answered: Answered): void
}

export interface LoadResult {
  tallies: LiveTotals[]
  /** Answers that were not 2xx, with how often. */
  failures: Map<string, number>
}

const maxFailures = 1_000

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { slots, publicKeys, callsPerVisit } = options
  const tallies = publicKeys.map(
    (): LiveTotals => ({ sessions: 0, calls: 0, unansweredSessions: 0, unansweredCalls: 0 }),
  )
  const failures = new Map<string, number>()
  let [begun, open, failed] = [0, 0, 0]

  async function work(slot: Slot, next: Slot): Promise<void> {
    const connection = new Connection(slot)
    let isOver = false
    while (!isOver || open > 0) {
      const roaming = slot.roaming.pop()
      if (roaming) {
        await use(connection, roaming)
        open--
      } else if (isOver) {
        await wait(5)
      } else if (await options.another()) {
        open++
        const client = begun++ % publicKeys.length
        const session = { client, sessionId: await login(connection, client) }
        const own = options.roams ? callsPerVisit - 1 : callsPerVisit
        for (let call = 0; call < own; call++) await use(connection, session)
        if (options.roams) next.roaming.push(session)
        else open--
      } else isOver = true
    }
    connection.close()
  }

  async function login(connection: Connection, client: number): Promise<string> {
    const params = ['player', 'password', publicKeys[client]]
    const answer = await untilAcknowledged(connection, client, '/empire', 'login', params)
    return (JSON.parse(answer) as { result: { session_id: string } }).result.session_id
  }

  async function use(connection: Connection, { sessionId, client }: Session): Promise<void> {
    await untilAcknowledged(connection, client, '/body', 'view', [sessionId])
  }

  async function untilAcknowledged(
    connection: Connection,
    client: number,
    path: string,
    method: string,
    params: unknown,
  ) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const isLogin = method === 'login'
    const tally = tallies[client]
    if (!tally) throw new RangeError('no such client')
    for (;;) {
      const outcome = await connection.post(path, body)
      if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) {
        tally[isLogin ? 'sessions' : 'calls']++
        const { process, atMs, tookMs } = outcome
        if (isLogin) process.slowestLoginMs = Math.max(process.slowestLoginMs, tookMs)
        options.onAnswer({ process, client, isLogin, atMs, tookMs })
        return outcome.body
      }
      if (outcome.kind === 'unanswered') tally[isLogin ? 'unansweredSessions' : 'unansweredCalls']++
      if (outcome.kind === 'answered') {
        const failure = `${outcome.status} ${outcome.body.slice(0, 200)}`
        failures.set(failure, (failures.get(failure) ?? 0) + 1)
        // It would be tried for ever.
        if (++failed > maxFailures) throw new Error(`Too many requests failed; the last was answered with ${failure}`)
      }
    }
  }

  await Promise.all(
    slots.flatMap((slot, index) => {
      const next = slots[(index + 1) % slots.length] ?? slot
      return Array.from({ length: options.connections }, () => work(slot, next))
    }),
  )
  return { tallies, failures }
}

type Outcome =
  | { kind: 'answered'; status: number; body: string; process: ServerProcess; atMs: number; tookMs: number }
  /** Nobody listened: it was never sent. */
  | { kind: 'unsent' }
  | { kind: 'unanswered' }

/** One keep-alive connection to whatever process is in a slot. */
class Connection {
  readonly #slot: Slot
  #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(slot: Slot) {
    this.#slot = slot
  }

  async post(path: string, body: string): Promise<Outcome> {
    while (!this.#slot.process) await wait(10)
    const { process } = this.#slot
    const sentAtMs = performance.now()
    const outcome = await new Promise<Outcome>((resolve) => {
      const headers = { 'content-type': 'application/json-rpc', 'content-length': String(Buffer.byteLength(body)) }
      const options = { host: '127.0.0.1', port: process.port, method: 'POST', path, headers, agent: this.#agent }
      const request = httpRequest(options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (data: string) => (text += data))
        response.on('error', () => resolve({ kind: 'unanswered' }))
        response.on('end', () => {
          const atMs = performance.now()
          if (!response.complete) resolve({ kind: 'unanswered' })
          else
            resolve({
              kind: 'answered',
              status: response.statusCode ?? 0,
              body: text,
              process,
              atMs,
              tookMs: atMs - sentAtMs,
            })
        })
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        resolve({ kind: error.code === 'ECONNREFUSED' ? 'unsent' : 'unanswered' })
      })
      request.end(body)
    })
    if (outcome.kind !== 'answered') {
      this.close()
      this.#agent = new Agent({ keepAlive: true, maxSockets: 1 })
      await wait(10)
    }
    return outcome
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** The value below which a part of the values is. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, another) => one - another)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
