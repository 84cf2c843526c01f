import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { recordsOf, sideOf } from '../../src/cli/copy/copy-records.js'
import { derivedNames } from '../../src/cli/copy/names.js'
import { kindOf } from '../../src/storage/paths.js'
import { fill, fillSessions, smallWorld } from './command.js'

test('the names that can be derived are all that there are, sessions aside', async () => {
  const { records } = await smallWorld(200)
  const keyv = memory()
  await fill(keyv, records)
  await fillSessions(keyv, 3)
  const side = sideOf(keyv)
  const listed = new Set<string>()
  for await (const some of recordsOf(side)) for (const { name } of some) listed.add(name)
  assert.is([...listed].filter((name) => kindOf(name) === 'session').length, 3)
  const derived = new Set<string>()
  for await (const name of derivedNames(side.store)) if (listed.has(name)) derived.add(name)
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
  const read = async (side: ReturnType<typeof sideOf>) => {
    const found = new Map<string, string>()
    for await (const some of recordsOf(side)) for (const { name, value } of some) found.set(name, value)
    return [...found].sort()
  }
  assert.equal(await read(sideOf(mute)), await read(sideOf(keyv)))
})

test.run()
