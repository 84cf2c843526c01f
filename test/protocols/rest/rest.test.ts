import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Call,
  ClienteleError,
  type GameAnswer,
  type GameRequest,
  type Protocol,
  type RequestPlace,
  type RestAnswer,
  type RestOptions,
  rest,
} from '../../../src/index.js'

const game: RestOptions = {
  sessions: {
    'POST /games/:name/:id/join': {
      answer: { sessionId: { body: '/playerCredentials' }, playerId: { body: '/playerID' } },
    },
  },
  apiKey: { header: 'X-API-Key' },
  sessionId: { body: '/credentials' },
  ends: ['POST /games/:name/:id/leave'],
  features: [
    'GET /games',
    'POST /games/:name/create',
    'POST /games/:name/:id',
    'PUT /games/:name/:id',
    'GET /files/*path',
  ],
}

const json = (value: unknown) => ({ body: Buffer.from(JSON.stringify(value)) })
const form = (text: string) => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  body: Buffer.from(text),
})
const request = (line: string, more: Partial<GameRequest> = {}): GameRequest => {
  const [method = '', path = ''] = line.split(' ')
  return { method, path, query: '', headers: {}, body: Buffer.alloc(0), ...more }
}
const answer = (body: unknown, status = 200, headers: GameAnswer['headers'] = {}) => ({ status, headers, body })
const only = (calls: readonly Call[]) => {
  assert.is(calls.length, 1)
  return calls[0] as Call
}

test('a request is the feature of its route, as it was written, and nothing else is ours', () => {
  const protocol = rest(game)
  for (const [line, feature] of [
    ['POST /games/chess/a1/join', 'POST /games/:name/:id/join'],
    ['POST /Games/chess/a1/JOIN/', 'POST /games/:name/:id/join'],
    ['POST /games/a%2Fb/%zz/jo%69n', 'POST /games/:name/:id/join'],
    ['POST /games/chess/a1/leave', 'POST /games/:name/:id/leave'],
    ['POST /games/chess/create', 'POST /games/:name/create'],
    ['POST /games/create/chess', 'POST /games/:name/:id'],
    ['PUT /games/chess/create', 'PUT /games/:name/:id'],
    ['GET /games', 'GET /games'],
    ['HEAD /games/', 'GET /games'],
    ['GET /files/a/b/c', 'GET /files/*path'],
    ['OPTIONS /games/chess/create', undefined],
    ['POST /games', undefined],
    ['POST /games/chess/create/now', undefined],
    ['POST /games//create', undefined],
    ['POST /games/a/b/c/join', undefined],
    ['DELETE /games/chess/a1', undefined],
    ['get /games', undefined],
    ['GET /', undefined],
    ['GET /%', undefined],
    ['GET ', undefined],
  ] as const) {
    const [method, path] = [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']
    assert.is(protocol.matches(method, path), feature !== undefined, line)
    assert.is(protocol.read(request(line))[0]?.feature, feature, line)
  }
})

test('the more specific route has a request, in whatever order they are written', () => {
  const paths: [path: string, asked: string][] = [
    ['/a/new', '/a/NEW'],
    ['/a/n:rest', '/a/nothing'],
    ['/a/:id.json', '/a/7.json'],
    ['/a/:id', '/a/7'],
    ['/a/:id/edit', '/a/7/edit'],
    ['/a/:id/:what', '/a/7/other'],
    ['/a/*rest', '/a/7/other/more'],
    ['/b{/:page}', '/b/2'],
    ['/b', '/b/'],
    ['/gr%C3%BC%C3%9Fe', '/grüße'],
    ['/grüße/:wem', '/gr%c3%bc%C3%9Fe/dir'],
    ['/:any', '/else'],
  ]
  fc.assert(
    fc.property(fc.shuffledSubarray(paths, { minLength: paths.length }), (shuffled) => {
      const protocol = rest({ ...game, ends: [], features: shuffled.map(([path]) => `POST ${path}`) })
      for (const [path, asked] of paths)
        assert.is(only(protocol.read(request(`POST ${asked}`))).feature, `POST ${path}`)
    }),
    { numRuns: 50 },
  )
})

test('the public key and the session id are found in each place of a request', () => {
  const headers = (some: GameRequest['headers']) => ({ headers: some })
  const places: [RestOptions['apiKey'], Partial<GameRequest>, unknown][] = [
    [{ header: 'X-Api-Key' }, headers({ 'x-api-key': 'v' }), 'v'],
    [{ header: 'x-api-key' }, headers({ 'x-api-key': ['v', 'w'] }), 'v'],
    [{ header: 'x-api-key' }, headers({ 'x-api-key': '' }), undefined],
    [{ header: 'constructor' }, {}, undefined],
    [{ header: '__proto__' }, {}, undefined],
    [{ query: 'k' }, { query: 'a=1&k=v%20w&k=x' }, 'v w'],
    [{ query: 'k' }, { query: 'K=v&k=%' }, '%'],
    [{ query: 'k' }, { query: 'kk=v&' }, undefined],
    [{ cookie: 'k' }, headers({ cookie: 'a=b; k=v; kk=x; k=y' }), 'v'],
    [{ cookie: 'k' }, headers({ cookie: 'k; =v;k="a b%3D" ' }), 'a b='],
    [{ cookie: 'k' }, headers({ cookie: 'k=a=b%zz' }), 'a=b%zz'],
    [{ cookie: 'k' }, headers({ cookie: 'K=v; k=' }), undefined],
    [{ cookie: 'k' }, {}, undefined],
    [{ bearer: true }, headers({ authorization: 'bEARER  v.w~' }), 'v.w~'],
    [{ bearer: true }, headers({ authorization: 'Bearer v w' }), undefined],
    [{ bearer: true }, headers({ authorization: 'Basic v' }), undefined],
    [{ body: '/data/k' }, json({ data: { k: 'v' } }), 'v'],
    [{ body: '/0/k~1' }, json([{ 'k/': 'v' }]), 'v'],
    [{ body: '' }, json('v'), 'v'],
    [{ body: '/k' }, { body: undefined, parsed: { k: 'v' } }, 'v'],
    [{ body: '/k' }, form('a=1&k=v+w'), 'v w'],
    [{ body: '/k' }, { ...form(''), ...json({ k: 'v' }) }, 'v'],
    [{ body: '/k/l' }, form('k=v'), undefined],
    [{ body: '/__proto__' }, form('k=v'), undefined],
    [{ body: '/k' }, { body: Buffer.from('k=v') }, undefined],
    [
      [{ header: 'a' }, { query: 'b' }, { body: '/c' }],
      { query: 'b=', ...headers({ a: '' }), ...json({ c: 'v' }) },
      'v',
    ],
    [[{ header: 'a' }, { query: 'b' }], { query: 'b=v', ...headers({ a: 'first' }) }, 'first'],
  ]
  for (const [place, more, found] of places) {
    const protocol = rest({ ...game, apiKey: place, sessionId: place })
    const words = JSON.stringify([place, more])
    assert.is(only(protocol.read(request('POST /games/a/b/join', more))).publicKey, found, words)
    assert.is(only(protocol.read(request('POST /games/a/b/leave', more))).sessionId, found, words)
  }
})

test('a public key comes with its type, a session id as text', () => {
  const protocol = rest({ ...game, apiKey: { body: '/k' }, sessionId: { body: '/k' } })
  for (const [sent, publicKey, sessionId] of [
    [7, 7, '7'],
    [true, true, undefined],
    [null, undefined, undefined],
    ['x'.repeat(5_000), 'x'.repeat(5_000), undefined],
  ] as const) {
    assert.is(only(protocol.read(request('POST /games/a/b/join', json({ k: sent })))).publicKey, publicKey)
    assert.is(only(protocol.read(request('POST /games/a/b/leave', json({ k: sent })))).sessionId, sessionId)
  }
  assert.equal(only(protocol.read(request('POST /games/a/b/join', json({ k: ['v'] })))).publicKey, ['v'])
})

test('a body that could not be read refuses nobody', () => {
  const unread = request('POST /games/a/b/join', { body: undefined })
  assert.equal(rest({ ...game, apiKey: [{ header: 'x-api-key' }, { body: '/k' }] }).read(unread), [])
  assert.is(only(rest(game).read(unread)).publicKey, undefined)
  const asked = { ...unread, headers: { 'x-api-key': 'k' } }
  assert.is(only(rest({ ...game, apiKey: [{ header: 'x-api-key' }, { body: '/k' }] }).read(asked)).publicKey, 'k')
  const get = rest({
    ...game,
    sessions: { 'GET /in': { answer: { sessionId: { cookie: 's' } } } },
    apiKey: [{ query: 'k' }, { body: '/k' }],
  })
  assert.is(only(get.read(request('GET /in', { body: undefined }))).createsSession, true)
})

test('a session and a player are learned from each place of an answer below 400', () => {
  const places: [RestAnswer['sessionId'], GameAnswer, string | undefined][] = [
    [{ body: '/a/0' }, answer({ a: ['s'] }), 's'],
    [{ body: '/a' }, answer('{"a":7}', 201), '7'],
    [{ body: '/a' }, answer(Buffer.from('{"a":"s"}')), 's'],
    [{ body: '/a' }, answer('<p>welcome</p>'), undefined],
    [{ body: '/a' }, answer(undefined), undefined],
    [{ body: '/a' }, answer({ a: {} }), undefined],
    [{ header: 'X-Session' }, answer('', 200, { 'x-session': 's' }), 's'],
    [{ header: 'X-Session' }, answer('', 200, { 'x-session': 7 }), '7'],
    [{ header: 'X-Session' }, answer('', 204, { 'x-session': ['s', 't'] }), 's'],
    [{ bearer: true }, answer('', 200, { authorization: 'Bearer s' }), 's'],
    [{ cookie: 'sid' }, answer('', 302, { 'set-cookie': 'sid="s%3D"; Path=/; HttpOnly' }), 's='],
    [{ cookie: 'sid' }, answer('', 200, { 'set-cookie': ['sid=old', 'sid.sig=x', 'sid=s; Path=/'] }), 's'],
    [{ cookie: 'sid' }, answer('', 200, { 'set-cookie': 'sid=; Max-Age=0' }), undefined],
    [{ cookie: 'sid' }, answer('', 200, { 'set-cookie': 'a=b; sid=s' }), undefined],
    [{ cookie: 'sid' }, answer(''), undefined],
    [[{ body: '/a' }, { header: 'a' }], answer({}, 200, { a: 's' }), 's'],
  ]
  for (const [place, given, found] of places) {
    const protocol = rest({ ...game, sessions: { 'POST /in': { answer: { sessionId: place, playerId: place } } } })
    const login = only(protocol.read(request('POST /in')))
    const learned = found === undefined ? {} : { sessionId: found, playerId: found }
    assert.equal(protocol.learn(login, given), learned, JSON.stringify([place, given]))
    assert.equal(protocol.learn(login, { ...given, status: 400 }), { failed: true })
    assert.equal(protocol.learn(only(protocol.read(request('POST /games/a/b/leave'))), given), {})
  }
})

test('a route that answers 404, 405 or 501 is a failed call of it', () => {
  const protocol = rest(game)
  const call = only(protocol.read(request('POST /games/a/b')))
  for (const status of [404, 405, 501, 500]) assert.equal(protocol.learn(call, answer('', status)), { failed: true })
})

test('a refusal is a problem of RFC 9457', () => {
  const refuse = (apiKey: RestOptions['apiKey'], reason: 'missing' | 'retired') => {
    const protocol = rest({ ...game, apiKey })
    const asked = request('POST /games/a/b/join')
    return protocol.refuse(asked, [{ call: only(protocol.read(asked)), reason, message: 'No "words".' }])
  }
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }
  assert.equal(refuse({ header: 'x-api-key' }, 'missing'), {
    status: 401,
    headers: { ...headers, 'www-authenticate': 'ApiKey' },
    body: '{"type":"about:blank","title":"Unauthorized","status":401,"detail":"No \\"words\\".","reason":"missing"}',
  })
  assert.equal(refuse([{ query: 'k' }, { bearer: true }], 'missing').headers['www-authenticate'], 'Bearer')
  assert.equal(refuse({ bearer: true }, 'retired'), {
    status: 403,
    headers,
    body: '{"type":"about:blank","title":"Forbidden","status":403,"detail":"No \\"words\\".","reason":"retired"}',
  })
})

test('the example has the public key where the protocol looks for it', () => {
  for (const place of [
    { header: 'X-Api-Key' },
    { query: 'a key' },
    { cookie: 'k' },
    { body: '/data/0/api~1key' },
    { body: '' },
    { bearer: true },
  ] as RequestPlace[]) {
    const sessions = { 'POST /grüße/:name{/:page}/*rest': { answer: { sessionId: { body: '/s' } } } }
    const protocol = rest({ ...game, sessions, apiKey: [place, { header: 'x-other' }] })
    const example = protocol.example?.('ck_pub_x')
    const [path = '', query = ''] = example?.path.split('?') ?? []
    const headers = Object.fromEntries(
      Object.entries(example?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const body = Buffer.from(example?.body ?? '')
    const call = only(protocol.read({ method: example?.method ?? '', path, query, headers, body }))
    assert.equal([call.createsSession, call.publicKey], [true, 'ck_pub_x'], JSON.stringify(example))
    assert.match(path, /^[\w/%]+$/)
  }
})

test('a wrong option is refused at once, with the fix', () => {
  const answered = { answer: { sessionId: { body: '/s' } } }
  const faults: [object, RegExp][] = [
    [{ sessions: undefined }, /`sessions` is missing/],
    [{ apiKey: undefined }, /`apiKey` is missing; say where it is: \{ header/],
    [{ sessionId: undefined }, /`sessionId` is missing/],
    [{ session: {} }, /no option `session`; did you mean `sessions`/],
    [{ sessions: {} }, /at least one route/],
    [{ sessions: ['POST /in'] }, /routes such as 'POST/],
    [{ sessions: { 'POST /in': { answer: {} } } }, /answer: the option `sessionId` is missing/],
    [{ sessions: { 'POST /in': {} } }, /must say of one route at least where it answers with the session id/],
    [{ sessions: { 'POST /in': { answer: { sessionId: { query: 's' } } } } }, /no option `query`; known are `header`/],
    [{ sessions: { 'POST /in': { answer: { sessionId: [] } } } }, /at least one place/],
    [{ sessions: { 'POST /in': { answer: '/s' } } }, /takes an object of options, not of type string/],
    [{ sessions: { 'GET /in': answered }, apiKey: { body: '/k' } }, /'GET \/in' has no body/],
    [{ apiKey: 'x-api-key' }, /apiKey takes an object/],
    [{ apiKey: { heder: 'x' } }, /did you mean `header`/],
    [{ apiKey: {} }, /one thing in each place/],
    [{ apiKey: { header: undefined } }, /one thing in each place/],
    [{ apiKey: { header: 'a', query: 'a' } }, /one thing in each place.*an array/],
    [{ apiKey: { header: 'x api key' } }, /a header's name/],
    [{ apiKey: { cookie: 'a=b' } }, /a cookie's name/],
    [{ apiKey: { query: '' } }, /a parameter's name/],
    [{ apiKey: { body: 'api_key' } }, /JSON Pointer/],
    [{ apiKey: { body: '/a~b' } }, /JSON Pointer/],
    [{ sessionId: [{ header: 'a' }, { bearer: 'x' }] }, /`bearer` must be true/],
    [{ ends: 'POST /out' }, /must be an array of routes/],
    [{ features: [1n] }, /routes such as 'POST.*not bigint/],
    [{ features: ['/games'] }, /not '\/games'/],
    [{ features: ['GET games'] }, /not 'GET games'/],
    [{ features: ['GET  /games'] }, /routes such as/],
    [{ features: ['get /games'] }, /whose method must be one of 'GET'/],
    [{ features: ['HEAD /games'] }, /a HEAD counts as its GET/],
    [{ features: ['OPTIONS /games'] }, /whose method/],
    [{ features: ['GET /:id?'] }, /'GET \/:id\?', which path-to-regexp 8 cannot read/],
    [{ features: [`GET /${'x'.repeat(100)}`] }, /too long to be counted/],
    [{ features: ['GET /a/:b', 'GET /A/:c/'] }, /'GET \/A\/:c\/' takes the same requests as 'GET \/a\/:b'/],
    [{ features: ['POST /games/:game/:match/join'] }, /the same requests as 'POST \/games\/:name\/:id\/join'/],
  ]
  for (const [wrong, words] of faults) {
    try {
      rest({ ...game, ...wrong })
    } catch (error) {
      assert.instance(error, ClienteleError)
      assert.match((error as ClienteleError).code, /^option_(invalid|unknown)$/)
      assert.match((error as ClienteleError).message, words)
      continue
    }
    assert.unreachable(JSON.stringify(wrong, (_, value) => (typeof value === 'bigint' ? 'bigint' : value)))
  }
})

test('what the guide shows is a protocol', () => {
  const guide = readFileSync(new URL('../../../docs/maintainer.md', import.meta.url), 'utf8')
  const [, snippet] = /export const protocol = (rest\(.*?\n\}\))/s.exec(guide) ?? []
  const protocol: Protocol = new Function('rest', `return ${snippet}`)(rest)
  assert.is(only(protocol.read(request('POST /games/a/b/join', { query: 'api_key=k' }))).publicKey, 'k')
})

const name = fc.stringMatching(/^[\w-]{1,8}$/)
const pointer = fc
  .array(fc.string({ maxLength: 4 }), { maxLength: 3 })
  .map((names) => names.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''))
const answerPlace = fc.oneof(
  fc.record({ header: name }),
  fc.record({ cookie: name }),
  fc.record({ body: pointer }),
  fc.constant({ bearer: true as const }),
)
const requestPlace = fc.oneof(answerPlace, fc.record({ query: name }))
const anyOptions = fc.record({
  sessions: fc.record({
    'POST /:a': fc.record({ answer: fc.record({ sessionId: answerPlace, playerId: answerPlace }) }),
  }),
  apiKey: fc.array(requestPlace, { minLength: 1, maxLength: 3 }),
  sessionId: fc.oneof(requestPlace, fc.array(requestPlace, { minLength: 1, maxLength: 3 })),
  ends: fc.constant(['DELETE /*any']),
  features: fc.constant(['PUT /:a{/:b}', 'POST /:a/x']),
})
const headerValue = fc.oneof(
  fc.string(),
  fc.array(fc.string()),
  fc.constantFrom('Bearer x', 'a=b; c="', 'text/html', undefined),
)
const headers = fc.dictionary(
  fc.oneof(name, fc.constantFrom('cookie', 'authorization', 'content-type', 'set-cookie')),
  headerValue,
)

test('whatever a client sends and a game answers, nothing throws and no feature is invented', () => {
  const known = ['POST /:a', 'DELETE /*any', 'PUT /:a{/:b}', 'POST /:a/x']
  fc.assert(
    fc.property(
      anyOptions,
      fc.record({
        method: fc.constantFrom('POST', 'DELETE', 'PUT', 'GET', 'M-SEARCH', ''),
        path: fc.oneof(fc.webPath(), fc.string(), fc.constantFrom('/%', '/%ff/x', '/a')),
        query: fc.oneof(fc.webQueryParameters(), fc.string()),
        headers,
        body: fc.option(
          fc.oneof(
            fc.uint8Array(),
            fc.json().map((text) => Buffer.from(text)),
          ),
          { nil: undefined },
        ),
        parsed: fc.option(fc.anything(), { nil: undefined }),
      }),
      fc.record({ status: fc.integer({ min: 100, max: 599 }), headers, body: fc.anything() }),
      (options, asked, given) => {
        const protocol = rest(options)
        const calls = protocol.read(asked)
        for (const call of calls) {
          assert.ok(protocol.matches(asked.method, asked.path))
          assert.ok(known.includes(call.feature))
          assert.ok(call.sessionId === undefined || typeof call.sessionId === 'string')
          protocol.learn(call, given)
          protocol.refuse(asked, [{ call, reason: 'missing', message: 'No.' }])
        }
        protocol.example?.('ck_pub_x')
      },
    ),
    { numRuns: 1_000 },
  )
})

test('a foreign request costs one look, however many routes there are', () => {
  const features = Array.from({ length: 200 }, (_, index) => `POST /part${index}/:a/:b/end`)
  const protocol = rest({ ...game, features })
  const nsOf = (method: string, path: string) => {
    const times = 100_000
    for (let count = 0; count < times; count++) protocol.matches(method, path)
    const start = process.hrtime.bigint()
    for (let count = 0; count < times; count++) protocol.matches(method, path)
    return Number(process.hrtime.bigint() - start) / times
  }
  const figures = [nsOf('GET', '/static/app.js'), nsOf('POST', '/static/app.js'), nsOf('POST', '/part199/a/b/end')]
  console.log(`FIGURE of 200 routes, ns: no such method ${figures.map((ns) => ns.toFixed(0)).join(', no such route ')}`)
  // What a busy machine keeps as well: some 1 µs is usual.
  assert.ok(Math.max(...figures) < 50_000)
})

test.run()
