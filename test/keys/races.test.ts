// Changes of one client that meet, in one process and in two, on a store that takes 5 to 15 ms a call. What must hold, whatever
// met whatever: what is on the store is what the last "done" said, and who has a dead private key was told so.
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { Keyv } from 'keyv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ClienteleError, clientele, lacuna } from '../../src/index.js'
import { clientIdOf } from '../../src/keys/key-format.js'
import type { StoredClients } from '../../src/keys/stored-clients.js'
import { secret } from '../helpers/serve.js'
import { type SlowAdapter, slowStore } from '../helpers/slow-store.js'

type Process = ReturnType<typeof clientele>
type Check = (later: Process) => Promise<void>
type Verb = (typeof verbs)[number]
interface Step {
  verb: Verb
  /** Which process makes it. */
  process: 0 | 1
  afterMs: number
}
interface Round {
  /** How the client is before. */
  before: 'registered' | 'retired' | 'wild'
  steps: Step[]
}
interface Outcome extends Step {
  /** What it was told; 'done' or the code of an error. */
  told: string
  atMs: number
  privateKey?: string
  name?: string
}

const verbs = ['rotate', 'update', 'remove', 'retire', 'restore', 'adopt'] as const
const step = fc.record<Step>({
  verb: fc.constantFrom(...verbs),
  process: fc.constantFrom(0 as const, 1 as const),
  afterMs: fc.constantFrom(0, 0, 5, 10, 15, 20, 30, 60),
})
const round = fc.record<Round>({
  before: fc.constantFrom('registered', 'registered', 'retired', 'wild'),
  // With two removals nobody could say which of them came before an adoption.
  steps: fc.uniqueArray(step, {
    minLength: 2,
    maxLength: 4,
    comparator: (one, another) => one.verb === 'remove' && another.verb === 'remove',
  }),
})

function open(records: Map<string, unknown>, storeTimeoutMs = 30_000): { adapter: SlowAdapter; clients: Process } {
  const { adapter, store } = slowStore(records)
  return { adapter, clients: clientele({ store, protocol: lacuna(), secret, storeTimeoutMs, ...quiet }) }
}

/** Many processes fit into one where their caches are small. */
const quiet = { memory: { sessions: 100, clients: 100 }, onError() {} }

/** Plays the steps of a round, and holds what was told against what is there when all has settled. */
async function play(
  { before, steps }: Round,
  at: number,
  [setUp, here, there]: readonly [Process, Process, Process],
  records: Map<string, unknown>,
  ready = () => {},
): Promise<Check> {
  const erased = `Erase me ${at}`
  const first =
    before === 'wild' ? { publicKey: `bot ${at}`, privateKey: '' } : await setUp.registry.register({ name: erased })
  const { publicKey } = first
  if (before === 'retired') await setUp.registry.retire(publicKey)
  ready()

  async function take({ verb, process, afterMs }: Step, index: number): Promise<Outcome> {
    await pause(afterMs)
    const { registry } = process === 0 ? here : there
    const name = `${verb} ${at} ${index}`
    const work = async (): Promise<Partial<Outcome>> => {
      if (verb === 'update') return registry.update(publicKey, { name }).then(() => ({ name }))
      if (verb === 'adopt') return { ...(await registry.adopt(publicKey, { name })), name }
      return { ...(await registry[verb](publicKey)) }
    }
    const [told, more] = await work().then(
      (done) => ['done', done] as const,
      (error: ClienteleError) => [error.code ?? String(error), {}] as const,
    )
    return { ...{ verb, process, afterMs, told, atMs: performance.now() }, ...more }
  }

  const outcomes = (await Promise.all(steps.map(take))).toSorted((one, another) => one.atMs - another.atMs)
  return async ({ registry }) => {
    const done = outcomes.filter(({ told }) => told === 'done')
    const last = (...wanted: Verb[]) => done.findLast(({ verb }) => wanted.includes(verb))
    // Who was told of an outage knows nothing; a retirement or a removal may have been made all the same.
    const isUnsure = (of: Verb) => outcomes.some(({ verb, told }) => verb === of && told.startsWith('store_'))
    const kept = [...records].filter(([name]) => name.startsWith(`clientele.client.${clientIdOf(publicKey)}.`))
    const said = JSON.stringify({ before, outcomes, kept }, undefined, 1)
    const client = await registry.find(publicKey)
    for (const { told } of outcomes) assert.match(told, /^(done|(client|store)_[a-z]+)$/, said)

    // Asked for within 60 ms, none of them was made in the knowledge of another.
    for (const verb of ['rotate', 'adopt']) {
      assert.ok(done.filter((one) => one.verb === verb).length <= 1, `only one ${verb} is done\n${said}`)
    }
    // A rotation may find an adoption that is not done yet, and take it over; who adopted is told.
    const isTakenOver = last('rotate') && outcomes.some(({ verb, told }) => verb === 'adopt' && told !== 'done')
    // Of a registered client only what removes it can come before what adopts it, whoever was told first.
    const existence = last('remove', 'adopt')
    const exists = before === 'wild' ? existence?.verb === 'adopt' : !existence || last('adopt') !== undefined
    if (!isUnsure('remove') && !isTakenOver) assert.is(client !== undefined, exists, `it exists\n${said}`)

    const named = last('update', 'adopt')
    const isNameSure = client && !isTakenOver && (named || !isUnsure('update'))
    const name = isNameSure ? (named?.name ?? erased) : client?.name
    const names = kept.flatMap(([, value]) => String(value).match(/(Erase me|update|adopt) [\d ]*\d/g) ?? [])
    assert.equal(names, name === undefined ? [] : [name], `no other name is kept\n${said}`)

    const holder = last('rotate', 'adopt')
    const privateKeys = [first.privateKey, ...done.flatMap(({ privateKey = [] }) => privateKey)]
    const opening: string[] = []
    for (const privateKey of privateKeys) if (await registry.authenticate(privateKey)) opening.push(privateKey)
    const wanted = client ? [holder?.privateKey ?? first.privateKey] : []
    // Where nobody was given a new one, and somebody was told of an outage, the old one may be dead.
    if (holder || !isUnsure('rotate')) assert.equal(opening, wanted, `the last private key opens\n${said}`)

    const fate = last('retire', 'restore', 'adopt')
    const isRetired = fate ? fate.verb === 'retire' : before === 'retired'
    if (client && (isRetired || !isUnsure('retire'))) {
      assert.is(client.retiredAtMs !== undefined, isRetired, `retired stays retired\n${said}`)
    }
  }
}

/** Holds all rounds of a store against what a process finds that looks only afterwards. */
async function checkAll(records: Map<string, unknown>, checks: readonly Check[]): Promise<void> {
  const store = new Keyv({ store: records, namespace: undefined, useKeyPrefix: false })
  const later = clientele({ store, protocol: lacuna(), secret, ...quiet })
  for (const check of checks) await check(later)
  await later.close()
}

test('changes that meet: what is there is what the last "done" said, and nobody has a dead private key untold', async () => {
  const records = new Map<string, unknown>()
  const [one, two] = [open(records), open(records)]
  const rounds = fc.sample(round, 200)
  const checks = await Promise.all(
    rounds.map((each, at) => play(each, at, [one.clients, one.clients, two.clients], records)),
  )
  await Promise.all([one.clients.close(), two.clients.close()])
  await checkAll(records, checks)
})

test('the same while writes of one process are late, and land after it gave them up', async () => {
  const rounds = fc.sample(round, 60)
  await Promise.all(
    rounds.map(async (each, at) => {
      const records = new Map<string, unknown>()
      const [one, two] = [open(records, 300), open(records, 300)]
      const setUp = open(records)
      const check = await play(each, at, [setUp.clients, one.clients, two.clients], records, () => {
        let isLate = false
        two.adapter.heldUpMs = ([name = '']) => {
          if (!name.startsWith('clientele.client.')) return 0
          isLate = !isLate
          return isLate ? 350 + 450 * Math.random() : 0
        }
      })
      await Promise.all([setUp, one, two].map(({ clients }) => clients.close()))
      await checkAll(records, [check])
    }),
  )
})

test('two rotations on a store that takes up to 300 ms a call show no private key that is dead', async () => {
  const records = new Map<string, unknown>()
  const [setUp, here, there] = [open(records), open(records), open(records)]
  await Promise.all([setUp, here, there].map(({ clients }) => clients.ready()))
  for (const { adapter } of [here, there]) adapter.factor = 20
  const rounds = Array.from({ length: 40 }, async (_, at) => {
    const { publicKey } = await setUp.clients.registry.register({ name: `Slow ${at}` })
    const shown = await Promise.all(
      [here, there].map(async ({ clients }, process) => {
        await pause(((at * 37) % 80) * process)
        return clients.registry.rotate(publicKey).catch(({ code }: ClienteleError) => ({ code, privateKey: undefined }))
      }),
    )
    await Promise.all([here, there].map(({ clients }) => (clients.registry as StoredClients).settled()))
    for (const { privateKey } of shown) {
      if (privateKey)
        assert.ok(await setUp.clients.registry.authenticate(privateKey), 'a private key that was shown is dead')
    }
  })
  await Promise.all(rounds)
  for (const { clients } of [setUp, here, there]) await clients.close()
})

test.run()
