import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { type RawKeyv, sideOf } from '../../src/cli/copy/copy-records.js'
import { finish } from '../../src/cli/purge/change.js'
import { namesIn, plantedAmong } from '../../src/cli/purge/planted.js'
import { purgeRecords } from '../../src/cli/purge/purge-records.js'
import { clientele, lacuna } from '../../src/index.js'
import { clientIdOf, issueKeyPair } from '../../src/keys/key-format.js'
import { sessionPath } from '../../src/storage/paths.js'
import { dayOf } from '../../src/usage/days.js'
import { faulty, killAfter } from '../helpers/faulty.js'
import { clock, dayMs, hourMs, type Process, startProcess } from '../helpers/fleet.js'
import { secret } from '../helpers/serve.js'
import { temporaryFile } from '../helpers/temporary.js'
import { command, fill } from './command.js'

const owned = '\u001b]0;owned\u0007'
const { privateKey } = issueKeyPair('ck')
/** As the recorder takes them, and as an earlier version wrote them. */
const plantedNames: Record<string, string> = {
  'planted.0': owned,
  'planted.1': 'empire.\u202egnik',
  'planted.2': privateKey,
  'planted.3': 'a.slur',
  'planted.4': 'ada@example.com',
  'planted.5': privateKey.replace('_prv_', '\uff3fprv\uff3f'),
}
const oddClients = ['bad\u202eclient', `x${owned}`, `key of ${privateKey}`]

interface World {
  records: Map<string, unknown>
  registered: string
}

/** 200 days of two processes until yesterday, in which strangers planted names and public keys from the first day to the last. */
async function oldWorld(): Promise<World> {
  clock.start(new Date(Date.parse(dayOf(Date.now())) - 200 * dayMs).toISOString())
  const awake = setInterval(() => {}, 1_000)
  const stored = new Map<string, unknown>()
  const [one, another] = [await startProcess(stored), await startProcess(stored)]
  const { publicKey: registered } = await one.registry.register({ name: 'Mine' })
  const play = (process: Process, publicKey: string, feature: string, failed: boolean) =>
    process.recorder.call({ publicKey, seat: feature.length }, feature, failed, false)
  for (let day = 0; day < 200; day += day < 190 ? 6 : 1) {
    for (const process of [one, another]) {
      for (const publicKey of [registered, 'iOS', 'anonymous', ...(day % 12 === 0 ? [] : ['(other)'])]) {
        process.recorder.session({ publicKey }, 'empire.login', false)
        play(process, publicKey, 'empire.login', false)
        play(process, publicKey, 'body.view', true)
        play(process, publicKey, `planted.${day % 6}`, true)
        process.recorder.metric({ publicKey }, `planted.${day % 3}`, 2)
      }
      for (const publicKey of oddClients) play(process, publicKey, `planted.${(day + 1) % 6}`, true)
    }
    play(one, 'visitor', 'body.view', false)
    await Promise.all([one.flush(), another.flush()])
    clock.pass(hourMs)
    await Promise.all([one.keepHouse(), another.keepHouse()])
    clock.pass((day < 190 ? 6 : 1) * dayMs - hourMs)
  }
  await Promise.all([one.flush(), another.flush()])
  for (const process of [one, another]) process.kill()
  clock.stop()
  clearInterval(awake)
  const records = new Map<string, unknown>()
  for (const [name, text] of stored) records.set(name, planted(text as string))
  return { records, registered }
}

function planted(text: string): string {
  const { value, ...rest } = JSON.parse(text) as { value: string }
  let old = value
  for (const [plain, odd] of Object.entries(plantedNames))
    old = old.replaceAll(JSON.stringify(plain), JSON.stringify(odd))
  return JSON.stringify({ ...rest, value: old })
}

const world = oldWorld()
const copyOf = (records: Map<string, unknown>) => new Map(records)

function added(rows: readonly { sessions: number; calls: number; errors: number }[]): number[] {
  const sums = [0, 0, 0] as [number, number, number]
  for (const { sessions, calls, errors } of rows) {
    sums[0] += sessions
    sums[1] += calls
    sums[2] += errors
  }
  return sums
}

/** Sums of all clients, by month and of all time, from rows and from reports; and what single clients did. */
async function sumsOf(records: Map<string, unknown>, publicKeys: readonly string[]) {
  const reader = await startProcess(copyOf(records))
  try {
    const rows = await reader.usage.overview('all')
    const everybody = [...new Set([...rows.map(({ publicKey }) => publicKey), '(other)'])]
    const reports = await reader.usage.readMany(everybody, 'all')
    const recent = await reader.usage.overview({ days: 9 })
    const months: Record<string, number> = {}
    for (const { month, calls } of reports.flatMap((report) => report.months))
      months[month] = (months[month] ?? 0) + calls
    const features = reports.flatMap((report) => Object.values(report.features))
    const single = publicKeys.map((publicKey) => reports.find((report) => report.publicKey === publicKey))
    return {
      rows: added(rows),
      reports: added(reports),
      recent: added(recent),
      months,
      features: features.reduce((sum, { calls }) => sum + calls, 0),
      metrics: reports.flatMap((report) => Object.values(report.metrics)).reduce((sum, amount) => sum + amount, 0),
      single: single.map((report) => report && [report.sessions, report.calls, report.errors, report.days]),
    }
  } finally {
    reader.kill()
  }
}

function textsOf(records: Map<string, unknown>): string {
  return [...records]
    .map(([name, text]) => `${name} ${(JSON.parse(text as string) as { value: string }).value}`)
    .join('\n')
}

function sideOn(records: Map<string, unknown>) {
  const { adapter, store: keyv } = faulty(records)
  return { adapter, side: sideOf(keyv as unknown as RawKeyv) }
}

async function purgeAll({ side }: ReturnType<typeof sideOn>): Promise<number> {
  await finish(side.store)
  return purgeRecords(side, await plantedAmong(side.store, await namesIn(side)))
}

test('what was planted is nowhere, and every sum stays', async () => {
  const { records: old, registered } = await world
  const singles = [registered, 'iOS', 'anonymous']
  const before = await sumsOf(old, singles)
  const records = copyOf(old)
  const opened = sideOn(records)
  assert.ok((await purgeAll(opened)) > 100)
  assert.equal(await sumsOf(records, singles), before)
  const text = textsOf(records)
  for (const name of [...Object.values(plantedNames), ...oddClients]) {
    assert.not.ok(text.includes(JSON.stringify(name)), JSON.stringify(name))
    assert.not.ok(text.includes(clientIdOf(name)), `the record of ${JSON.stringify(name)}`)
  }
  assert.not.ok(text.includes('.purge.'))
  for (const name of ['empire.login', 'iOS', registered]) assert.ok(text.includes(JSON.stringify(name)), name)
  const after = copyOf(records)
  assert.is(await purgeAll(opened), 0)
  assert.equal(records, after)
  opened.side.store.close()
})

test('killed at any write it is finished by the next run, to the same records', async () => {
  const { records: old } = await world
  const whole = copyOf(old)
  const once = sideOn(whole)
  await purgeAll(once)
  once.side.store.close()
  let kills = 0
  // Every write near the beginning, and then some all over it.
  for (let writes = 1; ; writes += writes < 12 ? 1 : 9) {
    const records = copyOf(old)
    const victim = sideOn(records)
    const isKilled = killAfter(victim.adapter, writes)
    await purgeAll(victim).catch(() => {})
    victim.side.store.close()
    if (!isKilled()) break
    const next = sideOn(records)
    await purgeAll(next)
    next.side.store.close()
    assert.equal(new Map([...records].sort()), new Map([...whole].sort()), `killed at write ${writes}`)
    kills++
  }
  assert.ok(kills > 20, `${kills}`)
  console.log(`FIGURE purge killed at ${kills} of its writes, the same records each time`)
})

async function storeOf(file: string, { records }: World): Promise<string> {
  const keyv = sqlite(file)
  const values = Array.from(records, ([name, text]): [string, string] => [
    name,
    (JSON.parse(text as string) as { value: string }).value,
  ])
  await fill(keyv, values)
  await keyv.set(
    sessionPath('1'.repeat(40)),
    JSON.stringify({ publicKey: oddClients[0], isMadeUp: true, boundAtMs: 1 }),
    hourMs,
  )
  await keyv.disconnect()
  return `sqlite:${file}`
}

async function contentsOf(file: string): Promise<Map<string, unknown>> {
  const keyv = sqlite(file)
  const found = new Map<string, unknown>()
  for await (const [name, value] of keyv.iterator?.(undefined) ?? []) found.set(name as string, value)
  await keyv.disconnect()
  return found
}

test('by default it only says what it would do, in plain letters and without anybody’s private key', async () => {
  await using file = await temporaryFile('old.sqlite')
  const store = await storeOf(file.path, await world)
  const before = await contentsOf(file.path)
  for (const words of [[], ['--json']]) {
    const { code, out, err } = await command('purge', '--store', store, ...words)
    assert.is(code, 0, err)
    assert.match(out, 'a.slur')
    assert.match(out, 'never succeeded')
    assert.match(out, 'holds a private key')
    assert.not.ok(out.includes(privateKey.slice(8, 30)), out)
    assert.not.match(out + err, /[^\P{Cc}\n]|\p{Bidi_Control}/u)
  }
  assert.equal(await contentsOf(file.path), before)

  const done = await command('purge', '--store', store, '--yes', '--json')
  assert.is(done.code, 0, done.err)
  assert.is(JSON.parse(done.out).done, true)
  const after = await contentsOf(file.path)
  const bound = JSON.parse(after.get(sessionPath('1'.repeat(40))) as string)
  assert.equal(bound, { publicKey: '(other)', boundAtMs: 1 })
  assert.match((await command('purge', '--store', store)).out, 'Nothing was planted')
  assert.is((await command('doctor', '--store', store)).code, 0)
})

test('one feature, one client; never a registered one, nor while a server runs', async () => {
  await using file = await temporaryFile('old.sqlite')
  const old = await world
  const store = await storeOf(file.path, old)
  const words = ['purge', '--store', store, '--yes']
  assert.is((await command(...words, '--feature', 'body.view')).code, 0)
  assert.is((await command(...words, '--client', 'iOS')).code, 0)
  const text = [...(await contentsOf(file.path))].flat().join('\n')
  assert.not.match(text, /"body\.view"|"iOS"/)
  assert.match(text, 'a.slur')
  const refused = await command(...words, '--client', old.registered)
  assert.is(refused.code, 1)
  assert.match(refused.err, 'registered')
  const secretly = await command(...words, '--client', privateKey)
  assert.is(secretly.code, 2)
  assert.not.match(secretly.out + secretly.err, privateKey)

  const keyv = sqlite(file.path)
  const clients = clientele({ store: keyv, protocol: lacuna(), secret })
  await clients.openSession({ sessionId: 's', publicKey: 'anonymous', method: 'empire.login' })
  const living = await command(...words)
  assert.is(living.code, 1)
  assert.match(living.err, /A server seems to run on this store: it wrote \d+ s ago/)
  await clients.close()
  await keyv.disconnect()
})

test.run()
