import { ClienteleError } from './errors.js'
import { keyPrefixShape } from './keys/key-format.js'
import {
  aBoolean,
  aFunction,
  type Check,
  checkOptions,
  group,
  oneOf,
  requireOptions,
  text,
  wholeNumber,
} from './option-checks.js'
import type { Protocol } from './protocols/protocol.js'
import type { Enforcement } from './sessions/decision.js'
import type { Durability } from './sessions/tracker.js'
import type { KeyvLike } from './storage/store.js'

/** What `clientele()` takes. Times are in milliseconds, sizes in bytes; `store` and `protocol` must be given. */
export interface ClienteleOptions {
  /** Any Keyv, 5.6 or 6.1; the adapters of this package return one that is set up for it. */
  store: KeyvLike
  /** How the game's API creates sessions; several when it has several. */
  protocol: Protocol | Protocol[]
  /** Who may create a session. @default 'registered' */
  enforce?: Enforcement
  /**
   * Starts every key that this server issues, so that the keys of two servers differ: one to ten lower-case letters and digits,
   * beginning with a letter. @default 'ck'
   */
  keyPrefix?: string
  /** How long a call's count may stay in memory, in milliseconds from 10. @default 1_000 */
  flushIntervalMs?: number
  /** Which answers wait until their count is on the store. @default 'sessions' */
  durability?: Durability
  /**
   * How long an unused session is remembered, in milliseconds from 1,000. Sliding; renewed at most once per quarter of its
   * life. @default 14_400_000
   */
  sessionTtlMs?: number
  /** After so many milliseconds a store call has failed: the longest that a login waits for the store. @default 2_000 */
  storeTimeoutMs?: number
  /** At least 32 characters; keys the hashes of players and sessions. @default CLIENTELE_SECRET, else one made in the store */
  secret?: string
  /** Cells that fewer players share are withheld wherever numbers are shown; 1 to 48. @default 5 */
  smallestCrowd?: number
  /** How long daily records are kept; months and totals stay. @default { days: 400 } */
  retention?: {
    /** In UTC days, from 62. @default 400 */
    days?: number
  }
  /** Bounds of the caches, in entries. @default { sessions: 100_000, clients: 10_000 } */
  memory?: {
    /** Sessions whose client is remembered; others are asked of the store. @default 100_000 */
    sessions?: number
    /** Public keys whose registration is remembered. @default 10_000 */
    clients?: number
  }
  /** In bytes; a larger body passes unread, and a larger answer is not looked into. @default 1_048_576 */
  bodyLimitBytes?: number
  /** Give the parsed body to later parsers, as `ctx.request.body`. @default false */
  handOver?: boolean
  /**
   * Refuse also the answer that hands out a session without a login that we could read and admit; an array names the features whose
   * answers may show a session id. Answers are then held until they are whole, and slow requests too. @default false
   */
  strict?: boolean | string[]
  /**
   * Is told of every failure of ours; what it throws is swallowed.
   * @default a warning on the process, at most one a minute for each code
   */
  onError?: (error: ClienteleError) => void
}

export type ResolvedOptions = Required<Omit<ClienteleOptions, 'protocol' | 'secret' | 'retention' | 'memory'>> & {
  protocols: Protocol[]
  secret: string | undefined
  retention: { days: number }
  memory: { sessions: number; clients: number }
}

const maxTimerMs = 2_147_483_647

const aStore: Check = (value) => {
  const methods = ['get', 'getMany', 'set', 'setMany', 'delete', 'deleteMany', 'on']
  const fits = typeof value === 'object' && value !== null && methods.every((name) => name in value)
  return fits ? undefined : "must be a Keyv (5.6 or later), such as sqlite('clients.sqlite')"
}

const aProtocol: Check = (value) => {
  const protocols = Array.isArray(value) ? value : [value]
  const methods = ['matches', 'read', 'refuse', 'learn']
  const fits = (one: unknown) => typeof one === 'object' && one !== null && methods.every((name) => name in one)
  return protocols.length > 0 && protocols.every(fits)
    ? undefined
    : 'must be a protocol, such as lacuna() or jsonRpc({ … }), or an array of them'
}

const aSecret = text(/^.{32,}$/s, 'text of at least 32 characters; make one with: openssl rand -base64 32')

/** @throws ClienteleError `option_invalid`, `option_unknown` */
export function resolveOptions(options: ClienteleOptions): ResolvedOptions {
  const where = 'clientele()'
  checkOptions(where, options, {
    store: aStore,
    protocol: aProtocol,
    enforce: oneOf('registered', 'present', 'off'),
    keyPrefix: text(keyPrefixShape, 'one to ten lower-case letters and digits, beginning with a letter'),
    flushIntervalMs: wholeNumber(10, maxTimerMs, 'milliseconds'),
    durability: oneOf('sessions', 'all', 'none'),
    sessionTtlMs: wholeNumber(1_000, Number.MAX_SAFE_INTEGER, 'milliseconds'),
    storeTimeoutMs: wholeNumber(1, maxTimerMs, 'milliseconds'),
    secret: aSecret,
    smallestCrowd: wholeNumber(1, 48, 'players'),
    retention: group(`${where} retention`, { days: wholeNumber(62, 36_500, 'days') }),
    memory: group(`${where} memory`, {
      sessions: wholeNumber(1, 100_000_000, 'entries'),
      clients: wholeNumber(1, 100_000_000, 'entries'),
    }),
    bodyLimitBytes: wholeNumber(1, 1_073_741_824, 'bytes'),
    handOver: aBoolean,
    strict: (value) =>
      typeof value === 'boolean' || (Array.isArray(value) && value.every((one) => typeof one === 'string'))
        ? undefined
        : 'must be true, false or an array of features',
    onError: aFunction,
  })
  requireOptions(where, options, {
    store: "give it a Keyv: store: sqlite('clients.sqlite')",
    protocol: 'say how the game creates sessions: protocol: lacuna()',
  })
  if (options.enforce === 'off' && (options.strict ?? false) !== false) {
    const message = `${where}: \`strict\` refuses what nobody could read, and with \`enforce: 'off'\` nothing is refused; leave out one of them.`
    throw new ClienteleError('option_invalid', message, { field: 'strict' })
  }
  return {
    store: options.store,
    protocols: [options.protocol].flat(),
    enforce: options.enforce ?? 'registered',
    keyPrefix: options.keyPrefix ?? 'ck',
    flushIntervalMs: options.flushIntervalMs ?? 1_000,
    durability: options.durability ?? 'sessions',
    sessionTtlMs: options.sessionTtlMs ?? 14_400_000,
    storeTimeoutMs: options.storeTimeoutMs ?? 2_000,
    secret: options.secret ?? secretOfEnvironment(),
    smallestCrowd: options.smallestCrowd ?? 5,
    retention: { days: options.retention?.days ?? 400 },
    memory: { sessions: options.memory?.sessions ?? 100_000, clients: options.memory?.clients ?? 10_000 },
    bodyLimitBytes: options.bodyLimitBytes ?? 1_048_576,
    handOver: options.handOver ?? false,
    strict: options.strict ?? false,
    onError: contained(options.onError ?? warner()),
  }
}

function secretOfEnvironment(): string | undefined {
  const secret = process.env.CLIENTELE_SECRET
  if (secret === undefined || secret === '') return undefined
  const fault = aSecret(secret)
  if (fault)
    throw new ClienteleError('option_invalid', `The environment variable CLIENTELE_SECRET ${fault}.`, {
      field: 'secret',
    })
  return secret
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

// A store that is down for a night must not fill a disk with warnings.
function warner(): (error: ClienteleError) => void {
  const lastWarnedAtMs = new Map<string, number>()
  return (error) => {
    const now = Date.now()
    if (now - (lastWarnedAtMs.get(error.code) ?? Number.NEGATIVE_INFINITY) < 60_000) return
    lastWarnedAtMs.set(error.code, now)
    process.emitWarning(error.message, { type: 'ClienteleWarning', code: error.code })
  }
}
