import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import {
  type Crowd,
  decodeCrowd,
  encodeCrowd,
  joinCrowds,
  nobodyYet,
  seated,
  sizeOfCrowd,
} from '../../src/usage/crowd.js'
import { secret } from '../helpers/serve.js'

const seat = fc.nat(63)
const crowdOf = (taken: readonly number[]): Crowd => taken.reduce(seated, nobodyYet)

test('a crowd counts its seats, in any order and from any number of writers, and survives the store', () => {
  fc.assert(
    fc.property(fc.array(seat), fc.array(seat), (some, more) => {
      const crowd = crowdOf([...some, ...more])
      assert.is(sizeOfCrowd(crowd), new Set([...some, ...more]).size)
      assert.equal(joinCrowds(crowdOf(more), crowdOf(some)), crowd)
      assert.equal(joinCrowds(crowd, crowd), crowd)
      assert.equal(decodeCrowd(encodeCrowd(crowd)), crowd)
    }),
  )
})

test('a report says of each name how many players share it at least', async () => {
  const store = memory()
  const start = () => clientele({ store, protocol: lacuna(), secret, enforce: 'off' })
  const clients = start()
  const play = async (player: string, sessions: number, feature: string) => {
    for (let index = 0; index < sessions; index++) {
      const sessionId = `${player} ${index}`
      await clients.track({ publicKey: 'bot', feature: 'empire.login' })
      await clients.openSession({ sessionId, publicKey: 'bot', method: 'empire.login', playerId: player })
      await clients.track({ sessionId, feature })
      await clients.count(sessionId, 'essentia spent', 1.5)
    }
  }
  await play('one', 5, 'body.view')
  await play('another', 1, 'body.view')
  await play('third', 2, 'map.view')
  await clients.close()

  // Who started a session is known after a restart too.
  const later = start()
  await later.track({ sessionId: 'third 0', feature: 'body.view' })
  const { crowds } = await later.usage.read('bot')
  assert.equal({ ...crowds.features }, { 'empire.login': 3, 'body.view': 3, 'map.view': 1 })
  assert.equal({ ...crowds.sessionsByMethod }, { 'empire.login': 3 })
  assert.equal({ ...crowds.metrics }, { 'essentia spent': 3 })
  await later.close()
})

test('where the game tells no players, each session stands for one; a call of no session for none', async () => {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, enforce: 'off' })
  for (let index = 0; index < 6; index++) {
    await clients.openSession({ sessionId: `s${index}`, publicKey: 'bot', method: 'join' })
    await clients.track({ sessionId: `s${index}`, feature: 'move' })
  }
  await clients.track({ publicKey: 'bot', feature: 'admin' })
  const { crowds, players } = await clients.usage.read('bot')
  assert.is(players, 0)
  assert.ok((crowds.features.move ?? 0) >= 5, `${crowds.features.move}`)
  assert.is(crowds.features.admin, 0)
  await clients.close()
})

test.run()
