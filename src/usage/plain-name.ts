/**
 * Control, format (those that turn the reading direction are among them) and private-use characters, and what ends a line: in a terminal
 * or on a page they do what whoever wrote them likes.
 */
const odd = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/u
const privateKeyMark = /(_|%5f)prv(_|%5f)/i
const plain = /^[\w./ :*-]*$/

/** Whether a text that a stranger chose may be shown and kept as a name: it does nothing to a terminal, and is nobody's private key. */
export function isPlainName(text: string): boolean {
  if (plain.test(text)) return !privateKeyMark.test(text)
  return text.isWellFormed() && !odd.test(text) && !privateKeyMark.test(text.normalize('NFKC'))
}
