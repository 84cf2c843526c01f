// A year of a large server, copied SQLite → Redis → PostgreSQL → SQLite, killed once half-way. Not part of the tests: it takes
// long and needs 4 GB of memory. By hand, with fewer days to begin with:
//
//   node --max-old-space-size=3500 --import tsx test/cli/big-copy.ts [days, 365] [folder for the files]
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlite } from '../../adapters/sqlite.js'
import { dayOf } from '../../src/usage/days.js'
import { clock, dayMs, hourMs, startProcess } from '../helpers/fleet.js'
import { testServer } from '../helpers/servers.js'
import { fill, fillSessions } from './command.js'

const days = Number(process.argv[2] ?? 365)
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'big-copy-'))
const clients = 10_000
const activeADay = 1_000
const features = 20

const seconds = (sinceMs: number) => `${Math.round((performance.now() - sinceMs) / 100) / 10} s`

/** The counts of a year through the real recorder and the real sealer, with a clock that moves; a day takes some 300 ms. */
async function build(file: string): Promise<void> {
  const real = performance.now.bind(performance)
  const startedAtMs = real()
  clock.start(new Date(Date.parse(dayOf(Date.now())) - days * dayMs).toISOString())
  const awake = setInterval(() => {}, 1_000)
  const stored = new Map<string, unknown>()
  const server = await startProcess(stored)
  const publicKeys: string[] = []
  for (let start = 0; start < clients; start += 100) {
    const some = Array.from({ length: 100 }, (_, index) =>
      server.registry.register({ name: `Client ${start + index}` }),
    )
    for (const { publicKey } of await Promise.all(some)) publicKeys.push(publicKey)
  }
  for (let day = 0; day < days; day++) {
    for (let index = 0; index < activeADay; index++) {
      const publicKey = publicKeys[(day * activeADay + index * 7) % clients] ?? ''
      server.recorder.session(publicKey, 'empire.login', false)
      server.recorder.player(
        publicKey,
        'secret',
        createHash('sha256')
          .update(`${day % 40} ${index % 50}`)
          .digest(),
      )
      for (let feature = 0; feature < features; feature++) {
        server.recorder.call(publicKey, `body.get_feature_${(index + feature) % 60}`, feature === day % 50, false)
      }
    }
    await server.flush()
    clock.pass(hourMs)
    await server.keepHouse()
    clock.pass(dayMs - hourMs)
    if (day % 30 === 29)
      console.log(`${day + 1} days, ${stored.size} records, ${Math.round((real() - startedAtMs) / 1_000)} s`)
  }
  server.kill()
  clock.stop()
  clearInterval(awake)
  const keyv = sqlite(file)
  await fill(keyv, valuesOf(stored))
  await fillSessions(keyv, 10_000)
  await keyv.disconnect()
  console.log(`FIGURE built ${stored.size + 10_000} records in ${seconds(startedAtMs)}, ${megabytes(file)} MB`)
}

function* valuesOf(stored: Map<string, unknown>): Iterable<[string, string]> {
  for (const [name, text] of stored) yield [name, (JSON.parse(text as string) as { value: string }).value]
}

function megabytes(file: string): number {
  return Math.round(statSync(file).size / 1e6)
}

/** Runs one copy; it is killed as soon as it says that so many percent of the records are written. */
function copy(from: string, to: string, killAtPercent = 101): Promise<void> {
  const startedAtMs = performance.now()
  const label = `${from.split(':', 1)[0]} to ${to.split(':', 1)[0]}`
  const words = ['--import', 'tsx', 'src/cli/main.ts', 'copy', '--from', from, '--to', to]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'pipe'] })
  child.stderr.on('data', (data: Buffer) => {
    process.stderr.write(data)
    const [, percent = '0'] = /(\d+) % +records:/.exec(data.toString()) ?? []
    if (Number(percent) >= killAtPercent) child.kill('SIGKILL')
  })
  let peakMb = 0
  const watch = setInterval(() => {
    try {
      const [, kb = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
      peakMb = Math.max(peakMb, Math.round(Number(kb) / 1_000))
    } catch {
      // It has ended meanwhile.
    }
  }, 500)
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => {
      clearInterval(watch)
      console.log(
        `FIGURE ${label}: ${signal ?? `code ${code}`} after ${seconds(startedAtMs)}, at most ${peakMb} MB of memory`,
      )
      if (code === 0 || signal === 'SIGKILL') resolve()
      else reject(new Error(`${label} failed`))
    })
  })
}

const [first, last] = [join(folder, 'first.sqlite'), join(folder, 'last.sqlite')]
await build(first)
await using redis = await testServer('redis')
await using postgres = await testServer('postgres')
await redis.start()
await postgres.start()
await copy(`sqlite:${first}`, redis.url)
await copy(redis.url, postgres.url, 45)
await copy(redis.url, postgres.url)
await copy(postgres.url, `sqlite:${last}`)
await copy(`sqlite:${first}`, `sqlite:${last}`)
rmSync(folder, { recursive: true, force: true })
