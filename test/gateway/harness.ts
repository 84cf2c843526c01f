// The gateway in front of a server in Python.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import { memory } from '../../adapters/memory.js'
import { createGateway, type GatewayOptions } from '../../src/gateway/gateway.js'
import { type Clientele, type ClienteleOptions, clientele, lacuna } from '../../src/index.js'
import { secret } from '../helpers/serve.js'

/** What the Python server was sent. */
export interface Seen {
  line: string
  headers: [name: string, value: string][]
  body: string
}

export interface Upstream {
  readonly port: number
  readonly url: string
  /** All requests since the last call, but those for a special address, and what went wrong. */
  notes(): Promise<{ seen: Seen[]; events: string[] }>
  kill(): Promise<void>
  /** On the same port. */
  restart(): Promise<void>
}

/** None where there is no Python; says so, and fails where nothing may be skipped (`REQUIRE_ALL=1`). */
export async function startUpstream(...recordings: string[]): Promise<Upstream | undefined> {
  let child: ChildProcess
  let port = 0
  async function start(): Promise<void> {
    child = spawn('python3', ['test/gateway/upstream.py', String(port), ...recordings], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(child, 'spawn')
    const [text] = (await once(child.stdout as NodeJS.EventEmitter, 'data')) as [Buffer]
    port = Number(text)
  }
  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  try {
    await start()
  } catch (error) {
    if (process.env.REQUIRE_ALL === '1') throw error
    console.log('SKIPPED the tests of the gateway: there is no python3.')
    // A file without any test would be taken for a mistake.
    test('nothing can be tried without python3', () => undefined)
    return undefined
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async notes() {
      const answer = await fetch(`http://127.0.0.1:${port}/_seen`, { method: 'DELETE' })
      return (await answer.json()) as { seen: Seen[]; events: string[] }
    },
    kill,
    restart: start,
  }
}

export interface RunningGateway extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly clients: Clientele
  /** What the gateway complained of. */
  readonly errors: Error[]
  close(): Promise<void>
}

type Forwarding = Pick<GatewayOptions, 'trustProxy' | 'keepAlive' | 'maxConnections' | 'uploadPatienceMs'>

export async function startGateway(
  upstream: string,
  {
    trustProxy = false,
    keepAlive = true,
    maxConnections = 1_000,
    uploadPatienceMs = 20_000,
    ...options
  }: Partial<ClienteleOptions> & Partial<Forwarding> = {},
): Promise<RunningGateway> {
  const errors: Error[] = []
  const protocols = [options.protocol ?? lacuna()].flat()
  const clients = clientele({ store: memory(), enforce: 'off', secret, ...options, protocol: protocols })
  const { server, close } = await createGateway(clients, {
    upstream: new URL(upstream),
    protocols,
    trustProxy,
    keepAlive,
    maxConnections,
    uploadPatienceMs,
    console: {},
    onError: (error) => errors.push(error),
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    clients,
    errors,
    close,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      if (server.listening) await close()
      await clients.close()
    },
  }
}

/** What comes back for these bytes, until the connection closes or `isWhole`. */
export async function exchange(
  port: number,
  bytes: string | Buffer,
  isWhole: (answer: string) => boolean = () => false,
): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    answer += text
    if (isWhole(answer)) socket.destroy()
  })
  socket.on('error', () => undefined)
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  await once(socket, 'close')
  return answer
}

/** An answer that need not be held is counted when its client has it already. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 5_000
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error('it never came to that')
    await wait(20)
  }
}
