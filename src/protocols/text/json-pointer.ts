import { ClienteleError } from '../../errors.js'

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

/**
 * A session or player id as text; undefined when it is neither text nor a number. `written` gives what its sender wrote for it:
 * a number of more than 15 digits is another one once it was parsed.
 */
export function idText(value: unknown, written?: () => string | undefined): string | undefined {
  if (typeof value === 'string') return value === '' || value.length > maxIdLength ? undefined : value
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'number') return undefined
  const text = Number.isSafeInteger(value) ? undefined : written?.()
  if (text !== undefined && aNumber.test(text)) return text.length > maxIdLength ? undefined : numberText(text)
  return Number.isFinite(value) ? String(value) : undefined
}

/** One text for one number, of any length and however it is written: `1`, `1.0` and `10e-1` are the same. */
export function numberText(written: string): string {
  const short = String(Number(written))
  const [sign, digits, power] = decimal(written)
  if (decimal(short).join() === [sign, digits, power].join()) return short
  return power >= 0 && power < maxIdLength ? sign + digits + '0'.repeat(Number(power)) : `${sign}${digits}e${power}`
}

/** The digits between the zeros on both sides, and how many places follow them; negative behind the point. */
function decimal(written: string): [sign: string, digits: string, power: bigint] {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = aNumber.exec(written) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  let end = digits.length
  while (digits[end - 1] === '0') end--
  if (end === 0) return ['', '0', 0n]
  return [sign, digits.slice(0, end), BigInt(exponent) + BigInt(digits.length - end - fraction.length)]
}

/** As JSON; what is nested too deeply for that is as good as nothing. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    return 'null'
  }
}

const maxIdLength = 4_096
const aNumber = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
