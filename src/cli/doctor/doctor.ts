import type { Command } from 'commander'
import { loadPeer } from '../../optional-peer.js'
import { Failure, hidden, say, UsageError, write, writeJson } from '../output.js'
import { openNowhere, openStore, parseAddress, type StoreAddress } from '../store-address.js'
import { checkProtocol, type Examined, type TrafficOptions } from '../traffic/check-protocol.js'
import type { StoreOptions } from '../with-clientele.js'
import { checkOrphans } from './check-orphans.js'
import { checkStore } from './check-store.js'
import { type Finding, fault, good, note, type Outcome } from './finding.js'

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
  if (protocol !== undefined && traffic !== undefined) examined.push(await checkProtocol({ protocol, traffic, json }))
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

/** Whether a Redis server keeps what it acknowledged when it is killed, as far as it tells. */
async function checkRedisPersistence(url: string): Promise<Outcome> {
  const { createClient } = loadPeer<typeof import('@keyv/redis')>('redis()', '@keyv/redis', 5)
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 5_000 } })
  client.on('error', () => {
    // The call that failed is told.
  })
  try {
    await client.connect()
    const told = `${await client.info('persistence')}\n${await client.info('memory')}`
    const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(told)?.[1]
    const policy = field('maxmemory_policy') ?? 'noeviction'
    if (policy !== 'noeviction' && field('maxmemory') !== '0') {
      return fault(`Its maxmemory-policy is ${policy}: when memory is short it throws counts away. Set noeviction.`)
    }
    if (field('aof_enabled') !== '1') {
      return fault(
        'Its append-only file is off: killed, it forgets what it acknowledged since its last snapshot. Set appendonly yes.',
      )
    }
    const fsync = await client.configGet('appendfsync').then(
      ({ appendfsync }) => appendfsync,
      () => undefined,
    )
    if (fsync === 'always') return good('Its append-only file is on, with appendfsync always: it forgets nothing.')
    return note('Its append-only file is on. Killed with its machine, it may forget the last second.')
  } catch {
    return note('It does not tell whether it persists. Make sure of appendonly yes and of maxmemory-policy noeviction.')
  } finally {
    if (client.isOpen) client.destroy()
  }
}
