import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ada,
  click,
  credentialsOf,
  name,
  openHost,
  openMatch,
  register,
  statsOf,
  twoPlayers,
  upperRow,
} from './boardgame-host.js'

async function problemOf(call: Promise<unknown>) {
  try {
    await call
  } catch (error) {
    return (error as { details: { status: number; reason: string } }).details
  }
  throw new Error('it passed')
}

test('create, join, play, change a name, play again, leave: the console has each of them', async () => {
  await using host = await openHost()
  const { lobby } = host
  const { init, privateKey } = await register(host, 'The board bot')
  const { matchID, seats, players } = await openMatch(host, init)
  await click(players, upperRow)
  await Promise.all(players.map((player) => player.over()))
  await lobby.updatePlayer(name, matchID, { ...credentialsOf(seats[0]), newName: 'Ada L.' })
  const { nextMatchID } = await lobby.playAgain(name, matchID, credentialsOf(seats[0]))
  assert.equal(await lobby.playAgain(name, matchID, credentialsOf(seats[1])), { nextMatchID })
  const again = await lobby.joinMatch(name, nextMatchID, ada, init)
  for (const seat of seats) await lobby.leaveMatch(name, matchID, credentialsOf(seat))
  await lobby.leaveMatch(name, nextMatchID, credentialsOf(again))

  const { sessions, calls, errors, sessionsByMethod, features, metrics } = await statsOf(host, privateKey)
  assert.equal(
    { sessions, calls, errors, sessionsByMethod, metrics },
    {
      sessions: 3,
      calls: 15,
      errors: 0,
      sessionsByMethod: { 'POST /games/:name/:id/join': 3 },
      metrics: { 'games won': 1 },
    },
  )
  assert.equal(features, {
    'POST /games/:name/create': { calls: 1, errors: 0 },
    'POST /games/:name/:id/join': { calls: 3, errors: 0 },
    'move.clickCell': { calls: 5, errors: 0 },
    'POST /games/:name/:id/update': { calls: 1, errors: 0 },
    'POST /games/:name/:id/playAgain': { calls: 2, errors: 0 },
    'POST /games/:name/:id/leave': { calls: 3, errors: 0 },
  })
})

test('without a public key, with a wrong one, and with the one that everybody may use', async () => {
  await using host = await openHost()
  const { lobby } = host
  const { init, publicKey } = await register(host, 'Registered')
  const { matchID } = await lobby.createMatch(name, twoPlayers, init)
  const mistyped = `${publicKey.slice(0, -1)}${publicKey.endsWith('0') ? '1' : '0'}`
  for (const [headers, status, reason] of [
    [{}, 401, 'missing'],
    [{ 'x-api-key': mistyped }, 403, 'mistyped'],
    [{ 'x-api-key': 'made up' }, 403, 'unknown'],
  ] as const) {
    const problems = await Promise.all([
      problemOf(lobby.createMatch(name, twoPlayers, { headers })),
      problemOf(lobby.joinMatch(name, matchID, ada, { headers })),
    ])
    for (const problem of problems) assert.equal([problem.status, problem.reason], [status, reason])
  }
  const { matches } = await lobby.listMatches(name)
  assert.equal(
    matches.map(({ players }) => players.map((player) => player.name)),
    [[undefined, undefined]],
    'the game saw none of it',
  )
  await lobby.joinMatch(name, matchID, ada, { headers: { 'x-api-key': 'anonymous' } })
  assert.is((await host.clients.usage.read('anonymous')).sessions, 1)
})

test('a browser on another port may send a public key, and may read why it was refused', async () => {
  await using host = await openHost()
  const url = `${host.origin}/games/${name}/create`
  const origin = 'http://localhost:5173'
  const asked = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' },
  })
  assert.equal([asked.status, asked.headers.get('access-control-allow-headers')], [204, 'x-api-key'])
  const refused = await fetch(url, { method: 'POST', headers: { origin } })
  assert.equal([refused.status, refused.headers.get('access-control-allow-origin')], [401, origin])
})

test('with enforce off nobody is refused, and who sends no public key is counted all the same', async () => {
  await using host = await openHost({ enforce: 'off' })
  const { players } = await openMatch(host)
  await click(players, upperRow)
  await Promise.all(players.map((player) => player.over()))
  const { sessions, calls, errors, metrics } = await host.clients.usage.read('(none)')
  assert.equal(
    { sessions, calls, errors, metrics: { ...metrics } },
    { sessions: 2, calls: 8, errors: 0, metrics: { 'games won': 1 } },
  )
})

test('beside the console and the games there is nothing', async () => {
  await using host = await openHost()
  const statusOf = async (path: string) => (await fetch(host.origin + path)).status
  assert.equal(await Promise.all(['/apikey', '/apikey/', '/apikey/faq', '/games'].map(statusOf)), [200, 200, 200, 200])
  assert.equal(await Promise.all(['/apikey/none', '/apikeyring', '/'].map(statusOf)), [404, 404, 404])
})

test.run()
