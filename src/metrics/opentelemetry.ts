/**
 * Metrics for OpenTelemetry.
 *
 * @module clientele/metrics/opentelemetry
 */
import type { Meter } from '@opentelemetry/api'
import { aFunction, checkOptions } from '../option-checks.js'
import { loadPeer } from '../optional-peer.js'
import { instruments } from './instruments.js'
import { type MetricsSource, snapshotOf } from './metrics-source.js'

export type { MetricsSource }

/** What `openTelemetry()` takes beside the clients. */
export interface OpenTelemetryOptions {
  /** Where the instruments are made. @default the meter `clientele` of the global provider */
  meter?: Meter
}

/**
 * Makes the instruments on an OpenTelemetry meter. The global provider must be there by then: start the SDK first. What they
 * show is for the operator's eyes. Clients go by their public keys alone: the SDK goes on exporting what it has seen once, and
 * would a name that was changed or removed.
 *
 * Needs the package `@opentelemetry/api`, unless a meter is given. A collection reads this process's memory and waits for no store.
 *
 * @throws ClienteleError `driver_missing`, `option_unknown`, `option_invalid`
 */
export function openTelemetry(clients: MetricsSource, options: OpenTelemetryOptions = {}): void {
  checkOptions('openTelemetry()', options, {
    meter: (value) => aFunction((value as Partial<Meter> | null)?.createObservableGauge) && 'must be a Meter',
  })
  const { meter = globalMeter() } = options
  const observables = instruments.map(({ name, help, unit, kind }) => {
    const about = { description: help, unit }
    return kind === 'counter' ? meter.createObservableCounter(name, about) : meter.createObservableGauge(name, about)
  })
  meter.addBatchObservableCallback((result) => {
    const snapshot = snapshotOf(clients)
    for (const [index, observable] of observables.entries()) {
      for (const { labels, value } of instruments[index]?.samples(snapshot) ?? []) {
        result.observe(observable, value, labels)
      }
    }
  }, observables)
}

function globalMeter(): Meter {
  const { metrics } = loadPeer<typeof import('@opentelemetry/api')>('openTelemetry()', '@opentelemetry/api', 1)
  return metrics.getMeter('clientele')
}
