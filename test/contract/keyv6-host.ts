// Runs under Node 24: the contract on keyv 6 and on the first of its adapters, through the guard of the core. Arguments: a
// folder in which they are installed, a SQLite file that our adapter wrote, and the addresses of servers.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { KeyvLike } from '../../src/storage/store.js'
import { contract, values } from './contract.js'
import { guarded } from './keyv-records.js'

type KeyvClass = new (options?: object) => KeyvLike & { disconnect(): Promise<unknown> }
type AdapterClass = new (options: object | string, more?: object) => object

const [folder = '', writtenFile = '', redisUrl = '', postgresUrl = ''] = process.argv.slice(2)
const { resolve } = createRequire(join(folder, 'package.json'))
const load = (name: string): Promise<Record<string, unknown>> => import(resolve(name))
const Keyv = (await load('keyv')).Keyv as KeyvClass
const KeyvSqlite = (await load('@keyv/sqlite')).KeyvSqlite as AdapterClass
const KeyvRedis = (await load('@keyv/redis')).default as AdapterClass
const KeyvPostgres = (await load('@keyv/postgres')).KeyvPostgres as AdapterClass

const opened: { disconnect(): Promise<unknown> }[] = []
test.after(async () => {
  await Promise.all(opened.map((keyv) => keyv.disconnect()))
})

function on(store?: object) {
  const keyv = new Keyv(store && { store })
  opened.push(keyv)
  return keyv
}
// Below our core's bound, and every value of theirs is one of ours.
const host = { hasNoSweep: true, takesNamesOnce: true, maxBytes: 59_999 }

contract('keyv 6 in memory', () => ({ ...host, open: () => guarded(on()) }))

contract('keyv 6 on sqlite', () => ({
  ...host,
  open: (prefix) => guarded(on(new KeyvSqlite({ uri: `sqlite://${folder}/${prefix}.sqlite`, wal: true }))),
}))

if (redisUrl) {
  contract('keyv 6 on redis', () => ({
    ...host,
    open: (prefix) => guarded(on(new KeyvRedis(redisUrl, { namespace: prefix }))),
  }))
}

if (postgresUrl) {
  contract('keyv 6 on postgres', () => ({
    ...host,
    // Its names end at 255 letters, and the guard then holds the whole store for broken.
    open: (prefix) => guarded(on(new KeyvPostgres({ uri: postgresUrl, table: prefix, keyLength: 400 }))),
  }))
}

test('keyv 6 reads what our sqlite adapter wrote', async () => {
  const store = guarded(on(new KeyvSqlite({ uri: `sqlite://${writtenFile}`, table: 'clientele' })))
  for (const [index, [what, value]] of values.entries()) assert.is(await store.get(`clientele.${index}`), value, what)
})

test.run()
