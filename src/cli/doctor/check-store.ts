import { randomBytes } from 'node:crypto'
import { type KeyvLike, Store, StoreTimeout } from '../../storage/store.js'
import { reason } from '../output.js'
import { checkCounting } from './check-counting.js'
import { checkRecords, reachable } from './check-records.js'
import { checkTimeoutMs, type Finding, fault, good, note, type Outcome } from './finding.js'
import { Sandbox } from './sandbox.js'

const speedRounds = 9

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
  const sandbox = new Sandbox(keyv, nonce)
  // One for each check: a store that has failed once refuses what comes next.
  const stores: Store[] = []
  const store = () => {
    const made = new Store(sandbox, checkTimeoutMs, () => {})
    stores.push(made)
    return made
  }
  try {
    const first = await finding('reachable', () => reachable(store()))
    yield first
    if (first.outcome !== 'fault') {
      for (const [check, work] of Object.entries(checkRecords)) yield await finding(check, () => work(store(), sandbox))
      yield await finding('counting', () => checkCounting(keyv, second, `${nonce}-counts`))
      yield await finding('growth', () => checkGrowth(keyv))
      yield await finding('speed', () => measureSpeed(store()))
    }
  } finally {
    for (const one of stores) one.close()
    await sandbox.clear().catch(() => undefined)
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

/** In milliseconds, the median. */
async function measureSpeed(store: Store): Promise<Outcome> {
  const names = Array.from({ length: 100 }, (_, index) => `speed-${index}`)
  // A store may skip a write whose bytes are the same.
  const entries = (round: number) =>
    names.map((name) => ({ name, value: JSON.stringify({ round, pad: 'p'.repeat(300) }) }))
  const figures = {
    set: await median((round) => store.set({ name: 'speed', value: `${round}` })),
    setMany100: await median((round) => store.setMany(entries(round))),
    getMany100: await median(() => store.getMany(names)),
  }
  const said = `A write takes ${figures.set} ms, a write of 100 records ${figures.setMany100} ms, a read of 100 ${figures.getMany100} ms.`
  // A login waits for one such write; with storeTimeoutMs: 2000 it then goes on without.
  const slow = figures.setMany100 > 500 ? ' That is slow: a login waits for one such write.' : ''
  return note(said + slow, figures)
}

async function median(work: (round: number) => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < speedRounds; round++) {
    const startedAtMs = performance.now()
    await work(round)
    times.push(performance.now() - startedAtMs)
  }
  times.sort((one, another) => one - another)
  return Math.round((times[(speedRounds - 1) / 2] ?? 0) * 10) / 10
}

/** `down`: a store of the kind in question that cannot be reached. */
async function checkOutage(down: KeyvLike | undefined): Promise<Outcome> {
  if (!down) return note('Not tried: there is no such store that is down.')
  const calls: [name: string, call: (store: Store) => Promise<unknown>, means: string][] = [
    ['get', (store) => store.get('outage'), 'An outage looks like an unknown API key.'],
    ['getMany', (store) => store.getMany(['outage', 'outage-2']), 'An outage looks like an unknown API key.'],
    ['set', (store) => store.set({ name: 'outage', value: '1' }), 'Counts are lost in an outage without a word.'],
    [
      'setMany',
      (store) => store.setMany([{ name: 'outage', value: '1' }]).then(refuseUnsaved),
      'Counts are lost in an outage without a word.',
    ],
  ]
  for (const [name, call, means] of calls) {
    const store = new Store(down, checkTimeoutMs, () => {})
    try {
      await call(store)
      return fault(`When the store is down, ${name} answers as if nothing were wrong. ${means}`)
    } catch (error) {
      if (error instanceof StoreTimeout) {
        return note(
          `When the store is down, ${name} never answers. Nothing is lost, but each server waits out its storeTimeoutMs.`,
        )
      }
    } finally {
      store.close()
    }
  }
  return good('When the store is down, every call says so.')
}

function refuseUnsaved(saved: boolean[]): void {
  if (saved.includes(false)) throw new Error('It was not confirmed.')
}
