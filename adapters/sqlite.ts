/**
 * A store in a SQLite file.
 *
 * @module clientele/adapters/sqlite
 */
import { setTimeout as pause } from 'node:timers/promises'
import KeyvSqlite from '@keyv/sqlite'
import type { Keyv } from 'keyv'
import { ClienteleError } from '../src/errors.js'
import { checkPrefix, keyvOn, late } from './shared.js'
import { type SqlRecord, sqlStore } from './sql-store.js'

/** What `sqlite()` takes beside its address. */
export interface SqliteOptions {
  /** Names the table, so that two servers can share a file. At most 40 small letters, digits and `_`. @default 'clientele' */
  prefix?: string
}

/** How long a write waits for another process's, before SQLite says SQLITE_BUSY. */
const busyTimeoutMs = 5_000
/**
 * So long SQLite itself waits, holding the connection's mutex: the driver takes that mutex on the main thread when another
 * statement ends, and with five seconds here the whole game stood still for five seconds.
 */
const busyAtOnceMs = 20

/**
 * A store in a SQLite file, which several processes of one machine may share, but not over a network drive.
 *
 * The file is in WAL mode with `synchronous=FULL`: an acknowledged write survives a crash of the machine. It is opened at the
 * first call; a file that cannot be opened fails that call, and the next one tries again. It is made if it is missing, its
 * folder is not.
 *
 * @param file Its path, from the folder in which the process was started.
 * @param options What may be left out.
 * @throws ClienteleError `option_invalid` for an empty path or a wrong prefix
 */
export function sqlite(file: string, { prefix = 'clientele' }: SqliteOptions = {}): Keyv {
  const table = checkPrefix('sqlite', prefix)
  // SQLite would take this for a file that is gone when the process ends.
  if (file === '') throw new ClienteleError('option_invalid', 'sqlite(): the file must have a name.')
  const database = late(
    () => open(file, table),
    (opened) => opened.close(),
  )
  const query = async (sql: string, ...values: unknown[]): Promise<SqlRecord[]> => {
    const opened = await database.get()
    const endMs = performance.now() + busyTimeoutMs
    for (;;) {
      try {
        return await opened.query(sql, ...values)
      } catch (error) {
        if (!String(error).includes('SQLITE_BUSY') || performance.now() > endMs) throw error
        await pause(busyAtOnceMs * Math.random())
      }
    }
  }
  const select = `SELECT key AS name, value FROM ${table} WHERE (expires IS NULL OR expires > ?)`
  const remove = `DELETE FROM ${table} WHERE key IN`
  return keyvOn(
    sqlStore('sqlite', {
      select: (names, nowMs) =>
        names.length === 1
          ? query(`${select} AND key = ?`, nowMs, names[0])
          : query(`${select} AND key IN (SELECT value FROM json_each(?))`, nowMs, JSON.stringify(names)),
      page: (after, nowMs, limit) => query(`${select} AND key > ? ORDER BY key LIMIT ?`, nowMs, after, limit),
      upsert: (rows) =>
        query(
          `INSERT INTO ${table} (key, value, expires) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE true
           ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
          JSON.stringify(rows.map(({ name, value, expires }) => [name, value, expires])),
        ),
      remove: async (names) =>
        (await query(`${remove} (SELECT value FROM json_each(?)) RETURNING 1`, JSON.stringify(names))).length,
      removeExpired: async (nowMs, limit) =>
        (await query(`${remove} (SELECT key FROM ${table} WHERE expires <= ? LIMIT ?) RETURNING 1`, nowMs, limit))
          .length,
      removeAll: () => query(`DELETE FROM ${table}`),
      close: () => database.close(),
    }),
  )
}

async function open(file: string, table: string): Promise<KeyvSqlite> {
  const database = new KeyvSqlite({ uri: `sqlite://${file}`, table, busyTimeout: busyTimeoutMs })
  database.on('error', () => {
    // The calls that wait for it are told.
  })
  try {
    await database.query('PRAGMA journal_mode=WAL')
    await database.query('PRAGMA synchronous=FULL')
    // KeyvSqlite has made its own table. Another process may add the column at the same moment.
    await database.query(`ALTER TABLE ${table} ADD COLUMN expires BIGINT`).catch((error: Error) => {
      if (!error.message.includes('duplicate column name')) throw error
    })
    await database.query(
      `CREATE INDEX IF NOT EXISTS ${table}_expires_idx ON ${table} (expires) WHERE expires IS NOT NULL`,
    )
    await database.query(`PRAGMA busy_timeout=${busyAtOnceMs}`)
    return database
  } catch (error) {
    await database.close().catch(() => undefined)
    throw error
  }
}
