// A scrape waits for no store.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { faulty, until } from '../helpers/faulty.js'
import { numberOf } from './exposition.js'
import { play, summed } from './harness.js'

/** The slowest of some scrapes in a row, in milliseconds. */
async function slowest(scrape: () => Promise<unknown>): Promise<number> {
  let most = 0
  for (let round = 0; round < 5; round++) {
    const startedAtMs = performance.now()
    await scrape()
    most = Math.max(most, performance.now() - startedAtMs)
  }
  return most
}

test('a store that is down is told at once, with what waits, and again when it is back', async () => {
  const { adapter, store } = faulty()
  await play({ store, storeTimeoutMs: 3_000 }, async ({ clients, login, scrape }) => {
    await clients.ready()
    const { publicKey } = await clients.registry.register({ name: 'Web' })
    await login(publicKey)
    adapter.failure = new Error('gone')
    await login(publicKey)
    await until(() => clients.health().store === 'down', 'the store is down')
    await login(publicKey)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const down = await scrape()
    assert.is(numberOf(down, 'clientele_store_state', { state: 'down' }), 1)
    assert.is(numberOf(down, 'clientele_store_state', { state: 'up' }), 0)
    assert.ok((numberOf(down, 'clientele_store_waiting_records') ?? 0) >= 2)
    const oldest = numberOf(down, 'clientele_store_oldest_waiting_seconds') ?? 0
    assert.ok(oldest >= 0.3 && oldest < 30, `${oldest} s`)
    // The counts go on.
    assert.equal(summed([down], publicKey), [3, 3, 0])
    const ms = await slowest(scrape)
    assert.ok(ms < 1_000, `${ms} ms`)

    adapter.failure = undefined
    await until(() => clients.health().store === 'up' && clients.health().waiting === 0, 'the store is back')
    const up = await scrape()
    assert.is(numberOf(up, 'clientele_store_state', { state: 'up' }), 1)
    assert.is(numberOf(up, 'clientele_store_waiting_records'), 0)
    assert.is(numberOf(up, 'clientele_store_oldest_waiting_seconds'), 0)
  })
})

test('a store that hangs holds up no scrape', async () => {
  const { adapter, store } = faulty()
  await play({ store, storeTimeoutMs: 5_000 }, async ({ clients, scrape }) => {
    await clients.ready()
    let answer = () => {}
    adapter.hanging = new Promise((resolve) => {
      answer = resolve
    })
    // The first of them asks for names, and nobody answers.
    const ms = await slowest(scrape)
    assert.ok(ms < 1_000, `${ms} ms`)
    answer()
    adapter.hanging = undefined
  })
})

test('a store that was never there: metrics from the first moment, and after the end', async () => {
  const { adapter, store } = faulty()
  let answer = () => {}
  adapter.hanging = new Promise((resolve) => {
    answer = resolve
  })
  await play({ store, storeTimeoutMs: 1_000 }, async ({ clients, scrape, login }) => {
    assert.is(numberOf(await scrape(), 'clientele_store_state', { state: 'starting' }), 1)
    assert.ok(await login('anonymous'))
    adapter.failure = new Error('gone')
    answer()
    await until(() => clients.health().store === 'down', 'the store is down')
    assert.is(numberOf(await scrape(), 'clientele_store_state', { state: 'down' }), 1)
    assert.equal(summed([await scrape()], 'anonymous'), [1, 1, 0])
    adapter.failure = undefined
    await clients.close()
    assert.equal(summed([await scrape()], 'anonymous'), [1, 1, 0])
  })
})

test.run()
