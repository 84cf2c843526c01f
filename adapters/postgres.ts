/**
 * A store in PostgreSQL.
 *
 * @module clientele/adapters/postgres
 */
import type { Socket } from 'node:net'
import type { Keyv } from 'keyv'
import { loadPeer } from '../src/optional-peer.js'
import { checkPrefix, checkUrl, connectTimeoutMs, cut, keyvOn, late, withinTime } from './shared.js'
import { pastDeadlocks, type SqlRecord, sqlStore } from './sql-store.js'

/** What `postgres()` takes beside its address. */
export interface PostgresOptions {
  /** Names the table, so that two servers can share a database. At most 40 small letters, digits and `_`. @default 'clientele' */
  prefix?: string
}

/** What we use of the package `pg`. */
interface Answer {
  rows: SqlRecord[]
  rowCount: number | null
}
interface Client {
  readonly connection: { readonly stream: Socket }
  query(sql: string, values?: unknown[]): Promise<Answer>
  release(broken?: boolean): void
}
interface Pool {
  connect(): Promise<Client>
  on(event: 'error', listener: () => void): void
  on(event: 'connect', listener: (client: { on(event: 'error', listener: () => void): void }) => void): void
  end(): Promise<void>
}

/**
 * A store in a PostgreSQL database.
 *
 * Needs the package `@keyv/postgres`, which is not installed with this one. It connects at
 * the first call, makes its table if it is missing, and comes back by itself when the server was away. No idle
 * connection keeps the process alive.
 *
 * @param url `postgres://user:password@host:5432/database`, with whatever `pg` understands, such as `?sslmode=require`.
 * @param options What may be left out.
 * @throws ClienteleError `driver_missing`; `option_invalid` for a wrong address or a wrong prefix
 */
export function postgres(url: string, { prefix = 'clientele' }: PostgresOptions = {}): Keyv {
  const table = checkPrefix('postgres', prefix)
  checkUrl('postgres', url, 'postgres://user:password@host:5432/database', ['postgres', 'postgresql'])
  // Of @keyv/postgres we take the pg that it brings, and its table. Its own pool is one for the whole process and has no
  // listener for errors, so an idle connection that is lost would end the process.
  const { Pool } = loadPeer<{ Pool: new (options: object) => Pool }>('postgres()', '@keyv/postgres', 2, 'pg')
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs, allowExitOnIdle: true })
  const ignore = () => {
    // A call that used the connection is told; an idle one is made again when it is needed.
  }
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))

  async function run(sql: string, values?: unknown[]): Promise<Answer> {
    const client = await pool.connect()
    try {
      const answer = await withinTime(client.query(sql, values), () => cut(client.connection.stream))
      client.release()
      return answer
    } catch (error) {
      client.release(true)
      throw error
    }
  }
  const ready = late(
    () => makeTable(run, table),
    () => undefined,
  )
  async function query(sql: string, ...values: unknown[]): Promise<Answer> {
    await ready.get()
    return pastDeadlocks('40P01', () => run(sql, values))
  }
  let ended: Promise<void> | undefined
  const select = `SELECT key AS name, value FROM ${table} WHERE (expires IS NULL OR expires > $1)`
  const remove = `DELETE FROM ${table} WHERE key`
  return keyvOn(
    sqlStore('postgres', {
      select: async (names, nowMs) => (await query(`${select} AND key = ANY($2)`, nowMs, names)).rows,
      page: async (after, nowMs, limit) =>
        (await query(`${select} AND key > $2 ORDER BY key LIMIT $3`, nowMs, after, limit)).rows,
      upsert: (rows) =>
        query(
          `INSERT INTO ${table} (key, value, expires) SELECT * FROM UNNEST($1::text[], $2::text[], $3::bigint[])
           ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
          rows.map(({ name }) => name),
          rows.map(({ value }) => value),
          rows.map(({ expires }) => expires),
        ),
      remove: async (names) => (await query(`${remove} = ANY($1)`, names)).rowCount ?? 0,
      // Locked, so that a session that another process renews at this moment stays.
      removeExpired: async (nowMs, limit) =>
        (
          await query(
            `${remove} IN (SELECT key FROM ${table} WHERE expires <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
            nowMs,
            limit,
          )
        ).rowCount ?? 0,
      removeAll: () => query(`DELETE FROM ${table}`),
      close: () => {
        ended ??= pool.end()
        return ended
      },
    }),
  )
}

// Asked for first, because a user that may not make tables may still use one.
async function makeTable(run: (sql: string) => Promise<Answer>, table: string): Promise<void> {
  const found = await run(`SELECT 1 AS value WHERE to_regclass('${table}_expires_idx') IS NOT NULL`)
  if (found.rows.length > 0) return
  // Two processes that make one table at the same time would fail, in spite of IF NOT EXISTS.
  await run(
    `BEGIN;
     SELECT pg_advisory_xact_lock(hashtext('${table}'));
     CREATE TABLE IF NOT EXISTS ${table} (key VARCHAR(255) PRIMARY KEY, value TEXT);
     ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS expires BIGINT;
     CREATE INDEX IF NOT EXISTS ${table}_expires_idx ON ${table} (expires) WHERE expires IS NOT NULL;
     COMMIT`,
  )
}
