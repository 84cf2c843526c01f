import { randomBytes } from 'node:crypto'
import { type KeyvLike, Store } from '../../storage/store.js'
import { reason } from '../output.js'
import { checkCounting } from './check-counting.js'
import { checkOutage } from './check-outage.js'
import { checkRecords, reachable } from './check-records.js'
import { checkTimeoutMs, type Finding, fault, good, note, type Outcome } from './finding.js'
import { measure } from './measure-speed.js'
import { Throwaway } from './throwaway.js'

export interface CheckOptions {
  /** Another connection to the same store, as a second process has it. */
  second?: KeyvLike
  /** A store of the same kind that is down. */
  down?: KeyvLike
}

/**
 * The counting contract, tried on a store: whether records come back whole, live as long as they should, and are confirmed
 * one by one; whether two processes count exactly; and whether an outage can be told from an empty store.
 *
 * Writes only under names of its own, and removes them.
 */
export async function* checkStore(keyv: KeyvLike, { second = keyv, down }: CheckOptions = {}): AsyncIterable<Finding> {
  const nonce = randomBytes(6).toString('hex')
  const corner = new Throwaway(keyv, nonce)
  // One for each check: a store that has failed once refuses what comes next.
  const stores: Store[] = []
  const store = () => {
    const made = new Store(corner, checkTimeoutMs, () => {})
    stores.push(made)
    return made
  }
  try {
    const first = await finding('reachable', () => reachable(store()))
    yield first
    if (first.outcome !== 'fault') {
      for (const [check, work] of Object.entries(checkRecords)) yield await finding(check, () => work(store(), corner))
      yield await finding('counting', () => checkCounting(keyv, second, `${nonce}-counts`))
      yield await finding('growth', () => checkGrowth(keyv))
      yield await finding('speed', () => measure(store()))
    }
  } finally {
    for (const one of stores) one.close()
    await corner.clear().catch(() => undefined)
  }
  yield await finding('outage', () => checkOutage(down))
}

async function finding(check: string, work: () => Promise<Outcome>): Promise<Finding> {
  try {
    return { check, ...(await work()) }
  } catch (error) {
    return { check, ...fault(reason(error)) }
  }
}

async function checkGrowth(keyv: KeyvLike): Promise<Outcome> {
  const adapter = keyv.store as { sweep?(): Promise<unknown>; opts?: { dialect?: string } } | undefined
  if (adapter?.opts?.dialect === 'redis') return good('It drops expired records by itself.')
  if (adapter?.sweep) {
    await adapter.sweep()
    return good('Expired records stay until a server sweeps them out, once an hour.')
  }
  if (keyv.iterator) return good('Expired records stay until a server reads through the whole store, once an hour.')
  return note(
    'It can neither drop nor list expired records, so it grows by one small record for each session. Use a store with an iterator, or empty it of sessions yourself.',
  )
}
