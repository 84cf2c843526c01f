import { execFile, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Load {
  url: string
  /** A file of request bodies, one a line, sent in turns from a random one on; without it the request is a GET. */
  bodies?: string
  headers?: Record<string, string>
}

export interface Answered {
  requests: number
  seconds: number
  /** Answers with a status of 400 or more, lost connections, and what took longer than two seconds. */
  errors: number
  p50Ms: number
  p99Ms: number
}

export const connections = 32

/** The core of the bench itself, of wrk and of the databases; the server has the other. */
const ownCore = 1

/** Why this machine cannot run the bench. */
export function missing(): string | undefined {
  if (spawnSync('wrk', ['--version']).error) return 'wrk is not installed: apt-get install wrk'
  if (spawnSync('taskset', ['--version']).error) return 'taskset is not installed: apt-get install util-linux'
  if (availableParallelism() < 2) return 'there is one core only, and load and server would share it'
  return undefined
}

/** What this process starts from now on, starts on its core; a server moves to the other. */
export function stayOnOwnCore(): void {
  spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', String(ownCore), String(process.pid)])
}

export async function drive({ url, bodies, headers = {} }: Load, seconds: number): Promise<Answered> {
  const script = fileURLToPath(new URL('load.lua', import.meta.url))
  const { stdout } = await promisify(execFile)(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url],
    {
      env: {
        ...process.env,
        ...(bodies === undefined ? {} : { BENCH_BODIES: bodies }),
        BENCH_HEADERS: Object.entries(headers)
          .map(([name, value]) => `${name}: ${value}\n`)
          .join(''),
      },
    },
  )
  const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>
  const { requests = 0, durationUs = 0, errors = 0, p50Us = 0, p99Us = 0 } = said
  return { requests, seconds: durationUs / 1e6, errors, p50Ms: p50Us / 1e3, p99Ms: p99Us / 1e3 }
}
