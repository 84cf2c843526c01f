/**
 * A store in MySQL or MariaDB.
 *
 * @module clientele/adapters/mysql
 */
import type { Socket } from 'node:net'
import type { Keyv } from 'keyv'
import { loadPeer } from '../src/optional-peer.js'
import { checkPrefix, checkUrl, connectTimeoutMs, cut, keyvOn, late, withinTime } from './shared.js'
import { pastDeadlocks, type SqlRecord, type SqlRow, sqlStore } from './sql-store.js'

/** What `mysql()` takes beside its address. */
export interface MysqlOptions {
  /** Names the table, so that two servers can share a database. At most 40 small letters, digits and `_`. @default 'clientele' */
  prefix?: string
}

/** What we use of the package `mysql2`. */
interface Connection {
  readonly connection: { readonly stream: Socket }
  query(sql: string, values: unknown[]): Promise<[SqlRecord[] & { affectedRows: number }, unknown]>
  release(): void
  destroy(): void
}
interface PooledConnection {
  readonly stream: Socket
  on(event: 'error', listener: () => void): void
  query(sql: string, done: (error: unknown) => void): void
  destroy(): void
}
interface Pool {
  on(event: 'connection' | 'acquire' | 'release', listener: (connection: PooledConnection) => void): void
  promise(): { getConnection(): Promise<Connection>; end(): Promise<void> }
}

/** MySQL 5.7 refuses statements of more than 4 MB, and escaping can double a value. */
const bytesPerStatement = 1_000_000

/**
 * A store in a MySQL or MariaDB database.
 *
 * Needs the package `@keyv/mysql`, which is not installed with this one. It connects at the
 * first call, makes its table if it is missing, and comes back by itself when the server was away. No idle connection keeps
 * the process alive. Names are compared byte by byte, but for spaces at their end, which MySQL leaves out. A value may be as
 * long as the server's `max_allowed_packet`; a longer one is refused.
 *
 * @param url `mysql://user:password@host:3306/database`, with whatever `mysql2` understands, such as
 * `?ssl={"rejectUnauthorized":true}`.
 * @param options What may be left out.
 * @throws ClienteleError `driver_missing`; `option_invalid` for a wrong address or a wrong prefix
 */
export function mysql(url: string, { prefix = 'clientele' }: MysqlOptions = {}): Keyv {
  const table = checkPrefix('mysql', prefix)
  checkUrl('mysql', url, 'mysql://user:password@host:3306/database', ['mysql', 'mariadb'])
  // Of @keyv/mysql we take the mysql2 that it brings, and its columns. Its own pool is one for the whole process, its values
  // end at 64 KB, and its names are compared without case.
  const { createPool } = loadPeer<{ createPool(options: object): Pool }>('mysql()', '@keyv/mysql', 2, 'mysql2')
  // Kept alive, because a firewall that forgets idle connections leaves a pool full of dead ones.
  const pool = createPool({ uri: url, connectTimeout: connectTimeoutMs, keepAliveInitialDelay: 10_000 })
  pool.on('connection', (connection) => {
    connection.on('error', () => {
      // A call that used the connection is told; an idle one is made again when it is needed.
    })
    // Else the server may be set up to cut what is too long, to leave writes uncommitted, or to take \ for itself.
    connection.query(`SET SESSION sql_mode = 'STRICT_ALL_TABLES', autocommit = 1`, (error) => {
      if (error) connection.destroy()
    })
  })
  pool.on('acquire', ({ stream }) => stream.ref())
  pool.on('release', ({ stream }) => stream.unref())
  const connections = pool.promise()

  async function run(sql: string, values: unknown[]): Promise<SqlRecord[] & { affectedRows: number }> {
    const coming = connections.getConnection()
    // Its queue knows no end of waiting.
    const tooLate = () => void coming.then((connection) => connection.release()).catch(() => undefined)
    const connection = await withinTime(coming, tooLate, connectTimeoutMs)
    try {
      const [answer] = await withinTime(connection.query(sql, values), () => cut(connection.connection.stream))
      connection.release()
      return answer
    } catch (error) {
      connection.destroy()
      // It holds every value of the statement, which is nobody's business but ours.
      if (error instanceof Error) Reflect.deleteProperty(error, 'sql')
      throw error
    }
  }
  const ready = late(
    () =>
      run(
        `CREATE TABLE IF NOT EXISTS ${table} (id VARCHAR(255) NOT NULL PRIMARY KEY, value LONGTEXT NOT NULL, expires BIGINT,
         INDEX (expires)) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
        [],
      ),
    () => undefined,
  )
  async function query(sql: string, ...values: unknown[]) {
    await ready.get()
    return pastDeadlocks('ER_LOCK_DEADLOCK', () => run(sql, values))
  }
  let ended: Promise<void> | undefined
  const select = `SELECT id AS name, value FROM ${table} WHERE (expires IS NULL OR expires > ?)`
  return keyvOn(
    sqlStore('mysql', {
      select: (names, nowMs) => query(`${select} AND id IN (?)`, nowMs, names),
      page: (after, nowMs, limit) => query(`${select} AND id > ? ORDER BY id LIMIT ?`, nowMs, after, limit),
      async upsert(rows) {
        for (const some of inStatements(rows))
          await query(
            `INSERT INTO ${table} (id, value, expires) VALUES ?
             ON DUPLICATE KEY UPDATE value = VALUES(value), expires = VALUES(expires)`,
            some.map(({ name, value, expires }) => [name, value, expires]),
          )
      },
      remove: async (names) => (await query(`DELETE FROM ${table} WHERE id IN (?)`, names)).affectedRows,
      removeExpired: async (nowMs, limit) =>
        (await query(`DELETE FROM ${table} WHERE expires <= ? LIMIT ?`, nowMs, limit)).affectedRows,
      removeAll: () => query(`DELETE FROM ${table}`),
      close: () => {
        ended ??= connections.end()
        return ended
      },
    }),
  )
}

function* inStatements(rows: SqlRow[]): Generator<SqlRow[]> {
  let some: SqlRow[] = []
  let bytes = 0
  for (const row of rows) {
    const rowBytes = Buffer.byteLength(row.value)
    if (some.length > 0 && bytes + rowBytes > bytesPerStatement) {
      yield some
      some = []
      bytes = 0
    }
    some.push(row)
    bytes += rowBytes
  }
  if (some.length > 0) yield some
}
