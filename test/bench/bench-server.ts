import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What server.mjs mounts before the game, in order: `parser`, `clientele`, `console`, or a peer. */
export interface ServerOptions {
  mounts: string[]
  /** `memory`, the file of a SQLite database, the address of a server, or `missing:` and why. */
  store: string
  /** Two servers of a work load must not count into the same records. */
  prefix: string
  /** Registered before the first request, and so many sessions of theirs in turns. */
  clients: number
  sessions: number
  /** Of `clientele()`. */
  settings: object
  /** Whether a login checks a password, as the example game does. */
  password: boolean
  hubUrl: string
  folder: string
}

interface Ready {
  port: number
  publicKeys: string[]
  privateKey: string
  /** Of the peer that checks one. */
  apiKey: string
}

/** The core that the server has for itself; the bench, wrk and the databases share the other. */
const serverCore = 0
const readyWithinMs = 300_000

export class BenchServer {
  readonly ready: Ready
  readonly #child: ChildProcess
  /** Rejects when it ends. */
  readonly #ended: Promise<never>

  private constructor(child: ChildProcess, ended: Promise<never>, ready: Ready) {
    this.#child = child
    this.#ended = ended
    this.ready = ready
  }

  /** @throws when it does not start, with what it said */
  static async start(options: ServerOptions): Promise<BenchServer> {
    const file = fileURLToPath(new URL('server.mjs', import.meta.url))
    const node = [process.execPath, '--expose-gc', '--max-old-space-size=8192', file, JSON.stringify(options)]
    const child = spawn('taskset', ['-c', String(serverCore), ...node], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let said = ''
    child.stderr?.on('data', (text) => (said = `${said}${text}`.slice(-2_000)))
    const ended = once(child, 'exit').then((): never => {
      throw new Error(said.split('\n').find((line) => /\w*Error\b/.test(line)) ?? `It ended. ${said}`)
    })
    ended.catch(() => {})
    const [ready] = await Promise.race([
      once(child, 'message', { signal: AbortSignal.timeout(readyWithinMs) }),
      ended,
    ]).catch((error) => {
      child.kill('SIGKILL')
      throw error
    })
    return new BenchServer(child, ended, ready as Ready)
  }

  /** The CPU that the process has used, and the requests that it was asked. */
  usage(): Promise<{ cpuUs: number; served: number }> {
    return this.#ask('usage')
  }

  /** Bytes, after a collection of garbage. */
  heap(): Promise<number> {
    return this.#ask('heap')
  }

  counted(): Promise<{ sessions: number; calls: number }> {
    return this.#ask('counted')
  }

  async #ask<Answer>(question: string): Promise<Answer> {
    const answered = once(this.#child, 'message')
    this.#child.send(question)
    return (await Promise.race([answered, this.#ended]))[0] as Answer
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
