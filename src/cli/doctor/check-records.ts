import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { KeyvLike, Store } from '../../storage/store.js'
import { fault, good, type Outcome } from './finding.js'

const shortLifeMs = 1_500
const longLifeMs = 300_000
const manyEntries = 500

export async function reachable(store: Store): Promise<Outcome> {
  const value = someText()
  await store.set({ name: 'hello', value })
  const read = await store.get('hello')
  if (read !== value) return fault(`What was written does not come back: it reads as ${shape(read)}.`)
  if ((await store.get('never-written')) !== undefined) return fault('A name that was never written has a record.')
  await store.delete(['hello'])
  if ((await store.get('hello')) !== undefined) return fault('A deleted record is still there.')
  return good('A record is written, read back and deleted.')
}

type Check = (store: Store, keyv: KeyvLike) => Promise<Outcome>

/** What is expected of single records. */
export const checkRecords: Record<string, Check> = {
  async overwriting(store) {
    for (const value of ['"one"', '"two"', '"three"']) await store.set({ name: 'again', value })
    await store.setMany([{ name: 'again', value: '"four"' }])
    const read = await store.get('again')
    return read === '"four"'
      ? good('The last write of a record is what is read.')
      : fault(`A record that was written four times reads as ${read === undefined ? 'nothing' : read}.`)
  },

  async lifetimes(store) {
    const value = someText()
    await store.set({ name: 'short', value, ttlMs: shortLifeMs })
    await store.set({ name: 'long', value, ttlMs: longLifeMs })
    await store.setMany([
      { name: 'short-of-many', value, ttlMs: shortLifeMs },
      { name: 'long-of-many', value, ttlMs: longLifeMs },
    ])
    const names = ['short', 'short-of-many', 'long', 'long-of-many']
    const before = await store.getMany(names)
    if (before.includes(undefined)) return fault(`A record that has time to live is gone at once.`)
    await wait(shortLifeMs + 500)
    const [short, shortOfMany, long, longOfMany] = await store.getMany(names)
    const lost = [short === undefined ? '' : 'set', shortOfMany === undefined ? '' : 'setMany'].filter(Boolean)
    if (lost.length > 0) {
      return fault(
        `It loses the time to live that ${lost.join(' and ')} gave: a record is still there after it. Sessions would never end, and the store would grow for ever.`,
      )
    }
    if (long === undefined || longOfMany === undefined) {
      return fault('A record that had minutes to live was gone after two seconds: sessions would be forgotten.')
    }
    return good('Records live as long as they are meant to.')
  },

  async 'many at once'(store) {
    const entries = Array.from({ length: manyEntries }, (_, index) => ({ name: `many-${index}`, value: someText() }))
    const saved = await store.setMany(entries)
    if (saved.includes(false)) return fault('It does not confirm every entry of a setMany, though it is up.')
    const read = await store.getMany(entries.map(({ name }) => name))
    const missing = entries.filter(({ value }, index) => read[index] !== value).length
    return missing === 0
      ? good(`Of ${manyEntries} records in one setMany each is confirmed and there.`)
      : fault(
          `It confirms a setMany of ${manyEntries} records and drops ${missing} of them: counts would be lost without a word.`,
        )
  },

  async order(store) {
    const entries = Array.from({ length: 40 }, (_, index) => ({ name: `order-${index}`, value: someText() }))
    await store.setMany(entries)
    const asked = entries.flatMap((entry, index) => [{ name: `missing-${index}`, value: undefined }, entry]).reverse()
    const read = await store.getMany(asked.map(({ name }) => name))
    return read.length === asked.length && asked.every(({ value }, index) => read[index] === value)
      ? good('getMany answers in the order of the names, and nothing for those that are not there.')
      : fault('getMany does not answer in the order of the names.')
  },

  async names(store) {
    // With the sandbox's own 30 characters it is 200, more than clientele ever writes.
    const long = 'n'.repeat(169)
    const names = [`${long}1`, `${long}2`, `${long}`, 'a.b-c', 'a-b.c', 'a.b.c', 'abc']
    await store.setMany(names.map((name, index) => ({ name, value: `"${index}"` })))
    const read = await store.getMany(names)
    return names.every((_, index) => read[index] === `"${index}"`)
      ? good('Long names and names that are nearly the same are kept apart.')
      : fault('It mixes up records whose names are long, or nearly the same.')
  },

  async sizes(store, keyv) {
    const value = ofSize(59_000)
    await store.set({ name: 'large', value })
    if ((await store.get('large')) !== value) return fault('A record of 59 KB does not come back whole.')
    const tooLarge = ofSize(2_000_000)
    // An adapter's limit differs; what matters is that it says so. `false` says so too.
    const taken = await keyv.set('too-large', tooLarge).catch(() => false)
    const read = taken === false ? undefined : await keyv.get('too-large').catch(() => undefined)
    return taken === false || read === tooLarge
      ? good(`A record of 59 KB comes back whole; one of 2 MB ${taken === false ? 'is refused' : 'does too'}.`)
      : fault('It says that it has written a record of 2 MB, and has not, or has cut it.')
  },
}

function someText(): string {
  return JSON.stringify({ text: `${randomBytes(12).toString('hex')} "é" \\ ☃` })
}

/** Like a record of counts: its quotes make it larger inside Keyv's own wrapping. */
function ofSize(bytes: number): string {
  const counts: string[] = []
  for (let size = 20, index = 0; size < bytes; index++) {
    const count = `"empire.method_${String(index).padStart(8, '0')}":[${randomBytes(2).readUInt16LE()},1]`
    size += count.length + 1
    counts.push(count)
  }
  return `{"features":{${counts.slice(0, -1).join(',')}}}`
}

function shape(read: string | undefined): string {
  return read === undefined ? 'nothing' : 'something else'
}
