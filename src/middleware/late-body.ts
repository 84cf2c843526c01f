import type { OnAnswer } from '../http/response-capture.js'
import { andThen, type MaybePromise } from '../maybe-promise.js'
import type { GameAnswer } from '../protocols/protocol.js'
import { type Admission, type JudgedRequest, tellClient } from './admission.js'
import { type CapturedResponse, captureResponse } from './game-answer.js'
import type { HoldingRules } from './holding.js'
import type { GameContext } from './koa-context.js'
import { learn, type Recording } from './learning.js'
import type { LateRequest, Reader } from './reading.js'

/** What is done with a request, in the middleware's order. */
export interface Steps {
  reader: Reader
  admission: Admission
  holdingRules: HoldingRules
  recording: Recording
  /** Learns from an answer and records it. */
  learnAndRecord(judged: JudgedRequest, ...given: Parameters<OnAnswer>): ReturnType<OnAnswer>
  /** What fails is told, and the game goes on. */
  safely<Value>(work: () => MaybePromise<Value>): MaybePromise<Value | undefined>
}

/**
 * Looks at the answer to a request that the game has while its body still comes: read and judged when it is here. An answer that is
 * earlier goes out as the game gives it; its calls count when they are known.
 */
export function captureLate(ctx: GameContext, late: LateRequest, steps: Steps): CapturedResponse {
  const { reader, admission, holdingRules, recording, learnAndRecord, safely } = steps
  const unread = late.unread && admission.unjudged(late.unread)
  let isWhole = false
  let judging: MaybePromise<JudgedRequest | undefined>
  let early: GameAnswer | undefined
  late.body.read((body) => {
    isWhole = true
    judging = safely(() =>
      andThen(body, (whole) => {
        const reading = reader.readLate(ctx, late, whole)
        return reading && admission.judgeLate(late, reading)
      }),
    )
    void safely(() =>
      andThen(judging, (judged) => {
        judging = judged
        if (judged && early) void recording.recordCalls(judged, learn(judged, early), early, true)
        else if (judged) tellClient(ctx, judged)
      }),
    )
  })
  const onAnswer: OnAnswer = (answer, isUnreadable) => {
    if (isWhole) return andThen(judging, (one) => safely(() => one && learnAndRecord(one, answer, isUnreadable)))
    // An upload may take hours, and nobody keeps the answer for as long.
    early = { status: answer.status, headers: {}, body: undefined }
    return safely(() => unread && learnAndRecord(unread, answer, isUnreadable))
  }
  const holding = holdingRules.ofLate(() => (isWhole ? judging : undefined))
  return captureResponse(ctx, holding, onAnswer)
}
