import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BenchServer, type ServerOptions } from './bench-server.js'
import { drive } from './load.js'

export interface Memory {
  /** Bytes of heap after a collection of garbage, every 100,000 requests. */
  calls: Sample[]
  /** The same with one login in five requests, each with a session of its own. */
  callsAndLogins: Sample[]
  bytesPerSession: number
  bytesPerClient: number
}

export interface Sample {
  requests: number
  heapBytes: number
}

const requests = 1_000_000
const every = 100_000
const sessions = 1_000

export async function measureMemory(common: ServerOptions): Promise<Memory> {
  let files = 0
  const start = (options: Partial<ServerOptions>) =>
    BenchServer.start({
      ...common,
      mounts: ['parser', 'clientele'],
      store: join(common.folder, `memory-${files++}.sqlite`),
      ...options,
    })

  const heapOf = async (clients: number, sessions: number) => {
    const settings = { memory: { clients: 100_000, sessions: 1_000_000 } }
    const server = await start({ clients, sessions, settings })
    const heapBytes = await server.heap()
    await server.stop()
    return heapBytes
  }

  const grow = async (loginsIn: number) => {
    const server = await start({ clients: 100, sessions })
    const lines = Array.from({ length: every }, (_, index) => {
      const publicKey = server.ready.publicKeys[index % 100]
      return index % 5 < loginsIn
        ? { id: 1, method: 'login', params: [`player-${index % 1_000}`, 'password', publicKey] }
        : { id: 1, method: `get_${index % 20}`, params: [`session-${index % sessions}`, 17] }
    })
    const bodies = join(common.folder, `memory-${loginsIn}.txt`)
    writeFileSync(bodies, lines.map((line) => JSON.stringify({ jsonrpc: '2.0', ...line })).join('\n'))
    const samples: Sample[] = []
    for (let done = 0; done < requests; ) {
      await drive({ url: `http://127.0.0.1:${server.ready.port}/empire`, bodies }, 2)
      const { served } = await server.usage()
      if (Math.floor(served / every) > Math.floor(done / every)) {
        samples.push({ requests: served, heapBytes: await server.heap() })
      }
      done = served
    }
    await server.stop()
    return samples
  }

  const small = await heapOf(1, 0)
  const manySessions = await heapOf(1, 1_000_000)
  const fewSessions = await heapOf(1, 100_000)
  const manyClients = await heapOf(100_000, 100_000)
  return {
    calls: await grow(0),
    callsAndLogins: await grow(1),
    bytesPerSession: (manySessions - small) / 1_000_000,
    bytesPerClient: (manyClients - fewSessions) / 100_000,
  }
}
