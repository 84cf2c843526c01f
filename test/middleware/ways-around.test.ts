// No way around: each way to send a login without a public key, to each game, is refused, or counted and told.
import { crc32 } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Clientele, ClienteleError } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { type Game, games, openToAll } from './games.js'
import { anonymousLogin, type Target, type Way, ways } from './ways.js'
import {
  type Answer,
  comparable,
  freshClients,
  type Host,
  idsIn,
  type KoaName,
  type Mount,
  mountsOf,
  noticed,
  openHost,
  type Watched,
} from './ways-harness.js'

/** Of the cells one in so many is tried, other ones with each seed; `WAYS=1` tries all. */
const share = Number(process.env.WAYS ?? 3)
const seed = Number(process.env.SEED ?? Date.now() % 1_000)
const atATime = 8
/** A game that takes fewer is broken. */
const minTaken = 15

type Outcome = 'refused' | 'unread' | 'told' | 'through'
interface Cell {
  host: Host
  game: string
  mount: Mount
  name: string
  way: Way
}
const nameOf = ({ game, host, mount, name }: Cell) => `${name} | ${game} | ${host.koa} | ${mount}`

const targetOf = ({ path, isRest }: Game, own: string, publicKey?: string): Target => ({
  path,
  isRest: isRest === true,
  own,
  ...(publicKey === undefined ? {} : { publicKey }),
})

/** The sessions in an answer for which nobody named a client. */
function hiddenIn(answer: Answer, { way, host }: Pick<Cell, 'way' | 'host'>, own: string): number {
  const fresh = idsIn(answer).filter((id) => id !== own)
  const unmarked = fresh.filter((id) => !openToAll.has(id)).length
  // The example keeps to itself which of its sessions is whose.
  return host.game.path === '/empire' && way.isBesideAnonymous ? Math.max(0, fresh.length - 1) : unmarked
}

async function send({ host, mount, way }: Cell, clients?: Clientele, publicKey?: string) {
  const own = way.isInOwnSession
    ? (idsIn(await host.send(mount, anonymousLogin(targetOf(host.game, '')), clients))[0] ?? '')
    : ''
  const answer = await host.send(mount, way.send(targetOf(host.game, own, publicKey)), clients)
  return { answer, hidden: hiddenIn(answer, { way, host }, own) }
}

/** What became of a way that the game takes. `watch` makes what is in front, and what is asked about it. */
async function outcomeOf(cell: Cell, watched: Watched, inFront: Clientele | undefined = watched.clients) {
  const { answer, hidden } = await send(cell, inFront)
  const seen = await noticed(
    watched,
    ({ sessions, health, isUnreadTold, isUnexpectedTold }) =>
      hidden === 0 || isUnexpectedTold || (sessions >= hidden && health > 0 && isUnreadTold),
  )
  const isCounted = seen.sessions >= hidden && seen.health > 0 && seen.isUnreadTold
  const outcome: Outcome = hidden === 0 ? 'refused' : isCounted ? 'unread' : seen.isUnexpectedTold ? 'told' : 'through'
  return { outcome, detail: answer.isCutOff ? 'no end' : JSON.stringify(seen), isCutOff: answer.isCutOff }
}

/** Runs through a list, some at a time. */
async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}

const isTried = (cell: Cell) => share <= 1 || crc32(`${seed} ${nameOf(cell)}`) % share === 0

const takers = new Map<string, Set<string>>()
const tables: Record<'plain' | 'strict', Map<string, Outcome>> = { plain: new Map(), strict: new Map() }
const wrong: Record<'plain' | 'strict' | 'keyed' | 'cutOff', string[]> = {
  plain: [],
  strict: [],
  keyed: [],
  cutOff: [],
}
let keyed = 0
let keyedCounted = 0
let strictFault: ClienteleError | undefined

function freshStrict(game: Game, options: { handOver: boolean }): Watched | undefined {
  try {
    return freshClients(game, { ...options, strict: true })
  } catch (error) {
    strictFault = error as ClienteleError
    return undefined
  }
}

interface Known {
  clients: Clientele
  publicKey: string
}

/** Two of us, the second handing over, and in each a client that is registered. */
async function openKnown(game: Game): Promise<Known[]> {
  return Promise.all(
    [false, true].map(async (handOver) => {
      const { clients } = freshClients(game, { handOver })
      const { publicKey } = await clients.registry.register({ name: 'a known client' })
      return { clients, publicKey }
    }),
  )
}

/** One way, without us and then with us in all manners. */
async function tryWay(host: Host, game: string, name: string, way: Way, known: Known[]) {
  const bare: Cell = { host, game, mount: 'first', name, way }
  const plain = await send(bare)
  const isTaken = plain.hidden > 0
  if (isTaken) takers.set(name, (takers.get(name) ?? new Set()).add(game))
  let expected: string | undefined
  for (const mount of mountsOf(host.game)) {
    // A proxy leaves out what Connection names, so that a game may take there what it would not take otherwise.
    const cell = { ...bare, mount }
    if ((!isTaken && mount !== 'gateway') || !isTried(cell)) continue
    const options = { handOver: mount === 'handing over' }
    const watched = freshClients(host.game, options)
    const { outcome, detail, isCutOff } = await outcomeOf(cell, watched)
    if (isTaken || outcome !== 'refused') tables.plain.set(nameOf(cell), outcome)
    if (outcome === 'through') wrong.plain.push(`${nameOf(cell)}: ${detail}`)
    if (isCutOff && !plain.answer.isCutOff) wrong.cutOff.push(nameOf(cell))
    void watched.clients.close()
    const strict = freshStrict(host.game, options)
    if (strict) {
      const { hidden } = await send(cell, strict.clients)
      if (isTaken || hidden > 0) tables.strict.set(nameOf(cell), hidden > 0 ? 'through' : 'refused')
      if (hidden > 0) wrong.strict.push(nameOf(cell))
      void strict.clients.close()
    }
    if (!isTaken) continue
    // With a registered public key in it the client gets what it gets without us.
    const { clients, publicKey } = known[options.handOver ? 1 : 0] as Known
    expected ??= comparable((await send(bare, undefined, publicKey)).answer)
    const given = comparable((await send(cell, clients, publicKey)).answer)
    keyed++
    if (given !== expected) wrong.keyed.push(`${nameOf(cell)}: ${given.slice(0, 200)}, not ${expected.slice(0, 200)}`)
  }
}

for (const koa of Object.keys(koas) as KoaName[]) {
  for (const [name, game] of Object.entries(games)) {
    test(`${koa}, ${name}: every way is tried`, async () => {
      await using host = await openHost(game, koa)
      const known = await openKnown(game)
      await each([...ways], ([wayName, way]) => tryWay(host, name, wayName, way, known))
      for (const { clients, publicKey } of known) {
        keyedCounted += (await clients.usage.read(publicKey, { days: 1 })).sessions
        await clients.close()
      }
      const taken = [...takers.values()].filter((who) => who.has(name)).length
      assert.ok(taken >= minTaken, `${name} takes ${taken} ways`)
    })
  }
}

test('each way is taken by at least one game', () => {
  assert.ok(ways.size >= 54)
  assert.equal(
    [...ways.keys()].filter((name) => !takers.has(name)),
    [],
  )
})

test('no way is through', () => {
  const count = (outcome: Outcome) => [...tables.plain.values()].filter((one) => one === outcome).length
  const throughWays = new Set(wrong.plain.map((cell) => cell.split(' | ')[0]))
  console.log(
    `FIGURE ways around, seed ${seed}, one in ${share}: ${ways.size} ways, ${tables.plain.size} cells: ` +
      `${count('refused')} refused, ${count('unread')} unread, ${count('told')} told, ${count('through')} through (${throughWays.size} ways)`,
  )
  if (process.env.WAYS_LIST) {
    console.log(wrong.plain.join('\n'))
    for (const [cell, outcome] of tables.plain) if (outcome !== 'refused') console.log(`${outcome}: ${cell}`)
  }
  assert.equal(wrong.plain.slice(0, 10), [])
  assert.is(count('through'), 0)
})

test('a strict server hands out no session', () => {
  assert.is(strictFault, undefined)
  console.log(`FIGURE ways around a strict server: ${tables.strict.size} cells, ${wrong.strict.length} through`)
  if (process.env.WAYS_LIST) console.log(wrong.strict.join('\n'))
  assert.equal(wrong.strict.slice(0, 10), [])
})

test('with a registered public key each is answered as without us', () => {
  console.log(
    `FIGURE ways with a public key: ${keyed} cells, ${wrong.keyed.length} differ, ${keyedCounted} counted for the client`,
  )
  if (process.env.WAYS_LIST) console.log(wrong.keyed.join('\n'))
  assert.equal(wrong.keyed.slice(0, 5), [])
})

test('every request is answered', () => assert.equal(wrong.cutOff, []))

const anyHost = async (name: string) => ({ game: name, host: await openHost(games[name] as Game, 'Koa 3') })
const cellOf = ({ game, host }: Pick<Cell, 'game' | 'host'>, name: string): Cell => ({
  host,
  game,
  mount: 'first',
  name,
  way: ways.get(name) as Way,
})

test('the table sees a login that nobody looks at', async () => {
  const at = await anyHost('raw JSON')
  await using host = at.host
  const watched = freshClients(host.game)
  const blind = { middleware: () => (_: unknown, next: () => unknown) => next() } as unknown as Clientele
  for (const name of ['an ordinary login', 'a multipart type', 'an array beside anonymous']) {
    assert.is((await outcomeOf(cellOf(at, name), watched, blind)).outcome, 'through')
  }
  await watched.clients.close()
})

test('a login in fields that end at semicolons is refused, not only noticed', async () => {
  const at = await anyHost('qs')
  await using host = at.host
  const names = [...ways.keys()].filter((name) => /semicolon|at once, without a type/.test(name))
  assert.ok(names.length >= 5)
  for (const name of names) {
    const watched = freshClients(host.game)
    assert.equal([name, (await outcomeOf(cellOf(at, name), watched)).outcome], [name, 'refused'])
    await watched.clients.close()
  }
})

test('a session that is handed out unread is told once for each way, and counted each time', async () => {
  const at = await anyHost('raw JSON, inflated')
  await using host = at.host
  const watched = freshClients(host.game)
  const { clients, told } = watched
  const times = () => told.filter((code) => code === 'session_unread').length
  const table: [name: string, sessions: number, told: number][] = [
    ['gzip that is long unpacked', 1, 1],
    ['gzip that is long unpacked', 2, 1],
    ['padded past our limit', 3, 2],
    ['gzip that is long unpacked', 4, 2],
  ]
  for (const [name, sessions, often] of table) {
    await send(cellOf(at, name), clients)
    const seen = await noticed(watched, (now) => now.sessions >= sessions && times() >= often)
    assert.equal([name, seen.sessions, seen.health >= sessions, times()], [name, sessions, true, often])
  }
  await clients.close()
})

test('a strict server may be told which calls answer with a session id', async () => {
  const at = await anyHost('qs')
  await using host = at.host
  for (const [strict, name, hidden] of [
    [['ping'], 'JSON and a form at once, sent as JSON', 1],
    [['view'], 'JSON and a form at once, sent as JSON', 0],
    [['ping'], 'a form past our limit', 0],
  ] as [string[], string, number][]) {
    const { clients } = freshClients(host.game, { strict })
    assert.equal([strict, name, (await send(cellOf(at, name), clients)).hidden], [strict, name, hidden])
    await clients.close()
  }
})

test.run()
