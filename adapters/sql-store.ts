import type { StoreAdapter, StoredEntry } from './shared.js'

/** What differs between the databases. Each is one statement and so one commit; only a very large upsert is several. */
export interface SqlStatements {
  /** The records of these names that have not expired, in any order. */
  select(names: string[], nowMs: number): Promise<SqlRecord[]>
  /** The first of all records whose names come after `after` and that have not expired, in the order of their names. */
  page(after: string, nowMs: number, limit: number): Promise<SqlRecord[]>
  /** No name is in it twice. */
  upsert(rows: SqlRow[]): Promise<unknown>
  /** How many there were. */
  remove(names: string[]): Promise<number>
  removeExpired(nowMs: number, limit: number): Promise<number>
  removeAll(): Promise<unknown>
  close(): Promise<unknown>
}

export interface SqlRecord {
  name: string
  value: string
}

export interface SqlRow extends SqlRecord {
  /** Milliseconds since 1970, in UTC; null for a record that stays. */
  expires: number | null
}

const recordsPerPage = 1_000
const recordsPerSweep = 10_000
const maxTries = 5

/**
 * A store on one table of a database: name, value, and when it expires, so that expired records can be found without
 * reading them all. The columns are those of @keyv/sqlite, postgres and mysql, so a plain Keyv reads the table too.
 */
export function sqlStore(dialect: string, statements: SqlStatements): StoreAdapter {
  const store: StoreAdapter = {
    opts: { dialect, url: '' },
    async get(name) {
      return (await statements.select([name], Date.now()))[0]?.value
    },
    async getMany(names) {
      if (names.length === 0) return []
      const records = await statements.select(names, Date.now())
      const values = new Map(records.map(({ name, value }) => [name, value]))
      return names.map((name) => values.get(name))
    },
    async set(name, value, ttlMs) {
      await statements.upsert(rowsOf([{ key: name, value, ...(ttlMs === undefined ? {} : { ttl: ttlMs }) }]))
      return true
    },
    async setMany(entries) {
      if (entries.length > 0) await statements.upsert(rowsOf(entries))
      return entries.map(() => true)
    },
    async delete(name) {
      return store.deleteMany([name])
    },
    async deleteMany(names) {
      return names.length > 0 && (await statements.remove(names)) > 0
    },
    async has(name) {
      return (await store.get(name)) !== undefined
    },
    async clear() {
      await statements.removeAll()
    },
    // By name, not by offset, which would skip a record for each one that is deleted meanwhile.
    async *iterator() {
      let after = ''
      for (;;) {
        const records = await statements.page(after, Date.now(), recordsPerPage)
        for (const { name, value } of records) yield [name, value]
        const last = records.at(-1)
        if (last === undefined || records.length < recordsPerPage) return
        after = last.name
      }
    },
    async sweep() {
      return statements.removeExpired(Date.now(), recordsPerSweep)
    },
    async disconnect() {
      await statements.close()
    },
  }
  return store
}

/**
 * Of a name that comes twice the last counts: one statement cannot write a record twice. In the order of their names, so
 * that two processes that write the same records wait for each other instead of ending in a deadlock.
 */
function rowsOf(entries: StoredEntry[]): SqlRow[] {
  const rows = new Map<string, SqlRow>()
  for (const { key: name, value, ttl } of entries)
    rows.set(name, { name, value, expires: ttl === undefined ? null : Date.now() + Math.ceil(ttl) })
  return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Of two writes that wait for each other a database ends one and undoes it, with this code: it is simply done again. */
export async function pastDeadlocks<Answer>(code: string, work: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if ((error as { code?: unknown }).code !== code || tries === maxTries) throw error
    }
  }
}
