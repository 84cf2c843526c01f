import type { ExampleCall } from '../../protocols/protocol.js'

/** A `curl` command for a terminal, one argument a line. Whatever is in the call, the shell runs nothing of it. */
export function exampleCommand(origin: string, call: ExampleCall): string {
  const parts = [`curl ${shellQuote(origin + call.path)}`]
  // curl picks POST by itself when there is data.
  if (call.method !== (call.body === undefined ? 'GET' : 'POST')) parts.push(`-X ${shellQuote(call.method)}`)
  for (const [name, value] of Object.entries(call.headers)) parts.push(`-H ${shellQuote(`${name}: ${value}`)}`)
  // Not --data, which would read a file when the body starts with "@".
  if (call.body !== undefined) parts.push(`--data-raw ${shellQuote(call.body)}`)
  return parts.join(' \\\n  ')
}

/** Single quotes keep everything literal in a POSIX shell, except a single quote. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
