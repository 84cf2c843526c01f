import { closeAll } from './closing.js'
import type { ConsoleOptions } from './console/console-options.js'
import { createConsole } from './console/router.js'
import type { ConsoleMiddleware } from './console/web/context.js'
import { ClienteleError } from './errors.js'
import type { ClientRegistry } from './keys/client-registry.js'
import { StoredClients } from './keys/stored-clients.js'
import { BlindSpotMonitor } from './middleware/blind-spot-monitor.js'
import { createMiddleware, type Middleware } from './middleware/middleware.js'
import { type ClienteleOptions, resolveOptions } from './options.js'
import { SessionBindings } from './sessions/session-bindings.js'
import { type OpenedSession, type TrackedCall, Tracker, type Verdict } from './sessions/tracker.js'
import { Committer } from './storage/committer.js'
import { type Health, healthOf } from './storage/health.js'
import { OwnWriter } from './storage/own-writer.js'
import { Secret } from './storage/secret.js'
import { Store } from './storage/store.js'
import { WriterDirectory } from './storage/writer-directory.js'
import { Ledger } from './usage/reading/ledger.js'
import { createUsageReader } from './usage/reading/usage-reader.js'
import { FeatureNames } from './usage/recording/feature-names.js'
import type { Totals } from './usage/recording/live-totals.js'
import { Recorder } from './usage/recording/recorder.js'
import type { UsageReader } from './usage/report.js'
import { Cleaner } from './usage/sealing/cleaner.js'
import { Housekeeping } from './usage/sealing/housekeeping.js'
import { Sealer } from './usage/sealing/sealer.js'
import { UnconfirmedWrites } from './usage/sealing/unconfirmed-writes.js'

/** What `clientele()` returns. One for each server process: it is the writer of its own counts. */
export interface Clientele {
  /**
   * Koa middleware that reads the API keys and counts; sets `ctx.state.client` to a {@link ClientState} where the client of a
   * request is known. Mounted twice it counts once. It fails no request: what goes wrong with us is told to `onError`.
   */
  middleware(): Middleware
  /**
   * Koa middleware that answers everything under `/apikey`, or under another `prefix`.
   *
   * @throws ClienteleError `option_invalid`, also for a template that does not compile, and `option_unknown`
   */
  console(options?: ConsoleOptions): ConsoleMiddleware
  /** Who has a public key. */
  readonly registry: ClientRegistry
  /** What was counted. */
  readonly usage: UsageReader
  /**
   * Whether a public key, of whatever type it came, may create a session. Counts the refusal if it may not. Like the five verbs
   * after it, it never rejects: a failing store is told to `onError` and the game goes on.
   */
  check(publicKey: unknown): Promise<Verdict>
  /**
   * A session was created: counts it, binds its id to the client, and resolves when that is on the store, for which it waits no
   * longer than `storeTimeoutMs`, and not at all with `durability: 'none'`.
   */
  openSession(session: OpenedSession): Promise<void>
  /** A call was made, by a session or by a client without one. Waits for the store only with `durability: 'all'`. */
  track(call: TrackedCall): Promise<void>
  /**
   * Adds to one of the game's own numbers for the client of a session; `amount` is any finite number, by default 1. At most 64
   * names a client and day; what comes after them counts under `(other)`.
   */
  count(sessionId: string, metric: string, amount?: number): Promise<void>
  /**
   * The session goes on under a new id, such as a token that was refreshed: it counts nothing, and calls under either id count for its
   * client. Resolves as `openSession` does. The old id stays for its time, at most three of them. An id that is another client's is told to
   * `onError` as `session_not_unique` and stays where it is; a session that nobody knows is not renewed.
   */
  renewSession(sessionId: string, renewed: string): Promise<void>
  /** The session is over: all its ids are forgotten, and nothing more counts for it. */
  endSession(sessionId: string): Promise<void>
  /** How the store is and what waits for it, now; asks nobody, so it may be called as often as a probe likes. */
  health(): Health
  /** What this process has counted since it started, from its memory: what metrics read. */
  totals(): Totals
  /** Resolves when the store works, at once when it does; it never rejects, however long the store is away. */
  ready(): Promise<void>
  /**
   * Writes what is not on the store yet, within ten seconds, and stops the timers. Safe to call twice, and never rejects:
   * records that the store did not take are told to `onError` with the code `closed`. The store stays open; it is yours.
   */
  close(): Promise<void>
}

/**
 * API keys for an existing game server. Returns at once and begins to look for its store; until that answers, logins go on and
 * what was counted waits in memory.
 *
 * @throws ClienteleError `option_invalid` for a wrong or a missing value, `option_unknown` for a name that is no option
 */
export function clientele(options: ClienteleOptions): Clientele {
  const settings = resolveOptions(options)
  const { onError, storeTimeoutMs, smallestCrowd, keyPrefix } = settings

  const store = new Store(settings.store, storeTimeoutMs, onError)
  const secret = new Secret(settings.secret)
  const committer = new Committer(store, { flushIntervalMs: settings.flushIntervalMs, waitMs: storeTimeoutMs })
  const own = new OwnWriter(new WriterDirectory(store), committer)

  const registry = new StoredClients(store, committer, own, keyPrefix, settings.memory.clients)
  const recorder = new Recorder(committer, own)
  const ledger = new Ledger(store, own, recorder)
  const features = new FeatureNames({ store, own, committer }, storeTimeoutMs, () => ledger.succeeded())
  const usage = createUsageReader(ledger, registry, features)
  const unconfirmedWrites = new UnconfirmedWrites(store, own, recorder)
  const housekeeping = new Housekeeping(
    new Sealer(store, own, recorder),
    unconfirmedWrites,
    new Cleaner({ store, own, registry, features }, settings.retention.days),
    onError,
  )

  const bindings = new SessionBindings(store, committer, secret, settings.sessionTtlMs, settings.memory.sessions)
  const tracker = new Tracker({ registry, bindings, recorder, committer, secret }, settings)
  const monitor = new BlindSpotMonitor(onError)
  // One for all mounts, so that a request that meets it twice counts once.
  const middleware = createMiddleware(tracker, { ...settings, monitor, features })
  const health = () => healthOf({ store, committer, secret, bindings, requests: monitor })
  let closing: Promise<void> | undefined

  store.start()
  secret.open(store, storeTimeoutMs)
  housekeeping.start()

  return {
    middleware: () => middleware,
    console: (consoleOptions) =>
      createConsole(
        {
          registry,
          usage,
          secret: () => secret.derived('console'),
          example: (publicKey) => settings.protocols.find((one) => one.example)?.example?.(publicKey),
          keyPrefix,
          smallestCrowd,
          operator: {
            rows: (range) => ledger.rows(range),
            health,
            blindSpots: () => monitor.blindSpots(),
            holdings: () => ledger.holdings(),
          },
          onError: (error) =>
            onError(
              error instanceof ClienteleError
                ? error
                : new ClienteleError('console_failed', 'A page of the console failed.', { cause: error }),
            ),
        },
        consoleOptions,
      ),
    registry,
    usage,
    check: (publicKey) => tracker.check(publicKey),
    openSession: (session) => tracker.openSession(session),
    track: (call) => tracker.track(call),
    count: (sessionId, metric, amount) => tracker.count(sessionId, metric, amount),
    renewSession: (sessionId, renewed) => tracker.renewSession(sessionId, renewed),
    endSession: (sessionId) => tracker.endSession(sessionId),
    health,
    totals: () => recorder.totals(),
    ready: () => store.whenUp(),
    close: () =>
      (closing ??= closeAll(
        { store, secret, committer, own, registry, features, unconfirmedWrites, housekeeping },
        onError,
      )),
  }
}
