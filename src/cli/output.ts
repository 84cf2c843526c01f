import { CommanderError } from 'commander'
import { ClienteleError } from '../errors.js'
import { oddInWords } from '../keys/key-format.js'

/** What was typed cannot be done as it stands: exit code 2. */
export class UsageError extends Error {}

/** It was tried and failed, or a fault was found: exit code 1. An empty message when everything is said already. */
export class Failure extends Error {}

const secrets = new Set<string>()

/** Passwords of a store address are never shown, not even in the words of a database. */
export function hideSecretsOf(address: string): void {
  const [, password] = /^[a-z]+:\/\/[^:@/]*:(.+)@/i.exec(address) ?? []
  if (password === undefined) return
  secrets.add(password)
  try {
    secrets.add(decodeURIComponent(password))
  } catch {
    // A stray % is no encoding; the password as it was typed is known.
  }
}

export function hidden(text: string): string {
  let shown = text.replace(/([a-z]+:\/\/)\S*@/gi, '$1***@')
  for (const secret of secrets) shown = shown.replaceAll(secret, '***')
  return shown
}

/** To stdout: what was asked for. */
export function write(text: string): void {
  process.stdout.write(harmless(text.endsWith('\n') ? text : `${text}\n`))
}

/** To stderr: everything else. */
export function say(text: string): void {
  process.stderr.write(harmless(hidden(text.endsWith('\n') ? text : `${text}\n`)))
}

/** What a terminal would act on or not show, all but the end of a line, as JSON writes it: a store may hold what strangers wrote. */
function harmless(text: string): string {
  return text.replace(unshown, (letters) =>
    letters === '\n' || letters === '\r\n'
      ? letters
      : Array.from({ length: letters.length }, (_, at) => escaped(letters.charCodeAt(at))).join(''),
  )
}

const unshown = new RegExp(`\\r\\n|${oddInWords.source}|[\\p{Cs}\\u2800]`, 'gu')
const escaped = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`

export function writeJson(value: unknown): void {
  write(JSON.stringify(value, undefined, 2))
}

/** One plain sentence, or two, and the exit code. Never a stack trace. */
export function failure(error: unknown): { message: string; exitCode: number } {
  // Commander has printed its own.
  if (error instanceof CommanderError) return { message: '', exitCode: error.exitCode === 0 ? 0 : 2 }
  if (error instanceof UsageError) return { message: error.message, exitCode: 2 }
  const isUsage = error instanceof ClienteleError && ['details_invalid', 'option_invalid'].includes(error.code)
  return { message: reason(error), exitCode: isUsage ? 2 : 1 }
}

/** What went wrong, with the database's own words where there are any. */
export function reason(error: unknown): string {
  if (error instanceof ClienteleError) {
    // Where a missing package was looked for helps nobody.
    const cause = error.cause === undefined || error.code === 'driver_missing' ? '' : reason(error.cause)
    return cause === '' ? error.message : `${error.message} ${cause}`
  }
  // A refused connection to a name with two addresses has no message, only its parts do.
  if (error instanceof AggregateError && error.message === '') return [...new Set(error.errors.map(reason))].join('; ')
  if (error instanceof Error) return error.message
  return String(error)
}

/** Columns that line up; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [
    head,
    ...rows.map((row) =>
      row.map((cell) => (typeof cell === 'number' ? number(cell) : harmless(cell).replaceAll('\n', '\\u000a'))),
    ),
  ]
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  const isNumber = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'))
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function number(value: number): string {
  return value.toLocaleString('en-US')
}
