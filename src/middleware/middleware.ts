import type { IncomingMessage } from 'node:http'
import { ClienteleError } from '../errors.js'
import { nobody } from '../keys/key-format.js'
import type { Call, GameAnswer, GameRequest, Lesson, Protocol, Refusal } from '../protocols/protocol.js'
import { refusalMessages } from '../sessions/decision.js'
import type { ClientState, Tracker } from '../sessions/tracker.js'
import { unknownFeature } from '../usage/counters.js'
import { type AnswerSource, readAnswer } from './game-answer.js'
import { type BodySource, handOverBody, readBody, replaceBody } from './request-body.js'

/** What we use of a Koa context, structurally: Koa 2 and Koa 3 both fit. */
export interface GameContext extends AnswerSource, BodySource {
  req: IncomingMessage
  state: Record<string, unknown>
  set(name: string, value: string): void
}

/** Koa middleware, of Koa 2 and of Koa 3. */
export type Middleware = (ctx: GameContext, next: () => Promise<unknown>) => Promise<unknown>

export interface MiddlewareOptions {
  protocols: readonly Protocol[]
  bodyLimitBytes: number
  handOver: boolean
  onUnread(): void
  onError(error: ClienteleError): void
}

interface Judged {
  call: Call
  client?: ClientState
  refusal?: Refusal
}

export function createMiddleware(tracker: Tracker, options: MiddlewareOptions): Middleware {
  const { protocols, bodyLimitBytes, handOver } = options
  const handled = new WeakSet<IncomingMessage>()

  // Not async: a request that is none of ours costs one look at its address.
  return (ctx, next) => {
    const { method = '', url = '' } = ctx.req
    const queryAt = url.indexOf('?')
    const path = queryAt < 0 ? url : url.slice(0, queryAt)
    const protocol = protocols.find((one) => one.matches(method, path))
    if (!protocol || handled.has(ctx.req)) return next()
    handled.add(ctx.req)
    return handle(ctx, next, protocol, {
      method,
      path,
      query: queryAt < 0 ? '' : url.slice(queryAt + 1),
      headers: ctx.req.headers,
    })
  }

  async function handle(ctx: GameContext, next: () => Promise<unknown>, protocol: Protocol, address: GameRequest) {
    const request = await withBody(ctx, protocol, address)
    const calls = request ? guard(() => protocol.read(request), []) : []
    if (!request || calls.length === 0) return next()
    const judged = await Promise.all(calls.map(judge))
    const refusals = judged.flatMap(({ refusal }) => (refusal ? [refusal] : []))
    if (refusals.length === calls.length) return answer(ctx, protocol.refuse(request, refusals))

    const { batch } = protocol
    if (batch && refusals.length > 0) replaceBody(ctx, batch.without(request, refusals))
    const client = judged.find((one) => one.client)?.client
    if (client) ctx.state.client = client
    try {
      await next()
    } catch (error) {
      await record(judged, () => ({ failed: true }))
      throw error
    }
    const given = await readAnswer(
      ctx,
      calls.some(({ createsSession }) => createsSession),
      bodyLimitBytes,
    )
    await record(judged, (call) => guard(() => protocol.learn(call, given), {}))
    if (batch && refusals.length > 0) answer(ctx, batch.join(request, refusals, given))
  }

  async function withBody(
    ctx: GameContext,
    protocol: Protocol,
    address: GameRequest,
  ): Promise<GameRequest | undefined> {
    if (address.method === 'GET') return address
    const body = await readBody(ctx, bodyLimitBytes)
    if ('unread' in body) {
      if (body.unread !== 'multipart') options.onUnread()
      return undefined
    }
    if ('parsed' in body) {
      const request = { ...address, parsed: body.parsed }
      // A parser takes raw JSON that was sent as a form for a form; what it kept of the text still has the calls.
      if (body.raw === undefined || guard(() => protocol.read(request), []).length > 0) return request
      return { ...address, body: Buffer.from(body.raw) }
    }
    if (!handOver) return { ...address, body: body.bytes }
    const parsed = guardParse(body.bytes)
    if (typeof parsed !== 'object' || parsed === null) return { ...address, body: body.bytes }
    handOverBody(ctx, parsed)
    return { ...address, parsed }
  }

  async function judge(call: Call): Promise<Judged> {
    if (!call.createsSession) {
      const client = call.sessionId === undefined ? undefined : await tracker.clientOf(call.sessionId)
      return client ? { call, client } : { call }
    }
    const verdict = await tracker.check(call.publicKey)
    if (verdict.admitted) return { call, client: verdict.client }
    return { call, refusal: { call, reason: verdict.reason, message: refusalMessages[verdict.reason] } }
  }

  async function record(judged: readonly Judged[], learn: (call: Call) => Lesson): Promise<void> {
    const done = judged.flatMap(({ call, client, refusal }) => {
      if (refusal) return []
      const { sessionId, playerId, failed = false, unknown = false } = learn(call)
      const publicKey = client?.publicKey ?? nobody
      const tracked = tracker.track({ feature: unknown ? unknownFeature : call.feature, failed, publicKey })
      if (call.endsSession && !failed && call.sessionId !== undefined) void tracker.end(call.sessionId)
      if (!call.createsSession || sessionId === undefined) return [tracked]
      return [
        tracked,
        tracker.open({ sessionId, publicKey, method: call.feature, ...(playerId === undefined ? {} : { playerId }) }),
      ]
    })
    await Promise.all(done)
  }

  function guard<Value>(work: () => Value, otherwise: Value): Value {
    try {
      return work()
    } catch (error) {
      options.onError(new ClienteleError('protocol_failed', 'A protocol threw; the request passed.', { cause: error }))
      return otherwise
    }
  }
}

function answer(ctx: GameContext, { status, headers, body }: GameAnswer): void {
  ctx.status = status
  for (const [name, value] of Object.entries(headers)) ctx.set(name, value)
  ctx.body = status === 204 ? null : body
}

function guardParse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
