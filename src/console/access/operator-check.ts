import type { ConsoleContext } from '../web/context.js'
import { withTimeout } from '../web/with-timeout.js'

/** A page that would only show another link does not wait longer for the host. */
const peekWaitMs = 1_000

/** The option `operator`. */
type AskHost = (ctx: ConsoleContext) => boolean | Promise<boolean>

/** Whether the visitor is the operator, which only the host knows. It is asked at most once for a request. */
export class OperatorCheck {
  readonly #operator: AskHost | undefined
  readonly #onError: (error: unknown) => void
  readonly #asked = new WeakMap<ConsoleContext, Promise<boolean>>()

  constructor(operator: AskHost | undefined, onError: (error: unknown) => void) {
    this.#operator = operator
    this.#onError = onError
  }

  /** @throws what the host throws */
  isOperator(ctx: ConsoleContext): Promise<boolean> {
    const asked = this.#ask(ctx)
    this.#asked.set(ctx, asked)
    return asked
  }

  /** Whether the page leads to the operator's pages. A host that cannot say breaks no page. */
  async peek(ctx: ConsoleContext): Promise<boolean> {
    const asked = this.#asked.get(ctx)
    // Whoever asked has reported what was thrown.
    if (asked) return asked.catch(() => false)
    return withTimeout(peekWaitMs, 'answer of the option operator', this.#ask(ctx)).catch((error: unknown) => {
      this.#onError(error)
      return false
    })
  }

  async #ask(ctx: ConsoleContext): Promise<boolean> {
    return (await this.#operator?.(ctx)) === true
  }
}
