// Somebody downloads once whatever there is of a year of traffic, in every view and format, and subtracts everything from
// everything.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { Registry } from 'prom-client'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { prometheus } from '../../../src/metrics/prometheus.js'
import { reportShown } from '../../../src/usage/disclosure/shown-report.js'
import { readShown } from '../../../src/usage/disclosure/suppression.js'
import { attack, type Found } from './attack.js'
import { type Download, downloadCommands, downloadPages } from './downloads.js'
import { type Derived, type Fact, periods, type Quantity } from './facts.js'
import { readJson } from './files.js'
import { cellsOf, strangers, traffic } from './traffic.js'
import { dayAt, type Played, play } from './world.js'

const smallestCrowd = 5
const publicKeys = [...new Set([...Object.keys(traffic.clients), ...traffic.visits.map(({ client }) => client)])]
const cells = cellsOf(traffic)

let played: Played
let downloads: Download[]
let facts: Fact[]
let derived: Derived[]
let isWithheld: Set<string>

test.before(async () => {
  played = await play(traffic, smallestCrowd)
  downloads = [
    ...(await downloadPages(played, [...publicKeys, strangers])),
    ...(await downloadCommands(played, publicKeys)),
  ]
  const reads = downloads.map((download) => download.read())
  facts = reads.flatMap((read) => read.facts)
  derived = reads.flatMap((read) => read.derived)
  isWithheld = new Set(facts.flatMap((fact) => (fact.amount === undefined ? [addressOf(fact)] : [])))
})

test.after(async () => {
  await played?.[Symbol.asyncDispose]()
})

const attackOn = (client: string, told: readonly Fact[]): Found =>
  attack(
    told.filter((fact) => fact.client === client),
    cells.filter((cell) => cell.client === client),
    smallestCrowd,
  )

test('whatever is subtracted from whatever, no number that too few players share can be found', () => {
  let [hidden, equations] = [0, 0]
  for (const client of publicKeys) {
    const tried = attackOn(client, facts)
    assert.equal(tried.found, [], client)
    hidden += tried.hidden
    equations += tried.equations
  }
  assert.ok(hidden > 100, `${hidden} hidden`)
  console.log(
    `FIGURE withholding: ${downloads.length} downloads with ${facts.length} numbers, ${equations} equations, ${hidden} numbers of too few players, 0 found`,
  )
})

test('one number more would be noticed, and everything that follows from it', () => {
  const rare: Quantity = { client: 'web', measure: 'calls', name: 'map.rare', ...periods.recent }
  const amount = sumOf(rare)
  assert.ok(amount > 0)
  const planted = attackOn('web', [...facts, { where: 'a leak', ...rare, amount }])
  assert.ok(planted.found.some((found) => found.startsWith('calls of map.rare, ')))
})

test('with nothing withheld it finds what too few players share, of every client', async () => {
  let all = 0
  for (const client of publicKeys) {
    const shown = await readShown(played.clients.usage, client, 1)
    const told = readJson('with 1 for the smallest crowd', client, {
      past30Days: reportShown(shown, 'recent'),
      previous30Days: reportShown(shown, 'before'),
      allTime: reportShown(shown, 'all'),
    })
    const { found } = attackOn(client, told.facts)
    const isPlayed = cells.some((cell) => cell.client === client)
    assert.is(found.length > 0, isPlayed, client)
    all += found.length
  }
  console.log(`FIGURE withholding: ${all} found where nothing is withheld`)
})

test('no number of players, and no number of the game’s own, is of too few', () => {
  const sharing = new Map<string, number>()
  for (const fact of facts) {
    if (fact.amount === undefined || fact.amount === 0) continue
    if (fact.measure === 'players') assert.ok(fact.amount >= smallestCrowd, `${fact.where}: ${fact.amount} players`)
    if (fact.measure !== 'metric') continue
    const players = new Set(traffic.visits.filter((visit) => isOf(fact, visit)).map(({ player }) => player)).size
    sharing.set(`${fact.client} ${fact.name} ${fact.from}`, players)
    assert.ok(players >= smallestCrowd, `${fact.where}: ${fact.name} of ${players}`)
  }
  assert.ok(sharing.size > 2)
})

test('shares, bars, arrows and charts would be the same whatever is withheld', () => {
  const known = new Map(
    facts.flatMap(({ amount, ...fact }) => (amount === undefined ? [] : [[addressOf(fact), amount]])),
  )
  let tried = 0
  for (const { where, of, text, expected } of derived) {
    if (text === undefined || text === '') continue
    // That it is something is known of whatever is withheld.
    const drawn = [1e6, 1e7, 1e9].map((amount) =>
      expected(...of.map((one) => known.get(addressOf(one)) ?? amountOf(one, amount))),
    )
    assert.equal(new Set(drawn).size, 1, `${where}: “${text}” tells of ${of.map(addressOf).join(', ')}`)
    tried++
  }
  assert.ok(tried > 1_000, `${tried}`)
  for (const { where, amount, ...quantity } of facts) {
    if (amount === undefined) assert.not.ok(known.has(addressOf(quantity)), `${where}: elsewhere it is shown`)
  }
})

test('months whose days are listed no longer are in the files, and withheld where few played', () => {
  const isOld = ({ client, measure, from, to, name }: Fact) =>
    client === 'web' && measure === 'calls' && name === undefined && from < dayAt(420) && from !== to
  const old = facts.filter((fact) => isOld(fact) && fact.where.startsWith('stats.json') && fact.from > '0001')
  assert.equal(
    old.map(({ from, amount }) => [from, amount === undefined ? 'withheld' : 'shown']),
    [
      ['2025-07-01', 'shown'],
      ['2025-08-01', 'withheld'],
      ['2025-09-01', 'shown'],
    ],
  )
})

test('metrics tell of no feature, method or player', async () => {
  const app = new Koa()
  app.use(prometheus(played.clients, { registry: new Registry() }))
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const text = await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).text()
  server.close()
  const labels = new Set(Array.from(text.matchAll(/[{,](\w+)="/g), ([, name]) => name))
  assert.equal([...labels].sort(), ['client', 'name', 'official', 'reason', 'state'])
})

/** What is nowhere is nothing, unless it is withheld. */
function amountOf(quantity: Quantity, withheld: number): number {
  return isWithheld.has(addressOf(quantity)) ? withheld : 0
}

function sumOf({ client, name, from, to }: Quantity): number {
  return cells
    .filter((cell) => cell.client === client && cell.feature === name)
    .filter(({ daysAgo }) => dayAt(daysAgo) >= from && dayAt(daysAgo) <= to)
    .reduce((sum, { ok, errors }) => sum + ok + errors, 0)
}

function isOf({ client, name = '', from, to }: Quantity, visit: (typeof traffic.visits)[number]): boolean {
  const day = dayAt(visit.daysAgo)
  return visit.client === client && day >= from && day <= to && Object.hasOwn(visit.metrics ?? {}, name)
}

function addressOf({ client, measure, name, from, to }: Quantity): string {
  return [client, measure, name, from, to].join(' ')
}

test.run()
