// A store by its address, for the processes of this folder.
import type { Keyv } from 'keyv'
import { mysql } from '../../../adapters/mysql.js'
import { postgres } from '../../../adapters/postgres.js'
import { redis } from '../../../adapters/redis.js'
import { sqlite } from '../../../adapters/sqlite.js'

/** Of the tables and names that a run makes, so that it can clear them away again. */
const prefix = 'exactness'

/** `sqlite:FILE`, `redis://…`, `postgres://…`, `mysql://…` */
export function openStore(address: string): Keyv {
  if (address.startsWith('sqlite:')) return sqlite(address.slice('sqlite:'.length), { prefix })
  if (address.startsWith('redis')) return redis(address, { prefix })
  if (address.startsWith('postgres')) return postgres(address, { prefix })
  if (address.startsWith('mysql')) return mysql(address, { prefix })
  throw new Error(`No store has the address ${address}. Give sqlite:FILE, redis://…, postgres://…, mysql://…`)
}

/** Where the server that counts by read, add and write has its counts. */
export function naivePath(publicKey: string, what: 'sessions' | 'calls'): string {
  return `naive.${publicKey.replaceAll('_', '-')}.${what}`
}

/** How many records a store holds: of sessions that live, of expired ones where it tells, and others. */
export async function recordsIn(
  store: Keyv,
  address: string,
): Promise<{ sessions: number; expired: number | undefined; others: number }> {
  let [sessions, others] = [0, 0]
  // One that tells nothing would look empty, which is what a soak wants to see.
  if (!store.iterator) throw new Error('The store cannot list its records.')
  for await (const [name] of store.iterator(undefined)) {
    if (String(name).startsWith('clientele.session.')) sessions++
    else others++
  }
  if (!address.startsWith('sqlite:')) return { sessions, others, expired: undefined }
  const { default: KeyvSqlite } = await import('@keyv/sqlite')
  const file = new KeyvSqlite({ uri: `sqlite://${address.slice('sqlite:'.length)}`, table: prefix, busyTimeout: 5_000 })
  const [row] = await file.query(`SELECT COUNT(*) AS count FROM ${prefix} WHERE expires <= ?`, Date.now())
  await file.close()
  return { sessions, others, expired: (row as { count: number }).count }
}
