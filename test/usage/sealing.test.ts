import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { addDays, dayOf } from '../../src/usage/days.js'
import type { UsageReport } from '../../src/usage/report.js'
import { killAfter } from '../helpers/faulty.js'
import { clock, dayMs, hourMs, type Process, startProcess } from '../helpers/fleet.js'

// Nothing else keeps this process alive while a store hangs.
const awake = setInterval(() => {}, 1_000)
test.after(() => clearInterval(awake))
test.after.each(() => clock.stop())

/** Numbers that look random and are the same each time. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

/** What really happened, by client and day. */
class Truth {
  readonly days = new Map<
    string,
    Map<string, { sessions: number; calls: number; errors: number; players: Set<number> }>
  >()

  play(process: Process, publicKey: string, { player = 0, failed = false } = {}): void {
    clock.skewMs = process.skewMs
    process.recorder.session({ publicKey }, 'empire.login', true)
    process.recorder.call({ publicKey }, `body.view_${player % 5}`, failed, false)
    process.recorder.player({ publicKey }, 'secret', createHash('sha256').update(`player ${player}`).digest())
    clock.skewMs = 0
    const days = this.days.get(publicKey) ?? new Map()
    this.days.set(publicKey, days)
    const day = dayOf(clock.ms)
    const sums = days.get(day) ?? { sessions: 0, calls: 0, errors: 0, players: new Set() }
    days.set(day, sums)
    sums.sessions++
    sums.calls++
    if (failed) sums.errors++
    sums.players.add(player)
  }

  sums(publicKey: string, from = '', to = '9999'): [sessions: number, calls: number, errors: number, players: number] {
    const players = new Set<number>()
    let [sessions, calls, errors] = [0, 0, 0]
    for (const [day, sums] of this.days.get(publicKey) ?? []) {
      if (day < from || day > to) continue
      sessions += sums.sessions
      calls += sums.calls
      errors += sums.errors
      for (const player of sums.players) players.add(player)
    }
    return [sessions, calls, errors, players.size]
  }
}

const sumsOf = ({ sessions, calls, errors, players }: UsageReport) => [sessions, calls, errors, players]

async function compare(
  truth: Truth,
  reader: Process,
  told: string,
  range?: { from: string; to: string },
): Promise<void> {
  for (const publicKey of truth.days.keys()) {
    const report = await reader.usage.read(publicKey, range ?? 'all')
    const expected = truth.sums(publicKey, range?.from, range?.to)
    assert.equal(sumsOf(report), expected, `${told}: ${publicKey} ${JSON.stringify(range ?? 'all')}`)
    const features = Object.values(report.features).reduce((sum, { calls }) => sum + calls, 0)
    assert.is(features, expected[1], `${told}: the features of ${publicKey}`)
    const inMonths = report.months.reduce((sum, { sessions }) => sum + sessions, 0)
    assert.is(inMonths, expected[0], `${told}: the months of ${publicKey}`)
    const inDays = report.days.reduce((sum, { sessions }) => sum + sessions, 0)
    assert.is(inDays, expected[0], `${told}: the days of ${publicKey}`)
  }
  const rows = await reader.usage.overview(range ?? 'all')
  assert.equal(
    rows.map(({ publicKey, sessions, calls }) => [publicKey, sessions, calls]).sort(),
    [...truth.days.keys()]
      .map((publicKey) => [publicKey, ...truth.sums(publicKey, range?.from, range?.to).slice(0, 2)])
      .filter(([, sessions]) => sessions !== 0)
      .sort(),
    `${told}: the overview`,
  )
}

async function keepHouse(processes: readonly Process[]): Promise<void> {
  for (const process of processes) await process.keepHouse()
  // Long enough for whoever is silent to be known as dead.
  clock.pass(hourMs / 4)
  for (const process of processes) await process.keepHouse()
}

test('a winter with a leap day, restarts and kills reads exactly, day by day', async () => {
  clock.start('2023-12-20T00:00:00Z')
  const records = new Map<string, unknown>()
  const roll = dice(7)
  const truth = new Truth()
  const start = () => startProcess(records)
  const processes = [await start(), await start(), await start()]
  for (let day = 0; day < 80; day++) {
    const midnight = clock.ms
    for (let event = 0; event < 12; event++) {
      const process = processes[roll(3)]
      if (process) truth.play(process, `client ${roll(4)}`, { player: roll(20), failed: roll(10) === 0 })
      clock.pass(roll(hourMs))
    }
    for (const process of processes) await process.flush()
    if (roll(3) === 0) {
      const index = roll(3)
      processes[index]?.kill()
      processes[index] = await start()
    }
    await keepHouse(processes)
    clock.pass(midnight + dayMs - clock.ms - 1)
    // Under load over midnight.
    truth.play(processes[0] as Process, 'client 0', { player: 1 })
    clock.pass(1)
    truth.play(processes[0] as Process, 'client 0', { player: 1 })
    await processes[0]?.flush()
    const reader = processes[roll(3)] as Process
    await compare(truth, reader, `day ${day}`)
    const today = dayOf(clock.ms)
    await compare(truth, reader, `day ${day}`, { from: addDays(today, -29), to: today })
    const from = addDays('2023-12-20', roll(60))
    await compare(truth, reader, `day ${day}`, { from, to: addDays(from, roll(50)) })
  }
  const today = dayOf(clock.ms)
  const shardDays = [...records.keys()].flatMap(
    (name) => /^clientele\.(?:usage|summary)\.([\d-]+)/.exec(name)?.[1] ?? [],
  )
  assert.ok(
    shardDays.every((day) => day > addDays(today, -22)),
    `the oldest shard is of ${shardDays.sort()[0]}`,
  )
  const writers = [...records.keys()].filter((name) => name.startsWith('clientele.writer.'))
  assert.ok(writers.length < 15, `${writers.length} writers are left`)
  assert.ok(records.has('clientele.sealed.2024-02-29'))
  assert.ok(records.has('clientele.sealed.2024-02'))
  console.log(`FIGURE 80 days, ${records.size} records at the end, ${writers.length} writers, no difference`)
  for (const process of processes) process.kill()
})

test('after the retention the days are gone and the totals stay', async () => {
  clock.start('2024-01-15T12:00:00Z')
  const records = new Map<string, unknown>()
  const truth = new Truth()
  const process = await startProcess(records, { retentionDays: 62 })
  for (let day = 0; day < 150; day++) {
    truth.play(process, 'bot', { player: day % 7 })
    await process.flush()
    clock.pass(dayMs)
    await keepHouse([process])
  }
  const all = await process.usage.read('bot', 'all')
  assert.equal(sumsOf(all), truth.sums('bot'))
  assert.is(all.from, '2024-01-15')
  const kept = [...records.keys()].flatMap((name) => /^clientele\.day\.([\d-]+)/.exec(name)?.[1] ?? []).sort()
  assert.ok((kept[0] ?? '') >= addDays(dayOf(clock.ms), -93), `the oldest day is ${kept[0]}`)
  process.kill()
})

test('two processes that seal at once do no harm', async () => {
  clock.start('2024-01-29T12:00:00Z')
  const records = new Map<string, unknown>()
  const truth = new Truth()
  const roll = dice(3)
  const processes = [await startProcess(records), await startProcess(records), await startProcess(records)]
  for (let day = 0; day < 12; day++) {
    for (const process of processes) truth.play(process, `client ${roll(3)}`, { player: roll(9) })
    await Promise.all(processes.map(({ flush }) => flush()))
    clock.pass(dayMs)
    for (let round = 0; round < 2; round++) {
      await Promise.all(processes.map(({ keepHouse }) => keepHouse()))
      clock.pass(hourMs / 4)
    }
    await compare(truth, processes[roll(3)] as Process, `day ${day}`)
  }
  assert.ok(records.has('clientele.sealed.2024-01'))
  for (const process of processes) process.kill()
})

test('a process killed anywhere in the middle of sealing leaves nothing wrong', async () => {
  let tries = 0
  for (let calls = 1; ; calls++) {
    clock.start('2024-01-30T12:00:00Z')
    const records = new Map<string, unknown>()
    const truth = new Truth()
    const writer = await startProcess(records)
    for (const publicKey of ['one', 'two', 'three']) truth.play(writer, publicKey, { player: 1 })
    await writer.flush()
    clock.pass(2 * dayMs)
    truth.play(writer, 'one', { player: 2 })
    await writer.flush()
    clock.pass(4 * dayMs)
    const victim = await startProcess(records)
    await victim.own.others()
    clock.pass(hourMs)
    const isKilled = killAfter(victim.adapter, calls)
    await victim.sealer.seal().catch(() => {})
    victim.kill()
    const reader = await startProcess(records)
    await compare(truth, reader, `killed at write ${calls}`)
    await keepHouse([reader])
    await keepHouse([reader])
    await compare(truth, reader, `killed at write ${calls}, and finished`)
    reader.kill()
    writer.kill()
    tries++
    if (!isKilled()) break
  }
  console.log(`FIGURE killed in mid-seal at each of ${tries - 1} writes, no difference`)
  assert.ok(tries > 6)
})

test('a clock that runs three days ahead seals nobody else’s today, and loses nothing when it is put right', async () => {
  clock.start('2024-05-10T12:00:00Z')
  const records = new Map<string, unknown>()
  const truth = new Truth()
  const [right, fast] = [await startProcess(records), await startProcess(records, { skewMs: 3 * dayMs })]
  for (let hour = 0; hour < 48; hour++) {
    truth.play(right, 'bot', { player: 1 })
    truth.play(fast, 'bot', { player: 2 })
    await Promise.all([right.flush(), fast.flush()])
    clock.pass(hourMs)
    await keepHouse([right, fast])
  }
  assert.not.ok(records.has('clientele.sealed.2024-05-11'))
  fast.skewMs = 0
  for (let hour = 0; hour < 24 * 8; hour++) {
    truth.play(fast, 'bot', { player: 2 })
    truth.play(right, 'bot', { player: 1 })
    await Promise.all([right.flush(), fast.flush()])
    clock.pass(hourMs)
    if (hour % 8 === 0) await keepHouse([right, fast])
  }
  clock.pass(5 * dayMs)
  await keepHouse([right, fast])
  await keepHouse([right, fast])
  const report = await right.usage.read('bot', 'all')
  assert.equal([report.sessions, report.players], [truth.sums('bot')[0], 2])
  assert.ok(records.has('clientele.sealed.2024-05-11'))
  right.kill()
  fast.kill()
})

test('a clock that jumps back an hour or two days loses nothing', async () => {
  clock.start('2024-05-10T00:30:00Z')
  const records = new Map<string, unknown>()
  const truth = new Truth()
  const process = await startProcess(records)
  for (const jumpMs of [hourMs, 2 * dayMs, hourMs]) {
    truth.play(process, 'bot')
    clock.ms -= jumpMs
    truth.play(process, 'bot')
    await process.flush()
    await keepHouse([process])
    clock.pass(dayMs)
  }
  assert.is((await process.usage.read('bot', 'all')).sessions, 6)
  clock.pass(6 * dayMs)
  await keepHouse([process])
  assert.is((await process.usage.read('bot', 'all')).sessions, 6)
  process.kill()
})

test('a process that slept for three days with counts in memory brings them late, and none twice', async () => {
  for (const landed of [false, true]) {
    clock.start('2024-06-01T12:00:00Z')
    const records = new Map<string, unknown>()
    const truth = new Truth()
    const [awakeOne, sleeper] = [await startProcess(records), await startProcess(records)]
    truth.play(awakeOne, 'bot', { player: 1 })
    truth.play(sleeper, 'bot', { player: 2 })
    await Promise.all([awakeOne.flush(), sleeper.flush()])
    // Its last write is refused, or lands and its answer is lost; then it sleeps.
    truth.play(sleeper, 'bot', { player: 3 })
    truth.play(sleeper, 'another', { player: 3 })
    const { setMany } = sleeper.adapter
    sleeper.adapter.setMany = async (entries) => {
      if (landed) await setMany.call(sleeper.adapter, entries)
      throw new Error('asleep')
    }
    await sleeper.flush()
    truth.play(sleeper, 'bot', { player: 4 })
    for (let day = 0; day < 3; day++) {
      clock.pass(dayMs)
      await keepHouse([awakeOne])
      await keepHouse([awakeOne])
    }
    assert.ok(records.has('clientele.sealed.2024-06-01'))
    sleeper.adapter.setMany = setMany
    // The store is probed after a pause of real time.
    await sleeper.store.whenUp()
    for (let round = 0; round < 4; round++) {
      await sleeper.keepHouse()
      clock.pass(hourMs / 2)
    }
    const told = landed ? 'landed' : 'refused'
    assert.is((await awakeOne.usage.read('bot', 'all')).sessions, 4, told)
    assert.is((await awakeOne.usage.read('another', 'all')).sessions, 1, told)
    assert.is((await awakeOne.usage.read('bot', 'all')).players, 4, told)
    for (let day = 0; day < 12; day++) {
      clock.pass(dayMs)
      await keepHouse([awakeOne, sleeper])
    }
    assert.is((await sleeper.usage.read('bot', 'all')).sessions, 4, told)
    assert.is((await sleeper.usage.read('another', 'all')).sessions, 1, told)
    awakeOne.kill()
    sleeper.kill()
  }
})

test('a write that lands after its day was sealed is counted once', async () => {
  clock.start('2024-06-01T12:00:00Z')
  const records = new Map<string, unknown>()
  const truth = new Truth()
  const [healthy, slow] = [await startProcess(records), await startProcess(records)]
  truth.play(healthy, 'bot', { player: 1 })
  truth.play(slow, 'bot', { player: 2 })
  await Promise.all([healthy.flush(), slow.flush()])
  truth.play(slow, 'bot', { player: 3 })
  let release = () => {}
  slow.adapter.hanging = new Promise((resolve) => {
    release = resolve
  })
  void slow.flush()
  await new Promise((resolve) => setTimeout(resolve, 50))
  for (let day = 0; day < 3; day++) {
    clock.pass(dayMs)
    await keepHouse([healthy])
    await keepHouse([healthy])
  }
  assert.ok(records.has('clientele.sealed.2024-06-01'))
  slow.adapter.hanging = undefined
  release()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await slow.store.whenUp()
  for (let round = 0; round < 4; round++) {
    await slow.keepHouse()
    clock.pass(hourMs / 2)
  }
  assert.is((await healthy.usage.read('bot', 'all')).sessions, 3)
  assert.is((await slow.usage.read('bot', 'all')).sessions, 3)
  healthy.kill()
  slow.kill()
})

test('a process that was taken for dead is in the directory again before it writes', async () => {
  clock.start('2024-06-01T12:00:00Z')
  const records = new Map<string, unknown>()
  const truth = new Truth()
  const [other, sleeper] = [await startProcess(records), await startProcess(records)]
  for (const process of [other, sleeper]) truth.play(process, 'bot')
  await Promise.all([other.flush(), sleeper.flush()])
  for (let day = 0; day < 14; day++) {
    clock.pass(dayMs)
    await keepHouse([other])
  }
  assert.not.ok(records.has(`clientele.writer.${sleeper.own.id}`))
  for (const process of [other, sleeper]) truth.play(process, 'bot')
  await Promise.all([other.flush(), sleeper.flush()])
  // It falls asleep again before it has shown itself.
  for (let day = 0; day < 4; day++) {
    clock.pass(dayMs)
    await keepHouse([other])
  }
  assert.ok(records.has('clientele.sealed.2024-06-15'))
  assert.is((await other.usage.read('bot', 'all')).sessions, 4)
  other.kill()
  sleeper.kill()
})

test('the clients that a dead process registered stay on the list when its records are gone', async () => {
  clock.start('2024-06-01T12:00:00Z')
  const records = new Map<string, unknown>()
  const dead = await startProcess(records)
  const { publicKey } = await dead.registry.register({ name: 'Orphan' })
  dead.recorder.session({ publicKey }, 'empire.login', true)
  await dead.flush()
  dead.kill()
  const heir = await startProcess(records)
  await heir.registry.register({ name: 'Heir' })
  for (let day = 0; day < 15; day++) {
    await keepHouse([heir])
    clock.pass(dayMs)
  }
  assert.not.ok(records.has(`clientele.writer.${dead.own.id}`))
  const names: string[] = []
  for await (const { name } of heir.registry.list()) names.push(name)
  assert.equal(names.sort(), ['Heir', 'Orphan'])
  assert.is((await heir.usage.read(publicKey, 'all')).sessions, 1)
  heir.kill()
})

test.run()
