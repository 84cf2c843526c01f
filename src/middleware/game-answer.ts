import { type Holding, type OnAnswer, ResponseCapture } from '../http/response-capture.js'
import type { MaybePromise } from '../maybe-promise.js'
import type { GameAnswer } from '../protocols/protocol.js'
import type { GameContext } from './koa-context.js'

/** An answer that is looked at, whoever writes it. */
export interface CapturedResponse {
  /** To be called when the game is done: resolves when its answer may go out. */
  gameDone(): MaybePromise<unknown>
  /** The same when it threw; whoever catches that writes the answer. */
  gameThrew(): MaybePromise<void>
}

/**
 * Looks at the game's answer, whether Koa sends what the game has left in `ctx.body` or the game writes it by hand, and gives it to
 * `onAnswer` once. It is held back from the client for as long as `holding` says.
 */
export function captureResponse(ctx: GameContext, holding: Holding, onAnswer: OnAnswer): CapturedResponse {
  return new KoaCapture(ctx, new ResponseCapture(ctx.res, holding, onAnswer), onAnswer)
}

class KoaCapture implements CapturedResponse {
  readonly #ctx: GameContext
  readonly #capture: ResponseCapture
  readonly #onAnswer: OnAnswer

  constructor(ctx: GameContext, capture: ResponseCapture, onAnswer: OnAnswer) {
    this.#ctx = ctx
    this.#capture = capture
    this.#onAnswer = onAnswer
  }

  gameDone(): MaybePromise<unknown> {
    const [ctx, capture] = [this.#ctx, this.#capture]
    if (ctx.req.method === 'HEAD') ignoreErrorsOf(ctx.body)
    const isByHand = capture.hasBegun || ctx.respond === false
    const answer = isByHand ? undefined : answerBefore(ctx, capture)
    if (answer === undefined) return capture.whenTaken()
    capture.release()
    return this.#onAnswer(answer, false)
  }

  gameThrew(): MaybePromise<void> {
    return this.#capture.whenTaken()
  }
}

/**
 * An answer that is looked into before Koa sends it: an object, which nobody has to read again when Koa has made text of it; and what
 * the client is no more there to get, but the game has said. Any other is seen as it goes out.
 */
function answerBefore(
  { status, body, res }: GameContext,
  { isNeeded, isClosed }: ResponseCapture,
): GameAnswer | undefined {
  if (isClosed) return isReadable(body) ? { status, headers: res.getHeaders(), body } : undefined
  return !isNeeded && isPlainObject(body) ? { status, headers: {}, body } : undefined
}

/** Of a stream Koa sends nothing to HEAD, and destroys it when the answer is out; if we hold that, nobody listens to what breaks. */
function ignoreErrorsOf(body: unknown): void {
  if (typeof body !== 'object' || body === null || !('pipe' in body) || !('on' in body)) return
  ;(body as NodeJS.ReadableStream).on('error', () => undefined)
}

function isReadable(body: unknown): boolean {
  return typeof body === 'string' || body instanceof Uint8Array || isPlainObject(body)
}

/** What Koa will say as JSON. */
function isPlainObject(body: unknown): body is object {
  if (typeof body !== 'object' || body === null || 'toJSON' in body || 'pipe' in body) return false
  const prototype: unknown = Object.getPrototypeOf(body)
  return prototype === null || prototype === Object.prototype || Array.isArray(body)
}
