// A year of believable history in a folder of its own, then the server with live traffic: npm run demo
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { featureOf } from './demo-clients.js'
import { liveThroughAYear, type Registered } from './demo-history.js'

const folder = await mkdtemp(join(tmpdir(), 'clientele-demo-'))
process.once('exit', () => void rm(folder, { recursive: true, force: true }))
const secret = randomBytes(32).toString('base64')

console.log('Living through a year …')
const clients = await liveThroughAYear(join(folder, 'clients.sqlite'), secret, (daysAgo) => {
  if (daysAgo % 73 === 0 && daysAgo > 0) console.log(`  ${daysAgo} days to go`)
})

process.env.EMPIRE_DATA = folder
process.env.CLIENTELE_SECRET = secret
const port = process.env.PORT ?? '3000'
await import('./server.js')

console.log('\nPrivate keys to sign in with:')
for (const { name, privateKey } of clients) if (privateKey) console.log(`  ${name.padEnd(24)} ${privateKey}`)

const url = `http://127.0.0.1:${port}`
const stopped = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stopped.abort())
while (!stopped.signal.aborted) {
  await wait(200 + Math.random() * 1_500)
  await playASession(anyOf(clients)).catch(() => {})
}

/** The more people use a client, the more often. */
function anyOf(clients: readonly Registered[]): Registered {
  const alive = clients.filter(({ went }) => went === undefined)
  let left = Math.random() * alive.reduce((sum, { players }) => sum + players, 0)
  return (
    alive.find(({ players }) => {
      left -= players
      return left < 0
    }) ?? (alive[0] as Registered)
  )
}

/** Logs in and makes some calls, as one of the clients would. */
async function playASession(client: Registered): Promise<void> {
  const answer = await call('empire.login', ['Stub Empire', 'secret', client.publicKey])
  const sessionId = answer.result?.session_id
  if (typeof sessionId !== 'string') return
  for (let calls = 0; calls < client.callsPerSession / 4; calls++) {
    const feature = featureOf(client, Math.random)
    await call(feature, [sessionId, ...(feature === 'map.get_star_map' ? [-15, 15, 15, -15] : [])])
  }
}

async function call(feature: string, params: unknown[]): Promise<{ result?: { session_id?: unknown } }> {
  const [module, method] = feature.split('.')
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(`${url}/${module}`, { method: 'POST', body })
  return (await response.json()) as { result?: { session_id?: unknown } }
}
