import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { mysql } from '../../../adapters/mysql.js'
import { postgres } from '../../../adapters/postgres.js'
import { redis } from '../../../adapters/redis.js'
import { sqlite } from '../../../adapters/sqlite.js'
import { missingServer, type ServerKind, type TestServer, testServer } from '../../helpers/servers.js'
import { temporaryFile } from '../../helpers/temporary.js'
import { command, fill, fillSessions, smallWorld, startCommand } from '../command.js'

const opened = { redis, postgres, mysql }

async function contents(keyv: ReturnType<typeof sqlite>): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for await (const [name, value] of keyv.iterator?.(undefined) ?? []) found.set(name as string, value as string)
  return found
}

async function contentsOf(file: string): Promise<Map<string, string>> {
  const keyv = sqlite(file)
  const found = await contents(keyv)
  await keyv.disconnect()
  return found
}

async function makeStore(file: string, filler = 0) {
  const keyv = sqlite(file)
  const { records } = await smallWorld(200)
  await fill(keyv, records)
  await fillSessions(keyv, 20)
  const rows = JSON.stringify({ sessions: { 'empire.login': 1 }, features: {}, refusals: {}, metrics: {}, players: {} })
  await fill(
    keyv,
    Array.from({ length: filler }, (_, index) => [`clientele.day.2020-01-01.x${index}`, rows]),
  )
  await keyv.disconnect()
  return records
}

test('SQLite to SQLite: everything, sessions with the rest of their time; the second run writes nothing', async () => {
  await using one = await temporaryFile('one.sqlite')
  await using another = await temporaryFile('another.sqlite')
  const records = await makeStore(one.path)
  const words = ['copy', '--from', `sqlite:${one.path}`, '--to', `sqlite:${another.path}`]
  const copied = await command(...words)
  assert.is(copied.code, 0, copied.out + copied.err)
  assert.match(copied.out, 'Both stores read the same: the reports of 11 clients')
  assert.match(copied.err, 'Servers must be stopped')
  assert.equal(await contentsOf(another.path), await contentsOf(one.path))
  assert.is((await contentsOf(another.path)).size, records.size + 20)
  const keyv = sqlite(another.path)
  const raw = await keyv.getRaw(`clientele.session.${'1'.padStart(40, '0')}`)
  await keyv.disconnect()
  const restMs = (raw?.expires ?? 0) - Date.now()
  assert.ok(restMs > 3_000_000 && restMs <= 3_600_000, `${restMs} ms are left`)

  const again = JSON.parse((await command(...words, '--json')).out)
  assert.equal([again.same, again.written, again.different], [true, 0, []])
})

test('a target with data of its own is refused, unless it is to be overwritten', async () => {
  await using one = await temporaryFile('one.sqlite')
  await using another = await temporaryFile('another.sqlite')
  await makeStore(one.path)
  const registered = await command('register', '--store', `sqlite:${another.path}`, '--name', 'Stranger')
  assert.is(registered.code, 0)
  const before = await contentsOf(another.path)
  const words = ['copy', '--from', `sqlite:${one.path}`, '--to', `sqlite:${another.path}`]
  const refused = await command(...words)
  assert.is(refused.code, 1)
  assert.match(refused.err, 'With --overwrite they are deleted')
  assert.equal(await contentsOf(another.path), before)
  assert.is((await command(...words, '--overwrite')).code, 0)
  assert.equal(await contentsOf(another.path), await contentsOf(one.path))
})

test('a copy that does not read the same is said to', async () => {
  await using one = await temporaryFile('one.sqlite')
  await using another = await temporaryFile('another.sqlite')
  await makeStore(one.path)
  const keyv = sqlite(another.path)
  // Makes the table.
  await keyv.get('')
  const total = [...(await contentsOf(one.path)).keys()].find((name) => name.startsWith('clientele.total.')) ?? ''
  await keyv.disconnect()
  await trigger(another.path, total)
  const copied = await command('copy', '--from', `sqlite:${one.path}`, '--to', `sqlite:${another.path}`)
  assert.is(copied.code, 1, copied.out + copied.err)
  assert.match(copied.err, 'The stores do not read the same.')
  assert.match(copied.err, 'Not as many records of: total')
})

test('a copy that is killed half-way goes on where it was', async () => {
  await using one = await temporaryFile('one.sqlite')
  await using another = await temporaryFile('another.sqlite')
  const records = await makeStore(one.path, 30_000)
  const words = ['copy', '--from', `sqlite:${one.path}`, '--to', `sqlite:${another.path}`]
  const child = startCommand(...words)
  const ended = new Promise((resolve) => child.once('close', resolve))
  const keyv = sqlite(another.path)
  while ((await keyv.get('clientele.day.2020-01-01.x14000')) === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  child.kill('SIGKILL')
  await ended
  const half = (await contents(keyv)).size
  await keyv.disconnect()
  const total = records.size + 30_020
  assert.ok(half > 1_000 && half < total, `${half} of ${total} records were there when it was killed`)
  const again = await command(...words, '--json')
  assert.is(again.code, 0, again.err)
  assert.equal([JSON.parse(again.out).same, JSON.parse(again.out).written], [true, total - half])
  assert.equal(await contentsOf(another.path), await contentsOf(one.path))
  console.log(`FIGURE copy killed with ${half} of ${total} records written, then ${total - half}, equal`)
})

const kinds = ['redis', 'postgres', 'mysql'] as const
const servers = new Map<ServerKind, TestServer>()
const missing = kinds.flatMap((kind) => missingServer(kind) ?? [])
const withServers = missing.length > 0 ? test.skip : test
if (missing.length > 0) console.log(`SKIPPED copies between servers: ${missing.join(', ')}`)

test.after(async () => {
  for (const server of servers.values()) await server[Symbol.asyncDispose]()
})

withServers('SQLite to Redis to PostgreSQL to MySQL to SQLite, each examined by the doctor', async () => {
  for (const kind of kinds) {
    const server = await testServer(kind)
    servers.set(kind, server)
    await server.start()
  }
  await using one = await temporaryFile('one.sqlite')
  await using last = await temporaryFile('last.sqlite')
  const addresses = [`sqlite:${one.path}`, ...kinds.map((kind) => servers.get(kind)?.url ?? ''), `sqlite:${last.path}`]
  await makeStore(one.path)
  for (const [index, to] of addresses.slice(1).entries()) {
    const copied = await command('copy', '--from', addresses[index] ?? '', '--to', to)
    assert.is(copied.code, 0, copied.out + copied.err)
    assert.match(copied.out, 'Both stores read the same')
    assert.not.match(copied.out + copied.err, /p%ssword|right/)
  }
  const first = await contentsOf(one.path)
  assert.equal(await contentsOf(last.path), first)
  for (const kind of kinds) {
    const url = servers.get(kind)?.url ?? ''
    const keyv = opened[kind](url)
    assert.equal(await contents(keyv), first, kind)
    const examined = await command('doctor', '--store', url)
    assert.is(examined.code, 0, examined.out + examined.err)
    assert.match(examined.out, 'This store holds counts.')
    assert.not.match(examined.out + examined.err, /p%ssword|right/)
    assert.is((await contents(keyv)).size, first.size, 'the doctor leaves nothing behind')
    await keyv.disconnect()
  }
  assert.is((await command('doctor', '--store', `sqlite:${last.path}`)).code, 0)
  const wrong = await command('list', '--store', servers.get('postgres')?.wrongUrl ?? '')
  assert.is(wrong.code, 1)
  assert.not.match(wrong.out + wrong.err, /p%ssword|\n {4}at /)
})

/** Makes a SQLite file drop one record without a word. */
async function trigger(file: string, name: string): Promise<void> {
  const { default: KeyvSqlite } = await import('@keyv/sqlite')
  const database = new KeyvSqlite({ uri: `sqlite://${file}`, table: 'clientele' })
  await database.query(
    `CREATE TRIGGER loses AFTER INSERT ON clientele WHEN new.key = '${name}' BEGIN DELETE FROM clientele WHERE key = '${name}'; END`,
  )
  await database.close()
}

test.run()
