import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { issueKeyPair } from '../../src/keys/key-format.js'
import { isPlainName } from '../../src/usage/plain-name.js'

test('names as servers have them are names', () => {
  for (const name of ['empire.login', 'POST /games/:name/create', 'рынок.купить', 'do_x', 'a-b/c', '市場', 'prv_x']) {
    assert.ok(isPlainName(name), name)
  }
})

test('what a terminal or a page acts on is none, wherever it stands', () => {
  const bad = [
    '\x1b]0;owned\x07',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u2028',
    '\u0085',
    '\r',
    '\n',
    '\ud800',
    '\ufeff',
    '\ue000',
    '\u3164',
    '\ufe0f',
  ]
  fc.assert(
    fc.property(fc.constantFrom(...bad), fc.string(), fc.string(), (one, before, after) => {
      assert.not.ok(isPlainName(before + one + after))
    }),
  )
})

test('a private key is none, however it is spelled', () => {
  const { privateKey } = issueKeyPair('ck')
  const spellings = [
    privateKey,
    privateKey.toUpperCase(),
    `empire.${privateKey}`,
    privateKey.replaceAll('_', '%5F'),
    privateKey.replaceAll('_', '\uff3f'),
  ]
  for (const spelling of spellings) assert.not.ok(isPlainName(spelling), spelling)
})

test.run()
