import type { GameAnswer } from './protocol.js'

/** Text or bytes as a value; undefined when they are no JSON. */
export function parseJson(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(
      typeof text === 'string' ? text : Buffer.from(text.buffer, text.byteOffset, text.length).toString(),
    )
  } catch {
    return undefined
  }
}

const parsedAnswers = new WeakMap<GameAnswer, unknown>()

/** An answer as a value; what the game gave to Koa as an object is one already. */
export function answerValue(answer: GameAnswer): unknown {
  const { body } = answer
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return body
  if (!parsedAnswers.has(answer)) parsedAnswers.set(answer, parseJson(body))
  return parsedAnswers.get(answer)
}
