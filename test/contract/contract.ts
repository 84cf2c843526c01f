// What every store must do, whoever made it. Each `*.test.ts` beside this file says which store.
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

/** What the tests need of a store: a Keyv has it, and so has the core's `Store` with a little help. */
export interface Records {
  get(name: string): Promise<unknown>
  getMany(names: string[]): Promise<unknown[]>
  set(name: string, value: string, ttlMs?: number): Promise<unknown>
  setMany(entries: { key: string; value: string; ttl?: number }[]): Promise<unknown>
  delete(name: string): Promise<unknown>
  deleteMany(names: string[]): Promise<unknown>
  iterator?: ((argument: unknown) => AsyncGenerator<[string, unknown], void>) | undefined
  sweep?: (() => Promise<number>) | undefined
}

export interface Subject {
  /** A store whose records nobody else sees, but another with the same prefix. */
  open(prefix: string): Records
  /** The same records as another process sees them. Not there where no other process could. */
  reopen?: (prefix: string) => Records
  /** Nobody but a reader of the very record drops what has expired, or the database does it by itself. */
  hasNoSweep?: boolean
  /** The largest value that must be stored. A larger one may be refused, but not cut. */
  maxBytes?: number
  /** It does not say which of two entries with one name is the last. */
  takesNamesOnce?: boolean
}

export const values: [what: string, value: string][] = [
  ['an object', JSON.stringify({ v: 1, calls: { 'empire.login': [3, 0] }, nothing: null, nested: [[], {}, ''] })],
  ['a number in text', '42'],
  ['nothing', ''],
  ['quotes and backslashes', `'"\`\\ \\\\ \\' \\" \\n \\u0000 %s $1 ? :name ;-- /* */`],
  ['line breaks and control characters', '\n\r\t\u0000\u0001\u001a\u007f\u2028'],
  ['every plane of Unicode', 'Ünïcödé 日本語 😀👩‍🚀 𝒳 \uFFFD \uFEFF é'],
  ['half a surrogate pair', '\ud83d and \ude00'],
  ['what Keyv itself writes', '{"value":"x","expires":1}'],
  ['what Keyv marks', ':base64:AAAA ::'],
  ['59 KB', 'x'.repeat(59_000)],
  ['59 KB in UTF-8, and quotes', 'ü"'.repeat(19_666)],
]

export const names = [
  'clientele.usage.2026-11-23.x0123456789abcdefghjkmnpqrs.0123456789ab',
  'clientele.client.0123456789abcdefghjkmnpqrs.details',
  'a',
  '0',
  '2026-11-23',
  '...',
  '--',
  'wild_card',
  'wildXcard',
  'per%cent',
  'per-cent',
  `${'n'.repeat(199)}a`,
  `${'n'.repeat(199)}b`,
]

const entriesOf = (count: number, value = 'v') =>
  Array.from({ length: count }, (_, index) => ({
    key: `many.${String(index).padStart(5, '0')}`,
    value: `${value}${index}`,
  }))

/** Registers the tests; `subject` is asked for when the first one runs. */
export function contract(name: string, subjectOf: () => Subject): void {
  let count = 0
  const fresh = () => `p${++count}`
  const open = () => subjectOf().open(fresh())

  test(`${name}: every kind of value comes back as it was, one by one and together`, async () => {
    const store = open()
    for (const [what, value] of values) {
      assert.is.not(await store.set(`one.${what.length}`, value), false, what)
      assert.is(await store.get(`one.${what.length}`), value, what)
    }
    await store.setMany(values.map(([, value], index) => ({ key: `all.${index}`, value })))
    const read = await store.getMany(values.map((_, index) => `all.${index}`))
    for (const [index, [what, value]] of values.entries()) assert.is(read[index], value, what)
  })

  test(`${name}: a value that is too large is refused, and none is cut`, async () => {
    const store = open()
    const largest = subjectOf().maxBytes ?? 60_000
    for (const size of [65_400, 65_535, 65_536, 70_000, 200_000, 2_000_000, 20_000_000]) {
      const value = `${'y'.repeat(size - 1)}z`
      const failure = await store.set(`size.${size}`, value).then(
        (answer) => (answer === false ? 'false' : undefined),
        (error: Error) => error.message,
      )
      const read = await store.get(`size.${size}`)
      assert.ok(read === (failure === undefined ? value : undefined), `${size} bytes: ${failure}`)
      if (size <= largest) assert.is(failure, undefined, `${size} bytes`)
    }
    // A refused value takes nothing else with it.
    assert.is.not(await store.set('after', 'fine'), false)
    assert.is(await store.get('after'), 'fine')
  })

  test(`${name}: a record with a time to live is there, and then it is not`, async () => {
    const store = open()
    await store.set('kept', 'a')
    await store.set('short', 'b', 150)
    await store.setMany([
      { key: 'short.too', value: 'c', ttl: 150 },
      { key: 'long', value: 'd', ttl: 60_000 },
      { key: 'kept.too', value: 'e' },
    ])
    const all = ['kept', 'short', 'short.too', 'long', 'kept.too']
    assert.equal(await store.getMany(all), ['a', 'b', 'c', 'd', 'e'])
    // Written again without an end, it stays; written again with one, it goes.
    await store.set('short', 'stays')
    await store.set('kept.too', 'goes', 150)
    await wait(250)
    assert.equal(await store.getMany(all), ['a', 'stays', undefined, 'd', undefined])
    assert.is(await store.get('short.too'), undefined)
    if (store.iterator)
      assert.equal((await namesIn(store)).sort(), ['kept', 'long', 'short'], 'the iterator skips what has expired')
  })

  test(`${name}: what has expired is swept, a bounded number at a time`, async () => {
    const store = open()
    if (!store.sweep) {
      assert.ok(subjectOf().hasNoSweep, 'a store that keeps expired records must be able to drop them')
      return
    }
    assert.is(await store.sweep(), 0)
    const entries = entriesOf(12_000)
    for (let start = 0; start < entries.length; start += 1_000)
      await store.setMany(entries.slice(start, start + 1_000).map((entry) => ({ ...entry, ttl: 1 })))
    await store.setMany([
      { key: 'stays', value: 'a' },
      { key: 'stays.for.a.while', value: 'b', ttl: 60_000 },
    ])
    await wait(20)
    const swept: number[] = []
    for (let some = await store.sweep(); some > 0; some = await store.sweep()) swept.push(some)
    assert.is(
      swept.reduce((sum, some) => sum + some, 0),
      12_000,
    )
    assert.ok(swept.every((some) => some <= 12_000))
    assert.equal(await store.getMany(['stays', 'stays.for.a.while']), ['a', 'b'])
  })

  test(`${name}: many entries at once are confirmed one by one, and all there`, async () => {
    const prefix = fresh()
    const store = subjectOf().open(prefix)
    for (const value of ['first', 'second']) {
      const entries = entriesOf(1_000, value)
      const confirmed = await store.setMany(entries)
      if (confirmed !== undefined) assert.equal(confirmed, Array(1_000).fill(true))
      const seen = subjectOf().reopen?.(prefix) ?? store
      assert.equal(
        await seen.getMany(entries.map(({ key }) => key)),
        entries.map(({ value }) => value),
      )
    }
    await store.setMany([])
    if (subjectOf().takesNamesOnce) return
    await store.setMany([
      { key: 'twice', value: 'first', ttl: 1 },
      { key: 'other', value: 'x' },
      { key: 'twice', value: 'last' },
    ])
    await wait(10)
    assert.equal(await store.getMany(['twice', 'other']), ['last', 'x'])
  })

  test(`${name}: many records of 59 KB at once are all there`, async () => {
    const store = open()
    const entries = entriesOf(100).map(({ key }, index) => ({ key, value: `${index}\\'${'"'.repeat(29_000)}` }))
    await store.setMany(entries)
    const read = await store.getMany(entries.map(({ key }) => key))
    assert.ok(entries.every(({ value }, index) => read[index] === value))
  })

  test(`${name}: many names are read in the order asked, and a missing one is undefined`, async () => {
    const store = open()
    assert.equal(await store.getMany([]), [])
    assert.equal(await store.getMany(['none']), [undefined])
    assert.is(await store.get('none'), undefined)
    const entries = entriesOf(1_000)
    await store.setMany(entries)
    const asked = entries.flatMap(({ key }, index) => (index % 3 === 0 ? [`${key}.none`, key] : [key])).reverse()
    const expected = asked.map((key) => entries.find((entry) => entry.key === key)?.value)
    assert.equal(await store.getMany(asked), expected)
    assert.equal(await store.getMany(['many.00001', 'many.00001']), ['v1', 'v1'])
  })

  test(`${name}: deleting takes one record and no other`, async () => {
    const store = open()
    await store.setMany([
      { key: 'a_b', value: '1' },
      { key: 'aXb', value: '2' },
      { key: 'a%', value: '3' },
    ])
    assert.is.not(await store.delete('a_b'), false)
    await store.delete('a%')
    await store.delete('never.there')
    assert.equal(await store.getMany(['a_b', 'aXb', 'a%']), [undefined, '2', undefined])
    await store.set('a_b', 'again')
    assert.is(await store.get('a_b'), 'again')

    const entries = entriesOf(1_000)
    await store.setMany(entries)
    await store.deleteMany([...entries.slice(0, 500).map(({ key }) => key), 'never.there'])
    await store.deleteMany([])
    const left = await store.getMany(entries.map(({ key }) => key))
    assert.equal(left, [...Array(500).fill(undefined), ...entries.slice(500).map(({ value }) => value)])
  })

  test(`${name}: long and odd names are all different`, async () => {
    const store = open()
    const all = [...names, 'Case', 'case', 'CASE', 'naïve', 'naive']
    await store.setMany(all.map((key) => ({ key, value: `of ${key}` })))
    for (const key of all) assert.is(await store.get(key), `of ${key}`)
    assert.equal(
      await store.getMany(all),
      all.map((key) => `of ${key}`),
    )
    if (store.iterator) assert.equal((await namesIn(store)).sort(), [...all].sort())
    await store.delete(`${'n'.repeat(199)}a`)
    assert.is(await store.get(`${'n'.repeat(199)}b`), `of ${'n'.repeat(199)}b`)
    // Longer than any of ours: stored whole or refused.
    const long = [`${'l'.repeat(300)}a`, `${'l'.repeat(300)}b`]
    for (const key of long) await Promise.resolve(store.set(key, key)).catch(() => undefined)
    for (const value of await store.getMany(long)) assert.ok(value === undefined || String(value).length === 301)
    assert.is(new Set((await store.getMany(long)).filter(Boolean)).size % 2, 0)
  })

  test(`${name}: two prefixes in one database do not see each other`, async () => {
    const [one, other] = [subjectOf().open('server'), subjectOf().open('server_2')]
    await one.setMany(entriesOf(10, 'one'))
    await other.setMany(entriesOf(12, 'other'))
    await one.delete('many.00003')
    assert.equal(await one.getMany(['many.00003', 'many.00004']), [undefined, 'one4'])
    assert.equal(await other.getMany(['many.00003', 'many.00004', 'many.00011']), ['other3', 'other4', 'other11'])
    if (!one.iterator || !other.iterator) return
    assert.is((await namesIn(one)).length, 9)
    assert.is((await namesIn(other)).length, 12)
  })

  test(`${name}: the iterator meets every record, while others are deleted too`, async () => {
    const store = open()
    if (!store.iterator) return
    const entries = entriesOf(10_000)
    for (let start = 0; start < entries.length; start += 1_000) await store.setMany(entries.slice(start, start + 1_000))
    const startedAtMs = performance.now()
    const met = new Map(await all(store))
    const tookMs = performance.now() - startedAtMs
    assert.is(met.size, 10_000)
    assert.ok(entries.every(({ key, value }) => met.get(key) === value))
    assert.ok(tookMs < 3_000, `${tookMs} ms`)
    console.log(`FIGURE ${name}: iterating 10,000 records takes ${Math.round(tookMs)} ms`)

    const seen = new Set<string>()
    for await (const [key] of store.iterator(undefined)) {
      seen.add(key)
      // What was met goes, and something that was not: no third record may be skipped for it.
      if (Number(key.slice(-5)) % 10 === 0) await store.delete(key)
      if (Number(key.slice(-5)) % 1_000 === 1) await store.delete('many.09999')
    }
    const missed = entries.filter(({ key }) => key !== 'many.09999' && !seen.has(key))
    assert.equal(missed, [])
    assert.is((await all(store)).length, 8_999)
  })

  test(`${name}: 50 first writes at the same time are all there`, async () => {
    const prefix = fresh()
    const store = subjectOf().open(prefix)
    const entries = entriesOf(50)
    await Promise.all(entries.map(({ key, value }) => store.set(key, value)))
    const seen = subjectOf().reopen?.(prefix) ?? store
    assert.equal(
      await Promise.all(entries.map(({ key }) => seen.get(key))),
      entries.map(({ value }) => value),
    )
  })

  test(`${name}: four processes that write the same and other records at the same time`, async () => {
    const prefix = fresh()
    const { open, reopen } = subjectOf()
    if (!reopen) return
    const stores = [open(prefix), reopen(prefix), reopen(prefix), reopen(prefix)]
    const shared = Array.from({ length: 200 }, (_, index) => `shared.${index}`)
    await Promise.all(
      stores.map(async (store, writer) => {
        for (let round = 0; round < 15; round++) {
          if (round % 5 === 4) await store.sweep?.()
          const own = Array.from({ length: 100 }, (_, index) => `own.${writer}.${round}.${index}`)
          // In an order of its own: a database may answer two of these with a deadlock.
          const mixed = [...shared, ...own].sort(() => Math.random() - 0.5)
          await store.setMany(
            mixed.map((key) => ({ key, value: `${writer}.${round}`, ...(round % 2 ? { ttl: 60_000 } : {}) })),
          )
        }
      }),
    )
    for (const [writer, store] of stores.entries()) {
      const own = Array.from({ length: 1_500 }, (_, index) => `own.${writer}.${Math.floor(index / 100)}.${index % 100}`)
      assert.equal((await store.getMany(own.slice(0, 1_000))).includes(undefined), false)
      assert.equal((await store.getMany(own.slice(1_000))).includes(undefined), false)
    }
    assert.equal((await stores[0]?.getMany(shared))?.includes(undefined), false)
  })

  test(`${name}: how fast it is`, async () => {
    const store = open()
    const entries = entriesOf(100)
    const figure = async (what: string, calls: number, work: (call: number) => Promise<unknown>) => {
      const startedAtMs = performance.now()
      for (let call = 0; call < calls; call++) await work(call)
      const perSecond = (calls / (performance.now() - startedAtMs)) * 1_000
      return `${what} ${Math.round(perSecond)}/s`
    }
    const figures = [
      // SQLite leaves out a write that changes nothing, so every value is new.
      await figure('set', 300, (call) => store.set('many.00000', `set${call}`)),
      await figure('get', 300, () => store.get('many.00000')),
      await figure('setMany 100', 30, (call) => store.setMany(entriesOf(100, `call${call}.`))),
      await figure('getMany 100', 30, () => store.getMany(entries.map(({ key }) => key))),
    ]
    console.log(`FIGURE ${name}: ${figures.join(', ')}`)
  })
}

export async function all(store: Records): Promise<[string, unknown][]> {
  const found: [string, unknown][] = []
  if (store.iterator) for await (const record of store.iterator(undefined)) found.push(record)
  return found
}

async function namesIn(store: Records): Promise<string[]> {
  return (await all(store)).map(([name]) => name)
}
