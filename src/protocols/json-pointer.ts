import { ClienteleError } from '../errors.js'

/** Reads a value out of a parsed JSON text; undefined when it is not there. */
export type Pointer = (value: unknown) => unknown

/** Compiles a JSON Pointer (RFC 6901): `/status/empire/id`. `option` names the option that it came from. */
export function compilePointer(pointer: unknown, option: string): Pointer {
  if (typeof pointer !== 'string' || !/^(\/([^/~]|~[01])*)*$/.test(pointer)) {
    const message = `${option} must be a JSON Pointer such as '/session_id' (RFC 6901), not ${JSON.stringify(pointer)}.`
    throw new ClienteleError('option_invalid', message, { field: option })
  }
  const names = pointerNames(pointer)
  return (value) => names.reduce(member, value)
}

/** The names of the members that a JSON Pointer goes through. */
export function pointerNames(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** An own member; nothing of a prototype. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

/** A session or player id as text; undefined when it is neither text nor a number. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' || value.length > longestId ? undefined : value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}

const longestId = 4_096
