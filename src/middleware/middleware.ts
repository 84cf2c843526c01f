import type { IncomingMessage } from 'node:http'
import { ClienteleError } from '../errors.js'
import type { Replacement } from '../http/response-capture.js'
import { andThen, both, type MaybePromise } from '../maybe-promise.js'
import type { GameAnswer, GameRequest, Protocol } from '../protocols/protocol.js'
import type { Durability, Tracker } from '../sessions/tracker.js'
import type { FeatureNames } from '../usage/recording/feature-names.js'
import { createAdmission, isExempt, type JudgedRequest, type Strictness, tellClient } from './admission.js'
import type { BlindSpotMonitor } from './blind-spot-monitor.js'
import { captureResponse } from './game-answer.js'
import { guardProtocol } from './guarded-protocol.js'
import { createHoldingRules } from './holding.js'
import type { GameContext } from './koa-context.js'
import { captureLate } from './late-body.js'
import { createRecording, learn } from './learning.js'
import { createReader, type LateRequest, type Reading } from './reading.js'
import { recordUnclaimed, refuseUnclaimed, type UnclaimedSession, unclaimedSessions } from './unclaimed-sessions.js'

/** Koa middleware, of Koa 2 and of Koa 3. */
export type Middleware = (ctx: GameContext, next: () => Promise<unknown>) => Promise<unknown>

export interface MiddlewareOptions {
  protocols: readonly Protocol[]
  bodyLimitBytes: number
  handOver: boolean
  /** With `'all'` each call's answer waits, and not a login's only. */
  durability: Durability
  strict: Strictness
  monitor: BlindSpotMonitor
  /** Those that have names. */
  features: FeatureNames
  onError(error: ClienteleError): void
}

/** What Koa's parser of addresses takes out or cuts off; HTTP/2 lets clients send it. */
const odd = /[#\s\ufeff]/

/**
 * The longest that the game is kept from a request because its body is not whole yet, in milliseconds. A packet that gets lost is sent
 * again after one second (RFC 6298, section 2.1) and a client that waits for `100 Continue` goes on after one, as curl does; so a login
 * by an honest client is here by then, on a bad line too, and is judged before the game has it.
 */
const maxBodyWaitMs = 2_000

const noneUnclaimed: readonly UnclaimedSession[] = []
const nothing = () => undefined

export function createMiddleware(tracker: Tracker, options: MiddlewareOptions): Middleware {
  const { bodyLimitBytes, durability, strict } = options
  const protocols = options.protocols.map((one) => guardProtocol(one, options.onError))
  // With `strict` nothing is let through by being slow: it could be refused no more.
  const reader = createReader(protocols, { ...options, maxWaitMs: strict === false ? maxBodyWaitMs : undefined })
  const admission = createAdmission(tracker, protocols, options)
  const holdingRules = createHoldingRules(durability, bodyLimitBytes)
  const recording = createRecording(tracker, options)
  const steps = { reader, admission, holdingRules, recording, learnAndRecord, safely }
  const handled = new WeakSet<IncomingMessage>()

  // Not async: a request that is none of ours costs one look at its address.
  return (ctx, next) => {
    const { method = '', url = '' } = ctx.req
    const queryAt = url.indexOf('?')
    // Koa knows better what `http://host/empire`, `/empire#x` and a space at the end mean, and takes longer to say it.
    const isPlain = url.startsWith('/') && !odd.test(url)
    const path = !isPlain ? oddPath(ctx) : queryAt < 0 ? url : url.slice(0, queryAt)
    // A preflight is the host's; with a body it is none, and some hosts take it for a call.
    if (!isOurs(method === 'OPTIONS' ? 'POST' : method, path) || handled.has(ctx.req)) return next()
    handled.add(ctx.req)
    const query = !isPlain ? ctx.querystring : queryAt < 0 ? '' : url.slice(queryAt + 1)
    return handle(ctx, next, { method, path, query, headers: ctx.req.headers })
  }

  function isOurs(method: string, path: string): boolean {
    for (const protocol of protocols) if (protocol.matches(method, path)) return true
    return false
  }

  async function handle(ctx: GameContext, next: () => Promise<unknown>, address: GameRequest): Promise<unknown> {
    // Whatever is wrong with us, or with a protocol, the game goes on.
    const admitting = safely(() => readAndJudge(ctx, address))
    const judged = admitting instanceof Promise ? await admitting : admitting
    if (judged === 'refused') return undefined
    if (!judged) return next()

    const response = 'body' in judged ? captureLate(ctx, judged, steps) : captureAnswer(ctx, judged)
    try {
      await next()
    } catch (error) {
      await response.gameThrew()
      throw error
    }
    return response.gameDone()
  }

  /** `refused`: nothing of it may go on, and the answer says so; undefined: none of it is ours. */
  function readAndJudge(
    ctx: GameContext,
    address: GameRequest,
  ): MaybePromise<JudgedRequest | LateRequest | 'refused' | undefined> {
    return andThen(reader.read(ctx, address), (reading: Reading | LateRequest | undefined) => {
      return reading && 'calls' in reading ? admission.judge(ctx, reading) : reading
    })
  }

  /** Learns and records when the answer is there: before Koa sends it, or as the game writes it. */
  function captureAnswer(ctx: GameContext, judged: JudgedRequest) {
    tellClient(ctx, judged)
    return captureResponse(ctx, holdingRules.of(judged), (answer, isUnreadable) =>
      safely(() => learnAndRecord(judged, answer, isUnreadable)),
    )
  }

  /** Gives what is to be sent in the answer's place, if anything is. */
  function learnAndRecord(
    judged: JudgedRequest,
    answer: GameAnswer,
    isUnreadable: boolean,
  ): MaybePromise<Replacement | undefined> {
    const { reading, finders } = judged
    const learned = learn(judged, answer)
    const unclaimed = finders.length === 0 ? noneUnclaimed : unclaimedSessions(finders, reading, learned, answer)
    const refused = judged.isStrict && unclaimed.find(({ feature }) => !isExempt(strict, feature))
    if (refused) {
      void recording.recordCalls(judged, learned, answer)
      return tracker.admit(undefined).then(() => ({ answer: refuseUnclaimed(refused, reading), keepsHeaders: false }))
    }
    let saving = recording.record(judged, learned, answer, isUnreadable)
    if (unclaimed.length > 0) saving = both(saving, recordUnclaimed(tracker, options, reading, unclaimed))
    return andThen(saving, judged.rest === undefined ? nothing : () => joined(judged, answer))
  }

  /** What we refused of a batch and what the game answered to the rest. */
  function joined({ reading, refusals }: JudgedRequest, answer: GameAnswer): Replacement | undefined {
    const whole = reading.protocol.batch?.join(reading.request, refusals, answer)
    return whole === undefined || whole === answer ? undefined : { answer: whole, keepsHeaders: true }
  }

  function safely<Value>(work: () => MaybePromise<Value>): MaybePromise<Value | undefined> {
    try {
      const value = work()
      return value instanceof Promise ? value.catch(fail) : value
    } catch (error) {
      return fail(error)
    }
  }

  /** What a protocol has thrown says so itself. */
  function fail(error: unknown): undefined {
    const isTold = error instanceof ClienteleError && error.code === 'protocol_failed'
    options.onError(
      isTold
        ? error
        : new ClienteleError('middleware_failed', 'Looking at a request failed; it passed.', { cause: error }),
    )
  }
}

/** As Koa reads it; of a target that is no address, such as `http://[x/rpc` or that of a CONNECT, it makes none, or throws. */
function oddPath(ctx: GameContext): string {
  try {
    return ctx.path ?? ''
  } catch {
    return ''
  }
}
