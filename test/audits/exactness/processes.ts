// Server processes that a run starts, kills and starts again.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { ReaderMessage } from './reader.js'
import type { ServerHealth, ServerMessage } from './server.js'

export interface ServerOptions {
  /** The store's address. */
  address: string
  mode?: 'clientele' | 'read-add-write'
  durability?: 'sessions' | 'all' | 'none'
  flushIntervalMs?: number
  sessionTtlMs?: number
  /** Of the hashes: ours, or one that the processes make in the store. @default 'given' */
  secret?: 'given' | 'made'
  /** Bound of the cache of sessions. */
  cachedSessions?: number
}

const endWithinMs = 30_000

/** One process, from its start to its end. */
export class ServerProcess {
  readonly port: number
  /** What its clientele reported. */
  readonly errors: string[]
  /** The slowest answer to a login, which waits for a write; as the driver saw it. */
  slowestLoginMs = 0
  /** When it was killed, by the driver's steady clock. */
  killedAtMs = Number.POSITIVE_INFINITY
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number, errors: string[]) {
    this.#child = child
    this.port = port
    this.errors = errors
  }

  static async start(options: ServerOptions): Promise<ServerProcess> {
    const child = forked('server.ts', {
      STORE: options.address,
      MODE: options.mode ?? 'clientele',
      DURABILITY: options.durability ?? 'sessions',
      FLUSH_INTERVAL_MS: String(options.flushIntervalMs ?? 1_000),
      MADE_SECRET: options.secret === 'made' ? '1' : '',
      SESSION_TTL_MS: String(options.sessionTtlMs ?? 14_400_000),
      MEMORY_SESSIONS: String(options.cachedSessions ?? 100_000),
    })
    const errors: string[] = []
    const port = await new Promise<number>((resolve, reject) => {
      child.on('message', (message: ServerMessage) => {
        if ('port' in message) resolve(message.port)
        else errors.push(message.error)
      })
      child.once('exit', (code) => reject(new Error(`A server ended with code ${code} before it listened.`)))
    })
    return new ServerProcess(child, port, errors)
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async kill(): Promise<void> {
    this.killedAtMs = performance.now()
    await this.#end('SIGKILL')
  }

  /** Asks it to end, and says what was wrong with how it did. */
  async close(): Promise<string | undefined> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), endWithinMs)
    await this.#end('SIGTERM')
    clearTimeout(timer)
    const { exitCode, signalCode } = this.#child
    if (signalCode === 'SIGKILL') return `it was still there ${endWithinMs / 1000} s after SIGTERM`
    return exitCode === 0 ? undefined : `it ended with code ${exitCode ?? signalCode} after SIGTERM`
  }

  /** `collect`: after its garbage was collected. */
  health(collect = false): Promise<ServerHealth> {
    return new Promise((resolve, reject) => {
      const path = collect ? '/health?collect' : '/health'
      const request = httpRequest({ host: '127.0.0.1', port: this.port, path, agent: false }, (response) => {
        let text = ''
        response.on('data', (data) => (text += data))
        response.on('end', () => resolve(JSON.parse(text)))
      })
      request.on('error', reject)
      request.end()
    })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.hasEnded) return
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    await ended
  }
}

/** What a fresh process reads in the store. */
export async function readCounts(options: ServerOptions, publicKeys: readonly string[]): Promise<ReaderMessage> {
  const child = forked('reader.ts', {
    STORE: options.address,
    MODE: options.mode ?? 'clientele',
    CLIENTS: JSON.stringify(publicKeys),
  })
  const ended = once(child, 'exit')
  const told = await Promise.race([once(child, 'message'), ended.then(() => undefined)])
  if (told === undefined) throw new Error('The reader ended and said nothing.')
  await ended
  return told[0] as ReaderMessage
}

function forked(program: string, environment: Record<string, string>): ChildProcess {
  return fork(fileURLToPath(new URL(program, import.meta.url)), {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    env: { ...process.env, ...environment },
  })
}
