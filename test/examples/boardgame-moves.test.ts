import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { click, credentialsOf, openHost, openMatch, register, statsOf, until, upperRow } from './boardgame-host.js'

test('two clients at one board: each has its own moves, and only one has won', async () => {
  await using host = await openHost()
  const first = await register(host, 'First')
  const second = await register(host, 'Second')
  const { players } = await openMatch(host, first.init, second.init)
  await click(players, upperRow)
  await Promise.all(players.map((player) => player.over()))
  const stats = await Promise.all([first, second].map(({ privateKey }) => statsOf(host, privateKey)))
  assert.equal(
    stats.map(({ sessions, features }) => [sessions, features['move.clickCell'], features['POST /games/:name/create']]),
    [
      [1, { calls: 3, errors: 0 }, { calls: 1, errors: 0 }],
      [1, { calls: 2, errors: 0 }, undefined],
    ],
  )
  assert.equal(
    stats.map(({ metrics }) => metrics),
    [{ 'games won': 1 }, {}],
  )
})

test('a draw is nobody’s victory, and a victory is one, whatever comes after it', async () => {
  await using host = await openHost()
  const { init, privateKey } = await register(host, 'Tireless')
  for (const cells of [[0, 2, 1, 3, 5, 4, 6, 7, 8], upperRow]) {
    const { players } = await openMatch(host, init)
    await click(players, cells)
    await Promise.all(players.map((player) => player.over()))
    players[0].click(8)
  }
  const { errors, metrics } = await until(async () => {
    const stats = await statsOf(host, privateKey)
    return stats.features['move.clickCell']?.calls === 16 && stats
  }, 'sixteen moves')
  assert.equal([errors, metrics], [2, { 'games won': 1 }])
})

test('a move that the game refuses is an error, and what a client makes up is no feature', async () => {
  await using host = await openHost()
  const { init, privateKey } = await register(host, 'The clumsy bot')
  const { matchID, seats, players } = await openMatch(host, init)
  const [first, second] = players
  await Promise.all(players.map((player) => player.turn(1)))
  second.click(0) // not its turn
  first.click(0)
  await second.turn(2)
  second.click(0) // taken
  second.click(9) // no cell
  second.click(4)
  await first.turn(3)
  const { playerID, credentials } = credentialsOf(seats[0])
  const move = (type: string, args: unknown[], secret = credentials) => ({
    type: 'MAKE_MOVE',
    payload: { type, args, playerID, credentials: secret },
  })
  // Both in one packet's time, with the same state in mind: the game makes the first only.
  first.send(move('clickCell', [1]), 2, matchID, playerID)
  first.send(move('clickCell', [2]), 2, matchID, playerID)
  first.send(move('resign', []), 3, matchID, playerID)
  first.send({ type: 'GAME_EVENT', payload: { type: 'endGame', playerID, credentials } }, 3, matchID, playerID)
  first.send(move('clickCell', [2], 'made up'), 3, matchID, playerID)

  const { features, calls, metrics } = await until(async () => {
    const stats = await statsOf(host, privateKey)
    return stats.calls === 12 && stats
  }, 'twelve calls')
  assert.equal(features['move.clickCell'], { calls: 7, errors: 4 })
  assert.equal(features['(unknown)'], { calls: 2, errors: 2 })
  assert.equal([calls, metrics], [12, {}])
  const strangers = await until(async () => {
    const report = await host.clients.usage.read('(none)')
    return report.calls === 1 && report
  }, 'the stranger’s move')
  assert.equal({ ...strangers.features['move.clickCell'] }, { calls: 1, errors: 1 })
})

test('what only a vandal sends is counted for nobody, and the game goes on', async () => {
  await using host = await openHost()
  const { init, privateKey } = await register(host, 'Patient')
  const { matchID, players } = await openMatch(host, init)
  await players[0].turn(1)
  const strange = [
    [],
    [null],
    ['x', 0, matchID],
    [{ payload: { type: {}, credentials: { toString: 1 } } }, 0, 'none', '0'],
  ]
  for (const update of strange) players[0].send(...update)
  await until(async () => (await host.clients.usage.read('(none)')).calls === strange.length, 'the strange calls')
  assert.equal({ ...(await host.clients.usage.read('(none)')).features }, { '(unknown)': { calls: 4, errors: 4 } })
  await click(players, [4])
  await players[1].turn(2)
  assert.is((await statsOf(host, privateKey)).errors, 0)
})

test('after a restart a move is still counted for the client that took the seat', async () => {
  const store = memory()
  const before = await openHost({ store })
  const { init, privateKey } = await register(before, 'Long-lived')
  const { matchID, seats } = await openMatch(before, init)
  await before[Symbol.asyncDispose]()
  await using after = await openHost({ store }, before.server.db)
  const player = after.sit(matchID, seats[0])
  await player.turn(1)
  player.click(4)
  await player.turn(2)
  const { sessions, features } = await statsOf(after, privateKey)
  assert.equal([sessions, features['move.clickCell']], [2, { calls: 1, errors: 0 }])
})

test.run()
