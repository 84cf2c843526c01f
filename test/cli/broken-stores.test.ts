// Stores that hold no counts, and what the doctor says of them.
import { Keyv } from 'keyv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type CheckOptions, checkStore } from '../../src/cli/doctor/check-store.js'
import { checkOrphans } from '../../src/cli/doctor/doctor.js'
import type { Finding } from '../../src/cli/doctor/finding.js'
import type { KeyvLike } from '../../src/storage/store.js'
import { clock, dayMs, startProcess } from '../helpers/fleet.js'
import { fill } from './command.js'

test.after.each(() => clock.stop())

async function faultsOf(keyv: KeyvLike, options?: CheckOptions): Promise<Map<string, string>> {
  const findings: Finding[] = []
  for await (const finding of checkStore(keyv, options)) findings.push(finding)
  assert.ok(findings.length > 1)
  return new Map(findings.flatMap(({ check, outcome, says }) => (outcome === 'fault' ? [[check, says]] : [])))
}

const plain = (store: Map<string, string>) => new Keyv({ store, namespace: undefined, useKeyPrefix: false })

class LosesLifetimes extends Keyv {
  override set(name: string, value: unknown) {
    return super.set(name, value)
  }
  override setMany(entries: { key: string; value: unknown }[]) {
    return super.setMany(entries.map(({ key, value }) => ({ key, value })))
  }
}

class DropsOneOfMany extends Map<string, string> {
  setMany(entries: { key: string; value: string }[]) {
    const dropped = entries.length > 1 ? Math.floor(entries.length / 2) : -1
    for (const [index, { key, value }] of entries.entries()) if (index !== dropped) this.set(key, value)
    return entries.map(() => true)
  }
}

class NothingThere extends Map<string, string> {
  override get() {
    return undefined
  }
}

test('a store that loses lifetimes', async () => {
  const store = new LosesLifetimes({ store: new Map(), namespace: undefined, useKeyPrefix: false })
  const faults = await faultsOf(store)
  assert.equal([...faults.keys()], ['lifetimes'])
  assert.match(faults.get('lifetimes') ?? '', 'loses the time to live')
})

test('a store that drops one entry of a setMany and confirms it', async () => {
  const faults = await faultsOf(plain(new DropsOneOfMany()))
  assert.match(faults.get('many at once') ?? '', 'drops 1 of them')
})

test('a store that answers undefined when it is down', async () => {
  // The down store swallows its failures, as Keyv does by default, and gives no error event either.
  const faults = await faultsOf(plain(new Map()), { down: plain(new NothingThere()) })
  assert.equal([...faults.keys()], ['outage'])
  assert.match(faults.get('outage') ?? '', 'get answers as if nothing were wrong')
})

test('a store that is down altogether', async () => {
  const keyv = plain(new Map())
  keyv.get = async () => {
    throw new Error('no route to host')
  }
  const faults = await faultsOf(keyv)
  assert.equal([...faults], [['reachable', 'The store failed. no route to host']])
})

test('a healthy store in memory, from which every trace is removed', async () => {
  const store = memory()
  assert.equal([...(await faultsOf(store))], [])
  const names: string[] = []
  for await (const [name] of store.iterator?.(undefined) ?? []) names.push(name as string)
  assert.equal(names, [])
})

test('an orphan is found and put back, with the counts of days that were sealed without it', async () => {
  clock.start('2024-06-01T12:00:00Z')
  const stored = new Map<string, unknown>()
  const orphan = await startProcess(stored)
  const { publicKey } = await orphan.registry.register({ name: 'Orphan' })
  orphan.recorder.session({ publicKey }, 'empire.login', true)
  orphan.recorder.session({ publicKey: 'iOS' }, 'empire.login', true)
  await orphan.flush()
  orphan.kill()
  for (const name of stored.keys()) if (name.startsWith('clientele.writers.')) stored.delete(name)
  const server = await startProcess(stored)
  for (let day = 0; day < 4; day++) {
    server.recorder.session({ publicKey: 'iOS' }, 'empire.login', true)
    await server.flush()
    await server.keepHouse()
    clock.pass(dayMs / 2)
    await server.keepHouse()
    clock.pass(dayMs / 2)
  }
  assert.ok(stored.has('clientele.sealed.2024-06-01'))
  assert.is((await server.usage.read('iOS', 'all')).sessions, 4)

  const store = memory()
  await fill(
    store,
    Array.from(stored, ([name, text]) => [name, (JSON.parse(text as string) as { value: string }).value]),
  )
  const found = await checkOrphans(store, false)
  assert.is(found.outcome, 'fault')
  assert.match(found.says, orphan.own.id)
  assert.is((await checkOrphans(store, true)).outcome, 'good')
  assert.is((await checkOrphans(store, false)).says, 'Every process that counted here is in the directory.')
  for await (const [name, value] of store.iterator?.(undefined) ?? []) stored.set(name, JSON.stringify({ value }))
  const reader = await startProcess(stored)
  assert.is((await reader.usage.read('iOS', 'all')).sessions, 5)
  assert.is((await reader.usage.read(publicKey, 'all')).sessions, 1)
  const listed: string[] = []
  for await (const { name } of reader.registry.list()) listed.push(name)
  assert.equal(listed, ['Orphan'])
  server.kill()
  reader.kill()
})

test.run()
