import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele, lacuna } from '../../src/index.js'
import { type DemoClient, demoClients, dice, featureOf, playersOn } from './demo-clients.js'

const days = 365
const dayMs = 86_400_000
const flushIntervalMs = 10

/** A client of the demonstration, registered. */
export interface Registered extends DemoClient {
  publicKey: string
  /** None where nobody registered it. */
  privateKey?: string
}

/**
 * A year of sessions and calls, told to a server as a game would tell them, with a clock that is moved from day to day. `onDay`
 * is called after each.
 */
export async function liveThroughAYear(file: string, secret: string, onDay: (daysAgo: number) => void) {
  const now = Date.now
  const store = sqlite(file)
  // The first day is the day of the first registration.
  Date.now = () => now() - (days - 1) * dayMs
  const clients = clientele({ store, protocol: lacuna(), secret, enforce: 'off', durability: 'none', flushIntervalMs })
  try {
    await clients.ready()
    const registered: Registered[] = []
    for (const client of demoClients) registered.push(await register(client))
    for (let daysAgo = days - 1; daysAgo >= 0; daysAgo--) {
      Date.now = () => now() - daysAgo * dayMs
      for (const client of registered) await liveADay(client, daysAgo)
      // What was counted on a day is written before the next one begins.
      do await wait(2 * flushIntervalMs)
      while (clients.health().waiting > 0)
      onDay(daysAgo)
    }
    return registered
  } finally {
    await clients.close()
    await store.disconnect()
    Date.now = now
  }

  async function register(client: DemoClient): Promise<Registered> {
    const { name, url, official, publicKey } = client
    const details = { name, ...(url !== undefined && { url }), ...(official !== undefined && { official }) }
    if (publicKey === undefined) return { ...client, ...(await clients.registry.register(details)) }
    if (name === '') return { ...client, publicKey }
    return { ...client, publicKey, ...(await clients.registry.adopt(publicKey, details)) }
  }

  async function liveADay(client: Registered, daysAgo: number): Promise<void> {
    const { publicKey, callsPerSession, errorRate } = client
    const roll = dice(daysAgo * 1_000 + demoClients.findIndex(({ name }) => name === client.name))
    for (const player of playersOn(client, daysAgo, days, roll)) {
      const sessionId = randomUUID()
      await clients.track({ publicKey, feature: 'empire.login' })
      await clients.openSession({ sessionId, publicKey, method: 'empire.login', playerId: `${client.name} ${player}` })
      const calls = Math.ceil(callsPerSession * (0.4 + 1.2 * roll()))
      for (let call = 0; call < calls; call++) {
        await clients.track({ sessionId, feature: featureOf(client, roll), failed: roll() < errorRate })
      }
      if (client.official && roll() < 0.1) await clients.count(sessionId, 'essentia spent', Math.ceil(roll() * 5))
    }
  }
}
