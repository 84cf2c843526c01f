import leven from 'leven'
import { ClienteleError } from './errors.js'

/** Says what is wrong with a value and how it should be, or nothing when it is right. */
export type Check = (value: unknown) => string | undefined

/** The rule of each option; undefined values count as left out. */
export type Rules = Record<string, Check>

/**
 * Checks options at construction, so that a wrong one never waits for the first request.
 *
 * @throws ClienteleError `option_unknown` with the nearest name, `option_invalid` with the value's type and the fix
 */
export function checkOptions(where: string, options: unknown, rules: Rules): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ClienteleError('option_invalid', `${where} takes an object of options, not ${typeName(options)}.`)
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (!rule) throw unknownOption(where, name, Object.keys(rules))
    if (value === undefined) continue
    const fault = rule(value)
    if (fault) throw invalidOption(where, name, fault, value)
  }
}

/** @throws ClienteleError `option_invalid` when one is missing */
export function requireOptions(where: string, options: object, fixes: Record<string, string>): void {
  for (const [name, fix] of Object.entries(fixes)) {
    if ((options as Record<string, unknown>)[name] === undefined) {
      throw new ClienteleError('option_invalid', `${where}: the option \`${name}\` is missing; ${fix}.`, {
        field: name,
      })
    }
  }
}

export const oneOf =
  (...allowed: string[]): Check =>
  (value) =>
    allowed.includes(value as string) ? undefined : `must be one of ${allowed.map((one) => `'${one}'`).join(', ')}`

export const wholeNumber =
  (min: number, max: number, unit: string): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be a whole number of ${unit} from ${min} to ${max}`

export const text =
  (shape: RegExp, description: string): Check =>
  (value) =>
    typeof value === 'string' && shape.test(value) ? undefined : `must be ${description}`

export const aBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')

export const aFunction: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function')

/** An object whose members have rules of their own. */
export const group =
  (name: string, rules: Rules): Check =>
  (value) => {
    checkOptions(name, value, rules)
    return undefined
  }

function unknownOption(where: string, name: string, known: string[]): ClienteleError {
  const [nearest] = known.toSorted((one, another) => leven(one, name) - leven(another, name))
  const near = nearest !== undefined && leven(nearest.toLowerCase(), name.toLowerCase()) <= 3
  const hint = near ? `did you mean \`${nearest}\`?` : `known are ${known.map((one) => `\`${one}\``).join(', ')}.`
  return new ClienteleError('option_unknown', `${where}: there is no option \`${name}\`; ${hint}`, { field: name })
}

function invalidOption(where: string, name: string, fault: string, value: unknown): ClienteleError {
  const given = `${typeName(value)}${typeof value === 'number' ? ` ${value}` : ''}`
  return new ClienteleError('option_invalid', `${where}: the option \`${name}\` ${fault}; it was ${given}.`, {
    field: name,
  })
}

// The type, not the value: it could be a secret.
function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'undefined' ? 'undefined' : `of type ${typeof value}`
}
