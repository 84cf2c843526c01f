// What a stranger calls a method is a name only once the game has answered it well: nothing else gets into the store or onto a page.
import { EventEmitter, once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { bodyParser } from '@koa/bodyparser'
import fc from 'fast-check'
import { Keyv } from 'keyv'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Clientele, clientele, type JsonRpcOptions, jsonRpc, lacuna } from '../../src/index.js'
import { issueKeyPair } from '../../src/keys/key-format.js'
import { secret, serve } from '../helpers/serve.js'

interface Message {
  id?: unknown
  method?: string
  params?: unknown[]
}

/** Tells that a game thinks. */
const slow = new EventEmitter()

const known = ['view', 'login', 'is_name_available']

/** A game with what real ones do: `view` is there, the rest is not; a notification is not answered; it may be slow, or reverse. */
function game(clients: Clientele): Koa {
  const app = new Koa()
  app.use(clients.middleware())
  app.use(async (ctx) => {
    if (ctx.path === '/gone' || ctx.path.startsWith('/planted')) return ctx.throw(404)
    if (ctx.query.slow !== undefined) {
      const gone = once(ctx.res, 'close')
      slow.emit('came')
      await gone
    }
    const sent = JSON.parse((await textOf(ctx.req)) || '{}') as Message | Message[]
    if (ctx.query.plain !== undefined) {
      ctx.body = { fine: true }
      return undefined
    }
    const replies = [sent].flat().flatMap((message) => reply(message, ctx.query.noid !== undefined))
    if (ctx.query.reversed !== undefined) replies.reverse()
    if (replies.length === 0) ctx.status = 204
    else ctx.body = Array.isArray(sent) ? replies : replies[0]
    return undefined
  })
  return app
}

function reply({ id, method = '', params = [] }: Message, isWithoutId: boolean): object[] {
  if (id === undefined || id === null || id === '') return []
  const start = isWithoutId ? { jsonrpc: '2.0' } : { jsonrpc: '2.0', id }
  if (params[1] === 'wrong') return [{ ...start, error: { code: 1, message: 'No.' } }]
  if (isWithoutId || known.includes(method)) return [{ ...start, result: { session_id: 's' } }]
  return [{ ...start, error: { code: -32601, message: `No ${method}.` } }]
}

const rpc = (options: Partial<JsonRpcOptions> = {}) =>
  jsonRpc({
    path: '/:module',
    sessions: { 'empire.login': { apiKey: { index: 2, name: 'api_key' } } },
    sessionId: { index: 0, name: 'session_id' },
    answer: { sessionId: '/session_id' },
    ...options,
  })

const start = (records: Map<string, unknown>, options: object = {}) =>
  clientele({ store: new Keyv({ store: records }), protocol: rpc(), secret, flushIntervalMs: 10, ...options })

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body) }).then((answer) => answer.text())

async function hangUp(url: string, body: unknown): Promise<void> {
  const { hostname, port, pathname, search } = new URL(url)
  const came = once(slow, 'came')
  const socket = connect(Number(port), hostname)
  const json = JSON.stringify(body)
  socket.write(
    `POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  )
  await came
  socket.destroy()
  await once(socket, 'close')
}

/** The ways in which a stranger can have the game not answer a call well. Each makes as many calls as it says. */
const channels: [name: string, calls: number, play: (url: string, planted: string) => Promise<unknown>][] = [
  ['notification', 1, (url, method) => post(`${url}/empire`, { method })],
  ['null id', 1, (url, method) => post(`${url}/empire`, { id: null, method })],
  ['no such method', 1, (url, method) => post(`${url}/empire`, { id: 1, method })],
  ['thrown', 1, (url, method) => post(`${url}/gone`, { id: 1, method })],
  ['address', 1, (url, planted) => post(`${url}/planted${encodeURIComponent(planted)}`, { id: 1, method: 'view' })],
  ['hung up', 1, (url, method) => hangUp(`${url}/empire?slow`, { id: 1, method })],
  ['without id', 1, (url, method) => post(`${url}/empire?noid`, { id: 1, method })],
  ['no reply', 1, (url, method) => post(`${url}/empire?plain`, { id: 1, method })],
  [
    'same id',
    3,
    (url, method) =>
      post(`${url}/empire?reversed`, [
        { id: 1, method },
        { id: 1, method: 'is_name_available' },
        { id: '1', method: 'is_name_available' },
      ]),
  ],
  ['by query', 1, (url, method) => fetch(`${url}/empire?id=7&params=[]&method=${encodeURIComponent(method)}`)],
]

const planted = fc.oneof(
  fc.constantFrom('slur', 'someone@example.com', '203.0.113.7', '\x1b]0;owned\x07', '\u202ename', 'a\nb', '\u2028'),
  fc.constant(issueKeyPair('ck').privateKey),
  fc.string({ minLength: 4, maxLength: 60 }),
)

test('what the game has not answered well is text, and it is nowhere', async () => {
  const records = new Map<string, unknown>()
  const told: string[] = []
  const clients = start(records, { onError: ({ message }: Error) => told.push(message) })
  await serve(game(clients), async (url) => {
    let calls = 0
    let index = 0
    const texts: string[] = []
    await fc.assert(
      fc.asyncProperty(planted, fc.nat(channels.length - 1), async (text, at) => {
        const [, made, play] = channels[(at + index) % channels.length] as (typeof channels)[number]
        // So that it can be found again.
        const mark = `q${index++}q`
        texts.push(mark)
        await play(url, text + mark)
        calls += made
      }),
      { numRuns: 120 },
    )
    const counted = async () => (await clients.usage.read('(none)', 'all')).calls
    // Of the last one that hung up the game may not know yet.
    for (let waitedMs = 0; (await counted()) < calls && waitedMs < 10_000; waitedMs += 10) await pause(10)
    await clients.close()
    assert.is(await counted(), calls)
    const { features } = await clients.usage.read('(none)', 'all')
    assert.equal(
      told.filter((message) => texts.some((text) => message.includes(text))),
      [],
    )
    assert.equal(
      Object.keys(features).filter((name) => name !== '(unknown)' && name !== 'empire.is_name_available'),
      [],
    )
    const everything = JSON.stringify([...records])
    assert.equal(
      texts.filter((text) => everything.includes(text)),
      [],
    )
  })
})

const view = { id: 1, method: 'view' }

/** Requests in which one method stands for us and another for some game: in the query, a form, twice, in other letters, in the address. */
const doubles: ((mark: string) => {
  path?: string
  body?: string | Buffer
  headers?: Record<string, string>
  method?: string
})[] = [
  (mark) => ({ path: '/empire?method=view&id=1', body: JSON.stringify({ id: 1, method: mark }) }),
  (mark) => ({ path: `/empire?method=${mark}&id=1`, body: JSON.stringify({ id: 1, method: 'view' }) }),
  (mark) => ({ path: '/empire?method=view&id=1', body: `method=${mark}&id=1`, headers: form }),
  (mark) => ({ path: '/empire', body: `method=${mark}&method=view&id=1`, headers: form }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","method":"view"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"view","method":"${mark}"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","METHOD":"view"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"\\u006dethod":"view","method":"${mark}"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","x":"&method=view&id=1&"}`, headers: form }),
  (mark) => ({ path: `/empire?method[]=${mark}&method=view&id=1` }),
  (mark) => ({ path: `/empire?method%5Ba%5D=${mark}&method=view&id=1` }),
  (mark) => ({
    path: '/empire',
    body: `x=${encodeURIComponent('{"id":1,"method":"view"}')}&method=${mark}&id=1`,
    headers: form,
  }),
  (mark) => ({ path: `/empire?method=view&id=1&meth%6fd=${mark}` }),
  (mark) => ({ path: '/empire', body: `[{"id":1,"ID":2,"method":"${mark}"},{"id":2,"ID":1,"method":"view"}]` }),
  (mark) => ({ path: '/empire?method=view&id=1', body: `{"id":1,"\\u006dethod":"${mark}"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"\\u006dethod":"${mark}","x":"&method=view&id=1&"}`, headers: form }),
  (mark) => ({ path: '/empire?method=view&id=1', body: `{"id":1,"method"/**/:"${mark}"}` }),
  (mark) => ({ path: '/empire?meth%6fd=view&id=1&x=%', body: JSON.stringify({ id: 1, method: mark }) }),
  (mark) => ({ path: '/empire?[method]=view&id=1', body: JSON.stringify({ id: 1, method: mark }) }),
  (mark) => ({ path: '/empire?method.a=view&id=1', body: JSON.stringify({ id: 1, method: mark }) }),
  (mark) => ({
    path: '/empire?x=%257B%2522meth%256fd%2522%253A%2522view%2522%257D',
    body: JSON.stringify({ id: 1, method: mark }),
  }),
  (mark) => ({
    path: `/empire?method=${mark}&id=1`,
    body: '<method>view</method>',
    headers: { 'content-type': 'text/xml' },
  }),
  (mark) => ({ path: `/empire?method=${mark}&id=1`, body: `{"id":1,"method":"view"}${' '.repeat(1_100_000)}` }),
  (mark) => ({ path: `/empire?method=${mark}&id=1`, body: '(\\xb5/', headers: { 'content-encoding': 'zstd' } }),
  (mark) => ({
    path: '/empire',
    body: `{"id":1,"method":"${mark}"}`,
    headers: { 'content-type': 'application/json; charset=utf-7' },
  }),
  (mark) => ({ path: '/empire', body: `{"id":1,"\u0131d":2,"method":"${mark}"}` }),
  // Some split fields at a semicolon, too.
  (mark) => ({ path: `/empire?method=view;${mark}&id=1` }),
  (mark) => ({ path: `/empire?method=${mark}&id=1;m%65thod=view` }),
  (mark) => ({ path: '/empire', body: `method=view;${mark}&id=1`, headers: form }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark};","x":";method=view;id=1;y="}`, headers: form }),
  // A body without a type is a form to some.
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","x":"&method=view&id=1&"}`, headers: {} }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","x":";method=view;id=1;"}`, headers: {} }),
  // In another encoding, of the bytes or by the type, it has other fields.
  (mark) => ({
    path: '/empire',
    body: Buffer.concat([Buffer.from(`method=${mark}&id=1&x=`, 'utf16le'), Buffer.from('&method=view&id=1&y=')]),
    headers: form,
  }),
  (mark) => ({
    path: '/empire',
    body: Buffer.concat([Buffer.from(`method=${mark}&id=1&xx=`), Buffer.from('&method=view&id=1', 'utf16le')]),
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-16' },
  }),
  // C ends a name at its first zero; others fold letters, trim, or leave marks out.
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","method\\u0000":"view"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","\\u0000":"view"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","id\\u0000x":2}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","me\\u200bthod":"view"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","\uff4dethod":"view"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}"," method ":"view"}` }),
  (mark) => ({ path: '/empire', body: `{"id":1,"method":"${mark}","me_thod":"view"}` }),
  (mark) => ({ path: `/empire%3b${mark}`, body: JSON.stringify(view) }),
  (mark) => ({ path: `/empire%3f${mark}`, body: JSON.stringify(view) }),
  (mark) => ({ path: `/${mark};/../empire`, body: JSON.stringify(view) }),
  (mark) => ({ path: `/${mark}%2f..%2fempire`, body: JSON.stringify(view) }),
  (mark) => ({ path: `/${mark}/../empire`, body: JSON.stringify(view) }),
  (mark) => ({ path: `/${mark}\\..\\empire`, body: JSON.stringify(view) }),
]
const twins = [4, 5, 7]
const form = { 'content-type': 'application/x-www-form-urlencoded' }

test('a plain call is sure, whatever stands in its params', async () => {
  const clients = start(new Map())
  const app = new Koa()
  app.use(clients.middleware())
  app.use(async (ctx) => {
    const sent = JSON.parse((await textOf(ctx.req)) || '{"id":1}') as Message | Message[]
    ctx.body = Array.isArray(sent) ? sent.map(({ id }) => ({ id, result: 1 })) : { id: sent.id, result: 1 }
  })
  const params = { payment_method: 'card', method: 'x', id: 7, text: '"method":"login"&method=login' }
  await serve(app, async (url) => {
    await post(`${url}/empire`, { id: 1, method: 'craft', params })
    await post(`${url}/empire?lang=de`, { id: 'a', method: 'list_payment_methods', params: ['method='] })
    await post(`${url}/empire`, [
      { id: 1, method: 'one', params },
      { id: 2, method: 'two', params: [params] },
    ])
    await (await fetch(`${url}/empire?method=asked&id=1&params=[]`)).text()
    await (
      await fetch(`${url}/empire`, {
        method: 'POST',
        headers: form,
        body: '{"id":1,"method":"as_form","params":["a=b"]}',
      })
    ).text()
  })
  await clients.close()
  const named = ['as_form', 'asked', 'craft', 'list_payment_methods', 'one', 'two'].map((name) => `empire.${name}`)
  assert.equal(Object.keys(await featuresOf(clients)).toSorted(), named)
})

test('where a game may read another call than we did, its answer names none', async () => {
  for (const parser of [undefined, bodyParser({ enableTypes: ['json', 'form', 'text'] })]) {
    const records = new Map<string, unknown>()
    const clients = start(records)
    const app = new Koa()
    if (parser) app.use(parser as Koa.Middleware)
    app.use(clients.middleware())
    // It finds the call that it knows wherever that is.
    app.use((ctx) => {
      ctx.body = { jsonrpc: '2.0', id: 1, result: 1 }
    })
    await serve(app, async (url) => {
      for (const [index, double] of doubles.entries()) {
        // Of two members of one name a parser has taken one for the game.
        if (parser && twins.includes(index)) continue
        for (const method of ['POST', 'PUT', 'GET']) {
          const { path = '', body = '', headers = { 'content-type': 'application/json' } } = double(`mark${index}`)
          const { hostname, port } = new URL(url)
          const sent = request({
            hostname,
            port,
            path,
            method,
            headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          })
          const [answer] = await once(sent.end(body), 'response')
          await textOf(answer)
        }
      }
    })
    await clients.close()
    assert.equal(JSON.stringify([...records]).match(/mark\d+/g), null)
  }
})

test('a name that the game answered well is none where a terminal or a page acts on it, or where it is a private key', async () => {
  const { privateKey } = issueKeyPair('ck')
  const odd = [
    '\x1b[2J',
    '\u202eview',
    'a\u2028b',
    privateKey,
    privateKey.toUpperCase(),
    privateKey.replaceAll('_', '＿'),
  ]
  known.push(...odd)
  const records = new Map<string, unknown>()
  const told: string[] = []
  const clients = start(records, { onError: ({ message }: Error) => told.push(message) })
  await serve(game(clients), async (url) => {
    for (const method of odd) assert.match(await post(`${url}/empire`, { id: 1, method }), 'result')
  })
  await clients.close()
  known.splice(-odd.length)
  assert.equal(
    told.filter((message) => odd.some((text) => message.toLowerCase().includes(text.toLowerCase()))),
    [],
  )
  assert.equal({ ...(await clients.usage.read('(none)')).features }, { '(unknown)': { calls: odd.length, errors: 0 } })
})

const failing = { id: 1, method: 'view', params: ['', 'wrong'] }
const featuresOf = async (clients: Clientele) => ({ ...(await clients.usage.read('(none)', 'all')).features })

test('a name that was once answered well stays one, in the next process and in the next but one', async () => {
  const records = new Map<string, unknown>()
  const play = async (body: object) => {
    const clients = start(records)
    await serve(game(clients), (url) => post(`${url}/empire`, body))
    await clients.close()
    return featuresOf(clients)
  }
  await play(failing)
  assert.equal(await play(view), { '(unknown)': { calls: 1, errors: 1 }, 'empire.view': { calls: 1, errors: 0 } })
  await play(failing)
  assert.equal((await play(failing))['empire.view'], { calls: 3, errors: 2 })
})

test('of a store that has no such lists the features that had successes are names', async () => {
  const records = new Map<string, unknown>()
  const first = start(records)
  await serve(game(first), (url) => post(`${url}/empire`, view))
  await first.close()
  for (const name of records.keys()) if (name.includes('.features.')) records.delete(name)
  const second = start(records)
  await serve(game(second), (url) => post(`${url}/empire`, failing))
  await second.close()
  assert.equal(await featuresOf(second), { 'empire.view': { calls: 2, errors: 1 } })
})

test('a process learns from another, and whoever waits for the store delays no answer', async () => {
  const records = new Map<string, unknown>()
  const clients = start(records)
  await serve(game(clients), (url) => post(`${url}/empire`, view))
  await clients.close()
  let open = () => undefined as undefined | undefined
  const gate = new Promise<void>((resolve) => {
    open = () => void resolve()
  })
  class Slow extends Map<string, unknown> {}
  const slow = new Slow(records)
  const keyv = new Keyv({ store: slow })
  const { getMany } = keyv
  keyv.getMany = (async (names: string[]) => {
    if (names.some((name) => name.includes('.features.'))) await gate
    return getMany.call(keyv, names)
  }) as typeof keyv.getMany
  const other = clientele({ store: keyv, protocol: rpc(), secret, flushIntervalMs: 10, storeTimeoutMs: 60_000 })
  await serve(game(other), (url) => post(`${url}/empire`, failing))
  open()
  assert.equal(await featuresOf(other), { 'empire.view': { calls: 2, errors: 1 } })
  await other.close()
})

test('who names all features has no others, whatever the game answers', async () => {
  const counts = async (features: JsonRpcOptions['features']) => {
    const clients = start(new Map(), {
      protocol: rpc({ ...(features && { features }), ends: ['empire.is_name_available'] }),
    })
    await serve(game(clients), async (url) => {
      await post(`${url}/empire`, view)
      await post(`${url}/empire`, { id: 1, method: 'is_name_available', params: ['', 'wrong'] })
      await post(`${url}/empire`, { id: 1, method: 'rare' })
    })
    await clients.close()
    return featuresOf(clients)
  }
  const declared = { 'empire.is_name_available': { calls: 1, errors: 1 } }
  const [one, failed] = [
    { calls: 1, errors: 0 },
    { calls: 1, errors: 1 },
  ]
  assert.equal(await counts(undefined), { ...declared, 'empire.view': one, '(unknown)': failed })
  assert.equal(await counts(['empire.rare']), { ...declared, 'empire.rare': failed, '(unknown)': one })
  const picky = (feature: string) => {
    if (feature === 'empire.view') throw new Error('The host did not think of this.')
    return feature === 'empire.rare'
  }
  assert.equal(await counts(picky), {
    ...declared,
    'empire.rare': failed,
    '(unknown)': one,
  })
})

test('routes are declared, and the methods of the preset that create sessions', async () => {
  const clients = start(new Map(), { protocol: lacuna(), enforce: 'off' })
  await serve(game(clients), (url) => post(`${url}/empire`, { id: 1, method: 'login', params: ['me', 'wrong', 'iOS'] }))
  await clients.close()
  assert.equal({ ...(await clients.usage.read('iOS')).features }, { 'empire.login': { calls: 1, errors: 1 } })
})

test('a logout of a session that nobody knows writes nothing, and one of a known session ends it', async () => {
  const records = new Map<string, unknown>()
  const clients = start(records, { protocol: lacuna() })
  known.push('logout')
  await serve(game(clients), async (url) => {
    await post(`${url}/empire`, { id: 1, method: 'login', params: ['me', 'right', 'anonymous'] })
    const logout = (id: string) => ({ method: 'logout', params: [id] })
    await post(
      `${url}/empire`,
      Array.from({ length: 1_000 }, (_, index) => ({ id: index + 1, ...logout(`made up ${index}`) })),
    )
    await post(
      `${url}/empire`,
      Array.from({ length: 1_000 }, (_, index) => logout(`made up, too ${index}`)),
    )
    assert.is([...records.keys()].filter((name) => name.includes('.session.')).length, 1)
    await post(`${url}/empire`, { id: 1, method: 'view', params: ['s'] })
    await post(`${url}/empire`, { id: 1, ...logout('s') })
    await post(`${url}/empire`, { id: 1, method: 'view', params: ['s'] })
  })
  known.pop()
  await clients.close()
  assert.is((await clients.usage.read('anonymous')).features['empire.view']?.calls, 1)
})

test.run()
