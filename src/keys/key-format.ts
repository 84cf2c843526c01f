import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { RefusalReason } from '../refusals.js'
import { isRowName, storedRows } from '../row-names.js'

// A public key is `ck_pub_<26><7>` and a private key `ck_prv_<the public 26><32><7>`: 128 and 160 random bits and a CRC-32,
// in lower-case Crockford base 32 (https://www.crockford.com/base32.html), whose letters no store and no person confuses.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const digit = `[${alphabet}]`
const prefix = '[a-z][a-z0-9]{0,9}'
const issuedShape = new RegExp(`^(${prefix})_pub_(${digit}{26})(${digit}{7})$`)
/** Of a key with a wrong letter too: whose it was to be can still be told. */
const nearlyIssuedShape = new RegExp(`^(${prefix})_pub_[0-9a-z]{33}$`)
const privateShape = new RegExp(`^(${prefix})_prv_(${digit}{26})(${digit}{32})(${digit}{7})$`)
/** What may start the keys of a server. */
export const keyPrefixShape = new RegExp(`^${prefix}$`)

/** The public key that everyone shares. */
export const anonymous = 'anonymous'
/** Everything that is counted under them is of many: they are never registered, folded or purged. */
export const sharedRows: readonly string[] = [anonymous, ...storedRows]
export const maxPublicKeyLength = 128

/** The two keys of a client; a pair, but no asymmetric cryptography. */
export interface KeyPair {
  /** What the client sends with a login; no secret. */
  publicKey: string
  /** What opens its numbers and settings. Only its hash is kept, so this is the one time that it can be read. */
  privateKey: string
}

export function issueKeyPair(keyPrefix: string): KeyPair {
  const clientId = encode(randomBytes(16))
  return { publicKey: withChecksum(`${keyPrefix}_pub_${clientId}`), privateKey: issuePrivateKey(keyPrefix, clientId) }
}

/** A new private key; its first 26 digits lead to the client's record. */
export function issuePrivateKey(keyPrefix: string, clientId: string): string {
  return withChecksum(`${keyPrefix}_prv_${clientId.slice(-26)}${encode(randomBytes(20))}`)
}

/**
 * The name of a client in stored names: the 26 digits of a key that a server issued, or `x` and the first 128 bits of the
 * SHA-256 of a string from the wild, which may hold letters that a store refuses.
 */
export function clientIdOf(publicKey: string): string {
  const [, , digits] = issuedShape.exec(publicKey) ?? []
  if (digits !== undefined && hasChecksum(publicKey)) return digits
  return `x${encode(createHash('sha256').update(publicKey).digest().subarray(0, 16))}`
}

/** What starts a public key that a server issued, mistyped or not; undefined for a string from the wild. */
export function keyPrefixOf(publicKey: string): string | undefined {
  return nearlyIssuedShape.exec(publicKey)?.[1]
}

/** The two client ids that a private key may belong to; none when it is not one of ours or mistyped. */
export function clientIdsOf(privateKey: string, keyPrefix: string): [string, string] | undefined {
  const [, issuer, digits] = privateShape.exec(privateKey) ?? []
  if (issuer !== keyPrefix || digits === undefined || !hasChecksum(privateKey)) return undefined
  return [digits, `x${digits}`]
}

/** At rest there is only this. A private key has 160 random bits, so no salt and no slow hash are needed. */
export function hashPrivateKey(privateKey: string): string {
  return hash('sha256', privateKey, 'base64url')
}

export function isPrivateKeyOf(privateKeyHash: string, privateKey: string): boolean {
  const [kept, given] = [Buffer.from(privateKeyHash), Buffer.from(hashPrivateKey(privateKey))]
  return kept.length === given.length && timingSafeEqual(kept, given)
}

/** What can be said of a public key without asking the store; `issued` means that it has the form of one of ours. */
export type PublicKeyForm =
  | { publicKey: string; issued: boolean; fault?: undefined }
  | { publicKey?: string; fault: Exclude<RefusalReason, 'unknown' | 'retired'> }

/** A fault with a public key beside it is one that a server which refuses nobody may still count under that key. */
export function parsePublicKey(value: unknown, keyPrefix: string): PublicKeyForm {
  // "0" is false in Perl, whose server set the manners of these clients.
  if (value === undefined || value === null || value === '' || value === '0') return { fault: 'missing' }
  if (typeof value !== 'string' || value.length > maxPublicKeyLength || !isPlain(value)) return { fault: 'malformed' }
  // A private key must never be counted under itself: it would be stored.
  if (isRowName(value) || holdsPrivateKey(value)) return { fault: 'reserved' }
  const [, issuer] = issuedShape.exec(value) ?? []
  const checked = issuer !== undefined && hasChecksum(value)
  if (checked && issuer !== keyPrefix) return { publicKey: value, fault: 'foreign' }
  if (!checked && value.startsWith(`${keyPrefix}_pub_`)) return { publicKey: value, fault: 'mistyped' }
  return { publicKey: value, issued: checked }
}

/** Whether some text may have a private key in it, however its letters are written: it is not to be kept, and not to be shown. */
export function holdsPrivateKey(text: string): boolean {
  return /(_|%5f)prv(_|%5f)/i.test(text.normalize('NFKC'))
}

/**
 * Control, format (those that turn the reading direction are among them) and private-use characters, what ends a line, and what nobody
 * is meant to see: in a terminal or on a page they do what whoever wrote them likes, or nothing that anybody sees.
 */
const oddLetter = '[\\p{Cc}\\p{Cf}\\p{Co}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]'
const odd = new RegExp(oddLetter, 'u')
/** U+2800 is a sign, and blank. */
const shown = '(?![\\p{Default_Ignorable_Code_Point}\\u2800])[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}]'
// What emoji, Persian and the scripts of India are written with. Anywhere else they are as good as nothing.
const joined = `${shown}(?:[\\ufe0e\\ufe0f]|[\\ufe0e\\ufe0f]?[\\u200c\\u200d])`
/** What is odd in the words that people write, letter by letter. */
export const oddInWords = new RegExp(`${oddLetter}(?<!${joined})`, 'gu')
/** A mark alone is seen on the letter before it, whosever that is. */
const visible = new RegExp(shown.replace('\\p{M}', ''), 'u')

/** Whether a text shows what it is; half of a surrogate pair does not survive every store. */
export function isPlain(text: string): boolean {
  return text.isWellFormed() && !odd.test(text)
}

/** The same of the words of people, in which letters and emoji are joined. */
export function areWordsPlain(text: string): boolean {
  return text.isWellFormed() && text.search(oddInWords) < 0
}

/** Whether there is anything to see. */
export function isVisible(text: string): boolean {
  return visible.test(text)
}

function withChecksum(text: string): string {
  return text + checksum(text)
}

function hasChecksum(text: string): boolean {
  return checksum(text.slice(0, -7)) === text.slice(-7)
}

// 32 bits in seven digits: the first digit carries two of them.
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let index = 0; index < 7; index++) {
    digits = alphabet[rest & 31] + digits
    rest >>>= 5
  }
  return digits
}

function encode(bytes: Uint8Array): string {
  let digits = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      digits += alphabet[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? digits : digits + alphabet[(held << (5 - bits)) & 31]
}
