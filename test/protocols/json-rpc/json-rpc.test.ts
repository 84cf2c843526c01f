import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Call, type GameRequest, jsonRpc, lacuna } from '../../../src/index.js'
import { compilePointer, idText } from '../../../src/protocols/text/json-pointer.js'

const rpc = jsonRpc({
  path: '/rpc',
  sessions: { 'user.login': { apiKey: { index: 1, name: 'client_key' } } },
  ends: ['user.logout'],
  sessionId: { index: 0, name: 'token' },
  answer: { sessionId: '/auth/0/token', playerId: '/auth/0/user' },
})

const post = (message: unknown, path = '/rpc'): GameRequest => ({
  method: 'POST',
  path,
  query: '',
  headers: {},
  body: Buffer.from(JSON.stringify(message)),
})
const answer = (body: unknown, status = 200) => ({ status, headers: {}, body })
const only = (calls: readonly Call[]) => calls[0] as Call

test('a field may end at a semicolon or an ampersand: no login hides behind either, and no other text is sure beside them', () => {
  const mark = fc.constantFrom('&', ';')
  const word = fc.stringMatching(/^[a-z]{1,8}$/)
  const field = fc.oneof(
    fc.tuple(word, word).map(([name, value]) => `x${name}=${value}`),
    word.map((name) => `x${name}`),
  )
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const asRequest = (text: string, isQuery: boolean): GameRequest =>
    isQuery
      ? { method: 'GET', path: '/rpc', query: text, headers: {} }
      : { method: 'POST', path: '/rpc', query: '', headers: form, body: Buffer.from(text) }
  const joined = (parts: readonly string[], marks: readonly string[]) =>
    parts.map((part, index) => part + (index < parts.length - 1 ? (marks[index] ?? '&') : '')).join('')
  const marks = fc.array(mark, { minLength: 10, maxLength: 10 })
  fc.assert(
    fc.property(
      fc.array(field, { maxLength: 4 }),
      fc.array(field, { maxLength: 4 }),
      marks,
      fc.boolean(),
      (before, after, at, isQuery) => {
        // Behind the public key, where more text would be a part of it to who reads otherwise, it is `&`.
        const login = [joined([...before, 'method=user.login', 'params[]=me', 'params[]=k'], at), ...after].join('&')
        const [call] = rpc.read(asRequest(login, isQuery))
        assert.equal([call?.createsSession, call?.publicKey], [true, 'k'], login)
        const text = joined([...before, 'id=1', 'method=view', ...after], at)
        const [other] = rpc.read(asRequest(text, isQuery))
        const isNamed = other !== undefined && rpc.isFeature?.(other, answer({ id: '1', result: 1 }))
        assert.is(isNamed === true, !text.includes(';'), text)
      },
    ),
  )
})

test('a fixed path has the method for a feature, and another address is none of ours', () => {
  assert.is(only(rpc.read(post({ method: 'user.login', params: ['me', 'k'] }))).feature, 'user.login')
  for (const [method, path, matches] of [
    ['POST', '/rpc', true],
    ['POST', '/RPC/', true],
    ['GET', '/rpc', true],
    // A host may take a body with any method.
    ['PUT', '/rpc', true],
    ['OPTIONS', '/rpc', false],
    ['POST', '/rpc/x', false],
    ['POST', '/rpcs', false],
    ['POST', '/', false],
    ['POST', '/%', false],
  ] as const) {
    assert.is(rpc.matches(method, path), matches, `${method} ${path}`)
  }
  assert.equal(rpc.read(post({ method: 'x' }, '/other')), [])
})

test('the public key and the session are found in every shape of params, or not at all', () => {
  for (const [params, publicKey] of [
    [['me', 'k'], 'k'],
    [{ client_key: 'k' }, 'k'],
    [[{ client_key: 'k' }], 'k'],
    [[{ name: 'me' }, 'k'], 'k'],
    [['me'], undefined],
    [[], undefined],
    [{}, undefined],
    [undefined, undefined],
    ['k', undefined],
    [null, undefined],
    [{ client_key: 7 }, 7],
  ] as const) {
    assert.is(only(rpc.read(post({ method: 'user.login', params }))).publicKey, publicKey, JSON.stringify(params))
  }
  for (const [params, sessionId] of [
    [['s', 1], 's'],
    [{ token: 's' }, 's'],
    [[{ token: 's' }], 's'],
    [['s', { token: 'no' }], 's'],
    [[7], '7'],
    [[''], undefined],
    [[null], undefined],
    [[{}], undefined],
    [['x'.repeat(5_000)], undefined],
  ] as const) {
    assert.is(only(rpc.read(post({ method: 'play', params }))).sessionId, sessionId, JSON.stringify(params))
  }
  assert.is(only(rpc.read(post({ method: 'user.logout', params: ['s'] }))).endsSession, true)
})

test('whatever an answer is, the protocol learns from it and never throws', () => {
  const login = only(rpc.read(post({ id: 1, method: 'user.login', params: ['me', 'k'] })))
  const play = only(rpc.read(post({ id: 1, method: 'play', params: ['s'] })))
  const result = { jsonrpc: '2.0', id: 1, result: { auth: [{ token: 's', user: 7 }] } }
  assert.equal(rpc.learn(login, answer(result)), { sessionId: 's', playerId: '7' })
  assert.equal(rpc.learn(login, answer(JSON.stringify(result))), { sessionId: 's', playerId: '7' })
  assert.equal(rpc.learn(login, answer(Buffer.from(JSON.stringify(result)))), { sessionId: 's', playerId: '7' })
  assert.equal(rpc.learn(login, answer({ id: 1, result: null })), {})
  assert.equal(rpc.learn(play, answer({ id: 1, error: { code: -32601 } })), { failed: true, unknown: true })
  assert.equal(rpc.learn(play, answer('{"id":1,"error":{"code":5}}', 500)), { failed: true, unknown: false })
  assert.equal(rpc.learn(play, answer('{"id":1,"result":1,"error":null}')), {})
  assert.equal(rpc.learn(play, answer('<h1>Bad gateway</h1>', 502)), { failed: true, unknown: false })
  assert.equal(rpc.learn(play, answer(undefined, 404)), { failed: true, unknown: true })
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 100, max: 599 }), fc.boolean(), (value, status, asText) => {
      for (const call of [login, play]) rpc.learn(call, answer(asText ? JSON.stringify(value) : value, status))
    }),
  )
})

test('whatever a client sends, the protocol reads calls or none and never throws', () => {
  const body = fc.oneof(fc.json(), fc.string(), fc.constant('{"method":"__proto__","params":{"__proto__":1}}'))
  fc.assert(
    fc.property(body, fc.constantFrom('GET', 'POST'), fc.webPath(), (text, method, path) => {
      const request = { method, path, query: text, headers: {}, body: Buffer.from(text) }
      for (const protocol of [rpc, lacuna()]) {
        const calls = protocol.read(request)
        for (const call of calls) assert.type(call.feature, 'string')
        protocol.refuse(
          request,
          calls.map((call) => ({ call, reason: 'missing', message: 'No.' })),
        )
      }
    }),
  )
})

test('a refusal without further options is an error of the specification’s own range', () => {
  const request = post({ id: 'a', method: 'user.login' })
  const refused = rpc.refuse(request, [{ call: only(rpc.read(request)), reason: 'unknown', message: 'Not here.' }])
  assert.equal([refused.status, refused.headers], [200, { 'content-type': 'application/json' }])
  const error = { code: -32001, message: 'Not here.', data: null }
  assert.equal(JSON.parse(String(refused.body)), { jsonrpc: '2.0', id: 'a', error })
})

test('the example has the public key where the protocol looks for it', () => {
  for (const protocol of [rpc, lacuna()]) {
    const example = protocol.example?.('ck_pub_x')
    const request = { ...post(JSON.parse(example?.body ?? '')), path: example?.path ?? '' }
    assert.is(only(protocol.read(request)).publicKey, 'ck_pub_x')
    assert.is(only(protocol.read(request)).createsSession, true)
  }
})

test('a JSON Pointer sees own members only', () => {
  const value = { a: [{ 'x/y': 1, 'x~y': 2 }], '': 3 }
  for (const [pointer, found] of [
    ['', value],
    ['/a/0/x~1y', 1],
    ['/a/0/x~0y', 2],
    ['/', 3],
    ['/a/1', undefined],
    ['/a/length', 1],
    ['/constructor', undefined],
    ['/__proto__', undefined],
  ] as const) {
    assert.equal(compilePointer(pointer, 'it')(value), found, pointer)
  }
  assert.is(idText(Number.NaN), undefined)
})

test.run()
