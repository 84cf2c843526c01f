import type { GameAnswer } from './protocol.js'
import { member } from './text/json-pointer.js'
import { JsonText, readJson } from './text/json-text.js'
import { bufferOf, formOf } from './text/text-form.js'

const readAnswers = new WeakMap<GameAnswer, JsonText | undefined>()

/** An answer as JSON; what the game gave to Koa as an object is a value already. */
export function answerJson(answer: GameAnswer): JsonText | undefined {
  const { body } = answer
  if (body === undefined) return undefined
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return new JsonText(body, undefined)
  if (!readAnswers.has(answer)) readAnswers.set(answer, readJson(body))
  return readAnswers.get(answer)
}

/** Whether a text has these letters in it, which are ASCII; what is no text may have any. */
export function mayHold({ body }: GameAnswer, letters: string): boolean {
  if (typeof body === 'string') return body.includes(letters)
  if (!(body instanceof Uint8Array)) return body !== undefined
  return bufferOf(body).includes(letters, 0, 'latin1') || formOf(body).charset !== 'utf-8'
}

/**
 * Whether an answer that is no error to its protocol went well to a reader: a game may say "wrong password" with `false`, with
 * nothing, or with `{ ok: false }`.
 */
export function looksWell(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  if (typeof value !== 'object') return true
  if (Object.keys(value).length === 0) return false
  if (['ok', 'success', 'succeeded', 'authenticated'].some((name) => isNo(member(value, name)))) return false
  if (['error', 'errors', 'err', 'fault', 'failure'].some((name) => isSomething(member(value, name)))) return false
  const status = member(value, 'status')
  return typeof status === 'number'
    ? status < 400
    : !/^(error|fail(ed|ure)?|denied|unauthorized)$/i.test(String(status))
}

function isNo(value: unknown): boolean {
  return value === false || value === 0
}

function isSomething(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return value !== undefined && value !== null && value !== false && value !== '' && value !== 0
}
