import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Keyv } from 'keyv'
import { hideSecretsOf, UsageError } from './output.js'

// Imported late, so that a driver that is broken or missing stops only who needs it.
const adapters = {
  sqlite: async () => (await import('../../adapters/sqlite.js')).sqlite,
  redis: async () => (await import('../../adapters/redis.js')).redis,
  postgres: async () => (await import('../../adapters/postgres.js')).postgres,
  mysql: async () => (await import('../../adapters/mysql.js')).mysql,
}

export type StoreKind = keyof typeof adapters

const kinds: Record<string, StoreKind> = {
  sqlite: 'sqlite',
  redis: 'redis',
  rediss: 'redis',
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
}

export const addressForms = 'sqlite:FILE, redis://…, postgres://… or mysql://…'

export interface StoreAddress {
  kind: StoreKind
  /** What the adapter is given: a file, or the whole address. */
  target: string
  /** As it may be shown: without user and password. */
  label: string
}

export function parseAddress(address: string): StoreAddress {
  hideSecretsOf(address)
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(address) ?? []
  const kind = kinds[scheme.toLowerCase()]
  if (kind === undefined || rest === '') throw new UsageError(`A store address is ${addressForms}.`)
  if (kind === 'sqlite') {
    const file = rest.replace(/^\/\//, '')
    return { kind, target: file, label: `sqlite:${file}` }
  }
  if (!URL.canParse(address)) {
    throw new UsageError(`This ${kind} address cannot be read; percent-encode special characters of the password.`)
  }
  const { protocol, host, pathname } = new URL(address)
  return { kind, target: address, label: `${protocol}//${host}${pathname}` }
}

export interface OpenedStore extends AsyncDisposable {
  keyv: Keyv
  label: string
}

/** `mayCreate`: without it a SQLite file must be there, for a typing error must not make an empty store. */
export async function openStore(
  { kind, target, label }: StoreAddress,
  { prefix, mayCreate = false }: { prefix?: string | undefined; mayCreate?: boolean } = {},
): Promise<OpenedStore> {
  if (kind === 'sqlite' && !mayCreate && !existsSync(target)) {
    throw new UsageError(`There is no file ${target}. A server makes it when it starts.`)
  }
  const adapter = await adapters[kind]()
  const keyv = constructed(() => adapter(target, prefix === undefined ? {} : { prefix }))
  return { keyv, label, [Symbol.asyncDispose]: () => keyv.disconnect().catch(() => undefined) }
}

/** A store of the same kind where nothing answers: what an outage looks like. */
export async function openNowhere(address: StoreAddress): Promise<OpenedStore> {
  if (address.kind === 'sqlite') {
    const target = `${address.target}.no-such-folder/nowhere.sqlite`
    return openStore({ ...address, target }, { mayCreate: true })
  }
  const url = new URL(address.target)
  url.hostname = '127.0.0.1'
  url.port = String(await closedPort())
  // A `host` among the parameters would win.
  url.search = ''
  return openStore({ ...address, target: url.href })
}

// What a driver cannot read of an address was typed wrong too.
function constructed<Made>(make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message)
    throw error
  }
}

function closedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 1))
    })
  })
}
