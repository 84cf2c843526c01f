// Database servers of a test's own, which it may kill: each with a folder and a port of its own on 127.0.0.1.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export interface TestServer extends AsyncDisposable {
  readonly port: number
  /** With the right password. */
  readonly url: string
  /** With a wrong one. */
  readonly wrongUrl: string
  /** Also after `kill`, on the same data. Resolves when it answers. */
  start(): Promise<void>
  /** SIGKILL to all its processes, as if the machine had lost them. */
  kill(): Promise<void>
  /** SIGSTOP: it keeps every connection and answers nothing. */
  freeze(): void
  thaw(): void
}

interface Kind {
  readonly binary: string | undefined
  /** Debian's package. */
  readonly origin: string
  /** The user that it refuses root for. */
  readonly user?: string
  prepare(folder: string, owner: Owner): void
  arguments(folder: string, port: number): string[]
  url(port: number, password: string): string
}

type Owner = { uid: number; gid: number } | Record<string, never>

const password = 'right+p%ssword'
const startTimeoutMs = 60_000
const running = new Set<ChildProcess>()

const found = (...places: string[]) => places.find((place) => existsSync(place))
const postgresFolder = found('/usr/lib/postgresql')
const postgresBinaries = postgresFolder
  ? readdirSync(postgresFolder)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(postgresFolder, version, 'bin'))[0]
  : undefined

const kinds = {
  redis: {
    binary: found('/usr/bin/redis-server', '/usr/bin/valkey-server'),
    origin: 'redis-server',
    prepare() {},
    // Without appendfsync always a killed Redis forgets what it acknowledged.
    arguments: (folder, port) => [
      ...`--port ${port} --bind 127.0.0.1 --dir ${folder} --appendonly yes --appendfsync always`.split(' '),
      ...['--requirepass', password, '--save', ''],
    ],
    url: (port, given) => `redis://default:${encodeURIComponent(given)}@127.0.0.1:${port}`,
  },
  postgres: {
    binary: found(`${postgresBinaries}/postgres`),
    origin: 'postgresql',
    user: 'postgres',
    prepare(folder, owner) {
      const passwordFile = join(folder, 'password')
      writeFileSync(passwordFile, `${password}\n`)
      const options = `-D ${folder}/data -A scram-sha-256 --pwfile ${passwordFile} -U clientele -N -E UTF8 --locale C.UTF-8`
      execFileSync(`${postgresBinaries}/initdb`, options.split(' '), { cwd: folder, ...owner, stdio: 'pipe' })
    },
    arguments: (folder, port) =>
      `-D ${folder}/data -p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=16MB`.split(
        ' ',
      ),
    url: (port, given) => `postgres://clientele:${encodeURIComponent(given)}@127.0.0.1:${port}/postgres`,
  },
  mysql: {
    binary: found('/usr/sbin/mariadbd', '/usr/sbin/mysqld'),
    origin: 'mariadb-server',
    user: 'mysql',
    prepare(folder, owner) {
      const options = `--no-defaults --datadir=${folder}/data --auth-root-authentication-method=normal --skip-test-db`
      execFileSync('/usr/bin/mariadb-install-db', options.split(' '), { cwd: folder, ...owner, stdio: 'pipe' })
      writeFileSync(
        join(folder, 'init.sql'),
        `CREATE DATABASE IF NOT EXISTS contract;
         CREATE USER IF NOT EXISTS clientele@'127.0.0.1' IDENTIFIED BY '${password}';
         GRANT ALL ON contract.* TO clientele@'127.0.0.1';`,
      )
    },
    arguments: (folder, port) =>
      `--no-defaults --datadir=${folder}/data --port=${port} --bind-address=127.0.0.1 --socket=${folder}/socket --pid-file=${folder}/pid --init-file=${folder}/init.sql --skip-name-resolve --innodb-buffer-pool-size=32M`.split(
        ' ',
      ),
    url: (port, given) => `mysql://clientele:${encodeURIComponent(given)}@127.0.0.1:${port}/contract`,
  },
} satisfies Record<string, Kind>

export type ServerKind = keyof typeof kinds

/** Why there can be no such server on this machine. */
export function missingServer(which: ServerKind): string | undefined {
  const kind: Kind = kinds[which]
  return kind.binary === undefined ? `the package ${kind.origin} is not installed` : undefined
}

/** Prepares a server, but does not start it. It ends with the test process at the latest. */
export async function testServer(which: ServerKind): Promise<TestServer> {
  const kind: Kind = kinds[which]
  const folder = mkdtempSync(join(tmpdir(), `clientele-${which}-`))
  const owner = ownerOf(kind)
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid)
  kind.prepare(folder, owner)
  const port = await freePort()
  let child: ChildProcess | undefined
  let log = ''

  async function kill() {
    if (!child) return
    const ended = new Promise((resolve) => child?.once('close', resolve))
    const dead = child.exitCode !== null || child.signalCode !== null
    signal(child, 'SIGKILL')
    if (!dead) await ended
    running.delete(child)
    child = undefined
  }
  async function start() {
    const end = Date.now() + startTimeoutMs
    for (;;) {
      if (!child || child.exitCode !== null) {
        log = ''
        child = spawn(kind.binary ?? '', kind.arguments(folder, port), { cwd: folder, ...owner, stdio: 'pipe' })
        running.add(child)
        child.stdout?.on('data', (text) => (log += text))
        child.stderr?.on('data', (text) => (log += text))
      }
      if (await answers(port, which)) return
      if (Date.now() > end) throw new Error(`${which} did not start:\n${log.slice(-2_000)}`)
      await wait(30)
    }
  }
  return {
    port,
    url: kind.url(port, password),
    wrongUrl: kind.url(port, 'wrong+p%ssword'),
    start,
    kill,
    freeze: () => child && stop(child),
    thaw: () => child && signal(child, 'SIGCONT'),
    async [Symbol.asyncDispose]() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** On a busy machine a process answers for a while after it was told to stop: it is waited for, where the system says how it is. */
function stop(child: ChildProcess): void {
  signal(child, 'SIGSTOP')
  const threads = `/proc/${child.pid}/task`
  const isRunning = (thread: string) => !/\) T /.test(readFileSync(`${threads}/${thread}/stat`, 'utf8'))
  const end = Date.now() + 5_000
  while (existsSync(threads) && readdirSync(threads).some(isRunning) && Date.now() < end) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
  }
}

process.once('exit', () => {
  for (const child of running) signal(child, 'SIGKILL')
})
process.once('SIGTERM', () => process.exit(1))

function ownerOf({ user }: Kind): Owner {
  if (user === undefined || process.getuid?.() !== 0) return {}
  const id = (which: string) => Number(spawnSync('id', [which, user], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}

// PostgreSQL has a process for each connection, in a group of its own.
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  const pids = [child.pid ?? 0]
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? []
      if (Number(parent) === child.pid) pids.push(Number(entry))
    } catch {
      // It has ended meanwhile.
    }
  }
  for (const pid of pids) {
    try {
      if (pid > 0) process.kill(pid, name)
    } catch {
      // It has ended meanwhile.
    }
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Whether it takes part in its protocol: while it recovers from a crash the port is open already. */
function answers(port: number, which: ServerKind): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1')
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(2_000, () => end(false))
    socket.on('error', () => end(false))
    socket.on('close', () => resolve(false))
    socket.on('connect', () => {
      if (which === 'redis') socket.write(`AUTH ${password}\r\nPING\r\n`)
      // A startup message of a user that nobody is: answered with a request for a password, or with "starting up".
      if (which === 'postgres') socket.write('\0\0\0\x10\0\x03\0\0user\0x\0\0')
    })
    let text = ''
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (which === 'postgres') end(text.startsWith('R'))
      else if (which === 'mysql') end(text.length > 5)
      else if (/PONG|LOADING/.test(text)) end(text.includes('PONG'))
    })
  })
}
