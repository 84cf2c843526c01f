import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { sqlite } from '../../adapters/sqlite.js'
import { dayOf } from '../../src/usage/days.js'
import { fill } from '../cli/command.js'
import { clock, dayMs, hourMs, startProcess } from './fleet.js'

export interface YearSize {
  days: number
  clients: number
  /** Half of them every day, the others in turns. */
  activeADay: number
  /** That an active client uses on a day, of so many that there are. */
  features: number
  allFeatures: number
}

export interface BigYear {
  /** The first ones did something every day. */
  clients: { publicKey: string; privateKey: string }[]
  records: number
}

/**
 * A year of a large server in a SQLite file: counts through the real recorder and the real sealer, with a clock that moves. A day
 * of 1,000 active clients takes some 300 ms.
 */
export async function buildYear(file: string, size: YearSize): Promise<BigYear> {
  const { days, activeADay, features, allFeatures } = size
  clock.start(new Date(Date.parse(dayOf(Date.now())) - days * dayMs).toISOString())
  const awake = setInterval(() => {}, 1_000)
  const stored = new Map<string, unknown>()
  const server = await startProcess(stored)
  const clients: BigYear['clients'] = []
  for (let start = 0; start < size.clients; start += 100) {
    const some = Array.from({ length: 100 }, (_, index) =>
      server.registry.register({ name: `Client ${start + index}` }),
    )
    clients.push(...(await Promise.all(some)))
  }
  const steady = activeADay / 2
  for (let day = 0; day < days; day++) {
    for (let index = 0; index < activeADay; index++) {
      const inTurn = steady + ((day * steady + index) % (size.clients - steady))
      const publicKey = clients[index < steady ? index : inTurn]?.publicKey ?? ''
      server.recorder.session({ publicKey }, 'empire.login', false)
      const player = createHash('sha256')
        .update(`${day % 40} ${index % 50}`)
        .digest()
      server.recorder.player({ publicKey }, 'secret', player)
      for (let feature = 0; feature < features; feature++) {
        const name = `body.get_feature_${(index + feature) % allFeatures}`
        // Some use it more than others.
        for (let call = index % 10; call < 10; call++) {
          server.recorder.call({ publicKey, seat: (day + call) % 64 }, name, feature === day % 50, false)
        }
      }
    }
    await server.flush()
    clock.pass(hourMs)
    await server.keepHouse()
    clock.pass(dayMs - hourMs)
  }
  server.kill()
  clock.stop()
  clearInterval(awake)
  // Timers of the other clock may still fire.
  await pause(0)
  const keyv = sqlite(file)
  await fill(keyv, valuesOf(stored))
  await keyv.disconnect()
  return { clients, records: stored.size }
}

function* valuesOf(stored: Map<string, unknown>): Iterable<[string, string]> {
  for (const [name, text] of stored) yield [name, (JSON.parse(text as string) as { value: string }).value]
}
