import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  clientIdOf,
  clientIdsOf,
  hashPrivateKey,
  isPrivateKeyOf,
  issueKeyPair,
  issuePrivateKey,
  parsePublicKey,
} from '../../src/keys/key-format.js'

test('a pair has the documented shape and one client id', () => {
  const { publicKey, privateKey } = issueKeyPair('ck')
  assert.match(publicKey, /^ck_pub_[0-9a-hjkmnp-tv-z]{33}$/)
  assert.match(privateKey, /^ck_prv_[0-9a-hjkmnp-tv-z]{65}$/)
  assert.is(clientIdOf(publicKey), publicKey.slice(7, 33))
  assert.equal(clientIdsOf(privateKey, 'ck'), [publicKey.slice(7, 33), `x${publicKey.slice(7, 33)}`])
})

test('no two pairs are alike', () => {
  const pairs = Array.from({ length: 1_000 }, () => issueKeyPair('ck'))
  assert.is(new Set(pairs.flatMap(({ publicKey, privateKey }) => [publicKey, privateKey])).size, 2_000)
})

test('every single mistyped or swapped character is caught without asking the store', () => {
  const { publicKey } = issueKeyPair('ck')
  const digits = '0123456789abcdefghjkmnpqrstvwxyz'
  for (let at = 7; at < publicKey.length; at++) {
    for (const digit of digits) {
      const typed = publicKey.slice(0, at) + digit + publicKey.slice(at + 1)
      assert.is(parsePublicKey(typed, 'ck').fault, typed === publicKey ? undefined : 'mistyped')
    }
    const swapped =
      publicKey.slice(0, at) +
      publicKey
        .slice(at, at + 2)
        .split('')
        .reverse()
        .join('') +
      publicKey.slice(at + 2)
    assert.is(parsePublicKey(swapped, 'ck').fault, swapped === publicKey ? undefined : 'mistyped')
  }
  assert.is(parsePublicKey(publicKey.slice(0, -1), 'ck').fault, 'mistyped')
})

test('what a client may send, and what not', () => {
  const foreign = issueKeyPair('other').publicKey
  const { publicKey, privateKey } = issueKeyPair('ck')
  const table: [unknown, string | undefined][] = [
    [undefined, 'missing'],
    [null, 'missing'],
    ['', 'missing'],
    ['0', 'missing'],
    [0, 'malformed'],
    [12, 'malformed'],
    [true, 'malformed'],
    [{}, 'malformed'],
    [['x'], 'malformed'],
    ['x'.repeat(128), undefined],
    ['x'.repeat(129), 'malformed'],
    ['a\nb', 'malformed'],
    ['\ud800', 'malformed'],
    ['\u202ename', 'malformed'],
    ['a\u200bb', 'malformed'],
    ['a\u00adb', 'malformed'],
    ['a\u2028b', 'malformed'],
    ['\u{e0041}', 'malformed'],
    ['a\u3164b', 'malformed'],
    ['\u115f', 'malformed'],
    ['a\ufe0f', 'malformed'],
    // It was in the wild, too.
    ['  ', undefined],
    ['(none)', 'reserved'],
    ['(other)', 'reserved'],
    // It would look like the row.
    [' (unread)', 'reserved'],
    ['(anything)', 'reserved'],
    [privateKey, 'reserved'],
    [privateKey.toUpperCase(), 'reserved'],
    [privateKey.slice(0, -1), 'reserved'],
    [foreign, 'foreign'],
    [publicKey, undefined],
    ['anonymous', undefined],
    ['iOS', undefined],
    ['11111111-2222-4333-8444-555555555555', undefined],
  ]
  for (const [value, fault] of table) assert.is(parsePublicKey(value, 'ck').fault, fault, `${String(value)}: ${fault}`)
})

test('the client id of any string is a name that every store takes, and never that of another', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, another) => {
      assert.match(clientIdOf(one), /^x[0-9a-hjkmnp-tv-z]{26}$/)
      assert.is(clientIdOf(one) === clientIdOf(another), one === another)
    }),
  )
})

test('stores that ignore case cannot confuse two clients', () => {
  assert.is.not(clientIdOf('iOS').toLowerCase(), clientIdOf('ios').toLowerCase())
})

test('an adopted client signs in with the digits of its string', () => {
  const clientId = clientIdOf('iOS')
  assert.equal(clientIdsOf(issuePrivateKey('ck', clientId), 'ck'), [clientId.slice(1), clientId])
})

test('a private key fits its own hash only', () => {
  const { privateKey } = issueKeyPair('ck')
  assert.ok(isPrivateKeyOf(hashPrivateKey(privateKey), privateKey))
  assert.not(isPrivateKeyOf(hashPrivateKey(privateKey), issueKeyPair('ck').privateKey))
  assert.is(clientIdsOf(`${privateKey}x`, 'ck'), undefined)
  assert.is(clientIdsOf(privateKey, 'other'), undefined)
  assert.is(clientIdsOf('', 'ck'), undefined)
})

test.run()
