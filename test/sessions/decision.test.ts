import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { issueKeyPair, parsePublicKey } from '../../src/keys/key-format.js'
import { refusalMessages } from '../../src/refusals.js'
import { decide, type Enforcement, needsRegistry, type RegistryStanding } from '../../src/sessions/decision.js'

const issued = issueKeyPair('ck').publicKey
const foreign = issueKeyPair('other').publicKey
const mistyped = `${issued.slice(0, -1)}${issued.endsWith('0') ? '1' : '0'}`

// Under what it counts, or why it is refused: registered, present, off.
const table: [sent: unknown, standing: RegistryStanding, ...outcomes: [string, string, string]][] = [
  [undefined, 'unasked', 'missing', 'missing', '(none)'],
  ['0', 'unasked', 'missing', 'missing', '(none)'],
  [7, 'unasked', 'malformed', 'malformed', '(none)'],
  ['(none)', 'unasked', 'reserved', 'reserved', '(none)'],
  ['anonymous', 'unasked', 'anonymous', 'anonymous', 'anonymous'],
  [issued, 'registered', issued, issued, issued],
  [issued, 'retired', 'retired', 'retired', issued],
  [issued, 'unregistered', 'unknown', `${issued} bounded`, `${issued} bounded`],
  [issued, 'unasked', `${issued} bounded`, `${issued} bounded`, `${issued} bounded`],
  ['iOS', 'registered', 'iOS', 'iOS', 'iOS'],
  ['iOS', 'unregistered', 'unknown', 'iOS bounded', 'iOS bounded'],
  ['iOS', 'unasked', 'iOS bounded', 'iOS bounded', 'iOS bounded'],
  [foreign, 'unregistered', 'foreign', `${foreign} bounded`, `${foreign} bounded`],
  [foreign, 'registered', foreign, foreign, foreign],
  [mistyped, 'unasked', 'mistyped', `${mistyped} bounded`, `${mistyped} bounded`],
]

test('what each kind of public key gets under each enforcement', () => {
  const modes: Enforcement[] = ['registered', 'present', 'off']
  for (const [sent, standing, ...outcomes] of table) {
    for (const [index, mode] of modes.entries()) {
      const decision = decide(mode, parsePublicKey(sent, 'ck'), standing)
      const outcome = decision.admitted
        ? `${decision.publicKey}${decision.isUnregistered ? ' bounded' : ''}`
        : decision.reason
      assert.is(outcome, outcomes[index], `${String(sent)}, ${standing}, ${mode}`)
    }
  }
})

test('the store is asked only about what could be registered', () => {
  for (const [sent, asked] of [
    [undefined, false],
    [7, false],
    ['(none)', false],
    ['anonymous', false],
    [mistyped, false],
    [issued, true],
    [foreign, true],
    ['iOS', true],
  ] as const) {
    assert.is(needsRegistry(parsePublicKey(sent, 'ck')), asked, String(sent))
  }
})

test('each refusal has words of its own', () => {
  assert.is(new Set(Object.values(refusalMessages)).size, Object.keys(refusalMessages).length)
})

test.run()
