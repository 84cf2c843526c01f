import { createHmac } from 'node:crypto'
import type { ConsoleOptions } from './console/console-options.js'
import { createConsole } from './console/router.js'
import type { ConsoleMiddleware } from './console/web/context.js'
import { ClienteleError } from './errors.js'
import { ClientRegistry } from './keys/client-registry.js'
import { createMiddleware, type Middleware } from './middleware/middleware.js'
import { Watch } from './middleware/watch.js'
import { type ClienteleOptions, resolveOptions } from './options.js'
import { SessionBindings } from './sessions/session-bindings.js'
import { type OpenedSession, type TrackedCall, Tracker, type Verdict } from './sessions/tracker.js'
import { Committer } from './storage/committer.js'
import type { Health } from './storage/health.js'
import { Secret } from './storage/secret.js'
import { Store } from './storage/store.js'
import { Writers } from './storage/writers.js'
import { boundsOf, dayOf } from './usage/days.js'
import { Ledger } from './usage/reading/ledger.js'
import { createUsageReader } from './usage/reading/usage-reader.js'
import { FeatureNames } from './usage/recording/feature-names.js'
import type { Totals } from './usage/recording/live-totals.js'
import { Recorder } from './usage/recording/recorder.js'
import type { UsageReader } from './usage/report.js'
import { Cleaner } from './usage/sealing/cleaner.js'
import { Housekeeping } from './usage/sealing/housekeeping.js'
import { readTotal } from './usage/sealing/seal-marks.js'
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
   * client. Resolves as `open` does. The old id stays for its time, at most three of them. An id that is another client's is told to
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

const closeWithinMs = 10_000

/**
 * API keys for an existing game server. Returns at once and begins to look for its store; until that answers, logins go on and
 * what was counted waits in memory.
 *
 * @throws ClienteleError `option_invalid` for a wrong or a missing value, `option_unknown` for a name that is no option
 */
export function clientele(options: ClienteleOptions): Clientele {
  const settings = resolveOptions(options)
  const onError = contained(settings.onError)
  const store = new Store(settings.store, settings.storeTimeoutMs, onError)
  const secret = new Secret(settings.secret)
  const writers = new Writers(store)
  const committer: Committer = new Committer(
    store,
    { flushIntervalMs: settings.flushIntervalMs, waitMs: settings.storeTimeoutMs },
    () => writers.join(committer),
    () => recorder.closeDays(),
  )
  const registry = new ClientRegistry(store, committer, writers, settings.keyPrefix, settings.memory.clients)
  const bindings = new SessionBindings(store, committer, secret, settings.sessionTtlMs, settings.memory.sessions)
  const recorder = new Recorder(committer, writers)
  const ledger = new Ledger(store, writers, recorder)
  const features = new FeatureNames({ store, writers, committer }, settings.storeTimeoutMs, () => ledger.succeeded())
  const usage = createUsageReader(ledger, registry, features)
  const tracker = new Tracker({ registry, bindings, recorder, committer, secret }, { ...settings, onError })
  const doubts = new UnconfirmedWrites(store, writers, recorder)
  const housekeeping = new Housekeeping(
    new Sealer(store, writers, recorder),
    doubts,
    new Cleaner({ store, writers, registry, committer, features }, settings.retention.days),
    onError,
  )
  const watch = new Watch(onError)
  let closing: Promise<void> | undefined
  // One for all mounts, so that a request that meets it twice counts once.
  const middleware = createMiddleware(tracker, { ...settings, onError, watch, features })

  store.start()
  secret.open(store, settings.storeTimeoutMs)
  housekeeping.start()

  return {
    middleware: () => middleware,
    console: (consoleOptions) =>
      createConsole(
        {
          registry,
          usage,
          secret: async () =>
            createHmac('sha256', await secret.value())
              .update('console')
              .digest('base64url'),
          example: (publicKey) => settings.protocols.find((one) => one.example)?.example?.(publicKey),
          keyPrefix: settings.keyPrefix,
          smallestCrowd: settings.smallestCrowd,
          operator: {
            registry,
            rows: (range) => ledger.rows(boundsOf(range, dayOf(Date.now()))),
            health,
            blindSpots: () => watch.blindSpots(),
            async holdings() {
              const [total, others] = await Promise.all([readTotal(store), writers.others()])
              return { ...total, writers: others.length + 1 }
            },
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
    totals: () => recorder.tally.totals(),
    ready: () => store.whenUp(),
    close: () => (closing ??= close()),
  }

  function health(): Health {
    return {
      // A store that answers but takes nothing is of no use.
      store: committer.isFailing ? 'down' : store.state,
      waiting: committer.unsaved + secret.waiting,
      oldestMs: committer.oldestMs,
      dropped: bindings.dropped,
      unread: watch.unread,
      unlearned: watch.unlearned,
      growing: store.isGrowing,
      secret: secret.given ? 'given' : 'made',
      ...(store.lastError ? { lastError: store.lastError } : {}),
    }
  }

  async function flushAll(): Promise<void> {
    const named = features.close()
    // It may be back for seconds, and what waits now would be lost.
    await store.retry()
    await secret.hurry(store)
    await named
    await committer.close()
    if (store.state !== 'down') await doubts.settleNow().catch(() => undefined)
    await committer.flush()
    await registry.settled()
  }

  async function close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const bound = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, closeWithinMs, false)
    })
    await Promise.race([flushAll(), bound])
    clearTimeout(timer)
    writers.close()
    housekeeping.close()
    store.close()
    if (committer.unsaved > 0) {
      onError(new ClienteleError('closed', `Closed with ${committer.unsaved} records that the store did not take.`))
    }
  }
}

// A host's handler that throws must not become a failing login.
function contained(onError: (error: ClienteleError) => void): (error: ClienteleError) => void {
  return (error) => {
    try {
      onError(error)
    } catch {
      // It was told; there is nobody else to tell.
    }
  }
}
