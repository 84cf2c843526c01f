import { ClienteleError } from '../errors.js'
import { parsePublicKey } from '../keys/key-format.js'
import type { StoredClients } from '../keys/stored-clients.js'
import type { RefusalReason } from '../refusals.js'
import { noClient, other, unread } from '../row-names.js'
import type { Committer } from '../storage/committer.js'
import type { Secret } from '../storage/secret.js'
import type { Attribution } from '../usage/attribution.js'
import { seatOf } from '../usage/crowd.js'
import type { Recorder } from '../usage/recording/recorder.js'
import { type ClientState, clientState } from './client-state.js'
import { type Decision, decide, type Enforcement, needsRegistry, type RegistryStanding } from './decision.js'
import type { SessionBindings } from './session-bindings.js'

/** What `check` says of a public key: whose it is, or why it may not create a session. */
export type Verdict = { admitted: true; client: ClientState } | { admitted: false; reason: RefusalReason }

/** The client of a session, and who started it. */
export interface KnownClient {
  client: ClientState
  attribution: Attribution
}

/**
 * Which answers wait until their count is on the store: those of `sessions` that are created, those of `all` calls too, or
 * `none`. A count that nobody waits for may stay in memory for `flushIntervalMs`, and is lost when the process is killed.
 */
export type Durability = 'sessions' | 'all' | 'none'

/** What `open` takes. */
export interface OpenedSession {
  /** As later calls will name it. Only a keyed hash of it is stored. */
  sessionId: string
  /** As `check` gave it, or as the client sent it. */
  publicKey: string
  /** The feature that created the session: `empire.login`. */
  method: string
  /** Counted blind: a keyed hash goes into an estimate of distinct players, nothing else is kept. */
  playerId?: string
  /** More ids of the same session, at most seven, such as a bearer token beside a cookie: any of them names it. */
  otherIds?: readonly string[]
}

/**
 * What `track` takes: what the call uses (`feature`, such as `empire.login`), whether the game answered it with an error
 * (`failed`, by default false), and the session or, where there is none, the client that it counts for. A session that is not
 * known counts under `(none)`. A client has 256 features a day; what comes after them counts under `(other)`.
 */
export type TrackedCall = { feature: string; failed?: boolean } & ({ sessionId: string } | { publicKey: string })

/**
 * The verbs: what the middleware calls for HTTP, and a host for whatever came over a socket, a chat bot or an admin tool.
 * None of them rejects: a failing store is reported and the game goes on.
 */
export class Tracker {
  readonly #registry: StoredClients
  readonly #bindings: SessionBindings
  readonly #recorder: Recorder
  readonly #committer: Committer
  readonly #secret: Secret
  #toldNotUniqueAtMs = Number.NEGATIVE_INFINITY
  readonly #options: {
    enforce: Enforcement
    keyPrefix: string
    durability: Durability
    onError(error: ClienteleError): void
  }

  constructor(
    parts: {
      registry: StoredClients
      bindings: SessionBindings
      recorder: Recorder
      committer: Committer
      secret: Secret
    },
    options: { enforce: Enforcement; keyPrefix: string; durability: Durability; onError(error: ClienteleError): void },
  ) {
    this.#registry = parts.registry
    this.#bindings = parts.bindings
    this.#recorder = parts.recorder
    this.#committer = parts.committer
    this.#secret = parts.secret
    this.#options = options
  }

  /** Whether this public key, of whatever type it came, may create a session. Counts the refusal if it may not. */
  async check(publicKey: unknown): Promise<Verdict> {
    const admitted = await this.admit(publicKey)
    if (typeof admitted === 'string') return { admitted: false, reason: admitted }
    return { admitted: true, client: admitted.client }
  }

  /** As `check`: the client and how to count it, or why it may not, which counts for so many logins of one request. */
  async admit(publicKey: unknown, logins = 1): Promise<KnownClient | RefusalReason> {
    const form = parsePublicKey(publicKey, this.#options.keyPrefix)
    const { standing, name } = needsRegistry(form)
      ? await this.#standing(form.publicKey ?? '')
      : { standing: 'unasked' as const }
    const decision = decide(this.#options.enforce, form, standing)
    if (!decision.admitted) {
      const retired = standing === 'retired' ? form.publicKey : undefined
      if (logins > 0) this.#recorder.refusal(decision.reason, logins, retired)
      return decision.reason
    }
    const attribution = attributionOf(decision)
    return { attribution, client: this.#state(attribution, decision.registered, name) }
  }

  /** A session was created: counts it, binds its id to the client, and resolves when that is safe on the store. */
  async openSession(session: OpenedSession): Promise<void> {
    const { sessionId, playerId, method, otherIds = [] } = session
    const isNamed = (field: string, value: unknown) => this.#isNamed('openSession', field, value)
    if (!isNamed('method', method) || !isNamed('sessionId', sessionId)) return
    if (!Array.isArray(otherIds)) return this.#refuse('openSession() takes a list of strings as `otherIds`')
    if (!otherIds.every((id) => isNamed('otherIds', id))) return
    const attribution = await this.#claimed(session.publicKey)
    const urgent = this.#options.durability !== 'none'
    const started = this.#recorder.session(attribution, method, urgent)
    const bound = this.#bindings.bind([sessionId, ...otherIds], started, urgent)
    this.#secret.use(() => {
      // Of a player whom the game does not tell, the session is all there is.
      const hash =
        playerId === undefined ? this.#secret.hash('session', sessionId) : this.#secret.hash('player', playerId)
      const seat = seatOf(hash)
      bound.seat = seat
      this.#recorder.seat(started, method, seat)
      if (playerId !== undefined) this.#recorder.player(started, this.#secret.id, hash)
    })
    if (urgent) await this.#committer.committed()
  }

  /** A call was made. Without a known session it counts under `(none)`. */
  async track(call: TrackedCall): Promise<void> {
    const attribution = await ('sessionId' in call
      ? this.#attributionOf(call.sessionId)
      : this.#claimed(call.publicKey))
    await this.record(attribution, call.feature, call.failed === true)
  }

  /** A call of a session whose attribution is known, or of nobody. A promise where it is to be waited for. */
  record(attribution: Attribution, feature: string, failed: boolean): Promise<unknown> | undefined {
    if (!this.#isNamed('track', 'feature', feature)) return undefined
    const urgent = this.#options.durability === 'all'
    this.#recorder.call(attribution, feature, failed, urgent)
    return urgent ? this.#committer.committed() : undefined
  }

  /** Adds to one of the game's own numbers for the client of a session. */
  async count(sessionId: string, metric: string, amount = 1): Promise<void> {
    this.#metric(await this.#attributionOf(sessionId), metric, amount)
  }

  /** The same session under a new id as well. */
  async renewSession(sessionId: string, renewed: string): Promise<void> {
    const isNamed = (field: string, value: unknown) => this.#isNamed('renewSession', field, value)
    if (!isNamed('sessionId', sessionId) || !isNamed('renewed', renewed) || sessionId === renewed) return
    // From the store, if this process does not know it.
    await this.#attributionOf(sessionId)
    const urgent = this.#options.durability !== 'none'
    if (!(await this.#bindings.renew(sessionId, renewed, urgent))) this.#tellNotUnique()
    if (urgent) await this.#committer.committed()
  }

  /** The session is over. */
  async endSession(sessionId: string): Promise<void> {
    await this.#bindings.end(sessionId)
  }

  /** The client of a session: at once when this process knows both, else asked of the store. */
  clientOf(sessionId: string): KnownClient | Promise<KnownClient | undefined> {
    const attribution = this.#bindings.held(sessionId)
    const known = attribution && this.#registry.cached(attribution.publicKey)
    if (!attribution || !known) return this.#askedClientOf(sessionId)
    return this.#known(attribution, known.client !== undefined, known.client?.name)
  }

  async #askedClientOf(sessionId: string): Promise<KnownClient | undefined> {
    const attribution = await this.#attributionOf(sessionId)
    if (attribution.publicKey === noClient) return undefined
    const { standing, name } = await this.#standing(attribution.publicKey)
    return this.#known(attribution, standing === 'registered' || standing === 'retired', name)
  }

  #known(attribution: Attribution, registered: boolean, name: string | undefined): KnownClient {
    // Adopted since: it has rows of its own.
    const current = registered && attribution.isUnregistered ? withoutMark(attribution) : attribution
    return { attribution: current, client: this.#state(current, registered, name) }
  }

  async #attributionOf(sessionId: string): Promise<Attribution> {
    try {
      return (await this.#bindings.find(sessionId)) ?? { publicKey: noClient }
    } catch {
      // The store has reported it.
      return { publicKey: noClient }
    }
  }

  /** Whose session or call it is that claims this public key. */
  async #claimed(publicKey: string): Promise<Attribution> {
    if (publicKey === noClient || publicKey === other || publicKey === unread) return { publicKey }
    const form = parsePublicKey(publicKey, this.#options.keyPrefix)
    const { standing } = needsRegistry(form) ? await this.#standing(publicKey) : { standing: 'unasked' as const }
    return attributionOf(decide('off', form, standing))
  }

  async #standing(publicKey: string): Promise<{ standing: RegistryStanding; name?: string }> {
    try {
      const client = await this.#registry.find(publicKey)
      if (!client) return { standing: 'unregistered' }
      return { standing: client.retiredAtMs === undefined ? 'registered' : 'retired', name: client.name }
    } catch {
      // The store has reported it.
      return { standing: 'unasked' }
    }
  }

  #state(attribution: Attribution, registered: boolean, name: string | undefined): ClientState {
    return clientState(attribution.publicKey, registered, name, (metric, amount) =>
      this.#metric(attribution, metric, amount),
    )
  }

  #metric(attribution: Attribution, metric: string, amount: number): void {
    if (typeof metric === 'string' && metric !== '' && Number.isFinite(amount))
      this.#recorder.metric(attribution, metric, amount)
    else this.#refuse('count() takes the name of a metric and a finite number')
  }

  #tellNotUnique(): void {
    const now = performance.now()
    if (now - this.#toldNotUniqueAtMs < tellAgainAfterMs) return
    this.#toldNotUniqueAtMs = now
    const message =
      'A session was to be renewed under an id that is already the one of a session of another client; it stays there.'
    this.#options.onError(new ClienteleError('session_not_unique', message))
  }

  #isNamed(verb: string, field: string, value: unknown): boolean {
    if (typeof value === 'string') return true
    this.#refuse(`${verb}() takes a \`${field}\` of type string, not ${value === null ? 'null' : typeof value}`)
    return false
  }

  #refuse(fault: string): void {
    this.#options.onError(new ClienteleError('option_invalid', `${fault}; this was not counted.`))
  }
}

const tellAgainAfterMs = 3_600_000

function withoutMark({ isUnregistered: _, ...attribution }: Attribution): Attribution {
  return attribution
}

function attributionOf(decision: Decision): Attribution {
  if (!decision.admitted) return { publicKey: noClient }
  return { publicKey: decision.publicKey, ...(decision.isUnregistered && { isUnregistered: true as const }) }
}
