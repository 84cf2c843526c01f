// Names in parentheses stand where a name is shown and nobody's own is. Such a name is *reserved*: whoever sends it as its public key, or a
// private key, is refused for that reason; and no feature has one. A row is *shared* where it stands for no one client: those here, and
// that of `anonymous`, which is a public key like any other but that everybody may send.

/** Counts calls and, with `enforce: 'off'`, sessions for which no usable public key was sent. */
export const noClient = '(none)'
/**
 * Counts what has no place of its own: what unregistered public keys did after the first 1,000 of a day, and long ago; and the features,
 * methods and metrics of a client beyond their bounds.
 */
export const other = '(other)'
/** Counts refusals by reason, for the server as a whole. */
export const refused = '(refused)'
/** Counts sessions that were handed out to requests that nobody could read. */
export const unread = '(unread)'
/** Calls of what is no feature: not declared, and never answered well. */
export const unknownFeature = '(unknown)'
/** In metrics, all public keys that nobody registered, because anyone can make them up, and those of which the store could not say. */
export const unregisteredClients = '(unregistered)'
/** In metrics, the registered clients that came after the first 1,000 of a process. */
export const furtherClients = '(registered)'

/** Those that are kept in the store, beside the clients. */
export const storedRows = [noClient, other, refused, unread] as const

/** Whether a text is one of these names, or could become one. */
export function isRowName(text: string): boolean {
  return /^\s*\(/.test(text)
}
