import { anonymous, clientIdOf } from '../../keys/key-format.js'
import { noClient, other, refused, unread } from '../../row-names.js'
import { reachableNames } from '../reachable-names.js'
import { grouped, type RawKeyv, type RawStore } from '../records.js'
import { withClienteleOn } from '../with-clientele.js'

export interface Proof {
  /** How many clients have a report, `anonymous` and the like among them. */
  clients: number
  /** What is not the same on both sides: public keys, and the names of records that are no one client's. */
  different: string[]
}

const maxTold = 10

/**
 * Compares on both sides every record that reports are made of. It comes to them as a server does, and so misses one that the source
 * did not list when it was copied. `told` is given how many there were.
 */
export async function prove(from: RawStore, to: RawStore, told: (records: number) => void): Promise<Proof> {
  const publicKeys = await publicKeysIn(from.keyv)
  const owners = new Map(Array.from(publicKeys, (publicKey) => [clientIdOf(publicKey), publicKey]))
  const different = new Set<string>()
  for await (const names of grouped(reachableNames(from.store))) {
    const [here, there] = await Promise.all([from.store.getMany(names), to.store.getMany(names)])
    told(here.filter((value) => value !== undefined).length)
    for (const [index, name] of names.entries()) {
      if (here[index] === there[index] || different.size === maxTold) continue
      const owner = name.split('.').find((part) => owners.has(part))
      different.add(owners.get(owner ?? '') ?? name)
    }
  }
  return { clients: publicKeys.size, different: [...different] }
}

/** Whose reports a server would show. */
async function publicKeysIn(keyv: RawKeyv): Promise<Set<string>> {
  return withClienteleOn(keyv, async ({ registry, usage }) => {
    const publicKeys = new Set([anonymous, noClient, other, refused, unread])
    for await (const { publicKey } of registry.list()) publicKeys.add(publicKey)
    for (const { publicKey } of await usage.overview('all')) publicKeys.add(publicKey)
    return publicKeys
  })
}
