import { holdsPrivateKey, isPlain } from '../keys/key-format.js'

/** Whether a text that a stranger chose may be shown and kept as a name: it does nothing to a terminal, and is nobody's private key. */
export function isPlainName(text: string): boolean {
  return isPlain(text) && !holdsPrivateKey(text)
}
