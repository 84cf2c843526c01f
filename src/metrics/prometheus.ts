/**
 * Metrics for Prometheus.
 *
 * @module clientele/metrics/prometheus
 */
import type { Registry, RegistryContentType } from 'prom-client'
import { ClienteleError } from '../errors.js'
import { type Check, checkOptions, text } from '../option-checks.js'
import { loadPeer } from '../optional-peer.js'
import { clientInfo, instruments, prometheusName } from './instruments.js'
import { detailsReader, type MetricsSource, snapshotOf } from './metrics-source.js'

export type { MetricsSource }

/** What `prometheus()` takes beside the clients. */
export interface PrometheusOptions {
  /** Where Prometheus asks. @default '/metrics' */
  path?: string
  /** Where the metrics are registered, beside the host's own. @default prom-client's `register` */
  registry?: Registry<RegistryContentType>
}

/** What we use of a context of Koa 2 or 3. */
export interface MetricsContext {
  /** Upper case. */
  readonly method: string
  /** Below any mount point, without the query. */
  readonly path: string
  /** Becomes the metrics. */
  body: unknown
  /** Sets a header of the answer. */
  set(field: string, value: string): unknown
}

/** Koa middleware, of Koa 2 and of Koa 3. */
export type MetricsMiddleware = (ctx: MetricsContext, next: () => Promise<unknown>) => unknown

/**
 * Registers the metrics with prom-client, and is Koa middleware that answers at a path with all metrics of that registry. A
 * host that has such an address already calls it and does not mount it. What it shows is for the operator's eyes.
 *
 * Needs the package `prom-client`. A scrape reads this process's memory and waits for no store.
 *
 * @throws ClienteleError `driver_missing`; `option_unknown`, `option_invalid`, also when the registry has a metric of the same name
 */
export function prometheus(clients: MetricsSource, options: PrometheusOptions = {}): MetricsMiddleware {
  checkOptions('prometheus()', options, {
    path: text(/^\/[^\s?#]*$/, 'a path that begins with /'),
    registry: aRegistry,
  })
  const { Counter, Gauge, register } = loadPeer<typeof import('prom-client')>('prometheus()', 'prom-client', 15)
  const { path = '/metrics', registry = register } = options
  const all = [...instruments, clientInfo(detailsReader(clients.registry))]
  const taken = all.map(prometheusName).find((name) => registry.getSingleMetric(name))
  if (taken !== undefined) throw nameTaken(taken)

  for (const { help, labels, samples, ...names } of all) {
    const config = { name: prometheusName(names), help, labelNames: labels, registers: [registry] }
    if (names.kind === 'counter') {
      new Counter({
        ...config,
        collect() {
          this.reset()
          for (const sample of samples(snapshotOf(clients))) this.inc(sample.labels, sample.value)
        },
      })
    } else {
      new Gauge({
        ...config,
        // Where a cluster's workers are scraped as one, the worst of them.
        aggregator: 'max',
        collect() {
          this.reset()
          for (const sample of samples(snapshotOf(clients))) this.set(sample.labels, sample.value)
        },
      })
    }
  }

  return async (ctx, next) => {
    if (ctx.path !== path || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next()
    ctx.set('Content-Type', registry.contentType)
    ctx.body = await registry.metrics()
  }
}

const aRegistry: Check = (value) =>
  typeof value === 'object' && value !== null && 'registerMetric' in value
    ? undefined
    : 'must be a Registry of prom-client'

function nameTaken(name: string): ClienteleError {
  return new ClienteleError(
    'option_invalid',
    `prometheus(): the registry has a metric \`${name}\` already. Call prometheus() once for each registry; for a second one give it its own: { registry: new Registry() }.`,
    { field: 'registry' },
  )
}
