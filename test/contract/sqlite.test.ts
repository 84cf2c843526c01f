import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import KeyvSqlite from '@keyv/sqlite'
import { Keyv } from 'keyv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { contract } from './contract.js'
import { recordsOf } from './keyv-records.js'

const folder = mkdtempSync(join(tmpdir(), 'clientele-'))
const opened: Keyv[] = []
const open = (prefix = 'clientele', file = join(folder, 'contract.sqlite')) => {
  const keyv = sqlite(file, { prefix })
  opened.push(keyv)
  return keyv
}
const accidents: unknown[] = []
for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, (error) => accidents.push(error))
test.after.each(() => assert.equal(accidents, [], 'nothing was thrown where nobody could catch it'))
test.after(async () => {
  await Promise.all(opened.map((keyv) => keyv.disconnect()))
  if (mounted === undefined) execFileSync('umount', ['-l', volume])
  rmSync(folder, { recursive: true, force: true })
})

contract('sqlite', () => ({
  open: (prefix) => recordsOf(open(prefix)),
  reopen: (prefix) => recordsOf(open(prefix)),
  maxBytes: 20_000_000,
}))

test('sqlite: a prefix that cannot be a table, and no file at all, are refused at once', () => {
  assert.throws(() => sqlite('x.sqlite', { prefix: 'a; drop' }), /the prefix must be letters, digits and _/)
  assert.throws(() => sqlite('x.sqlite', { prefix: 'a'.repeat(41) }), /at most 40/)
  assert.throws(() => sqlite(''), /must have a name/)
})

test('sqlite: a folder that is not there yet is said, and used as soon as it is there', async () => {
  const store = open('clientele', join(folder, 'later', 'clients.sqlite'))
  for (const call of [() => store.get('a'), () => store.set('a', '1'), () => store.getMany(['a'])])
    assert.match(await failure(call), /SQLITE_CANTOPEN/)
  mkdirSync(join(folder, 'later'))
  await Promise.all(Array.from({ length: 50 }, (_, index) => store.set(`a${index}`, '1')))
  assert.is(await store.get('a49'), '1')
})

test('sqlite: a file that is no database is said, and left as it is', async () => {
  const file = join(folder, 'diary.txt')
  writeFileSync(file, 'Dear diary, '.repeat(1_000))
  assert.match(await failure(() => open('clientele', file).set('a', '1')), /SQLITE_NOTADB/)
})

test('sqlite: a write waits for the writes of other processes, also for the first one', async () => {
  const file = join(folder, 'shared.sqlite')
  const writers = ['a', 'b', 'c', 'd'].map((name) => writer(file, name, 100))
  await Promise.all(writers.map(({ ended }) => ended))
  assert.equal(
    writers.map(({ status }) => status()),
    [0, 0, 0, 0],
  )
  const store = open('clientele', file)
  for (const name of ['a', 'b', 'c', 'd']) assert.is(await store.get(`${name}.19`), '100')
})

test('sqlite: a process that is killed loses nothing that it acknowledged', async () => {
  const file = join(folder, 'killed.sqlite')
  let acknowledged = 0
  for (let kill = 0; kill < 5; kill++) {
    const child = writer(file, `killed${kill}`)
    while (child.rounds() === 0) await wait(5)
    await wait(20 + Math.random() * 100)
    child.kill()
    await child.ended
    acknowledged += child.rounds()
    const store = open('clientele', file)
    const read = await store.getMany(Array.from({ length: 20 }, (_, index) => `killed${kill}.${index}`))
    // All of one write or nothing of it.
    assert.is(new Set(read).size, 1)
    assert.ok(Number(read[0]) >= child.rounds(), `${read[0]} of ${child.rounds()}`)
    const plain = new KeyvSqlite(`sqlite://${file}`)
    assert.equal(await plain.query('PRAGMA integrity_check'), [{ integrity_check: 'ok' }])
    await plain.disconnect()
    await store.disconnect()
  }
  console.log(`FIGURE sqlite: killed 5 times, ${acknowledged} acknowledged writes of 20 records all there`)
})

test('sqlite: what Keyv itself wrote is taken over, and Keyv itself reads what we write', async () => {
  const file = join(folder, 'plain.sqlite')
  const plain = new Keyv({
    store: new KeyvSqlite({ uri: `sqlite://${file}`, table: 'clientele' }),
    namespace: undefined,
  })
  await plain.set('from.keyv', 'a')
  const store = open('clientele', file)
  assert.is(await store.get('from.keyv'), 'a')
  await store.setMany([{ key: 'from.us', value: 'b', ttl: 60_000 }])
  assert.is(await plain.get('from.us'), 'b')
  await plain.disconnect()
})

// Root may write everywhere, so permissions prove nothing: a file system of 1 MB of its own is full or read-only for all.
const volume = join(folder, 'volume')
const mounted = mount()
if (mounted !== undefined) console.log(`SKIPPED sqlite on a full and on a read-only file system: ${mounted}`)
const onVolume = mounted === undefined ? test : test.skip

onVolume('sqlite: a full disk refuses writes, loses nothing, and recovers', async () => {
  const store = open('clientele', join(volume, 'full.sqlite'))
  await store.set('before', 'a')
  const acknowledged: string[] = []
  let refused = ''
  for (let index = 0; index < 100 && !refused; index++) {
    try {
      await store.setMany([{ key: `a${index}`, value: 'x'.repeat(50_000) }])
      acknowledged.push(`a${index}`)
    } catch (error) {
      refused = String(error)
    }
  }
  assert.match(refused, /SQLITE_FULL|SQLITE_IOERR/)
  assert.ok(acknowledged.length > 0)
  assert.is(await store.get('before'), 'a')
  assert.equal((await store.getMany(acknowledged)).includes(undefined), false)
  execFileSync('mount', ['-o', 'remount,size=8m', volume])
  await store.set('after', 'b')
  assert.is(await store.get('after'), 'b')
  await store.disconnect()
})

onVolume('sqlite: a read-only file system refuses writes, and takes them when it may be written again', async () => {
  const file = join(volume, 'readonly.sqlite')
  const store = open('clientele', file)
  await store.set('before', 'a')
  await store.disconnect()
  execFileSync('mount', ['-o', 'remount,ro', volume])
  for (const call of [() => store.set('a', '1'), () => store.setMany([{ key: 'a', value: '1' }])])
    assert.match(await failure(call), /SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_IOERR/)
  execFileSync('mount', ['-o', 'remount,rw', volume])
  await store.set('a', '1')
  assert.equal(await store.getMany(['before', 'a']), ['a', '1'])
  await store.disconnect()
})

function mount(): string | undefined {
  try {
    mkdirSync(volume)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'clientele', volume], { stdio: 'pipe' })
    return undefined
  } catch {
    return 'this user may not mount one'
  }
}

function writer(file: string, name: string, rounds = Number.POSITIVE_INFINITY) {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', 'test/contract/sqlite-writer.ts', file, name, String(rounds)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let output = ''
  child.stdout?.on('data', (text) => (output += text))
  return {
    ended: new Promise((resolve) => child.once('close', resolve)),
    status: () => child.exitCode,
    kill: () => child.kill('SIGKILL'),
    // A line that was cut is no acknowledgement.
    rounds: () => Number(output.split('\n').at(-2) ?? 0),
  }
}

async function failure(call: () => Promise<unknown>): Promise<string> {
  try {
    await call()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it did not fail')
}

test.run()
