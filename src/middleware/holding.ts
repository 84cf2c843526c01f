import type { Holding } from '../http/response-capture.js'
import type { GameAnswer } from '../protocols/protocol.js'
import type { Durability } from '../sessions/tracker.js'
import type { JudgedCall, JudgedRequest } from './admission.js'
import { learn } from './learning.js'

export interface HoldingRules {
  /** For the answer to this request. */
  of(judged: JudgedRequest): Holding
  /** The same of a late one, which may be judged while its answer is on its way: `undefined` before, and a promise meanwhile. */
  ofLate(current: () => JudgedRequest | Promise<unknown> | undefined): Holding
}

/**
 * The longest that an answer is kept from the client because it is not whole yet, in milliseconds: a stream, or one that is
 * written by hand, may go on for ever.
 */
const maxHoldMs = 2_000
/** Of an answer that another may replace all is needed; as long as Node's timers can be. */
const wholeAnswer = { bytes: 2 ** 30, ms: 2 ** 31 - 1 }

const isToldByHead = ({ call, client }: JudgedCall) => call.createsSession || (client && call.renews === 'head')
const isToldByBody = ({ call, client }: JudgedCall) => call.createsSession || (client && call.renews === 'body')

/** Which answers the client gets only when what they tell is saved. */
export function createHoldingRules(durability: Durability, bodyLimitBytes: number): HoldingRules {
  const looking = { bytes: bodyLimitBytes, ms: maxHoldMs }

  function of(judged: JudgedRequest): Holding {
    const mayBeReplaced = judged.rest !== undefined || judged.isStrict
    return {
      isHeld: mayBeReplaced || mayTellByBody(judged),
      isHeldFor: judged.calls.some(isToldByHead) ? (head) => showsSession(judged, head) : undefined,
      mayBeReplaced,
      limits: mayBeReplaced ? wholeAnswer : looking,
    }
  }

  function ofLate(current: () => JudgedRequest | Promise<unknown> | undefined): Holding {
    return {
      get isHeld() {
        const judged = current()
        return judged instanceof Promise || (judged !== undefined && mayTellByBody(judged))
      },
      isHeldFor(head) {
        const judged = current()
        return judged !== undefined && !(judged instanceof Promise) && showsSession(judged, head)
      },
      mayBeReplaced: false,
      limits: looking,
    }
  }

  function mayTellByBody({ reading, calls }: JudgedRequest): boolean {
    return reading.calls.length === 0 || durability === 'all' || calls.some(isToldByBody)
  }

  return { of, ofLate }
}

function showsSession(judged: JudgedRequest, head: GameAnswer): boolean {
  return learn(judged, head).some(({ outcome }) => outcome.sessionId)
}
