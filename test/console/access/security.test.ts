import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isSameOrigin } from '../../../src/console/access/csrf.js'
import { ask, Browser, closeAll, keysOn, openSite, words } from '../harness.js'

test.after(closeAll)

const answers: [method: string, path: string][] = [
  ['GET', '/apikey'],
  ['GET', '/apikey/faq'],
  ['GET', '/apikey/stats'],
  ['GET', '/apikey/stats.json'],
  ['GET', '/apikey/stats.csv'],
  ['GET', '/apikey/none'],
  ['GET', '/apikey/console.css'],
  ['GET', '/apikey/console.js'],
  ['POST', '/apikey/register'],
  ['POST', '/apikey/sign-in'],
  ['POST', '/apikey/sign-out'],
  ['DELETE', '/apikey/stats'],
]

test('every answer carries the security headers', async () => {
  const { origin } = await openSite()
  for (const [method, path] of answers) {
    const { headers } = await ask(origin, path, { method })
    const policy = headers['content-security-policy'] ?? ''
    for (const rule of ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]) {
      assert.match(policy, rule, path)
    }
    assert.not.match(policy, 'unsafe')
    assert.is(headers['x-content-type-options'], 'nosniff', path)
    assert.is(headers['x-frame-options'], 'DENY', path)
    assert.is(headers['referrer-policy'], 'same-origin', path)
    assert.is(headers['cross-origin-opener-policy'], 'same-origin', path)
    assert.is(headers['cross-origin-resource-policy'], 'same-origin', path)
    assert.is(headers['cache-control'], /console\./.test(path) ? 'no-cache' : 'no-store', path)
  }
})

test('no page has a script or a style of its own', async () => {
  const { origin } = await openSite({ options: { accent: '#c00' } })
  const browser = new Browser(`${origin}/apikey/`)
  const registered = await browser.submit('./register', { name: 'a' })
  const pages = [registered, ...(await Promise.all(['./', './stats', './faq', './none'].map((to) => browser.go(to))))]
  for (const { text } of pages) {
    assert.not.match(text, /<style|style=|<script(?! src="\.\/console\.js")|\son\w+=/)
    assert.is(text.match(/<h1/g)?.length, 1)
  }
})

test('a logo of another origin opens the policy for that origin and no more', async () => {
  const { origin } = await openSite({ options: { logoUrl: 'https://cdn.example/logo.png?x=1' } })
  const { headers } = await ask(origin, '/apikey')
  assert.match(headers['content-security-policy'] ?? '', "img-src 'self' data: https://cdn.example;")
})

test('the cookie is signed, HttpOnly, SameSite=Strict, ends after 12 hours and covers the console', async () => {
  const { origin } = await openSite()
  const { cookies } = await ask(origin, '/apikey/register', { form: { name: 'a' } })
  assert.is(cookies.length, 2)
  for (const cookie of cookies) {
    assert.match(cookie, /^ck_console(\.sig)?=/)
    assert.match(cookie, '; httponly')
    assert.match(cookie, '; samesite=strict')
    assert.not.match(cookie, /; (path|domain|secure)/)
    const end = Date.parse(/expires=([^;]*)/.exec(cookie)?.[1] ?? '')
    assert.ok(Math.abs(end - Date.now() - 12 * 3_600_000) < 10_000)
  }
})

test('the cookie is secure where the browser has TLS', async () => {
  const proxied = await openSite({
    mount(app, clients) {
      app.proxy = true
      app.use(clients.console())
    },
  })
  const plain = await openSite()
  const form = { name: 'a' }
  const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'game.example' }
  const behindProxy = await ask(proxied.origin, '/apikey/register', { form, headers })
  assert.match(behindProxy.cookies[0] ?? '', '; secure')
  assert.match(behindProxy.text, 'https://game.example/empire')
  // A proxy that ends TLS and a host that does not know of it: the browser says so.
  const unknowing = { origin: 'https://game.example', host: 'game.example' }
  const told = await ask(plain.origin, '/apikey/register', { form, headers: unknowing })
  assert.match(told.cookies[0] ?? '', '; secure')
  assert.match(told.text, 'https://game.example/empire')
})

test('a cookie that was changed, cut or is from another server is none', async () => {
  const { origin, clients } = await openSite()
  const { cookies, text } = await ask(origin, '/apikey/register', { form: { name: 'a' } })
  const [value, signature] = cookies.map((cookie) => cookie.split(';', 1)[0] ?? '') as [string, string]
  const status = async (cookie: string) => (await ask(origin, '/apikey/stats', { headers: { cookie } })).status
  assert.is(await status(`${value}; ${signature}`), 200)
  const [name, content = ''] = value.split('=')
  const other = await clients.registry.register({ name: 'b' })
  const { publicKey } = keysOn(text)
  const forged = content.replace(
    Buffer.from(publicKey).toString('base64url'),
    Buffer.from(other.publicKey).toString('base64url'),
  )
  assert.is.not(forged, content)
  const [generation, end, rest] = content.split('.')
  const later = `${generation}.${Number(end) + 1}.${rest}`
  for (const wrong of [forged, later, '', content.slice(0, -1)]) {
    assert.is(await status(`${name}=${wrong}; ${signature}`), 401, wrong)
  }
  assert.is(await status(value), 401)
  assert.is(await status(`${value}; ${signature}x`), 401)
})

test('the cookie ends by itself', async () => {
  const { origin } = await openSite()
  const now = Date.now
  const { cookies } = await ask(origin, '/apikey/register', { form: { name: 'a' } })
  const cookie = cookies.map((line) => line.split(';', 1)[0]).join('; ')
  try {
    Date.now = () => now() + 12 * 3_600_000 + 1
    assert.is((await ask(origin, '/apikey/stats', { headers: { cookie } })).status, 401)
  } finally {
    Date.now = now
  }
})

test('a new private key, or none, signs everybody out; a retired client may still read', async () => {
  const { origin, clients } = await openSite()
  const browser = new Browser(`${origin}/apikey/`)
  const { publicKey, privateKey } = keysOn((await browser.submit('./register', { name: 'Old' })).text)

  await clients.registry.retire(publicKey)
  const retired = await browser.go('./stats')
  assert.is(retired.status, 200)
  assert.match(words(retired.text), 'This client is retired')
  await browser.submit('./sign-out', {})
  assert.is((await browser.submit('./sign-in', { private_key: privateKey })).status, 200)

  const rotated = await clients.registry.rotate(publicKey)
  assert.is((await browser.go('./stats')).status, 401)
  assert.is(browser.cookieFor('/apikey/stats'), '', 'the dead cookie is taken back')
  assert.is((await browser.submit('./sign-in', { private_key: privateKey })).status, 401)
  assert.is((await browser.submit('./sign-in', { private_key: rotated.privateKey })).status, 200)

  await clients.registry.remove(publicKey)
  assert.is((await browser.go('./stats')).status, 401)
})

test('a client whose public key is an odd string from the wild can sign in', async () => {
  const { origin, clients } = await openSite()
  const { privateKey } = await clients.registry.adopt('iOS; ☃ = .', { name: 'Phone' })
  const browser = new Browser(`${origin}/apikey/`)
  const stats = await browser.submit('./sign-in', { private_key: privateKey })
  assert.is(stats.status, 200)
  assert.match(words(stats.text), 'iOS; ☃ = .')
})

const origins: [what: string, headers: Record<string, string>, isAllowed: boolean][] = [
  ['no evidence (a program)', {}, true],
  ['Sec-Fetch-Site: same-origin', { 'sec-fetch-site': 'same-origin' }, true],
  ['Sec-Fetch-Site: none', { 'sec-fetch-site': 'none' }, true],
  ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }, false],
  ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site', origin: 'http://game.example:81' }, false],
  ['a proxy that hides the host', { 'sec-fetch-site': 'same-origin', origin: 'https://other.example' }, true],
  ['the own origin', { origin: 'http://game.example:81' }, true],
  ['the own origin with TLS in front', { origin: 'https://game.example:81' }, true],
  ['the own origin in capitals', { origin: 'http://GAME.example:81' }, true],
  ['another port', { origin: 'http://game.example:82' }, false],
  ['another host', { origin: 'http://evil.example' }, false],
  ['a host that begins alike', { origin: 'http://game.example:81.evil.example' }, false],
  ['an opaque origin', { origin: 'null' }, false],
  ['the own referer', { referer: 'http://game.example:81/apikey' }, true],
  ['another referer', { referer: 'http://evil.example/game.example:81' }, false],
]
for (const [what, headers, isAllowed] of origins) {
  test(`a form with ${what} is ${isAllowed ? 'taken' : 'refused'}`, async () => {
    assert.is(isSameOrigin(headers, 'game.example:81'), isAllowed)
  })
}

test('a default port makes no difference', () => {
  assert.ok(isSameOrigin({ origin: 'https://game.example' }, 'game.example:443'))
  assert.ok(isSameOrigin({ origin: 'http://game.example' }, 'game.example:80'))
  assert.not(isSameOrigin({ origin: 'http://game.example' }, ''))
})

test('a form from another site does nothing, on any address', async () => {
  const { origin, clients } = await openSite()
  for (const path of ['register', 'sign-in', 'sign-out']) {
    const headers = { origin: 'https://evil.example' }
    const answer = await ask(origin, `/apikey/${path}`, { form: { name: 'a' }, headers })
    assert.is(answer.status, 403)
    assert.equal(answer.cookies, [])
    assert.match(words(answer.text), 'Nothing was changed.')
  }
  for await (const client of clients.registry.list()) assert.unreachable(client.name)
})

test('a bearer token is looked at alone; another scheme is not ours', async () => {
  const { origin, clients } = await openSite()
  const { cookies } = await ask(origin, '/apikey/register', { form: { name: 'Cookie' } })
  const cookie = cookies.map((line) => line.split(';', 1)[0]).join('; ')
  const { privateKey } = await clients.registry.register({ name: 'Bearer' })
  const name = async (authorization: string) => {
    const answer = await ask(origin, '/apikey/stats.json', { headers: { cookie, authorization } })
    return answer.status === 200 ? JSON.parse(answer.text).name : answer.status
  }
  assert.is(await name(`Bearer ${privateKey}`), 'Bearer')
  assert.is(await name(`bearer   ${privateKey} `), 'Bearer')
  assert.is(await name('Bearer ck_prv_wrong'), 401)
  assert.is(await name('Bearer '), 401)
  assert.is(await name('Basic dXNlcjpwYXNz'), 'Cookie')
})

test.run()
