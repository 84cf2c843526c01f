// Names that strangers invent: what a process keeps of them is bounded, and no honest name goes for them.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Keyv } from 'keyv'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Clientele, clientele, lacuna } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

function heapMiB(): number {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const invented = Number(process.env.INVENTED ?? 200_000)
const inABatch = 500
const honest = Array.from({ length: 200 }, (_, index) => `honest_${index}`)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A game that has the honest methods, and answers no notification. */
function game(clients: Clientele): Koa {
  const app = new Koa()
  app.use(clients.middleware())
  app.use(async (ctx) => {
    const sent = [JSON.parse(await text(ctx.req))].flat() as { id?: number; method: string }[]
    const replies = sent.flatMap(({ id, method }) => {
      if (id === undefined) return []
      const isThere = method === 'login' || honest.includes(method)
      return { id, ...(isThere ? { result: { session_id: 's' } } : { error: { code: -32601 } }) }
    })
    if (replies.length === 0) ctx.status = 204
    else ctx.body = replies
  })
  return app
}

/** Bytes of all that is on the store. */
const sizeOf = (records: Map<string, unknown>) =>
  [...records].reduce((sum, [name, value]) => sum + name.length + String(value).length, 0)

test('so many invented names as one likes, and the honest ones keep theirs', async () => {
  const records = new Map<string, unknown>()
  const store = new Keyv({ store: records })
  const clients = clientele({
    store,
    protocol: lacuna(),
    secret,
    enforce: 'off',
    flushIntervalMs: 20,
    onError: () => {},
  })
  const { publicKey } = await clients.registry.register({ name: 'Bot' })
  await serve(game(clients), async (url) => {
    const post = (message: unknown) =>
      fetch(`${url}/empire`, { method: 'POST', body: JSON.stringify(message) }).then((answer) => answer.text())
    await post([{ id: 1, method: 'login', params: ['me', 'password', publicKey] }])
    const asked = honest.map((method, index) => ({ id: index + 1, method, params: ['s'] }))
    let played = 0
    const before = heapMiB()
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    for (let index = 0; index < invented; index += inABatch) {
      // Half of them are not answered, half are there not; half come with the honest client's session.
      const batch = Array.from({ length: inABatch }, (_, at) => ({
        ...(at % 2 === 0 ? { id: at } : {}),
        method: `invented ${index + at}`,
        params: [at % 4 < 2 ? 's' : 'nobody'],
      }))
      await post(batch)
      if (index % (20 * inABatch) === 0) {
        await post(asked)
        played++
      }
    }
    await pause(100)
    delay.disable()
    const grown = heapMiB() - before
    console.log(
      `FIGURE ${invented} invented names: ${grown.toFixed(1)} MiB more of heap, the event loop stood ${(delay.max / 1e6).toFixed(0)} ms at most, ${sizeOf(records)} bytes on the store`,
    )
    const { features, calls } = await clients.usage.read(publicKey)
    assert.is(calls, 1 + invented / 2 + played * honest.length)
    assert.equal(
      honest.filter((feature) => features[`empire.${feature}`]?.calls !== played),
      [],
    )
    assert.equal(Object.keys(features).length, honest.length + 2)
    assert.is(features['(unknown)']?.calls, invented / 2)
    assert.ok(grown < 5, `the heap grew by ${grown} MiB`)
    await clients.close()
    assert.ok(sizeOf(records) < 100_000, `${sizeOf(records)} bytes on the store`)
    assert.not.match(JSON.stringify([...records]), 'invented')
  })
})

test('what the host itself says is bounded as well', async () => {
  const clients = clientele({ store: new Keyv(), protocol: lacuna(), secret, flushIntervalMs: 20 })
  const { publicKey } = await clients.registry.register({ name: 'Bot' })
  await clients.openSession({ sessionId: 's', publicKey, method: 'empire.login' })
  // Each was here once before the flood.
  for (const feature of honest) await clients.track({ sessionId: 's', feature })
  await pause(100)
  const before = heapMiB()
  let played = 1
  for (let index = 0; index < 100_000; index++) {
    await clients.track({ sessionId: 's', feature: `invented ${index}` })
    if (index % 500 !== 0) continue
    for (const feature of honest) await clients.track({ sessionId: 's', feature })
    played++
    // So that it is written meanwhile.
    await pause(1)
  }
  const { features, calls } = await clients.usage.read(publicKey)
  assert.is(calls, 100_000 + played * honest.length)
  assert.equal(
    honest.filter((feature) => features[feature]?.calls !== played),
    [],
  )
  assert.ok(Object.keys(features).length <= 256)
  assert.ok(heapMiB() - before < 5)
  await clients.close()
})

test.run()
