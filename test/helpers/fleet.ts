// Server processes on one store, with a clock that a test moves: days pass in milliseconds.
import { performance } from 'node:perf_hooks'
import { StoredClients } from '../../src/keys/stored-clients.js'
import { Committer } from '../../src/storage/committer.js'
import { OwnWriter } from '../../src/storage/own-writer.js'
import { Store } from '../../src/storage/store.js'
import { WriterDirectory } from '../../src/storage/writer-directory.js'
import { Ledger } from '../../src/usage/reading/ledger.js'
import { createUsageReader } from '../../src/usage/reading/usage-reader.js'
import { FeatureNames } from '../../src/usage/recording/feature-names.js'
import { Recorder } from '../../src/usage/recording/recorder.js'
import { Cleaner } from '../../src/usage/sealing/cleaner.js'
import { Sealer } from '../../src/usage/sealing/sealer.js'
import { UnconfirmedWrites } from '../../src/usage/sealing/unconfirmed-writes.js'
import { faulty } from './faulty.js'

const real = { now: Date.now, steady: performance.now }

/** The time of day that processes see, and a steady clock beside it that nobody can set. */
export const clock = {
  ms: 0,
  steadyMs: 0,
  /** Of this process alone, while it works: `withSkew`. */
  skewMs: 0,
  start(iso: string) {
    clock.ms = Date.parse(iso)
    clock.skewMs = 0
    Date.now = () => clock.ms + clock.skewMs
    performance.now = () => clock.steadyMs
  },
  pass(ms: number) {
    clock.ms += ms
    clock.steadyMs += ms
  },
  stop() {
    Date.now = real.now
    performance.now = real.steady
  },
}

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** One server process, without the HTTP. */
export async function startProcess(records: Map<string, unknown>, { skewMs = 0, retentionDays = 400 } = {}) {
  const { adapter, store: keyv } = faulty(records)
  const store = new Store(keyv, 2_000, () => {})
  const committer = new Committer(store, { flushIntervalMs: 3_600_000, waitMs: 100 })
  const directory = new WriterDirectory(store)
  const own = new OwnWriter(directory, committer)
  const registry = new StoredClients(store, committer, own, 'ck', 1_000)
  const recorder = new Recorder(committer, own)
  const ledger = new Ledger(store, own, recorder)
  const sealer = new Sealer(store, own, recorder)
  const unconfirmedWrites = new UnconfirmedWrites(store, own, recorder)
  const features = new FeatureNames({ store, own, committer }, 2_000, () => ledger.succeeded())
  const cleaner = new Cleaner({ store, own, registry, features }, retentionDays)
  store.start()
  // Its probe has a TTL, which the clock of a test could pass.
  await store.whenUp()
  const self = {
    adapter,
    directory,
    own,
    registry,
    features,
    recorder,
    ledger,
    sealer,
    cleaner,
    store,
    usage: createUsageReader(ledger, registry, features),
    skewMs,
    flush: () => committer.flush(),
    /** What the timers of a process do now and then. */
    async keepHouse(): Promise<void> {
      clock.skewMs = self.skewMs
      await own.beat()
      await sealer.seal()
      await unconfirmedWrites.settle()
      await cleaner.clean()
      await committer.flush()
      clock.skewMs = 0
    },
    /** Ends it as `close()` does. */
    async close(): Promise<void> {
      await committer.close()
      await unconfirmedWrites.settleNow()
      await committer.flush()
      self.kill()
    },
    /** Ends it as `kill -9` does: what is on the store stays. */
    kill(): void {
      own.close()
      store.close()
      void committer.close()
      adapter.failure = new Error('dead')
    },
  }
  return self
}

export type Process = Awaited<ReturnType<typeof startProcess>>
