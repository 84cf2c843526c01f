// A year of a large server, copied SQLite → Redis → PostgreSQL → SQLite, killed once half-way. Not part of the tests: it takes
// long and needs 4 GB of memory. By hand, with fewer days to begin with:
//
//   node --max-old-space-size=3500 --import tsx test/cli/copy/big-copy.ts [days, 365] [folder for the files]
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlite } from '../../../adapters/sqlite.js'
import { buildYear } from '../../helpers/big-year.js'
import { testServer } from '../../helpers/servers.js'
import { fillSessions } from '../command.js'

const days = Number(process.argv[2] ?? 365)
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'big-copy-'))

const seconds = (sinceMs: number) => `${Math.round((performance.now() - sinceMs) / 100) / 10} s`

async function build(file: string): Promise<void> {
  const startedAtMs = performance.now()
  const { records } = await buildYear(file, { days, clients: 10_000, activeADay: 1_000, features: 20, allFeatures: 60 })
  const keyv = sqlite(file)
  await fillSessions(keyv, 10_000)
  await keyv.disconnect()
  console.log(`FIGURE built ${records + 10_000} records in ${seconds(startedAtMs)}, ${megabytes(file)} MB`)
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
