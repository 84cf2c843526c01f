/**
 * A store in Redis or Valkey.
 *
 * @module clientele/adapters/redis
 */
import type { default as KeyvRedis, RedisClientType } from '@keyv/redis'
import type { Keyv } from 'keyv'
import { loadPeer } from '../src/optional-peer.js'
import { checkPrefix, checkUrl, connectTimeoutMs, keyvOn, late, type StoreAdapter, withinTime } from './shared.js'

/** What `redis()` takes beside its address. */
export interface RedisOptions {
  /** Starts every name, so that two servers can share a database. At most 40 small letters, digits and `_`. @default 'clientele' */
  prefix?: string
}

interface Opened {
  readonly adapter: KeyvRedis<string>
  readonly client: RedisClientType
  calls: number
}

const namesPerPage = 1_000

/**
 * A store in a Redis or Valkey server, but not in a cluster of them.
 *
 * Needs the package `@keyv/redis`, which is not installed with this one. It connects at the
 * first call, and again at the first call after a connection was lost; nothing waits in a queue meanwhile. No idle
 * connection keeps the process alive. Redis drops expired records by itself.
 *
 * A Redis that is killed forgets what it acknowledged since its last snapshot: turn on `appendonly yes`, and with
 * `appendfsync always` it forgets nothing. An eviction policy (`maxmemory-policy`) other than `noeviction` loses counts.
 *
 * @param url `redis://user:password@host:6379/0`, or `rediss://` for TLS.
 * @param options What may be left out.
 * @throws ClienteleError `driver_missing`; `option_invalid` for a wrong address or a wrong prefix
 */
export function redis(url: string, { prefix = 'clientele' }: RedisOptions = {}): Keyv {
  checkPrefix('redis', prefix)
  checkUrl('redis', url, 'redis://user:password@host:6379/0', ['redis', 'rediss'])
  const driver = loadPeer<typeof import('@keyv/redis')>('redis()', '@keyv/redis', 5)
  const connection = late(
    (forget) => connect(driver, url, prefix, forget),
    ({ adapter }) => adapter.disconnect(),
  )

  async function call<Answer>(work: (opened: Opened) => Promise<Answer>): Promise<Answer> {
    const opened = await connection.get()
    if (opened.calls++ === 0) opened.client.ref()
    try {
      return await withinTime(work(opened), () => void opened.adapter.disconnect(true))
    } finally {
      if (--opened.calls === 0) opened.client.unref()
    }
  }

  const store: StoreAdapter = {
    opts: { dialect: 'redis', url: '' },
    get: (name) => call(({ adapter }) => adapter.get(name)),
    getMany: (names) => call(({ adapter }) => adapter.getMany(names)),
    async set(name, value, ttlMs) {
      await call(({ adapter }) => adapter.set(name, value, wholeMs(ttlMs)))
      return true
    },
    async setMany(entries) {
      await call(({ adapter }) => adapter.setMany(entries.map((entry) => ({ ...entry, ttl: wholeMs(entry.ttl) }))))
      return entries.map(() => true)
    },
    delete: (name) => call(({ adapter }) => adapter.delete(name)),
    deleteMany: (names) => call(({ adapter }) => adapter.deleteMany(names)),
    has: (name) => call(({ adapter }) => adapter.has(name)),
    clear: () => call(({ adapter }) => adapter.clear()),
    // The adapter's own asks for ten names at a time, and stumbles over one that is deleted meanwhile.
    async *iterator() {
      let cursor = '0'
      do {
        const page = await call(async ({ client, adapter }) => {
          const found = await client.scan(cursor, { MATCH: `${prefix}.*`, COUNT: namesPerPage })
          const names = found.keys.map((name) => name.slice(prefix.length + 1))
          return { cursor: found.cursor, names, values: await adapter.getMany(names) }
        })
        for (const [index, name] of page.names.entries()) {
          const value = page.values[index]
          if (value !== undefined) yield [name, value]
        }
        cursor = page.cursor
      } while (cursor !== '0')
    },
    disconnect: () => connection.close(),
  }
  return keyvOn(store)
}

async function connect(
  { default: Adapter }: typeof import('@keyv/redis'),
  url: string,
  prefix: string,
  forget: () => void,
): Promise<Opened> {
  const adapter = new Adapter<string>(
    {
      url,
      disableOfflineQueue: true,
      // The next call connects again, and so learns what is wrong; the driver's own reconnecting would tell it nothing.
      socket: { reconnectStrategy: false, connectTimeout: connectTimeoutMs },
    },
    { namespace: prefix, keyPrefixSeparator: '.', throwOnErrors: true },
  )
  adapter.on('error', () => {
    // The call that failed is told.
  })
  const client = adapter.client as RedisClientType
  client.on('error', forget)
  await withinTime(client.connect(), () => void adapter.disconnect(true), connectTimeoutMs)
  return { adapter, client, calls: 0 }
}

const wholeMs = (ttlMs: number | undefined) => (ttlMs === undefined ? undefined : Math.ceil(ttlMs))
