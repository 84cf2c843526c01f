// What strangers can make a store keep, in bytes, and that no count is lost where their names are folded.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clientIdOf } from '../../src/keys/key-format.js'
import type { Attribution } from '../../src/usage/attribution.js'
import { dayOf } from '../../src/usage/days.js'
import { killAfter } from '../helpers/faulty.js'
import { clock, dayMs, hourMs, type Process, startProcess } from '../helpers/fleet.js'

const awake = setInterval(() => {}, 1_000)
test.after(() => clearInterval(awake))
test.after.each(() => clock.stop())

const others = '(other)'

/** As the tracker counts it for a public key that nobody registered. */
function call(process: Process, publicKey: string, feature: string, { failed = false, seat = 0 } = {}): void {
  process.recorder.call({ publicKey, isUnregistered: true, seat }, feature, failed, false)
}

function logIn(process: Process, publicKey: string, player = 0): void {
  const started = process.recorder.session({ publicKey, isUnregistered: true }, 'empire.login', false)
  process.recorder.player(started, 'secret', createHash('sha256').update(`player ${player}`).digest())
  call(process, publicKey, 'empire.login')
}

async function keepHouse(...processes: Process[]): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const process of processes) await process.keepHouse()
    clock.pass(hourMs / 4)
  }
}

function bytesOf(records: Map<string, unknown>, kind: RegExp): number {
  let bytes = 0
  for (const [name, value] of records) if (kind.test(name)) bytes += name.length + Buffer.byteLength(value as string)
  return bytes
}

const isCount = /^clientele\.(usage|summary)\./

test('what made-up keys cost in a day has a bound, and a client that is real has its names in it', async () => {
  clock.start('2024-03-01T00:00:00Z')
  const records = new Map<string, unknown>()
  const process = await startProcess(records)
  // Without a login nothing goes well: 1,000 keys, each with 255 names of the longest kind, before anybody else is up.
  for (let key = 0; key < 1_000; key++) {
    for (let name = 0; name < 255; name++) {
      call(process, `made up ${key}`, `${name} `.padEnd(98, 'x'), { failed: true, seat: name % 64 })
    }
  }
  await process.flush()
  const failedBytes = bytesOf(records, isCount)
  assert.ok(failedBytes < 750_000, `${failedBytes} bytes of whoever has no login`)

  for (let feature = 0; feature < 60; feature++) {
    logIn(process, 'iOS', feature)
    call(process, 'iOS', `body.feature_${feature}`)
  }
  await process.flush()
  const phone = await process.usage.read('iOS')
  assert.is(Object.keys(phone.features).length, 61)
  assert.is(phone.sessions, 60)

  // With logins, too.
  for (let key = 0; key < 1_100; key++) {
    logIn(process, `logged in ${key}`, key)
    for (let name = 0; name < 255; name++) {
      call(process, `logged in ${key}`, `${name} `.padEnd(98, 'x'), { seat: name % 64 })
    }
    if (key % 300 === 0) await process.flush()
  }
  await process.flush()
  const bytes = bytesOf(records, isCount)
  assert.ok(bytes < 10_000_000, `${bytes} bytes in all`)
  const rows = await process.usage.overview()
  assert.is(rows.length, 1_001)
  assert.is(
    rows.reduce((sum, { calls }) => sum + calls, 0),
    1_000 * 255 + 120 + 1_100 * 256,
  )
  console.log(
    `FIGURE bytes of a day: ${failedBytes} of 1,000 made-up keys without a login, ${bytes} with 1,100 that have one`,
  )
  process.kill()
})

test('a made-up key keeps to its bounds whoever adds up, and one that is adopted has the names of a registered client', async () => {
  clock.start('2024-03-01T12:00:00Z')
  const records = new Map<string, unknown>()
  const processes = await Promise.all(Array.from({ length: 4 }, () => startProcess(records)))
  for (const publicKey of ['made up', 'adopted']) {
    for (const [index, process] of processes.entries()) {
      for (let name = 0; name < 60; name++) call(process, publicKey, `body.of_${index}_${name}`)
    }
  }
  const [first] = processes as [Process, ...Process[]]
  // A name that it has already.
  for (const [index, process] of processes.entries()) {
    process.recorder.call({ publicKey: 'adopted' }, `body.of_${index}_0`, false, false)
  }
  await Promise.all(processes.map(({ flush }) => flush()))
  for (let day = 0; day < 40; day++) {
    clock.pass(dayMs)
    await keepHouse(...processes)
  }
  const names = (path: string) => {
    const { value } = JSON.parse(records.get(path) as string)
    return Object.keys(JSON.parse(value).features).length
  }
  assert.equal(
    ['day.2024-03-01', 'month.2024-03'].map((span) => names(`clientele.${span}.${clientIdOf('made up')}`)),
    [64, 64],
  )
  assert.is(names(`clientele.month.2024-03.${clientIdOf('adopted')}`), 240)
  assert.is((await first.usage.read('made up', 'all')).calls, 240)
  for (const process of processes) process.kill()
})

/** What was counted, by public key and day. */
class Truth {
  readonly #counted = new Map<string, Map<string, [sessions: number, calls: number, errors: number]>>()

  play(process: Process, publicKey: string, { isUnregistered = true, failed = false } = {}): void {
    const attribution: Attribution = { publicKey, seat: publicKey.length % 64 }
    if (isUnregistered) attribution.isUnregistered = true
    if (!failed) process.recorder.session(attribution, 'empire.login', false)
    process.recorder.call(attribution, `body.view_${publicKey.length}`, failed, false)
    const row = process.recorder.held(dayOf(clock.ms), publicKey) ? publicKey : others
    const days = this.#counted.get(row) ?? new Map()
    this.#counted.set(row, days)
    const [sessions, calls, errors] = days.get(dayOf(clock.ms)) ?? [0, 0, 0]
    days.set(dayOf(clock.ms), [sessions + Number(!failed), calls + 1, errors + Number(failed)])
  }

  get publicKeys(): string[] {
    return [...this.#counted.keys()]
  }

  of(publicKey: string, from = '', to = '9999'): number[] {
    const sums = [0, 0, 0]
    for (const [day, counts] of this.#counted.get(publicKey) ?? []) {
      if (day >= from && day <= to)
        for (const [index, count] of counts.entries()) sums[index] = (sums[index] ?? 0) + count
    }
    return sums
  }

  all(from?: string, to?: string): number[] {
    return added(this.publicKeys.map((publicKey) => this.of(publicKey, from, to)))
  }
}

function added(parts: readonly (readonly number[])[]): number[] {
  return parts.reduce<number[]>((sum, part) => sum.map((value, index) => value + (part[index] ?? 0)), [0, 0, 0])
}

const countsOf = ({ sessions, calls, errors }: { sessions: number; calls: number; errors: number }) => [
  sessions,
  calls,
  errors,
]

/** Rows and reports, of all time and of each month, add up to what was counted; clients of a name have all of theirs. */
async function compare(truth: Truth, reader: Process, named: readonly string[], told: string): Promise<void> {
  const ranges = [undefined, ...months(truth).map((month) => ({ from: `${month}-01`, to: lastDayOf(month) }))]
  const publicKeys = [...new Set([...truth.publicKeys, others])]
  for (const range of ranges) {
    const what = `${told}: ${JSON.stringify(range ?? 'all')}`
    const expected = truth.all(range?.from, range?.to)
    const rows = await reader.usage.overview(range ?? 'all')
    assert.equal(added(rows.map(countsOf)), expected, `${what}, the rows`)
    const reports = await reader.usage.readMany(publicKeys, range ?? 'all')
    assert.equal(added(reports.map(countsOf)), expected, `${what}, the reports`)
    for (const report of reports) {
      const row = rows.find(({ publicKey }) => publicKey === report.publicKey)
      const [sums, inDays, inMonths] = [
        countsOf(report),
        added(report.days.map(countsOf)),
        added(report.months.map(countsOf)),
      ]
      assert.equal(row ? countsOf(row) : [0, 0, 0], sums, `${what}, row and report of ${report.publicKey}`)
      assert.equal([inDays, inMonths], [sums, sums], `${what}, days and months of ${report.publicKey}`)
      if (named.includes(report.publicKey)) {
        assert.equal(sums, truth.of(report.publicKey, range?.from, range?.to), `${what}, ${report.publicKey}`)
      }
    }
  }
}

function months(truth: Truth): string[] {
  const first = new Date('2024-01-01T00:00:00Z')
  return Array.from({ length: 9 }, (_, index) =>
    new Date(Date.UTC(first.getUTCFullYear(), index, 1)).toISOString().slice(0, 7),
  ).filter((month) => truth.all(`${month}-01`, lastDayOf(month))[1] !== 0)
}

function lastDayOf(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10)
}

test('whatever strangers did in whatever months, and whoever was adopted, the sums stay and the used keep their names', async () => {
  let folded = 0
  const month = fc.record({
    strangers: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 6 }),
    adopts: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 5 }),
    removes: fc.boolean(),
    kills: fc.boolean(),
    atOnce: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(month, { minLength: 8, maxLength: 8 }), async (story) => {
      clock.start('2024-01-03T12:00:00Z')
      const records = new Map<string, unknown>()
      const truth = new Truth()
      const processes = [await startProcess(records), await startProcess(records)] as [Process, Process]
      const named = new Set(['iOS', 'anonymous', '(none)'])
      const everNamed = new Set<string>()
      const { publicKey } = await processes[0].registry.register({ name: 'Mine' })
      named.add(publicKey)
      for (const [index, { strangers, adopts, removes, kills, atOnce }] of story.entries()) {
        clock.ms = Date.UTC(2024, index, 3, 12)
        for (const process of processes) {
          for (const one of named) truth.play(process, one, { isUnregistered: one === 'iOS' })
        }
        for (const one of strangers) {
          truth.play(processes[one % 2] as Process, `stranger ${one}`, { failed: one % 3 === 0 })
        }
        await Promise.all(processes.map(({ flush }) => flush()))
        if (adopts !== null && !everNamed.has(`stranger ${adopts}`)) {
          const one = `stranger ${adopts}`
          const before = await processes[1].usage.read(one, 'all')
          await processes[0].registry.adopt(one, { name: one })
          if (removes) await processes[1].registry.remove(one)
          everNamed.add(one)
          // From here on it keeps what it has.
          if (countsOf(before).join() === truth.of(one).join()) named.add(one)
        }
        if (kills) {
          processes[1].kill()
          processes[1] = await startProcess(records)
          await processes[1].keepHouse()
        }
        for (let day = 0; day < 6; day++) {
          clock.pass(4 * dayMs + hourMs)
          for (let round = 0; round < 3; round++) {
            if (atOnce) await Promise.all(processes.map(({ keepHouse }) => keepHouse()))
            else await keepHouse(...processes)
            clock.pass(hourMs / 4)
          }
        }
        await compare(truth, processes[index % 2] as Process, [...named], `month ${index + 1}`)
        for (const one of everNamed) named.add(one)
        for (const one of everNamed)
          if (countsOf(await processes[0].usage.read(one, 'all')).join() !== truth.of(one).join()) named.delete(one)
      }
      folded += (await processes[0].usage.read(others, 'all')).calls
      for (const process of processes) process.kill()
    }),
    { numRuns: 8 },
  )
  assert.ok(folded > 3, `${folded} calls were folded`)
  console.log(`FIGURE folding: 8 generated histories of eight months, ${folded} calls folded, no difference`)
})

test('a process killed anywhere in the middle of folding leaves nothing wrong', async () => {
  let tries = 0
  let hasFolded = false
  for (let calls = 1; ; calls++) {
    clock.start('2024-01-30T12:00:00Z')
    const records = new Map<string, unknown>()
    const truth = new Truth()
    const writer = await startProcess(records)
    for (const publicKey of ['iOS', 'quiet', 'quiet too', others]) truth.play(writer, publicKey)
    await writer.flush()
    for (let month = 1; month < 4; month++) {
      clock.ms = Date.UTC(2024, month, 20)
      truth.play(writer, 'iOS')
      await writer.flush()
      if (month === 3) break
      clock.pass(20 * dayMs)
      await keepHouse(writer)
    }
    clock.pass(20 * dayMs)
    const victim = await startProcess(records)
    await victim.own.others()
    clock.pass(hourMs)
    const isKilled = killAfter(victim.adapter, calls)
    for (let round = 0; round < 4; round++) {
      await victim.sealer.seal().catch(() => {})
      await victim.cleaner.clean().catch(() => {})
      clock.pass(dayMs)
    }
    victim.kill()
    const reader = await startProcess(records)
    await compare(truth, reader, ['iOS'], `killed at write ${calls}`)
    for (let round = 0; round < 4; round++) {
      await keepHouse(reader)
      clock.pass(dayMs)
    }
    await compare(truth, reader, ['iOS'], `killed at write ${calls}, and finished`)
    assert.is((await reader.usage.read('quiet', 'all')).calls, 0)
    const left2024 = [...records.keys()].filter((name) => name.includes(`month.2024-01.${clientIdOf('quiet')}`))
    assert.equal(left2024, [])
    hasFolded = (await reader.usage.read(others, 'all')).calls === 3
    reader.kill()
    writer.kill()
    tries++
    if (!isKilled()) break
  }
  assert.ok(hasFolded)
  assert.ok(tries > 6, `${tries}`)
  console.log(`FIGURE killed in mid-fold at each of ${tries - 1} writes, no difference`)
})

test('a day that is sealed months late is in its month once, be that folded or its days gone', async () => {
  clock.start('2024-01-10T12:00:00Z')
  const records = new Map<string, unknown>()
  const truth = new Truth()
  const [one, lost] = [await startProcess(records, { retentionDays: 62 }), await startProcess(records)]
  for (const publicKey of ['iOS', 'quiet']) truth.play(one, publicKey)
  await one.flush()
  clock.pass(dayMs)
  truth.play(lost, 'iOS')
  truth.play(lost, 'quiet')
  truth.play(lost, 'another')
  await lost.flush()
  lost.kill()
  // A stale write had dropped it from the directory.
  const hidden = [...records].filter(([name]) => name.includes(lost.own.id))
  const directory = [...records].filter(
    ([name, value]) => name.startsWith('clientele.writers.') && (value as string).includes(lost.own.id),
  )
  for (const [name] of [...hidden, ...directory]) records.delete(name)
  await one.directory.enter([one.own.id])
  one.own.record.seen = [one.own.id]
  for (let month = 1; month < 9; month++) {
    clock.ms = Date.UTC(2024, month, 20)
    truth.play(one, 'iOS')
    await one.flush()
    for (let round = 0; round < 3; round++) {
      clock.pass(7 * dayMs)
      await keepHouse(one)
    }
  }
  assert.is((await one.usage.read(others, 'all')).calls, 1)
  // The one process that had seen it puts it back.
  for (const [name, value] of hidden) records.set(name, value)
  await one.directory.enter([lost.own.id])
  clock.pass(hourMs)
  for (let round = 0; round < 3; round++) {
    await keepHouse(one)
    clock.pass(dayMs)
  }
  await compare(truth, one, ['iOS'], 'a late day')
  one.kill()
})

test('a process killed anywhere while it seals a day that is months late leaves nothing out', async () => {
  clock.start('2024-01-10T12:00:00Z')
  const records = new Map<string, unknown>()
  const [one, lost] = [await startProcess(records, { retentionDays: 62 }), await startProcess(records)]
  for (const key of ['iOS', 'quiet']) call(one, key, 'view')
  await one.flush()
  clock.pass(dayMs)
  for (const key of ['iOS', 'quiet', 'another']) call(lost, key, 'view')
  await lost.flush()
  lost.kill()
  // A stale write drops it from the directory, until somebody puts it back months later.
  const hidden = [...records].filter(([name]) => name.includes(lost.own.id))
  const listing = [...records].filter(
    ([name, text]) => name.includes('.writers.') && String(text).includes(lost.own.id),
  )
  for (const [name] of [...hidden, ...listing]) records.delete(name)
  await one.directory.enter([one.own.id])
  one.own.record.seen = [one.own.id]
  for (let month = 1; month < 9; month++) {
    clock.ms = Date.UTC(2024, month, 20)
    call(one, 'iOS', 'view')
    await one.flush()
    for (let week = 0; week < 3; week++) {
      clock.pass(7 * dayMs)
      await keepHouse(one)
    }
  }
  for (const [name, text] of hidden) records.set(name, text)
  await one.directory.enter([lost.own.id])
  await one.flush()
  one.kill()
  const startedAtMs = clock.ms
  for (let kill = 0; ; kill++) {
    clock.ms = startedAtMs
    const left = new Map(records)
    const victim = await startProcess(left, { retentionDays: 62 })
    await victim.own.others()
    clock.pass(hourMs)
    const isKilled = killAfter(victim.adapter, kill)
    await victim.sealer.seal().catch(() => undefined)
    victim.kill()
    const reader = await startProcess(left, { retentionDays: 62 })
    for (let round = 0; round < 4; round++) {
      await keepHouse(reader)
      clock.pass(dayMs)
    }
    const sumOf = (all: readonly { calls: number }[]) => all.reduce((sum, { calls }) => sum + calls, 0)
    const clients = ['iOS', 'quiet', 'another', others]
    const january = { from: '2024-01-01', to: '2024-01-31' }
    assert.equal(
      [
        sumOf(await reader.usage.overview('all')),
        sumOf(await reader.usage.readMany(clients, 'all')),
        sumOf(await reader.usage.overview(january)),
      ],
      [13, 13, 5],
      `killed at write ${kill}`,
    )
    reader.kill()
    if (!isKilled()) break
  }
})

test('two processes that seal the totals at once leave no client out of them', async () => {
  clock.start('2024-01-10T12:00:00Z')
  const records = new Map<string, unknown>()
  const [one, another] = [await startProcess(records), await startProcess(records)]
  let made = 0
  for (let month = 0; month < 9; month++) {
    clock.ms = Date.UTC(2024, month, 20)
    // In each month somebody else, who is registered, and so is in no other row.
    const { publicKey } = await one.registry.register({ name: `Of month ${month}` })
    one.recorder.call({ publicKey }, 'view', false, false)
    made++
    await one.flush()
    const { getMany } = another.adapter
    for (let round = 0; round < 8; round++) {
      clock.pass(3 * dayMs)
      // Both have seen what is to go into the totals next.
      await one.keepHouse()
      await another.keepHouse()
      // Between reading which pages there are and reading them, the other process does all that there is to do.
      another.adapter.getMany = async (names: string[]) => {
        if (names.some((name) => name.startsWith('clientele.rows.total.'))) {
          another.adapter.getMany = getMany
          await one.keepHouse()
        }
        return getMany.call(another.adapter, names)
      }
      await another.keepHouse().catch(() => undefined)
      another.adapter.getMany = getMany
    }
    const sum = (await one.usage.overview('all')).reduce((calls, row) => calls + row.calls, 0)
    assert.is(sum, made, `month ${month}`)
  }
  one.kill()
  another.kill()
})

test('a year of 1,000 made-up keys a day, some of them used for months, leaves a store within its bound', async () => {
  clock.start('2024-01-01T12:00:00Z')
  const records = new Map<string, unknown>()
  const process = await startProcess(records, { retentionDays: 62 })
  let calls = 0
  const play = (publicKey: string) => {
    logIn(process, publicKey)
    calls++
  }
  const yearBytes: number[] = []
  for (let month = 0; month < 13; month++) {
    for (const day of [3, 13, 23]) {
      clock.ms = Date.UTC(2024, month, day, 12)
      for (let index = 0; index < 3; index++) play('iOS')
      // New ones each day, and on one day of the month the same of every month; more than there is room for.
      const made = (index: number) => (day === 13 ? `stubborn ${index}` : `made up ${month} ${day} ${index}`)
      for (let index = 0; index < 990; index++) play(made(index))
      if (day === 23) for (let index = 0; index < 300; index++) play(`stubborn too ${index}`)
      await process.flush()
      clock.pass(4 * dayMs)
      await keepHouse(process)
      clock.pass(dayMs)
      await keepHouse(process)
    }
    yearBytes.push(bytesOf(records, /^clientele\.(month|total|rows\.(total|\d{4}-\d\d(\.|$)))/))
  }
  assert.is(
    (await process.usage.overview('all')).reduce((sum, row) => sum + row.calls, 0),
    calls,
  )
  const totals = [...records.keys()].filter((name) => name.startsWith('clientele.total.'))
  assert.ok(totals.length <= 1_002, `${totals.length} totals`)
  const perMonth = new Map<string, number>()
  for (const name of records.keys()) {
    const [, month = ''] = /^clientele\.month\.(\d{4}-\d\d)/.exec(name) ?? []
    perMonth.set(month, (perMonth.get(month) ?? 0) + 1)
  }
  assert.ok((perMonth.get('2024-01') ?? 0) <= 1_002, `${perMonth.get('2024-01')} clients in a final month`)
  const phone = await process.usage.read('iOS', 'all')
  assert.is(phone.calls, 13 * 3 * 3)
  assert.is(phone.months.length, 13)
  const last = yearBytes.at(-1) ?? 0
  assert.ok(last < 15_000_000, `${last} bytes`)
  console.log(
    `FIGURE a year of 1,000 made-up keys on each of 39 days: ${last} bytes of months and totals, ${totals.length} totals`,
  )
  process.kill()
})

test.run()
