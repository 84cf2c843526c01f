// Where a run counts: in a file or a database server of its own, which it may stop.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingServer, type ServerKind, testServer } from '../../helpers/servers.js'
import { openStore } from './stores.js'

const kinds: readonly string[] = ['redis', 'postgres', 'mysql'] satisfies ServerKind[]

/** Something to count in, that can be taken away for a while. */
export interface Place extends AsyncDisposable {
  readonly address: string
  /** Gone: connections are cut and refused. Absent where only the shared server at an address is there. */
  stop?(): Promise<void>
  start?(): Promise<void>
  /** It keeps every connection and answers nothing. */
  freeze?(): Promise<void>
  thaw?(): Promise<void>
}

/** Why a store cannot be had on this machine. */
export function missingStore(store: string): string | undefined {
  return kinds.includes(store) ? missingServer(store as ServerKind) : undefined
}

/**
 * `sqlite` is a file in a folder of its own; `redis`, `postgres` and `mysql` are servers of our own, with the data on
 * disk; anything else is the address of a store that is there, and is cleared afterwards.
 */
export async function openPlace(store: string): Promise<Place> {
  if (store === 'sqlite') return sqlitePlace()
  if (!kinds.includes(store)) {
    return {
      address: store,
      async [Symbol.asyncDispose]() {
        const keyv = openStore(store)
        await keyv.clear()
        await keyv.disconnect()
      },
    }
  }
  const server = await testServer(store as ServerKind)
  await server.start()
  return {
    address: server.url,
    stop: () => server.kill(),
    start: () => server.start(),
    freeze: async () => server.freeze(),
    thaw: async () => server.thaw(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function sqlitePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'clientele-exactness-'))
  const file = join(folder, 'clients.sqlite')
  const { default: KeyvSqlite } = await import('@keyv/sqlite')
  let lock: InstanceType<typeof KeyvSqlite> | undefined
  return {
    address: `sqlite:${file}`,
    // What a VACUUM or a backup in another program does.
    async freeze() {
      lock = new KeyvSqlite({ uri: `sqlite://${file}`, table: 'lock_holder', busyTimeout: 30_000 })
      await lock.query('BEGIN EXCLUSIVE')
    },
    async thaw() {
      await lock?.query('COMMIT')
      await lock?.close()
      lock = undefined
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
