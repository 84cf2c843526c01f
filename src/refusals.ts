/**
 * Why a public key was not admitted: it is `missing`; no text or too long (`malformed`); has a typo (`mistyped`); has another
 * server's prefix (`foreign`); nobody registered it (`unknown`); it was `retired`; or it can be nobody's, such as a private key
 * (`reserved`).
 */
export type RefusalReason = 'missing' | 'malformed' | 'mistyped' | 'foreign' | 'unknown' | 'retired' | 'reserved'

/** One plain sentence or two for the client's developer. */
export const refusalMessages: Record<RefusalReason, string> = {
  missing: 'You need an API Key.',
  malformed: 'The API Key must be text of at most 128 characters.',
  mistyped: 'This API Key is mistyped: its last characters do not fit the rest.',
  foreign: 'This API Key was issued by another server.',
  unknown: 'This API Key is not registered here.',
  retired: 'This API Key was retired.',
  reserved: 'This is not a public key. If it is a private key, keep it to yourself and send the public key.',
}
