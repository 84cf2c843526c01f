// What clientele costs a server, measured:
//
//   npm run bench                            everything, some 15 minutes
//   npm run bench -- calls logins            some of it
//   npm run bench -- --rounds 3              a quick look
//   npm run bench -- --rounds 15 --seconds 2 a close one
//   npm run bench -- --json figures.json     the same figures for a machine
//
// The servers run on one core, the load (wrk) and the databases on the other. The variants of a work load are asked in turns,
// A B C A B C …, and compared with the first of the same round. The first is there twice, so that the table itself says how
// much the machine can tell apart. Needs wrk; the peers are installed into .cache/peers at the first run.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { redis } from '../../adapters/redis.js'
import { sqlite } from '../../adapters/sqlite.js'
import { missingServer, type ServerKind, type TestServer, testServer } from '../helpers/servers.js'
import type { ServerOptions } from './bench-server.js'
import { measureAdded } from './in-process.js'
import { builtLibrary } from './library.js'
import { connections, missing, stayOnOwnCore } from './load.js'
import { measureWriters } from './many-writers.js'
import { measureMemory } from './memory.js'
import { installPeers } from './peers/install.js'
import { peerNames } from './peers/mount.mjs'
import { measure, type WorkLoad } from './rounds.js'
import { measureStoreCost } from './store-cost.js'
import { addedTable, comparison, memoryTable, storeCostTable, writersTable } from './table.js'
import { workLoads } from './work-loads.js'

interface Section {
  title: string
  text: string
  figures: unknown
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const databases: TestServer[] = []
const hub = createServer((request, response) => {
  request.resume()
  response.end()
})

try {
  const why = missing()
  if (why) throw new Error(`The bench cannot run here: ${why}.`)
  stayOnOwnCore()
  installPeers()
  await once(hub.listen(0, '127.0.0.1'), 'listening')
  await run()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  hub.close()
  for (const database of databases) await database[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const server: ServerOptions = {
    mounts: [],
    store: 'memory',
    prefix: 'bench',
    clients: 1,
    sessions: 1_000,
    settings: {},
    password: false,
    hubUrl: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
    folder,
  }
  const library = await builtLibrary()
  const usesDatabases =
    positionals.length === 0 || positionals.some((name) => /^(logins|passwords|writers)$/.test(name))
  const stores = {
    SQLite: join(folder, 'bench.sqlite'),
    PostgreSQL: usesDatabases ? await started('postgres') : 'missing: not asked for',
    Redis: usesDatabases ? await started('redis') : 'missing: not asked for',
  }
  const compared = (workLoad: WorkLoad) => async (): Promise<Section> => {
    const figures = await measure(workLoad, { rounds, seconds, server })
    return { title: workLoad.title, text: comparison(figures), figures }
  }
  const openShared = (prefix: string) =>
    stores.Redis.startsWith('missing:')
      ? sqlite(join(folder, 'writers.sqlite'), { prefix })
      : redis(stores.Redis, { prefix })
  const sections: Record<string, () => Promise<Section>> = {
    ...Object.fromEntries(
      Object.entries(workLoads({ folder, peers: peerNames, stores })).map(([name, make]) => [name, compared(make())]),
    ),
    async 'in-process'() {
      const figures = await measureAdded(library, 400)
      return { title: 'Added to a request in process, in nanoseconds of CPU', text: addedTable(figures), figures }
    },
    async memory() {
      const figures = await measureMemory(server)
      return { title: 'Memory', text: memoryTable(figures), figures }
    },
    async stores() {
      const figures = await measureStoreCost(library, folder)
      return { title: 'What the store is asked, by flushIntervalMs', text: storeCostTable(figures), figures }
    },
    async writers() {
      const figures = await measureWriters(library, openShared, [1, 10, 100, 1_000])
      return { title: 'What reading costs, by the number of processes', text: writersTable(figures), figures }
    },
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}`
  const conditions = `${connections} connections, ${rounds} rounds of ${seconds} s`
  console.log(`${machine}; ${conditions}`)
  const all: Record<string, unknown> = { machine, conditions }
  for (const name of positionals.length > 0 ? positionals : Object.keys(sections)) {
    const section = sections[name]
    if (!section) throw new Error(`There is no "${name}" to measure; there are ${Object.keys(sections).join(', ')}.`)
    const { title, text, figures } = await section()
    console.log(`\n### ${title}\n\n\`npm run bench -- ${name}\`\n\n${text}`)
    all[name] = figures
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, null, 2)}\n`)
  }
}

async function started(kind: ServerKind): Promise<string> {
  const why = missingServer(kind)
  if (why) return `missing: ${why}`
  const database = await testServer(kind)
  await database.start()
  databases.push(database)
  return database.url
}
