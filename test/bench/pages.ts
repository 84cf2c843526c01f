// How long the console's pages take on the default store, and how that grows with the clients and the days. By hand, because a
// year of 10,000 clients takes minutes to make:
//
//   npx tsx test/bench/pages.ts [days, 365]
//
// Each page is asked for over HTTP by one visitor. "First" is what the first visitor after a start waits, with nothing cached.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Koa from 'koa'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele, lacuna } from '../../src/index.js'
import { buildYear, type YearSize } from '../helpers/big-year.js'

const days = Number(process.argv[2] ?? 365)
const visits = 41
const starts = 5
const largest = { days, clients: 10_000, activeADay: 1_000, features: 20, allFeatures: 250 }
const sizes: YearSize[] = [
  { ...largest, clients: 1_000, activeADay: 100 },
  { ...largest, days: Math.ceil(days / 4) },
  largest,
]

const folder = mkdtempSync(join(tmpdir(), 'pages-'))
for (const [index, size] of sizes.entries()) {
  const file = join(folder, `${index}.sqlite`)
  const { clients, records } = await buildYear(file, size)
  console.log(
    `\n${size.clients} clients, ${size.activeADay} active a day with ${size.features} of ${size.allFeatures} features, ` +
      `${size.days} days: ${records} records`,
  )
  const [owned] = clients
  if (!owned) throw new Error('There are no clients.')
  const client = `/operator/client?public_key=${owned.publicKey}`
  const rows = { first: new Map<string, number[]>(), later: new Map<string, number[]>() }
  for (let start = 0; start < starts; start++) {
    const server = await serve(file)
    // The owner's page comes first, so that the operator's does not warm it.
    for (const path of ['/stats', '/stats.json', '/operator', '/operator/features', client]) {
      const visit = async (of: keyof typeof rows) => {
        const tookMs = await timed(`${server.origin}/apikey${path}`, owned.privateKey)
        rows[of].set(path, [...(rows[of].get(path) ?? []), tookMs])
      }
      await visit('first')
      for (let count = 0; count < visits / starts; count++) await visit('later')
    }
    await server.close()
  }
  for (const [path, later] of rows.later) {
    const name = (path.split('?')[0] ?? path).padEnd(20)
    console.log(`FIGURE ${name} first ${spread(rows.first.get(path) ?? [])}, later ${spread(later)}`)
  }
}
rmSync(folder, { recursive: true, force: true })

async function serve(file: string) {
  const store = sqlite(file)
  const clients = clientele({ store, protocol: lacuna(), secret: 'a secret of the bench, long enough for it' })
  const server = new Koa().use(clients.console({ operator: () => true })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await clients.ready()
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await clients.close()
      await store.disconnect()
    },
  }
}

async function timed(url: string, privateKey: string): Promise<number> {
  const startedAtMs = performance.now()
  const response = await fetch(url, { headers: { authorization: `Bearer ${privateKey}` } })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}.`)
  return performance.now() - startedAtMs
}

function spread(timesMs: number[]): string {
  const sorted = timesMs.toSorted((one, another) => one - another)
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(0)
  return `${at(0)} / ${at(0.5)} / ${at(1)} ms (min / median / max of ${sorted.length})`
}
