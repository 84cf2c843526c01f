import { holdsPrivateKey } from '../keys/key-format.js'

/**
 * Control, format (those that turn the reading direction are among them) and private-use characters, and what ends a line: in a terminal
 * or on a page they do what whoever wrote them likes.
 */
const odd = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/u

/** Whether a text that a stranger chose may be shown and kept as a name: it does nothing to a terminal, and is nobody's private key. */
export function isPlainName(text: string): boolean {
  return text.isWellFormed() && !odd.test(text) && !holdsPrivateKey(text)
}
