import { isRecord } from './json-rpc.js'

/** A call's parameters by name, whichever way they were sent. */
export type Params = ReadonlyMap<string, unknown>

/**
 * Every client has its own way: `[session, 108]`, `{session_id, body_id}`, `[{session_id, body_id}]`, and
 * `[session, {page_number}]`. No method takes an object as a value, so that an object always means names.
 */
export function nameParams(names: readonly string[], sent: unknown): Params {
  const params = new Map<string, unknown>()
  const inOrder = Array.isArray(sent) ? sent : [sent]
  for (const [index, value] of inOrder.entries()) {
    const name = names[index]
    if (isRecord(value)) for (const [key, member] of Object.entries(value)) params.set(key, member)
    else if (name !== undefined) params.set(name, value)
  }
  return params
}

/** Whether they were sent by name: one method answers another thing then. */
export function areNamed(sent: unknown): boolean {
  return isRecord(Array.isArray(sent) ? sent[0] : sent)
}

/** Ids come as `42` and as `"42"`; what is neither text nor number counts as not sent. */
export function textParam(params: Params, name: string): string {
  const value = params.get(name)
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
