import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type ClienteleError, clientele, lacuna } from '../../src/index.js'
import { instruments, prometheusName } from '../../src/metrics/instruments.js'
import { openTelemetry } from '../../src/metrics/opentelemetry.js'
import { secret } from '../helpers/serve.js'
import type { Family, Series } from './exposition.js'
import { type Playing, play } from './harness.js'

const start = () => clientele({ store: memory(), protocol: lacuna(), secret })

/** An SDK whose exporter a test can look into. */
function sdk(temporality = AggregationTemporality.CUMULATIVE) {
  const exporter = new InMemoryMetricExporter(temporality)
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
  })
  return {
    provider,
    /** What is exported now, by name. */
    async collect(): Promise<Map<string, MetricData>> {
      exporter.reset()
      await provider.forceFlush()
      const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
      return new Map(scopes.flatMap((scope) => scope.metrics).map((metric) => [metric.descriptor.name, metric]))
    },
  }
}

const pointsOf = (metric?: MetricData): Series[] =>
  (metric?.dataPoints ?? []).map(({ attributes, value }) => ({
    labels: attributes as Record<string, string>,
    value: value as number,
  }))

const inOrder = (series: Series[] = []) =>
  series.map(({ labels, value }) => JSON.stringify([Object.entries(labels).sort(), value])).sort()

/** Without what waits for the store, which is another number each time. */
const isSteady = ({ name }: { name: string }) => !/waiting/.test(name)

function assertSame(exported: Map<string, MetricData>, scraped: Map<string, Family>): void {
  assert.equal([...exported.keys()].sort(), instruments.map(({ name }) => name).sort())
  for (const instrument of instruments.filter(isSteady)) {
    assert.equal(
      inOrder(pointsOf(exported.get(instrument.name))),
      inOrder(scraped.get(prometheusName(instrument))?.series),
      instrument.name,
    )
  }
}

async function traffic({ clients, login, call }: Playing): Promise<string> {
  const { publicKey } = await clients.registry.register({ name: 'Canary' })
  for (const client of [publicKey, publicKey, 'anonymous', 'unknown', undefined]) {
    const sessionId = await login(client)
    await call(sessionId)
    await call(sessionId, 'explode')
  }
  return publicKey
}

test('the same instruments, with units, and the same numbers as Prometheus reads', async () => {
  await play({}, async (playing) => {
    const { provider, collect } = sdk()
    openTelemetry(playing.clients, { meter: provider.getMeter('test') })
    const publicKey = await traffic(playing)
    const exported = await collect()
    assertSame(exported, await playing.scrape())
    const values = (name: string) =>
      pointsOf(exported.get(name))
        .filter(({ labels }) => labels.client === publicKey)
        .map(({ value }) => value)
    assert.equal(
      ['clientele.sessions', 'clientele.calls', 'clientele.call.errors'].flatMap(values),
      [2, 6, 2],
      'equal to the traffic',
    )
    for (const { name, help, unit, kind } of instruments) {
      const metric = exported.get(name)
      assert.equal([metric?.descriptor.description, metric?.descriptor.unit], [help, unit], name)
      assert.is(metric?.dataPointType, kind === 'counter' ? DataPointType.SUM : DataPointType.GAUGE, name)
      if (metric?.dataPointType === DataPointType.SUM) assert.is(metric.isMonotonic, true, name)
    }
    await playing.call('no such session')
    const again = await collect()
    assertSame(again, await playing.scrape())
    // The SDK would go on exporting a name after the client was removed.
    assert.not.match(JSON.stringify([...again]), /canary|session-\d|view|explode|somebody/i)
    await provider.shutdown()
  })
})

test('an exporter that asks for differences gets them', async () => {
  await play({}, async (playing) => {
    const { provider, collect } = sdk(AggregationTemporality.DELTA)
    openTelemetry(playing.clients, { meter: provider.getMeter('test') })
    const anonymous = async () =>
      pointsOf((await collect()).get('clientele.sessions')).find(({ labels }) => labels.client === 'anonymous')?.value
    for (let round = 0; round < 3; round++) await playing.login('anonymous')
    assert.is(await anonymous(), 3)
    await playing.login('anonymous')
    assert.is(await anonymous(), 1)
    await provider.shutdown()
  })
})

test('without a meter it is the global one, under the name of this package', async () => {
  const { provider, collect } = sdk()
  metrics.setGlobalMeterProvider(provider)
  const clients = start()
  try {
    openTelemetry(clients)
    await clients.track({ publicKey: 'anonymous', feature: 'move' })
    assert.ok(inOrder(pointsOf((await collect()).get('clientele.calls'))).includes('[[["client","anonymous"]],1]'))
  } finally {
    metrics.disable()
    await provider.shutdown()
    await clients.close()
  }
})

test('without an SDK it does nothing, as OpenTelemetry has it; wrong options are errors at once', async () => {
  const clients = start()
  openTelemetry(clients)
  for (const [options, message] of [
    [{ meter: {} }, /the option `meter` must be a Meter/],
    [{ meter: null }, /the option `meter` must be a Meter/],
    [{ metre: 1 }, /did you mean `meter`\?/],
  ] as const) {
    try {
      openTelemetry(clients, options as object)
      assert.unreachable()
    } catch (error) {
      assert.match((error as ClienteleError).message, message)
    }
  }
  await clients.close()
})

test.run()
