import type { Command } from 'commander'
import { type KeyvLike, Store } from '../../storage/store.js'
import { Failure, hidden, reason, say, UsageError, write, writeJson } from '../output.js'
import type { StoreOptions } from '../session.js'
import { openNowhere, openStore, parseAddress, type StoreAddress } from '../store-address.js'
import { doctorTraffic, type TrafficOptions } from '../traffic/doctor-traffic.js'
import { checkStore } from './check-store.js'
import { checkTimeoutMs, type Examined, type Finding, fault, good, note, type Outcome } from './finding.js'
import { findOrphans, repairOrphan } from './orphans.js'
import { checkRedisPersistence } from './redis-persistence.js'

interface DoctorOptions extends Partial<StoreOptions>, Partial<TrafficOptions> {
  repair?: boolean
}

const marks = { good: '  ok    ', note: '  note  ', fault: '  FAULT ' }

export async function doctor(options: DoctorOptions, command: Command): Promise<void> {
  const { store, protocol, traffic, json = false, repair = false } = options
  if ((protocol === undefined) !== (traffic === undefined))
    throw new UsageError('--protocol and --traffic go together.')
  // A store that only the environment names is not asked for, where there is something else.
  const isOfStore = protocol === undefined || repair || command.getOptionValueSource('store') === 'cli'
  if (isOfStore && store === undefined) {
    if (repair) throw new UsageError('--repair puts something back into a store: add --store <url>.')
    throw new UsageError('Say what to examine: --store <url>, or --protocol and --traffic.')
  }
  const address = isOfStore && store !== undefined ? parseAddress(store) : undefined
  const examined: Examined[] = []
  if (protocol !== undefined && traffic !== undefined) examined.push(await doctorTraffic({ protocol, traffic, json }))
  if (address) {
    if (examined.length > 0 && !json) write('')
    examined.push(await doctorStore(address, options))
  }
  if (json) writeJson(Object.assign({}, ...examined.map(({ told }) => told)))
  if (examined.some(({ isGood }) => !isGood)) throw new Failure('')
}

async function doctorStore(address: StoreAddress, options: DoctorOptions): Promise<Examined> {
  const findings: Finding[] = []
  if (!options.json) write(`${address.label}\n`)
  for await (const finding of examine(address, options)) {
    // The words of a database may hold its address.
    const shown = { ...finding, says: hidden(finding.says) }
    findings.push(shown)
    if (!options.json) write(`${marks[shown.outcome]}${shown.check}: ${shown.says}`)
  }
  const faults = findings.filter(({ outcome }) => outcome === 'fault').length
  const isGood = faults === 0
  if (options.json) return { isGood, told: { store: address.label, holdsCounts: isGood, findings } }
  const isReachable = findings[0]?.outcome !== 'fault'
  const verdict = isReachable ? 'This store does not hold counts safely' : 'This store cannot be used'
  if (isGood) write('\nThis store holds counts.')
  else say(`\n${verdict}: ${faults} ${faults === 1 ? 'fault' : 'faults'}.`)
  return { isGood }
}

async function* examine(address: StoreAddress, { prefix, repair = false }: DoctorOptions): AsyncIterable<Finding> {
  await using store = await openStore(address, { prefix })
  await using second = await openStore(address, { prefix })
  await using down = await openNowhere(address)
  let isReachable = true
  for await (const finding of checkStore(store.keyv, { second: second.keyv, down: down.keyv })) {
    if (finding.check === 'reachable' && finding.outcome === 'fault') isReachable = false
    yield finding
  }
  if (!isReachable) return
  if (address.kind === 'redis') yield { check: 'persistence', ...(await checkRedisPersistence(address.target)) }
  yield { check: 'orphans', ...(await checkOrphans(store.keyv, repair)) }
}

/** What a stale write of the directory dropped, together with the process that would have put it back. */
export async function checkOrphans(keyv: KeyvLike, repair: boolean): Promise<Outcome> {
  const store = new Store(keyv, checkTimeoutMs, () => {})
  try {
    const orphans = await findOrphans(keyv, store)
    if (!orphans) return note('Not looked for: this store cannot list its records.')
    if (orphans.length === 0) return good('Every process that counted here is in the directory.')
    const names = orphans.map(({ writer, days }) => `${writer} (${Object.keys(days).sort().join(', ') || 'no days'})`)
    const one = orphans.length === 1
    if (!repair) {
      const found = `${orphans.length} ${one ? 'process' : 'processes'} counted here and ${one ? 'is' : 'are'} not in the directory`
      return fault(`${found}, so nobody reads those counts: ${names.join('; ')}. Put them back with --repair.`)
    }
    for (const orphan of orphans) await repairOrphan(store, orphan)
    return good(`Put back into the directory: ${names.join('; ')}.`)
  } catch (error) {
    return fault(reason(error))
  } finally {
    store.close()
  }
}
