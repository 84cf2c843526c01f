import { type Amount, boundCounters, type Counters, playersOf, sumsOf } from './counters.js'
import { type Crowd, joinCrowds, sizeOfCrowd } from './crowd.js'

/** UTC days `YYYY-MM-DD`, both ends included; `{ days: 30 }` is the past 30 days, today included. */
export type Range = { days: number } | { from: string; to: string } | 'all'

/** Sums of one day, one month or a whole range. */
export interface Sums {
  /** Sessions created. */
  sessions: number
  /** Calls, those that create sessions too. */
  calls: number
  /** Calls that the game answered with an error. */
  errors: number
  /** Distinct players: an estimate, see `playersError`. */
  players: number
}

/** What one client did in a range. Every map has no prototype. Nothing is withheld here, only where it is shown. */
export interface UsageReport extends Sums {
  /** As it was asked for. */
  publicKey: string
  /** The first UTC day of the range; for `'all'` the first on which the client did anything. */
  from: string
  /** The last UTC day of the range, included. */
  to: string
  /** `{ 'empire.login': 12, 'empire.found': 1 }` */
  sessionsByMethod: Record<string, number>
  /** `{ 'body.get_buildings': { calls: 40, errors: 2 } }` */
  features: Record<
    string,
    {
      /** Calls of this feature. */
      calls: number
      /** Those that the game answered with an error. */
      errors: number
    }
  >
  /** The game's own numbers, from `count()`. */
  metrics: Record<string, number>
  /**
   * At least so many distinct players share a number of these names, 64 at most: what is shared by too few is withheld where
   * it is shown. A session whose player the game does not tell stands for a player of its own. `spans`: by day and by month,
   * how many share the features that failed, or those that went well and created no session, whichever are fewer.
   */
  crowds: Record<'sessionsByMethod' | 'features' | 'metrics' | 'spans', Record<string, number>>
  /** `{ retired: 3 }`; of the server as a whole when `(refused)` is read. */
  refusals: Record<string, number>
  /** The days on which the client did anything, in order; of `'all'` at least those of the past 13 months. */
  days: ({
    /** UTC, `YYYY-MM-DD`. */
    day: string
  } & Sums)[]
  /** The months in which the client did anything, in order. */
  months: ({
    /** UTC, `YYYY-MM`. */
    month: string
  } & Sums)[]
}

/** One row of {@link UsageReader.overview}. */
export interface ClientSummary {
  /**
   * Also `anonymous`, `(none)`, `(unread)`, and `(other)` for the unregistered after the first 1,000 of a day, and for those that
   * were not used in the three months after.
   */
  publicKey: string
  /** Of a registered client. */
  name?: string
  /** Whether somebody registered or adopted it. */
  registered: boolean
  /** Sessions created. */
  sessions: number
  /** Calls, those that create sessions too. */
  calls: number
  /** Calls that the game answered with an error. */
  errors: number
}

/** What was counted, of every process that shares the store. */
export interface UsageReader {
  /**
   * One client's numbers, by default of the past 30 days. What this process has recorded and not yet committed is in the
   * answer.
   *
   * @throws ClienteleError `store_failed`, `store_timeout`, `store_down`; `option_invalid` for a range that is none
   */
  read(publicKey: string, range?: Range): Promise<UsageReport>
  /**
   * The same of several clients, in the order of their public keys: read together, which takes a fraction of the time.
   *
   * @throws ClienteleError `store_failed`, `store_timeout`, `store_down`; `option_invalid` for a range that is none
   */
  readMany(publicKeys: readonly string[], range?: Range): Promise<UsageReport[]>
  /**
   * Every client that did anything in the range, by default the past 30 days, most sessions first: `anonymous` and the
   * unregistered too, and the row `(none)` for calls that came with no session.
   *
   * @throws ClienteleError `store_failed`, `store_timeout`, `store_down`; `option_invalid` for a range that is none
   */
  overview(range?: Range): Promise<ClientSummary[]>
}

/** Two standard errors of a number of distinct players: the true one is this near 19 times in 20. */
export function playersError(players: number): number {
  return Math.round(players * 0.0325)
}

/** A number of distinct players as it may be shown: undefined when it is withheld, because it is so small. */
export function shownPlayers(players: number, smallestCrowd: number): number | undefined {
  return players > 0 && players < smallestCrowd ? undefined : players
}

/** What was counted for one client in a range, as the ledger finds it. */
export interface LedgerEntry {
  whole: Counters
  /** The first day on which the client did anything. */
  first?: string
  /** In order. */
  days: Map<string, SpanSums>
  months: Map<string, SpanSums>
}

/** Sums of a day or a month. */
export interface SpanSums extends Sums {
  /**
   * At least so many distinct players share the features that failed, and so many those that went well and created no session:
   * the smaller of the two, and none where there are neither.
   */
  crowd?: number
}

export function reportOf(
  publicKey: string,
  from: string,
  to: string,
  { whole, days, months }: LedgerEntry,
): UsageReport {
  const bounded = boundCounters(whole)
  return {
    publicKey,
    from,
    to,
    ...sumsWithPlayers(whole),
    sessionsByMethod: record(bounded.sessions, amountOf),
    features: record(bounded.features, ({ calls, errors }) => ({ calls, errors })),
    metrics: record(bounded.metrics, amountOf),
    crowds: {
      sessionsByMethod: record(bounded.sessions, crowdOf),
      features: record(bounded.features, crowdOf),
      metrics: record(bounded.metrics, crowdOf),
      spans: Object.fromEntries(
        [...days, ...months].flatMap(([span, { crowd }]) => (crowd === undefined ? [] : [[span, crowd]])),
      ),
    },
    refusals: record(bounded.refusals, (count) => count),
    days: Array.from(days, ([day, { crowd: _, ...sums }]) => ({ day, ...sums })),
    months: Array.from(months, ([month, { crowd: _, ...sums }]) => ({ month, ...sums })),
  }
}

function sumsWithPlayers(counters: Counters): Sums {
  return { ...sumsOf(counters), players: playersOf(counters) }
}

export function spanSumsOf(counters: Counters): SpanSums {
  const { sessions, features } = counters
  const named = [...features]
  const others = named.filter(([name, { calls, errors }]) => calls > errors && !sessions.has(name))
  const failed = named.filter(([, { errors }]) => errors > 0)
  const crowds = [others, failed].flatMap((part) => {
    const shared = part.map(([, { crowd }]) => crowd)
    return shared.length > 0 ? [sizeOfCrowd(shared.reduce(joinCrowds))] : []
  })
  return { ...sumsWithPlayers(counters), ...(crowds.length > 0 && { crowd: Math.min(...crowds) }) }
}

const amountOf = ({ amount }: Amount) => amount
const crowdOf = ({ crowd }: { crowd: Crowd }) => sizeOfCrowd(crowd)

// A feature may be called `__proto__`.
function record<From, To>(counts: Map<string, From>, to: (value: From) => To): Record<string, To> {
  const result: Record<string, To> = Object.create(null)
  for (const [name, value] of counts) result[name] = to(value)
  return result
}
