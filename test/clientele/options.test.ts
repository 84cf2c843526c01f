import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { sqlite } from '../../adapters/sqlite.js'
import {
  ClienteleError,
  type ClienteleOptions,
  clientele,
  type JsonRpcOptions,
  jsonRpc,
  lacuna,
} from '../../src/index.js'

const right = { store: memory(), protocol: lacuna() }
const rightRpc: JsonRpcOptions = {
  path: '/:module',
  sessions: { 'empire.login': { apiKey: { index: 2, name: 'api_key' } } },
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id' },
}

function failure(build: () => unknown): ClienteleError {
  try {
    build()
  } catch (error) {
    assert.instance(error, ClienteleError)
    return error as ClienteleError
  }
  throw new Error('it was accepted')
}

// The option, its fault, and what the message must say.
const table: [Record<string, unknown>, string, RegExp][] = [
  [{ store: undefined }, 'option_invalid', /`store` is missing.*sqlite/],
  [{ store: 'redis://localhost' }, 'option_invalid', /`store` must be a Keyv.*of type string/],
  [{ store: new Map() }, 'option_invalid', /`store` must be a Keyv/],
  [{ protocol: undefined }, 'option_invalid', /`protocol` is missing.*lacuna\(\)/],
  [{ protocol: [] }, 'option_invalid', /`protocol` must be a protocol.*an array/],
  [{ protocol: 'lacuna' }, 'option_invalid', /`protocol` must be a protocol.*of type string/],
  [{ enforce: 'registred' }, 'option_invalid', /`enforce` must be one of 'registered', 'present', 'off'/],
  [{ keyPrefix: 'My_Game' }, 'option_invalid', /`keyPrefix` must be one to ten lower-case letters/],
  [
    { flushIntervalMs: 5 },
    'option_invalid',
    /`flushIntervalMs` must be a whole number of milliseconds from 10.*number 5/,
  ],
  [{ flushIntervalMs: '1000' }, 'option_invalid', /`flushIntervalMs`.*of type string/],
  [{ flushIntervalMs: Number.NaN }, 'option_invalid', /`flushIntervalMs`.*number NaN/],
  [{ durability: true }, 'option_invalid', /`durability` must be one of/],
  [{ sessionTtlMs: 999 }, 'option_invalid', /`sessionTtlMs`/],
  [{ storeTimeoutMs: 2 ** 31 }, 'option_invalid', /`storeTimeoutMs`/],
  [{ secret: 'short' }, 'option_invalid', /`secret` must be text of at least 32 characters/],
  [{ smallestCrowd: 0 }, 'option_invalid', /`smallestCrowd`/],
  [{ retention: { days: 1 } }, 'option_invalid', /`days` must be a whole number of days from 62/],
  [{ retention: 400 }, 'option_invalid', /retention takes an object of options, not of type number/],
  [{ memory: { session: 1 } }, 'option_unknown', /`session`; did you mean `sessions`\?/],
  [{ bodyLimitBytes: 0.5 }, 'option_invalid', /`bodyLimitBytes`/],
  [{ handOver: 'yes' }, 'option_invalid', /`handOver` must be true or false/],
  [{ onError: 'log' }, 'option_invalid', /`onError` must be a function/],
  [{ flushInterval: 1_000 }, 'option_unknown', /no option `flushInterval`; did you mean `flushIntervalMs`\?/],
  [{ Enforce: 'off' }, 'option_unknown', /did you mean `enforce`\?/],
  [{ zzzzzzzzzz: 1 }, 'option_unknown', /known are `store`, `protocol`/],
  [{ __proto__: null, constructor: 1 }, 'option_unknown', /no option `constructor`/],
]

test('a wrong option fails at construction, and the message names it and the fix', () => {
  for (const [wrong, code, words] of table) {
    const error = failure(() => clientele({ ...right, ...wrong } as ClienteleOptions))
    assert.is(error.code, code, String(words))
    assert.match(error.message, words)
    assert.not.match(error.message, 'short')
  }
  assert.match(failure(() => clientele(undefined as unknown as ClienteleOptions)).message, /takes an object of options/)
})

test('a wrong protocol option fails at construction too', () => {
  const wrongs: [Record<string, unknown>, RegExp][] = [
    [{ path: 'rpc' }, /`path` must begin with a slash/],
    [{ path: '/(.*)' }, /`path` must be a path of path-to-regexp 8/],
    [{ sessions: {} }, /`sessions` must name at least one feature/],
    [{ sessions: { login: {} } }, /`apiKey` is missing/],
    [{ sessions: { login: { apiKey: { index: -1, name: 'k' } } } }, /`index` must be/],
    [{ sessionId: { index: 0 }, sessionID: 1 }, /did you mean `sessionId`/],
    [{ answer: { sessionId: 'session_id' } }, /answer.sessionId must be a JSON Pointer/],
    [{ answer: { sessionId: '/s', playerId: 'x' } }, /answer.playerId must be a JSON Pointer/],
    [{ ends: 'logout' }, /`ends` must be an array/],
    [{ refusal: { status: 42 } }, /`status` must be/],
    [{ sessions: undefined }, /`sessions` is missing/],
  ]
  for (const [wrong, words] of wrongs) {
    assert.match(failure(() => jsonRpc({ ...rightRpc, ...wrong } as JsonRpcOptions)).message, words)
  }
})

test('right options are accepted, and the secret may come from the environment', async () => {
  process.env.CLIENTELE_SECRET = 'too short'
  assert.match(failure(() => clientele(right)).message, /CLIENTELE_SECRET must be text of at least 32 characters/)
  process.env.CLIENTELE_SECRET = 'x'.repeat(32)
  const clients = clientele({ ...right, protocol: [lacuna(), jsonRpc(rightRpc)] })
  assert.is(clients.health().secret, 'given')
  await clients.close()
  delete process.env.CLIENTELE_SECRET
})

test('an adapter says what is wrong with its options', () => {
  assert.throws(() => sqlite(':memory:', { prefix: 'a; drop table' }), /the prefix must be letters, digits and _/)
})

test.run()
