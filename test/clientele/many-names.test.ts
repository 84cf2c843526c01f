// Names that strangers invent: what a process keeps of them is bounded, and no honest name goes for them.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import { secret } from '../helpers/serve.js'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

function heapMiB(): number {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const invented = Number(process.env.INVENTED ?? 200_000)
const honest = Array.from({ length: 200 }, (_, index) => `honest.${index}`)

test('so many invented names as one likes, and the honest ones keep theirs', async () => {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, enforce: 'off', flushIntervalMs: 20 })
  await clients.open({ sessionId: 's', publicKey: 'bot', method: 'empire.login' })
  // Each was here once before the flood.
  for (const feature of honest) await clients.track({ sessionId: 's', feature })
  await new Promise((resolve) => setTimeout(resolve, 100))
  const before = heapMiB()
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  let played = 1
  for (let index = 0; index < invented; index++) {
    await clients.track({ sessionId: 's', feature: `invented ${index}` })
    if (index % 500 !== 0) continue
    for (const feature of honest) await clients.track({ sessionId: 's', feature })
    played++
    // So that it is written meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await new Promise((resolve) => setTimeout(resolve, 100))
  delay.disable()
  const grown = heapMiB() - before
  console.log(
    `FIGURE ${invented} invented names: ${grown.toFixed(1)} MiB more of heap, the event loop stood ${(delay.max / 1e6).toFixed(0)} ms at most`,
  )
  const { features, calls } = await clients.usage.read('bot')
  assert.is(calls, invented + played * honest.length)
  assert.equal(
    honest.filter((feature) => features[feature]?.calls !== played),
    [],
  )
  assert.ok(Object.keys(features).length <= 256)
  assert.is(
    Object.values(features).reduce((sum, feature) => sum + feature.calls, 0),
    calls,
  )
  assert.ok(grown < 5, `the heap grew by ${grown} MiB`)
  await clients.close()
})

test.run()
