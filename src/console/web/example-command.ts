import type { ExampleCall } from '../../protocols/protocol.js'
import type { ConsoleParts } from './console-parts.js'
import type { PageContext } from './page.js'

/** A session-creating call with this public key, to be pasted into a terminal; undefined where the protocol offers none. */
export function exampleCommandFor(
  parts: Pick<ConsoleParts, 'example' | 'onError'>,
  { apiBase }: PageContext,
  publicKey: string,
): string | undefined {
  try {
    const call = parts.example(publicKey)
    return call && exampleCommand(apiBase, call)
  } catch (error) {
    // A private key that was just made must still be shown.
    parts.onError(error)
    return undefined
  }
}

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
