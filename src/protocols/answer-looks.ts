import { member } from './text/json-pointer.js'

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
