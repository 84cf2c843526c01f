import KeyvSqlite from '@keyv/sqlite'
import { Keyv } from 'keyv'

export interface SqliteOptions {
  /** Names the table, so that two servers can share a file. Letters, digits and `_`. @default 'clientele' */
  prefix?: string
}

interface StoredEntry {
  key: string
  value: string
}

/** How long a write waits for another process's, before SQLite says SQLITE_BUSY. */
const busyTimeoutMs = 5_000

/**
 * A store in a SQLite file, which several processes of one machine may share.
 *
 * The file is in WAL mode with `synchronous=FULL`: an acknowledged write survives a crash of the machine. Many entries are
 * one statement and so one commit, where the adapter alone makes one commit for each.
 */
export function sqlite(file: string, { prefix = 'clientele' }: SqliteOptions = {}): Keyv {
  if (!/^[a-zA-Z]\w*$/.test(prefix))
    throw new TypeError(`sqlite(): the prefix must be letters, digits and _, not ${JSON.stringify(prefix)}.`)
  const store = new KeyvSqlite({
    uri: `sqlite://${file}`,
    table: prefix,
    busyTimeout: busyTimeoutMs,
    iterationLimit: 1_000,
  })
  const query = store.query
  const ready = query('PRAGMA journal_mode=WAL').then(() => query('PRAGMA synchronous=FULL'))
  // Each call answers with this failure; without a handler in this tick it would end the process.
  ready.catch(() => undefined)
  store.query = async (sql, ...values) => {
    await ready
    return query(sql, ...values)
  }
  return new Keyv({
    store: Object.assign(store, {
      async setMany(entries: StoredEntry[]): Promise<void> {
        const rows = JSON.stringify(entries.map(({ key, value }) => [key, value]))
        await store.query(
          `INSERT INTO ${prefix} (key, value) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
           ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
          rows,
        )
      },
    }),
    namespace: undefined,
    useKeyPrefix: false,
    throwOnErrors: true,
  })
}
