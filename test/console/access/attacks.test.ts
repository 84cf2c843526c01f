import crypto from 'node:crypto'
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import type Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../../adapters/memory.js'
import { maxFirstClients, RateLimits } from '../../../src/console/access/rate-limits.js'
import { type Clientele, type ConsoleOptions, clientele, lacuna } from '../../../src/index.js'
import { issueKeyPair } from '../../../src/keys/key-format.js'
import { type Answer, type Ask, ask, Browser, closeAll, keysOn, openSite, words } from '../harness.js'

// What else there is: templates outside their folder in templates.test.ts, mail headers in mail.test.ts, cookies that were tampered
// with and forged origins in security.test.ts, the prefix itself in addresses.test.ts.
test.after(closeAll)

const script = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\`#{7919*7919}!{7919*7919}`

function assertHarmless({ text, headers }: Answer, what: string): void {
  assert.not.match(text, /<script>|<img src=x|62710561/, what)
  assert.not.match(JSON.stringify(headers), /<script>|onerror/, what)
}

test('a script that is stored in a field is text on every page', async () => {
  const { origin, clients } = await openSite({ options: { operator: () => true } })
  const browser = new Browser(`${origin}/apikey/`)
  const form = { name: script.slice(0, 60), url: `https://x.example/?${script}`, contact: script }
  const { text } = await browser.submit('./register', form)
  const { publicKey } = keysOn(text)
  await clients.openSession({ sessionId: 's', publicKey, method: script, playerId: 'p' })
  await clients.track({ sessionId: 's', feature: script })
  await clients.count('s', script, 1)
  const wild = await clients.registry.adopt(script, { name: script.slice(0, 60) })
  for (const path of ['./stats', './stats.csv', './settings', './', './faq', './operator', './operator/features']) {
    const answer = await browser.go(path)
    assert.is(answer.status, 200, path)
    if (path !== './stats.csv') assertHarmless(answer, path)
    browser.url = new URL(`${origin}/apikey/`)
  }
  const query = new URLSearchParams({ public_key: script })
  assertHarmless(await browser.go(`./operator/client?${query}`), 'operator/client')
  browser.url = new URL(`${origin}/apikey/`)
  for (const action of ['rotate', 'retire', 'remove']) {
    assertHarmless(await browser.submit('./settings', { action, [`sure_${action}`]: 'yes' }), action)
  }
  assertHarmless(await browser.submit('./sign-in', { private_key: wild.privateKey }), 'an odd public key')
  const json = await ask(origin, '/apikey/stats.json', { headers: { authorization: `Bearer ${wild.privateKey}` } })
  assert.is(json.headers['content-type'], 'application/json')
  assert.is(json.headers['x-content-type-options'], 'nosniff')
})

test('a script that comes with a request is text in its answer', async () => {
  const { origin } = await openSite({
    options: { operator: () => true, onRegister: (details) => `No ${details.name}` },
  })
  const fields = ['name', 'url', 'contact', 'private_key', 'public_key', 'action', 'mail', 'official']
  const form = Object.fromEntries(fields.map((field) => [field, script]))
  for (const path of ['/register', '/sign-in', '/settings', '/operator/adopt', '/operator/rotate']) {
    assertHarmless(await ask(origin, `/apikey${path}`, { form }), path)
  }
  assertHarmless(await ask(origin, '/apikey/register', { form: { name: script.slice(0, 60) } }), 'onRegister')
  const query = encodeURIComponent(script)
  for (const path of [`/${query}`, `/stats?range=${query}`, `/operator?sort=${query}&search=${query}`, `?${query}`]) {
    assertHarmless(await ask(origin, `/apikey${path}`), path)
  }
  const plain = script.replace(/[^ -~]/g, '')
  for (const header of ['host', 'x-forwarded-host', 'accept-language', 'referer', 'cookie', 'authorization']) {
    assertHarmless(await ask(origin, '/apikey/stats', { headers: { [header]: plain } }), header)
    assertHarmless(await ask(origin, '/apikey/register', { form: { name: 'X' }, headers: { [header]: plain } }), header)
  }
})

const posts = [
  'register',
  'sign-in',
  'sign-out',
  'settings',
  'operator/adopt',
  'operator/rotate',
  'operator/retire',
  'operator/restore',
]

const evidence: Record<string, string>[] = [
  { 'sec-fetch-site': 'cross-site' },
  { origin: 'null' },
  { referer: 'http://evil.example/' },
]

test('a form from another site changes nothing, and no other site can show a page in a frame', async () => {
  const { origin, clients } = await openSite({ options: { operator: () => true } })
  const { publicKey } = await clients.registry.register({ name: 'X' })
  const form = { name: 'Planted', public_key: publicKey, sure_rotate: 'yes', sure_retire: 'yes' }
  for (const path of posts) {
    for (const headers of evidence) {
      const answer = await ask(origin, `/apikey/${path}`, { form, headers })
      assert.is(answer.status, 403, path)
      assert.equal(answer.cookies, [])
      assert.is(answer.headers['x-frame-options'], 'DENY')
      assert.match(answer.headers['content-security-policy'] ?? '', "frame-ancestors 'none'")
    }
  }
  for await (const client of clients.registry.list()) {
    assert.equal([client.name, client.generation, client.retiredAtMs], ['X', 1, undefined])
  }
})

test('the cookie of a new private key has the flags of the first one', async () => {
  const { origin } = await openSite()
  const browser = new Browser(`${origin}/apikey/`)
  await browser.submit('./register', { name: 'X' })
  const { cookies } = await browser.submit('./settings', { action: 'rotate', sure_rotate: 'yes' })
  assert.is(cookies.length, 2)
  for (const cookie of cookies) {
    for (const flag of ['; httponly', '; samesite=strict']) assert.match(cookie, flag)
    assert.not.match(cookie, /; (path|domain)/)
  }
})

test('no trick with the path reaches the settings of somebody without a cookie, or the game through the prefix', async () => {
  const { origin } = await openSite()
  for (const path of ['/apikey/settings', '/apikey/settings/', '/APIKEY/SETTINGS', '/apikey/settings?client=x']) {
    assert.is((await ask(origin, path)).status, 401, path)
  }
  for (const path of [
    '/apikey/./settings',
    '/apikey/../apikey/settings',
    '/apikey/%2e%2e/settings',
    '/apikey/settings%00',
    '/apikey/settings;a=b',
    '/apikey/settings%0d%0aSet-Cookie:%20x=1',
    '/apikey/console.css/../settings',
    '/apikey/templates/home.pug',
    '/apikey/home.pug',
    '/apikey/..%2f..%2fpackage.json',
  ]) {
    const answer = await ask(origin, path)
    assert.is(answer.status, 404, path)
    assert.equal(answer.cookies, [])
  }
  for (const path of [
    '/apikey;/settings',
    '/apikey%20/settings',
    '//apikey/settings',
    '/%61pikeys',
    '/apikey\\settings',
  ]) {
    assert.is((await ask(origin, path)).text, 'game', path)
  }
})

test('nothing that a person types becomes a header', async () => {
  const { origin, clients } = await openSite()
  const odd = 'a"; filename="x.exe é☃%0d%0aSet-Cookie: x=1'
  const { privateKey } = await clients.registry.register({ name: odd })
  const headers = { authorization: `Bearer ${privateKey}` }
  const csv = await ask(origin, '/apikey/stats.csv', { headers })
  assert.match(csv.headers['content-disposition'] ?? '', /^attachment; filename="stats-[a-z\d-]+\.csv"$/)
  for (const line of ['\r\n', '\u2028', '\u2029', '\x85']) {
    const split = await ask(origin, '/apikey/register', { form: { name: `a${line}Set-Cookie: x=1` } })
    assert.is(split.status, 422)
    assert.equal(split.cookies, [])
  }
})

test('a name that a spreadsheet would run is text in the CSV', async () => {
  const { origin, clients } = await openSite()
  const { publicKey, privateKey } = await clients.registry.register({ name: '=1+1' })
  const formulas = ['=cmd|calc!A1', '+1', '-1', '@SUM(1)', '\t=1', '=HYPERLINK("http://evil.example","x")']
  await clients.openSession({ sessionId: 's', publicKey, method: '=m()', playerId: 'p' })
  for (const formula of formulas) {
    await clients.track({ sessionId: 's', feature: formula })
    await clients.count('s', formula, 1)
  }
  const { text } = await ask(origin, '/apikey/stats.csv', { headers: { authorization: `Bearer ${privateKey}` } })
  assert.match(text, "'=cmd|calc!A1")
  for (const field of text.split(/[,\r\n]/)) assert.not.match(field, /^"?[=+@\t]|^"?-\D/)
})

const proxied = {
  mount(app: Koa, clients: Clientele, options?: ConsoleOptions) {
    app.proxy = true
    app.use(clients.console(options))
  },
}

test('10,000 sign-ups from 10,000 address blocks: a few get through, and memory stays', async () => {
  const { origin, clients } = await openSite(proxied)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 })
  const statuses = new Map<number, number>()
  const attempt = (count: number) =>
    new Promise<void>((resolve, reject) => {
      const headers = {
        'x-forwarded-for': `10.${count >> 8}.${count & 255}.1`,
        'content-type': 'application/x-www-form-urlencoded',
      }
      const request = http.request(`${origin}/apikey/register`, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().on('end', resolve)
        const status = answer.statusCode ?? 0
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      })
      request.on('error', reject).end('name=X')
    })
  const started = Date.now()
  let next = 0
  const work = async () => {
    while (next < 10_000) await attempt(next++)
  }
  await Promise.all(Array.from({ length: 20 }, work))
  agent.destroy()
  const minutes = Math.ceil((Date.now() - started) / 60_000) + 1
  assert.is((statuses.get(201) ?? 0) + (statuses.get(429) ?? 0), 10_000)
  assert.ok((statuses.get(201) ?? 0) <= maxFirstClients * minutes)
  let registered = 0
  for await (const _ of clients.registry.list()) registered++
  assert.is(registered, statuses.get(201))
})

test('wrong private keys from 300,000 address blocks take a bounded memory', async () => {
  const limits = new RateLimits()
  const wrong = async () => undefined
  const before = process.memoryUsage().heapUsed
  const mebibytes = () => (process.memoryUsage().heapUsed - before) / 2 ** 20
  for (let count = 0; count < 300_000; count++) {
    const address = `2001:${(count >> 16).toString(16)}:${(count & 0xffff).toString(16)}::1`
    await limits.privateKey(address, wrong).catch(() => undefined)
  }
  console.log(`FIGURE 300,000 address blocks: ${Math.round(mebibytes())} MiB`)
  assert.ok(mebibytes() < 100)
})

/** A clientele whose reads and hashes are counted. */
async function counted() {
  // The memory store reads record by record.
  const reads = { calls: 0 }
  const keyv = memory()
  const store = new Proxy(keyv, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown
      if (typeof value !== 'function') return value
      return (...values: unknown[]) => {
        if (name === 'get' || name === 'getMany') reads.calls++
        return Reflect.apply(value, target, values) as unknown
      }
    },
  })
  const secret = 'a secret of more than thirty-two characters'
  const clients = clientele({ store, protocol: lacuna(), secret, flushIntervalMs: 10 })
  await clients.ready()
  return { clients, reads }
}

/** One private key of every kind that opens nothing. */
async function wrongPrivateKeys({ registry }: Clientele): Promise<Record<string, string>> {
  const { publicKey, privateKey } = await registry.register({ name: 'X' })
  const retired = await registry.register({ name: 'Retired' })
  await registry.rotate(retired.publicKey)
  await registry.retire(retired.publicKey)
  const rotated = await registry.register({ name: 'Rotated' })
  await registry.rotate(rotated.publicKey)
  const removed = await registry.register({ name: 'Removed' })
  await registry.remove(removed.publicKey)
  const adopted = await registry.adopt('iOS', { name: 'Adopted' })
  await registry.rotate('iOS')
  return {
    malformed: 'nonsense',
    'a public key': publicKey,
    mistyped: privateKey.slice(0, -1) + (privateKey.endsWith('0') ? '1' : '0'),
    unknown: issueKeyPair('ck').privateKey,
    'of another server': issueKeyPair('xx').privateKey,
    rotated: rotated.privateKey,
    'rotated, of an adopted client': adopted.privateKey,
    'rotated, of a retired client': retired.privateKey,
    'of a deleted client': removed.privateKey,
  }
}

test('every kind of wrong private key costs the same reads and the same hashes', async () => {
  const { clients, reads } = await counted()
  const wrong = await wrongPrivateKeys(clients)
  let hashes = 0
  const { hash } = crypto
  crypto.hash = ((...values: Parameters<typeof hash>) => {
    hashes++
    return hash(...values)
  }) as typeof hash
  syncBuiltinESMExports()
  try {
    for (const [kind, privateKey] of Object.entries(wrong)) {
      reads.calls = 0
      hashes = 0
      assert.is(await clients.registry.authenticate(privateKey), undefined, kind)
      assert.equal([reads.calls, hashes], [6, 2], kind)
    }
  } finally {
    crypto.hash = hash
    syncBuiltinESMExports()
    await clients.close()
  }
})

test('and takes about the same time', async () => {
  const { clients } = await counted()
  const wrong = Object.entries(await wrongPrivateKeys(clients))
  const times = new Map<string, number[]>(wrong.map(([kind]) => [kind, []]))
  // By turns, so that whatever else the machine does falls on all of them.
  for (let round = 0; round < 500; round++) {
    for (const [kind, privateKey] of wrong) {
      const started = process.hrtime.bigint()
      await clients.registry.authenticate(privateKey)
      times.get(kind)?.push(Number(process.hrtime.bigint() - started) / 1000)
    }
  }
  const medians = [...times.values()].map((all) => all.sort((a, b) => a - b)[250] ?? 0)
  const [least, most] = [Math.min(...medians), Math.max(...medians)]
  console.log(`FIGURE a wrong private key takes ${Math.round(least)} to ${Math.round(most)} µs`)
  assert.ok(most < least * 2 + 50, medians.join())
  await clients.close()
})

test('and gets the same answer, on the form and as a bearer token', async () => {
  const { origin, clients } = await openSite()
  const pages = new Set<string>()
  const without = ({ status, text, headers: { date: _, ...headers } }: Answer) =>
    JSON.stringify([status, text, headers])
  for (const privateKey of Object.values(await wrongPrivateKeys(clients))) {
    const how: Ask = { headers: { authorization: `Bearer ${privateKey}` } }
    pages.add(without(await ask(origin, '/apikey/sign-in', { form: { private_key: privateKey } })))
    for (const path of ['stats', 'stats.json', 'stats.csv', 'settings']) {
      pages.add(without(await ask(origin, `/apikey/${path}`, how)))
    }
  }
  const kinds = [...pages].map((page) => JSON.parse(page)[0])
  // The form with its error, the form alone for both pages, JSON, CSV.
  assert.equal(kinds, [401, 401, 401, 401])
})

test('nobody learns whether a name, an address or a contact is taken', async () => {
  const { origin } = await openSite()
  const form = { name: 'Taken', url: 'https://taken.example', contact: 'me@taken.example' }
  const page = async () => {
    const { status, text } = await ask(origin, '/apikey/register', { form })
    return `${status} ${words(text).replace(/ck_(pub|prv)_\w+/g, '')}`
  }
  assert.is(await page(), await page())
})

test.run()
