import type { Keyv } from 'keyv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { prove } from '../../src/cli/copy/proof.js'
import { copyRecords } from '../../src/cli/copy/transfer.js'
import { reachableNames } from '../../src/cli/reachable-names.js'
import { allRecords, rawStore } from '../../src/cli/records.js'
import { kindOf } from '../../src/storage/paths.js'
import { fill, fillSessions, smallWorld } from './command.js'

test('the names that can be derived are all that there are, sessions aside', async () => {
  const { records } = await smallWorld(200)
  const keyv = memory()
  await fill(keyv, records)
  await fillSessions(keyv, 3)
  const raw = rawStore(keyv)
  const listed = new Set<string>()
  for await (const some of allRecords(raw)) for (const { name } of some) listed.add(name)
  assert.is([...listed].filter((name) => kindOf(name) === 'session').length, 3)
  const derived = new Set<string>()
  for await (const name of reachableNames(raw.store)) if (listed.has(name)) derived.add(name)
  const lasting = [...listed].filter((name) => kindOf(name) !== 'session')
  assert.equal([...derived].sort(), lasting.sort())
  const kinds = [...new Set(lasting.map(kindOf))].sort()
  const all = 'client day month registered rows sealed summary total usage writer writers'
  assert.equal(kinds, all.split(' '))
})

test('a store that cannot list its records gives them all the same', async () => {
  const { records } = await smallWorld(200)
  const keyv = memory()
  await fill(keyv, records)
  const mute = Object.assign(memory(), { iterator: undefined })
  await fill(mute, records)
  const read = async (raw: ReturnType<typeof rawStore>) => {
    const found = new Map<string, string>()
    for await (const some of allRecords(raw)) for (const { name, value } of some) found.set(name, value)
    return [...found].sort()
  }
  assert.equal(await read(rawStore(mute)), await read(rawStore(keyv)))
})

test('a record that the source does not list when it is copied is missed by the proof', async () => {
  const { records } = await smallWorld()
  const forgetful = memory()
  await fill(forgetful, records)
  const isForgotten = (name: string) => name.startsWith('clientele.usage.')
  const list = forgetful.iterator
  forgetful.iterator = async function* (argument: unknown) {
    for await (const entry of list?.call(forgetful, argument) ?? []) if (!isForgotten(entry[0] as string)) yield entry
  }
  const [from, to] = [rawStore(forgetful), rawStore(memory())]
  const copied = await copyRecords(from, to, () => undefined)
  assert.is(copied, [...records.keys()].filter((name) => !isForgotten(name)).length)
  const { clients, different } = await prove(from, to, () => undefined)
  assert.is(clients, 11)
  assert.ok(different.includes('iOS'), different.join(', '))

  await fill(to.keyv as Keyv, records)
  assert.equal((await prove(from, to, () => undefined)).different, [])
  from.store.close()
  to.store.close()
})

test.run()
