import { gzipSync } from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ClienteleError } from '../../../src/index.js'
import { ask, Browser, closeAll, keysOn, openSite, words } from '../harness.js'

test.after(closeAll)

const html = '<script>alert(1)</script>"\'&'
const refused: [what: string, form: Record<string, string>, said: string][] = [
  ['no name', {}, 'Give your client a name.'],
  ['a blank name', { name: ' \t ' }, 'Give your client a name.'],
  ['a long name', { name: 'x'.repeat(61) }, '60 characters or fewer'],
  ['a name of two lines', { name: 'two\nlines' }, 'one line'],
  ['a name of which nothing is seen', { name: '\u2800\u3164' }, 'control or invisible'],
  ['a contact with letters that nobody sees', { name: 'a', contact: 'm\u2060\u{e0041}e' }, 'control or invisible'],
  ['no web address', { name: 'a', url: 'example.com' }, 'must begin with http:// or https://'],
  ['a script as an address', { name: 'a', url: 'javascript:alert(1)' }, 'must begin with http:// or https://'],
  ['a long address', { name: 'a', url: `https://example.com/${'x'.repeat(200)}` }, '200 characters or fewer'],
  ['a long contact', { name: 'a', contact: 'x'.repeat(201) }, '200 characters or fewer'],
]

for (const [what, form, said] of refused) {
  test(`registering with ${what} is refused beside the field`, async () => {
    const { origin, clients } = await openSite()
    const answer = await ask(origin, '/apikey/register', { form })
    assert.is(answer.status, 422)
    assert.match(words(answer.text), `There is a problem`)
    assert.is(words(answer.text).split(said).length, 3, 'said in the summary and beside the field')
    assert.match(answer.text, /<a href="#(name|url|contact)"/)
    assert.match(answer.text, 'aria-invalid="true"')
    assert.equal(answer.cookies, [])
    for await (const client of clients.registry.list()) assert.unreachable(client.name)
  })
}

test('everything that is wrong is said at once, and the form stays as it was typed', async () => {
  const { origin } = await openSite()
  const form = { name: '', url: html, contact: `${html}${'x'.repeat(200)}`, private_key: 'ck_prv_typed' }
  const { text } = await ask(origin, '/apikey/register', { form })
  for (const field of ['name', 'url', 'contact']) assert.match(text, `href="#${field}"`)
  assert.not.match(text, '<script>')
  assert.match(text, 'value="&lt;script&gt;alert(1)&lt;/script&gt;&quot;')
  assert.not.match(text, 'ck_prv_typed')
})

test('a private key is refused in whatever field it was typed, and not sent back', async () => {
  const { origin, clients } = await openSite()
  const { privateKey } = await clients.registry.register({ name: 'Mine' })
  const spellings = [privateKey, ` ${privateKey}`, privateKey.toUpperCase(), privateKey.replaceAll('_', '\uff3f')]
  for (const typed of [
    ...spellings,
    `https://example.com/?me=${privateKey}`,
    `https://x.org/${encodeURIComponent(privateKey)}`,
  ]) {
    for (const field of ['name', 'url', 'contact']) {
      const { status, text } = await ask(origin, '/apikey/register', {
        form: { name: 'a', url: '', contact: '', [field]: typed },
      })
      assert.is(status, 422, field)
      assert.match(words(text), 'This is a private key.')
      assert.not.match(text.toLowerCase(), privateKey.slice(7))
      try {
        await clients.registry.register({ name: 'a', [field]: typed })
        assert.unreachable(field)
      } catch (error) {
        assert.equal([(error as ClienteleError).code, (error as ClienteleError).field], ['details_invalid', field])
        assert.not.match((error as Error).message, privateKey.slice(7))
      }
    }
  }
})

test('a name of sixty characters, HTML or emoji is taken and shown as text', async () => {
  const { origin } = await openSite()
  for (const name of ['🎲'.repeat(60), '<b onclick=alert(1)>', '{{name}} #{name} !{name}', '__proto__', '=1+1']) {
    const browser = new Browser(`${origin}/apikey/`)
    const registered = await browser.submit('./register', { name })
    assert.is(registered.status, 201, name)
    assert.not.match(registered.text, '<b onclick')
    const stats = await browser.go('./stats')
    assert.match(stats.text.replaceAll('&lt;', '<').replaceAll('&gt;', '>'), `<h1><bdi>${name}</bdi></h1>`)
    assert.not.match(stats.text, '<b onclick')
  }
})

test('other fields, and the same field twice, change nothing', async () => {
  const { origin, clients } = await openSite()
  const body = 'name=First&name=Second&official=true&__proto__=x'
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { text } = await ask(origin, '/apikey/register', { body, headers })
  const client = await clients.registry.find(keysOn(text).publicKey)
  assert.is(client?.name, 'First')
  assert.not(client?.official)
})

test('sign-in refuses all alike: mistyped, unknown, removed, public, foreign', async () => {
  const { origin, clients } = await openSite()
  const { publicKey, privateKey } = await clients.registry.register({ name: 'a' })
  const removed = await clients.registry.register({ name: 'b' })
  await clients.registry.remove(removed.publicKey)
  const other = await openSite()
  const unknown = await other.clients.registry.register({ name: 'c' })
  const mistyped = privateKey.slice(0, -1) + (privateKey.endsWith('0') ? '1' : '0')
  const wrong = ['nonsense', mistyped, publicKey, unknown.privateKey, removed.privateKey, 'xx_prv_1', 'x'.repeat(5000)]
  const pages = new Set<string>()
  for (const private_key of wrong) {
    const answer = await ask(origin, '/apikey/sign-in', { form: { private_key } })
    assert.is(answer.status, 401)
    assert.equal(answer.cookies, [])
    assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer/)
    assert.not.match(answer.text, private_key)
    pages.add(answer.text)
  }
  assert.is(pages.size, 1)
  const none = await ask(origin, '/apikey/sign-in', { form: {} })
  assert.is(none.status, 401)
  assert.match(words(none.text), 'Enter your private key.')
})

test('a form of more than 16 KiB is refused, announced or not', async () => {
  const { origin } = await openSite()
  const body = `name=${'x'.repeat(20_000)}`
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }] as Record<string, string>[]) {
    const answer = await ask(origin, '/apikey/register', { body, headers })
    assert.is(answer.status, 413)
    assert.match(words(answer.text), 'Nothing was saved.')
  }
})

test('a form that is packed is unpacked; one that cannot be is refused', async () => {
  const { origin } = await openSite()
  const gzip = { body: gzipSync('name=Packed'), headers: { 'content-encoding': 'gzip' } }
  assert.is((await ask(origin, '/apikey/register', gzip)).status, 201)
  const odd = { body: 'name=Packed', headers: { 'content-encoding': 'lzma' } }
  assert.is((await ask(origin, '/apikey/register', odd)).status, 415)
  const parts = { body: '--x--', headers: { 'content-type': 'multipart/form-data; boundary=x' } }
  assert.is((await ask(origin, '/apikey/register', parts)).status, 415)
})

test('works behind a body parser and before one', async () => {
  const behind = await openSite({ mount: (app, clients) => app.use(bodyParser()).use(clients.console()) })
  const before = await openSite({ mount: (app, clients) => app.use(clients.console()).use(bodyParser()) })
  for (const { origin, clients } of [behind, before]) {
    const { status, text } = await ask(origin, '/apikey/register', { form: { name: 'Parsed & more' } })
    assert.is(status, 201)
    assert.is((await clients.registry.find(keysOn(text).publicKey))?.name, 'Parsed & more')
    // JSON is no form, but what a parser of the host made of it counts as far as it is text.
    const headers = { 'content-type': 'application/json' }
    const json = await ask(origin, '/apikey/register', { body: '{"name":["a"],"url":{}}', headers })
    assert.is(json.status, 422)
  }
})

test('a middleware that used the form up is reported, and the person is not blamed', async () => {
  const { origin, errors } = await openSite({
    mount(app, clients) {
      app.use(async (ctx, next) => {
        for await (const _ of ctx.req);
        await next()
      })
      app.use(clients.console())
    },
  })
  const answer = await ask(origin, '/apikey/register', { form: { name: 'a' } })
  assert.is(answer.status, 500)
  assert.match(words(answer.text), 'what you typed is not to blame')
  assert.match(String(errors[0]?.cause), 'mount the console before it')
})

test.run()
