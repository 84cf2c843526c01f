import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sqlite } from '../../adapters/sqlite.js'
import { counted } from './counting.js'
import type { Library } from './in-process.js'

export interface StoreCost {
  flushIntervalMs: number
  writesPerSecond: number
  recordsPerSecond: number
  bytesPerSecond: number
  /** Of a client that plays from midnight to midnight. */
  bytesWrittenPerClientAndDay: number
  /** Of its counters and its row in the summary. */
  bytesKeptPerClientAndDay: number
}

const clients = 100
const features = 20
export const storeLoad = { clients, features, callsPerSecond: 1_000, loginsPerSecond: 10 }
const ticksPerSecond = 50

/** What a server with a steady load asks of its store, by the flush interval. */
export async function measureStoreCost({ core }: Library, folder: string): Promise<StoreCost[]> {
  const costs: StoreCost[] = []
  for (const flushIntervalMs of [100, 1_000, 10_000]) {
    const store = sqlite(join(folder, `cost-${flushIntervalMs}.sqlite`))
    const tracker = core.clientele({
      store,
      protocol: core.lacuna(),
      secret: 'a secret of the bench, long enough for it',
      flushIntervalMs,
    })
    await tracker.ready()
    const publicKeys: string[] = []
    for (let index = 0; index < clients; index++) {
      publicKeys.push((await tracker.registry.register({ name: `Client ${index}` })).publicKey)
    }
    const open = (index: number) =>
      tracker.openSession({
        sessionId: `session-${index}`,
        publicKey: publicKeys[index % clients] ?? '',
        method: 'empire.login',
        playerId: `player-${index % 50}`,
      })
    const calls = (from: number, count: number) => {
      for (let index = from; index < from + count; index++) {
        const feature = `body.get_feature_${Math.floor(index / clients) % features}`
        void tracker.track({ sessionId: `session-${index % clients}`, feature })
      }
    }
    // Everybody has used everything before it is measured: records grow no more.
    await Promise.all(publicKeys.map((_, index) => open(index)))
    calls(0, clients * features)
    await pause(flushIntervalMs + 2_000)
    const traffic = counted(store)
    const seconds = Math.max(10, (2 * flushIntervalMs) / 1_000)
    const started = performance.now()
    for (let tick = 0; tick < seconds * ticksPerSecond; tick++) {
      const perTick = storeLoad.callsPerSecond / ticksPerSecond
      calls(tick * perTick, perTick)
      if (tick % (ticksPerSecond / storeLoad.loginsPerSecond) === 0) void open(tick)
      await pause(Math.max(0, started + ((tick + 1) * 1_000) / ticksPerSecond - performance.now()))
    }
    const { writes, recordsWritten, bytesWritten } = traffic
    await tracker.close()
    await store.disconnect()
    const took = (performance.now() - started) / 1_000
    const usage = [...traffic.kept].filter(([name]) => /\.(usage|summary)\./.test(name))
    costs.push({
      flushIntervalMs,
      writesPerSecond: writes / took,
      recordsPerSecond: recordsWritten / took,
      bytesPerSecond: bytesWritten / took,
      bytesWrittenPerClientAndDay: ((bytesWritten / took) * 86_400) / clients,
      bytesKeptPerClientAndDay: usage.reduce((sum, [, bytes]) => sum + bytes, 0) / clients,
    })
  }
  return costs
}
