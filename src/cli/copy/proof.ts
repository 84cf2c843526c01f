import { isDeepStrictEqual } from 'node:util'
import type { Clientele } from '../../clientele.js'
import { sharedRows } from '../../keys/key-format.js'
import { isRowName } from '../../row-names.js'
import type { Range } from '../../usage/report.js'
import { clienteleOn, explained } from '../session.js'
import type { RawKeyv } from './copy-records.js'
import { Progress } from './progress.js'
import { remembering } from './remembering.js'

export interface Proof {
  /** How many clients' reports were compared, `anonymous` and the like among them. */
  clients: number
  /** Public keys whose numbers or registration are not the same on both sides. */
  different: string[]
}

const clientsAtOnce = 16
const maxTold = 10

/** Reads every client on both sides as the console would: its registration, the past 30 days and all time. */
export async function prove(from: RawKeyv, to: RawKeyv): Promise<Proof> {
  const opened = [from, to].map((keyv) => clienteleOn(remembering(keyv)))
  const sides = opened.map(({ clients }) => clients)
  try {
    const keys = new Set(sharedRows)
    for (const { registry, usage } of sides) {
      for await (const { publicKey } of registry.list()) keys.add(publicKey)
      for (const { publicKey } of await usage.overview('all')) keys.add(publicKey)
    }
    const different: string[] = []
    const progress = new Progress('clients compared:', keys.size)
    const waiting = keys.values()
    await Promise.all(
      Array.from({ length: clientsAtOnce }, async () => {
        for (const publicKey of waiting) {
          const same = (await isSame(sides, publicKey)) || (await isSame(sides, publicKey))
          if (!same && different.length < maxTold) different.push(publicKey)
          progress.add(1)
        }
      }),
    )
    progress.end()
    return { clients: keys.size, different }
  } catch (error) {
    throw explained(error, opened.map(({ complaint }) => complaint()).find(Boolean))
  } finally {
    await Promise.all(sides.map((side) => side.close()))
  }
}

// Asked twice when it fails: midnight may lie between the two sides.
async function isSame(sides: readonly Clientele[], publicKey: string): Promise<boolean> {
  const [one, another] = await Promise.all(
    sides.map(async ({ registry, usage }) => {
      const ranges: Range[] = [{ days: 30 }, 'all']
      const reports = await Promise.all(ranges.map((range) => usage.read(publicKey, range)))
      return { client: isRowName(publicKey) ? undefined : await registry.find(publicKey), reports }
    }),
  )
  return isDeepStrictEqual(one, another)
}
