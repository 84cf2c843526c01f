// A protocol is tried on recorded traffic: what browsers save, and recorded pairs.
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { suite, test } from 'uvu'
import * as assert from 'uvu/assert'
import { diagnose } from '../../../src/cli/traffic/diagnosis.js'
import { readTraffic } from '../../../src/cli/traffic/recorded-traffic.js'
import { replay, sentPublicKey } from '../../../src/cli/traffic/replay.js'
import { readProtocols } from '../../../src/gateway/config.js'
import { jsonRpc, lacuna, type Protocol, type RestOptions, rest } from '../../../src/index.js'
import { temporaryFile } from '../../helpers/temporary.js'
import { command, commandIn } from '../command.js'

const canaries = {
  publicKey: 'ck_pub_canarykey0000000000000000000000000',
  player: 'CanaryPlayer',
  playerId: 'canary-player-77',
  password: 'canary-password',
  token: (login: number) => `canary-session-${login}-0f9e8d7c6b5a`,
}

interface Entry {
  method?: string
  path?: string
  headers?: Record<string, string>
  body?: unknown
  status?: number
  says?: unknown
  sets?: Record<string, string>
  http2?: boolean
  postData?: object
  content?: object
}

const headersOf = (headers: Record<string, string>, http2 = false) =>
  Object.entries(headers).map(([name, value]) => ({ name: http2 ? name.toLowerCase() : name, value }))

/** HAR 1.2, as Chrome and Firefox write it. */
function har(entries: Entry[]) {
  return {
    log: {
      version: '1.2',
      creator: { name: 'test', version: '1' },
      entries: entries.map((one, at) => {
        const { method = 'POST', path = '/rpc', headers = {}, body, status = 200, says, sets = {}, http2 } = one
        const text = typeof says === 'string' ? says : JSON.stringify(says)
        const pseudo = http2
          ? [
              { name: ':method', value: method },
              { name: ':path', value: path },
            ]
          : []
        return {
          startedDateTime: new Date(Date.UTC(2026, 10, 23) + at * 1_000).toISOString(),
          time: 5,
          request: {
            method,
            url: `https://game.example${path}`,
            httpVersion: http2 ? 'h2' : 'HTTP/1.1',
            headers: [...pseudo, ...headersOf(headers, http2)],
            cookies: [],
            queryString: [],
            ...(body !== undefined && { postData: { mimeType: 'application/json', text: JSON.stringify(body) } }),
            ...(one.postData && { postData: one.postData }),
          },
          response: {
            status,
            statusText: '',
            httpVersion: 'HTTP/1.1',
            headers: headersOf(
              { 'Content-Type': 'application/json', 'Content-Encoding': 'br', 'Transfer-Encoding': 'chunked', ...sets },
              http2,
            ),
            cookies: [],
            content: one.content ?? { size: text?.length ?? 0, mimeType: 'application/json', ...(text && { text }) },
          },
        }
      }),
    },
  }
}

async function judge(protocol: Protocol, traffic: unknown) {
  await using file = await temporaryFile('traffic.har')
  await writeFile(file.path, typeof traffic === 'string' ? traffic : JSON.stringify(traffic))
  const all = replay([protocol], await readTraffic(file.path))
  const wrong = diagnose(all, { address: (text) => text, place: (text) => text }).map(({ says }) => says)
  return { all, outcomes: all.map(({ outcome }) => outcome), wrong }
}

const { publicKey, player, playerId, password, token } = canaries
const rpcProtocol = (sessionId: string, more: object = {}) =>
  jsonRpc({
    path: '/rpc',
    sessions: {
      login: { apiKey: { index: 2, name: 'api_key' } },
      measure: { apiKey: { index: 0, name: 'api_key' }, session: false },
    },
    sessionId: { index: 0, name: 'session_id' },
    answer: { sessionId },
    ...more,
  })
const call = (id: number, method: string, params: unknown, result: unknown): Entry => ({
  body: { jsonrpc: '2.0', id, method, params },
  says: { jsonrpc: '2.0', id, result },
})
const login = (at: number, more: object = {}) =>
  call(at, 'login', [player, password, publicKey], { token: token(at), player: { id: playerId }, ...more })
const play = (at: number) => call(100 + at, 'view', [token(at), playerId], { x: 1 })
const twelve = Array.from({ length: 12 }, (_, at) => at)

/** As a config file has it. */
const configOf = (sessionId: string) => ({
  path: '/rpc',
  sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId, playerId: '/player/id' },
})

const options: RestOptions = {
  sessions: { 'POST /login': { answer: { sessionId: { body: '/token' } } } },
  apiKey: { header: 'x-api-key' },
  sessionId: { bearer: true },
  features: ['GET /players/:name/games'],
}
const logIn = (at: number, more: Partial<Entry> = {}): Entry => ({
  path: '/login',
  headers: { 'X-Api-Key': publicKey },
  body: { name: player, password },
  says: { token: token(at) },
  ...more,
})
const games = (at: number, more: Partial<Entry> = {}): Entry => ({
  method: 'GET',
  path: `/players/${player}/games`,
  headers: { Authorization: `Bearer ${token(at)}` },
  says: [],
  ...more,
})

const reads = suite('traffic: what becomes of each call')

reads('jsonRpc: learned, refused, in a session, in another, in none, no call, not read', async () => {
  const error = { jsonrpc: '2.0', id: 9, error: { code: 1, message: 'Wrong.' } }
  const { all, outcomes, wrong } = await judge(
    rpcProtocol('/token'),
    har([
      login(1),
      { ...login(2), says: error },
      { ...login(3), says: { jsonrpc: '2.0', id: 3, result: { ok: false } } },
      { ...login(4), content: { size: 100, mimeType: 'application/json' } },
      call(5, 'measure', [publicKey], { seconds: 1 }),
      play(1),
      play(6),
      call(7, 'is_free', ['x'], 1),
      { method: 'GET', path: '/logo.png' },
      { body: 'hello' },
    ]),
  )
  assert.equal(outcomes, [
    'session learned',
    'refused',
    'refused',
    'answer missing',
    'needs no session',
    'in a session',
    'in an unknown session',
    'in an unknown session',
    'no call',
    'not read',
  ])
  assert.equal(
    [0, 1, 5].map((at) => sentPublicKey(all[at] as never)),
    ['a public key', 'a public key', undefined],
  )
  assert.is(all[0]?.place, '/token')
  assert.is(wrong.length, 1)
  assert.match(wrong[0] ?? '', '1 request to an address of the protocol is no call to it')
})

reads('rest: HTTP/1.1 and HTTP/2 names, cookies, forms, base64', async () => {
  const cookies: RestOptions = {
    ...options,
    sessions: { 'POST /login': { answer: { sessionId: { cookie: 'sid' } } } },
    apiKey: [{ header: 'x-api-key' }, { body: '/key' }],
    sessionId: { cookie: 'sid' },
  }
  const set = `theme=dark; Path=/\nsid=${encodeURIComponent('a/b c')}; Path=/; HttpOnly`
  const form = { mimeType: 'application/x-www-form-urlencoded', params: [{ name: 'key', value: 'k&=' }] }
  const entries = (http2: boolean) => [
    logIn(1, { http2, headers: {}, body: undefined, postData: form, sets: { 'Set-Cookie': set } }),
    games(1, { http2, headers: { Cookie: `theme=dark; sid=${encodeURIComponent('a/b c')}` } }),
  ]
  const typed = (traffic: ReturnType<typeof har>) => {
    traffic.log.entries[0]?.request.headers.push({ name: 'Content-Type', value: 'application/x-www-form-urlencoded' })
    return traffic
  }
  for (const http2 of [false, true]) {
    const { outcomes, all } = await judge(rest(cookies), typed(har(entries(http2))))
    assert.equal(outcomes, ['session learned', 'in a session'])
    assert.is(all[0]?.call?.publicKey, 'k&=')
  }
  const base64 = { encoding: 'base64', text: Buffer.from(JSON.stringify({ token: token(1) })).toString('base64') }
  const multipart = { mimeType: 'multipart/form-data; boundary=x', params: [{ name: 'key', value: 'k' }] }
  const { outcomes } = await judge(
    rest({ ...options, apiKey: [{ header: 'x-api-key' }, { body: '/key' }] }),
    har([
      logIn(1, { content: { size: 9, mimeType: 'application/json', ...base64 } }),
      games(1),
      logIn(2, { headers: { 'Content-Type': multipart.mimeType }, body: undefined, postData: multipart }),
    ]),
  )
  assert.equal(outcomes, ['session learned', 'in a session', 'not read'])
})

reads('entries in the order in which they began; cookies that are only listed; a mark before the file', async () => {
  const traffic = har([login(1), play(1)])
  traffic.log.entries.reverse()
  assert.equal((await judge(rpcProtocol('/token'), `\ufeff${JSON.stringify(traffic)}`)).outcomes, [
    'session learned',
    'in a session',
  ])
  const cookies = {
    sessions: { 'POST /login': { answer: { sessionId: { cookie: 'sid' } } } },
    sessionId: { cookie: 'sid' },
  }
  const listed = har([logIn(1), games(1, { headers: {} })])
  const [first, second] = listed.log.entries as unknown as { request: object; response: object }[]
  Object.assign(first?.response ?? {}, { cookies: [{ name: 'sid', value: 's1' }] })
  Object.assign(second?.request ?? {}, { cookies: [{ name: 'sid', value: 's1' }] })
  assert.equal((await judge(rest({ ...options, ...cookies }), listed)).outcomes, ['session learned', 'in a session'])
})

reads('a session that is renewed is the same session', async () => {
  const renewing = rpcProtocol('/token', { renews: ['refresh'] })
  const { outcomes, wrong } = await judge(
    renewing,
    har([login(1), call(2, 'refresh', [token(1)], { token: token(2) }), play(2), play(1)]),
  )
  assert.equal([outcomes, wrong], [['session learned', 'session renewed', 'in a session', 'in a session'], []])
})

reads('recorded pairs of real clients', async () => {
  for (const name of ['glc', 'web-us1']) {
    const { outcomes, wrong } = await judge(lacuna(), readFileSync(`test/fixtures/wire/${name}.json`, 'utf8'))
    const count = (outcome: string) => outcomes.filter((one) => one === outcome).length
    assert.ok(count('session learned') > 0, name)
    assert.ok(count('in a session') > 5, name)
    assert.equal([count('not read'), count('no call'), count('no session'), wrong], [0, 0, 0, []], name)
  }
})

reads.run()

const places = suite('traffic: the right place is named')

places('jsonRpc: where the answers have what later calls carry', async () => {
  const { wrong } = await judge(rpcProtocol('/result/token'), har(twelve.flatMap((at) => [login(at), play(at)])))
  assert.equal(wrong, [
    'login: 12 logins went well and showed nothing at /result/token; /token has what later calls carry.',
  ])
})

places('a batch, and a place that only some logins have', async () => {
  const batch = (ids: number[], method: string, params: (at: number) => unknown, result: (at: number) => unknown) => ({
    body: ids.map((id) => ({ jsonrpc: '2.0', id, method, params: params(id) })),
    says: ids.map((id) => ({ jsonrpc: '2.0', id, result: result(id) })),
  })
  const { wrong } = await judge(
    rpcProtocol('/id'),
    har([
      batch(
        [1, 2],
        'login',
        () => [player, password, publicKey],
        (at) => ({ s: { token: token(at) } }),
      ),
      login(3, { s: { token: token(3) }, last: token(3) }),
      ...[1, 2, 3].map(play),
    ]),
  )
  assert.equal(wrong, ['login: 3 logins went well and showed nothing at /id; /s/token has what later calls carry.'])
})

places('rest: a member, a header, a cookie', async () => {
  const wrongOf = async (answer: Partial<Entry>) => {
    const at = { 'POST /login': { answer: { sessionId: { body: '/nowhere' } } } }
    return (await judge(rest({ ...options, sessions: at }), har([logIn(1, answer), games(1)]))).wrong
  }
  const said = (place: string) => [
    `POST /login: 1 login went well and showed nothing at /nowhere; ${place} what later calls carry.`,
  ]
  assert.equal(await wrongOf({}), said('/token has'))
  assert.equal(await wrongOf({ says: { a: [{ b: token(1) }] } }), said('/a/0/b has'))
  assert.equal(await wrongOf({ says: { ok: 1 }, sets: { 'X-Token': token(1) } }), said('the header x-token has'))
  assert.equal(
    await wrongOf({ says: { ok: 1 }, sets: { 'Set-Cookie': `sid=${token(1)}; Path=/` } }),
    said('the cookie sid has'),
  )
  assert.equal(
    await wrongOf({ sets: { Authorization: `Bearer ${token(1)}` } }),
    said('the header authorization and /token have'),
  )
})

places('a login that is answered with nothing but a cookie is not refused', async () => {
  const seen = [1, 2].flatMap((at) => [
    logIn(at, { says: {}, sets: { 'Set-Cookie': `sid=${token(at)}` } }),
    games(at, { headers: { Cookie: `sid=${token(at)}` } }),
  ])
  const { wrong } = await judge(rest({ ...options, sessionId: { cookie: 'sid' } }), har(seen))
  assert.equal(wrong, [
    'POST /login: 2 logins went well and showed nothing at /token; the cookie sid has what later calls carry.',
  ])
  // Nobody carries anything of what a game said to a wrong password.
  assert.equal((await judge(rest(options), har([logIn(1, { says: {} }), games(2)]))).wrong, [])
})

places('where requests carry it and the protocol does not look', async () => {
  const cookie = { headers: { Cookie: `sid=${token(1)}` } }
  assert.equal((await judge(rest(options), har([logIn(1), games(1, cookie), games(1, cookie)]))).wrong, [
    '2 calls carry the session of POST /login at the cookie sid, where the protocol looks for none: correct `sessionId`.',
  ])
  const both = { ...options, sessions: { 'POST /login': { answer: { sessionId: { header: 'x-token' } } } } }
  assert.equal((await judge(rest(both), har([logIn(1), games(1, cookie)]))).wrong, [
    'POST /login: 1 login went well and showed nothing at the header x-token; /token has what later calls carry at the cookie sid, where the protocol looks for none either: correct `sessionId` too.',
  ])
})

places('some calls carry it where the protocol looks, and others do not', async () => {
  const cookie = { headers: { Cookie: `sid=${token(1)}` } }
  const nowhere = { ...options, sessions: { 'POST /login': { answer: { sessionId: { body: '/nowhere' } } } } }
  const traffic = har([logIn(1), games(1), games(1), games(1, cookie)])
  assert.equal((await judge(rest(nowhere), traffic)).wrong, [
    'POST /login: 1 login went well and showed nothing at /nowhere; /token has what later calls carry, and 1 call carries it at the cookie sid, where the protocol looks for none: correct `sessionId` too.',
  ])
})

places('what hands out sessions and is no login', async () => {
  const { wrong } = await judge(
    rpcProtocol('/token'),
    har([login(1), call(2, 'found', [player, publicKey], { session: { token: token(2) } }), play(2)]),
  )
  assert.equal(wrong, [
    'found handed out a session at /session/token and is no login to the protocol: if it is a login, name it in `sessions`; if it renews the session that it is called in, in `renews` (or the place in `renewed`).',
  ])
  const unread = { ...login(2), postData: { mimeType: 'text/plain', text: 'login CanaryPlayer' } }
  const told = (await judge(rpcProtocol('/token'), har([login(1), unread]))).wrong
  assert.match(
    told.join('\n'),
    'POST /rpc handed out a session at /token and is no login to the protocol: nobody could read the request',
  )
})

places('nothing is said of a recording that began in a session, or of what a client sends and gets back', async () => {
  const echo = call(3, 'view', [token(9)], { token: token(9), name: player })
  const { wrong, outcomes } = await judge(
    rpcProtocol('/token'),
    har([echo, login(1, { name: player }), play(1), play(9)]),
  )
  assert.equal([wrong, outcomes.at(-1)], [[], 'in an unknown session'])
})

places(
  'recorded traffic and a wrong place: nothing but that place is named, whatever else is the same by chance',
  async () => {
    const wrong = jsonRpc({
      path: '/:module',
      sessions: { 'empire.login': { apiKey: { index: 2, name: 'api_key' } } },
      sessionId: { index: 0, name: 'session_id' },
      answer: { sessionId: '/sid' },
    })
    const recorded = await judge(wrong, readFileSync('test/fixtures/wire/glc.json', 'utf8'))
    assert.equal(recorded.wrong, [
      'empire.login: 4 logins went well and showed nothing at /sid; /session_id has what later calls carry.',
    ])
  },
)

places('nobody carries anything: what may be wrong is said', async () => {
  const { wrong } = await judge(rpcProtocol('/id'), har([login(1)]))
  assert.match(wrong.join(), 'login: 1 login went well and showed nothing at /id, and no later request carries')
  const one = await judge(
    rpcProtocol('/token'),
    har([login(1), call(2, 'login', [player, 'no', publicKey], { said: 'No.' })]),
  )
  assert.equal([one.outcomes, one.wrong], [['session learned', 'no session'], []])
})

places.run()

test('the command: call by call, a summary, the fix, the exit code, and no value of the traffic', async () => {
  await using file = await temporaryFile('traffic.har')
  await using config = await temporaryFile('protocol.json')
  const foreign = [`/players/${player}`, `/u/${token(1)}`, '/canary-player-77/x?token=canary-query', '/assets/app.js']
  const entries = [
    ...twelve.flatMap((at) => [login(at), play(at)]),
    ...foreign.map((path) => ({ path, method: 'GET' })),
    call(60, 'canary-session-1-0f9e8d7c6b5a', [], 1),
  ]
  await writeFile(file.path, JSON.stringify(har(entries)))
  await writeFile(config.path, JSON.stringify({ protocol: { jsonRpc: configOf('/result/token') }, enforce: 'off' }))
  const words = ['doctor', '--protocol', config.path, '--traffic', file.path]

  const wrong = await command(...words)
  assert.is(wrong.code, 1, wrong.err)
  assert.match(wrong.out, /^ +METHOD +ADDRESS +FEATURE +KIND +PUBLIC KEY +OUTCOME$/m)
  assert.match(wrong.out, /^1 +POST +\/rpc +login +login +a public key +no session at \/result\/token$/m)
  assert.match(wrong.out, /^2 +POST +\/rpc +view +call +in a session that no login here handed out$/m)
  assert.match(wrong.out, /GET +\/players\/… +request +no call of the protocol/)
  assert.match(wrong.out, 'Logins: 12, of which 12 went well and showed none.')
  assert.match(wrong.out, 'Calls: 13, 12 in one that nobody here handed out, 1 in none.')
  assert.match(
    wrong.out,
    '- login: 12 logins went well and showed nothing at /result/token; /token has what later calls carry.',
  )
  assert.match(wrong.err, 'This protocol does not see every session.')
  const told = JSON.parse((await command(...words, '--json')).out)
  assert.equal([told.learnsAll, told.summary.withoutSession, told.calls.length], [false, 12, 29])
  assert.equal(told.calls[0], {
    entry: 1,
    method: 'POST',
    address: '/rpc',
    feature: 'login',
    kind: 'login',
    publicKey: 'a public key',
    outcome: 'no session',
    place: '/result/token',
    failed: false,
  })

  await writeFile(config.path, JSON.stringify({ protocol: { jsonRpc: configOf('/token') } }))
  // With a store in the environment too: it is not asked.
  const right = await commandIn({ CLIENTELE_STORE: 'sqlite:no/such.sqlite' }, ...words)
  assert.equal([right.code, right.err], [0, ''])
  assert.match(right.out, /^1 +POST +\/rpc +login +login +a public key +session learned at \/token$/m)
  assert.match(right.out, 'Every login that went well showed its session.')
  const json = await command(...words, '--json')
  for (const text of [wrong.out, wrong.err, right.out, json.out, JSON.stringify(told)]) {
    assert.not.match(text, /canary/i)
    assert.not.match(text, publicKey)
  }
})

test('what could be somebody: in addresses, in the names of cookies, and in members', async () => {
  await using file = await temporaryFile('traffic.har')
  await using config = await temporaryFile('protocol.json')
  await writeFile(config.path, JSON.stringify({ protocol: { jsonRpc: configOf('/token') } }))
  // Nobody sends these names: they are only in addresses and in answers.
  const paths = ['/players/CanaryOne', '/players/42', '/user/canary_two/games/7', '/canary_three', '/games/create']
  const entries: Entry[] = [
    ...paths.map((path) => ({ method: 'GET', path, says: {} })),
    { method: 'GET', path: '/ranking', says: [{ name: 'canary_three' }] },
    call(1, 'login', [player, password, publicKey], { players: { canary_four: { sid: token(1) } } }),
    play(1),
    {
      ...call(2, 'login', [player, password, publicKey], { x: 1 }),
      sets: { 'Set-Cookie': `sid_${player}=${token(2)}` },
    },
    { ...call(3, 'view', [], 1), headers: { Cookie: `sid_${player}=${token(2)}` } },
  ]
  await writeFile(file.path, JSON.stringify(har(entries)))
  const { out } = await command('doctor', '--protocol', config.path, '--traffic', file.path)
  const addresses = [...out.matchAll(/^\d+ +[A-Z]+ +(\S+)/gm)].map(([, address]) => address)
  assert.equal(addresses.slice(0, 5), ['/players/…', '/players/…', '/user/…/games/…', '/…', '/games/create'])
  assert.match(out, '/players/…/sid')
  assert.match(out, 'the cookie …')
  assert.not.match(out, /canary/i)
})

test('what a browser records and is no request to a server is left out', async () => {
  const traffic = har([{}, {}, {}, login(1)])
  const urls = ['data:image/png;base64,iVBORw0/KGgo/abc', 'blob:https://game.example/1-2-3', 'moz-extension://x/y.js']
  for (const [at, url] of urls.entries()) Object.assign(traffic.log.entries[at]?.request ?? {}, { url })
  assert.equal((await judge(rpcProtocol('/token'), traffic)).outcomes, ['session learned'])
})

test('the verdict: what went around, and what the game may have refused', async () => {
  await using file = await temporaryFile('traffic.har')
  await using config = await temporaryFile('protocol.json')
  await writeFile(config.path, JSON.stringify({ protocol: { jsonRpc: configOf('/token') } }))
  const run = async (...entries: Entry[]) => {
    await writeFile(file.path, JSON.stringify(har([login(1), play(1), ...entries])))
    return command('doctor', '--protocol', config.path, '--traffic', file.path)
  }
  const unread: Entry = { postData: { mimeType: 'text/plain', text: 'gibberish' }, says: login(2).says }
  const elsewhere: Entry = { path: '/sign-in', body: { name: player }, says: { token: token(2) } }
  for (const entry of [unread, elsewhere]) {
    const { code, out, err } = await run(entry, play(2))
    assert.is(code, 1, out)
    assert.match(out, / handed out a session at .*\/token and is no login to the protocol/)
    assert.match(err, 'This protocol does not see every session.')
  }
  const words = await run(call(3, 'login', [player, 'wrong', publicKey], { says: 'No.' }))
  assert.equal([words.code, words.err], [0, ''])
  assert.match(words.out, '1 login showed none: that is right if the game refused it.')
  assert.not.match(words.out, 'Every login')
})

test('a token after any word in the header', async () => {
  const later = { ...call(2, 'view', [], 1), headers: { Authorization: `Token ${token(1)}` } }
  const { wrong } = await judge(rpcProtocol('/sid'), har([login(1), later]))
  assert.match(wrong.join(), '/token has what later calls carry at the header authorization')
})

test('a store too, where it is asked for', async () => {
  await using file = await temporaryFile('traffic.har')
  await using config = await temporaryFile('protocol.json')
  await using store = await temporaryFile('store.sqlite')
  await writeFile(config.path, JSON.stringify({ protocol: { jsonRpc: configOf('/token') } }))
  await writeFile(file.path, JSON.stringify(har([login(1), play(1)])))
  const words = ['doctor', '--protocol', config.path, '--traffic', file.path]
  // SQLite takes an empty file for a new database.
  await writeFile(store.path, '')
  const both = await command(...words, '--store', `sqlite:${store.path}`)
  assert.is(both.code, 0, both.err)
  assert.match(both.out, 'Every login that went well showed its session.')
  assert.match(both.out, 'This store holds counts.')
  await writeFile(store.path, 'no database '.repeat(100))
  const bad = await command(...words, '--json', '--store', `sqlite:${store.path}`)
  assert.is(bad.code, 1, bad.err)
  const { learnsAll, holdsCounts } = JSON.parse(bad.out)
  assert.equal([learnsAll, holdsCounts], [true, false])
  const repair = await command(...words, '--repair')
  assert.equal([repair.code, repair.out], [2, ''])
  assert.match(repair.err, '--repair puts something back into a store: add --store <url>.')
})

test('a module that exports a protocol, a config that opens a store, and what is no protocol', async () => {
  await using file = await temporaryFile('traffic.har')
  await using module = await temporaryFile('protocol.mjs')
  await writeFile(file.path, JSON.stringify(har([login(1)])))
  const own = `{ matches: () => true, read: () => [], refuse: () => ({}), learn: () => ({}) }`
  await writeFile(module.path, `export default ${own}`)
  const unseen = await command('doctor', '--protocol', module.path, '--traffic', file.path)
  assert.is(unseen.code, 1)
  assert.match(unseen.err, 'No login here went well, so that nothing is proved.')
  await writeFile(
    module.path,
    `export default ${own.replace('read: () => []', 'read: () => { throw new Error("canary") }')}`,
  )
  const thrown = await command('doctor', '--protocol', module.path, '--traffic', file.path)
  assert.is(thrown.code, 1)
  assert.match(thrown.out, 'A function of the protocol threw 1 time.')
  assert.not.match(thrown.out + thrown.err, /canary/i)

  let closed = 0
  const store = { disconnect: async () => void closed++ }
  await using config = await temporaryFile('config.mjs')
  await writeFile(config.path, 'export default { store: globalThis.store, protocol: { lacuna: {} } }')
  Object.assign(globalThis, { store })
  assert.equal([(await readProtocols(config.path)).length, closed], [1, 1])
  await writeFile(module.path.replace('.mjs', '.cjs'), `module.exports = [${own}, ${own}]`)
  assert.is((await readProtocols(module.path.replace('.mjs', '.cjs'))).length, 2)
})

test('what is called wrongly says so, and quotes nothing', async () => {
  await using file = await temporaryFile('traffic.har')
  await using config = await temporaryFile('protocol.json')
  await writeFile(config.path, '{ "protocol": { "lacuna": {} } }')
  const both = ['doctor', '--protocol', config.path, '--traffic', file.path]
  const run = async (says: RegExp, ...words: string[]) => {
    const { code, out, err } = await command(...words)
    assert.equal([code, out], [2, ''], err)
    assert.match(err, says)
    assert.not.match(err, /canary/)
  }
  await run(/cannot be read: ENOENT/, ...both)
  for (const text of ['{"log":', '{"canary": 1}', '"canary"']) {
    await writeFile(file.path, text)
    await run(/is no recorded traffic\. It takes a HAR file/, ...both)
  }
  await writeFile(file.path, '[{ "request": { "canary": 1 } }]')
  await run(/entry 1 has no request with a method and an address/, ...both)
  await run(/go together/, 'doctor', '--protocol', config.path)
  await run(/go together/, 'doctor', '--traffic', file.path)
  await run(/--store <url>, or --protocol and --traffic/, 'doctor')
  await run(/required option '--store <url>'/, 'list')
})

test.run()
