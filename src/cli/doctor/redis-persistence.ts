import { loadPeer } from '../../optional-peer.js'
import { fault, good, note, type Outcome } from './finding.js'

/** Whether a Redis server keeps what it acknowledged when it is killed, as far as it tells. */
export async function checkRedisPersistence(url: string): Promise<Outcome> {
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
