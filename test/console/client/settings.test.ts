import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../../adapters/memory.js'
import { clientele, lacuna } from '../../../src/index.js'
import { serve } from '../../helpers/serve.js'
import { slowStore } from '../../helpers/slow-store.js'
import { ask, Browser, closeAll, keysOn, koas, openSite, words } from '../harness.js'

test.after(closeAll)

async function open(options: Parameters<typeof openSite>[0] = {}) {
  const site = await openSite(options)
  const browser = new Browser(`${site.origin}/apikey/`)
  const form = { name: 'My Client', url: 'https://client.example', contact: 'me@client.example' }
  const pair = keysOn((await browser.submit('./register', form)).text)
  return { ...site, browser, ...pair }
}

for (const [version, KoaClass] of Object.entries(koas)) {
  test(`${version}: name, web address and contact are changed, and emptied`, async () => {
    const { browser, clients, publicKey } = await open({ KoaClass })
    const before = await browser.go('./settings')
    assert.is(before.status, 200)
    for (const value of ['My Client', 'https://client.example', 'me@client.example']) {
      assert.match(before.text, `value="${value}"`)
    }
    await clients.registry.update(publicKey, { official: true })
    const saved = await browser.submit('./settings', { action: 'details', name: ' New ', url: '', contact: '' })
    assert.is(saved.status, 200)
    assert.match(words(saved.text), 'Saved.')
    assert.match(saved.text, 'value="New"')
    assert.not.match(saved.text, 'client.example')
    const { name, url, contact, official } = (await clients.registry.find(publicKey)) ?? {}
    assert.equal([name, url, contact, official], ['New', undefined, undefined, true])
    assert.match((await browser.go('./stats')).text, '<bdi>New</bdi>')
  })
}

test('what is wrong with a detail is said beside it, and nothing is changed', async () => {
  const { browser, clients, publicKey } = await open()
  const answer = await browser.submit('./settings', { action: 'details', name: '', url: 'x', contact: 'still typed' })
  assert.is(answer.status, 422)
  for (const field of ['name', 'url']) assert.match(answer.text, `href="#${field}"`)
  assert.match(answer.text, 'value="still typed"')
  assert.match(words(answer.text), 'My Client, public key')
  assert.is((await clients.registry.find(publicKey))?.name, 'My Client')
})

test('a new private key: shown once, the old one dead, the developer still signed in', async () => {
  const { origin, browser, publicKey, privateKey } = await open()
  const elsewhere = new Browser(`${origin}/apikey/`)
  await elsewhere.submit('./sign-in', { private_key: privateKey })
  const answer = await browser.submit('./settings', { action: 'rotate', sure_rotate: 'yes' })
  assert.is(answer.status, 200)
  const renewed = keysOn(answer.text)
  assert.is(renewed.publicKey, publicKey)
  assert.is.not(renewed.privateKey, privateKey)
  assert.match(answer.text, 'data-copy="private"')
  assert.match(answer.text, 'download="api-key-my-client.txt"')
  assert.match(decodeURIComponent(answer.text), `Private key\n${renewed.privateKey}\n`)

  assert.is((await browser.go('./stats')).status, 200, 'still signed in')
  assert.not.match((await browser.go('./settings')).text, renewed.privateKey)
  assert.is((await elsewhere.go('./stats')).status, 401, 'whoever signed in with the old one is out')
  const bearer = async (which: string) =>
    (await ask(origin, '/apikey/stats.json', { headers: { authorization: `Bearer ${which}` } })).status
  assert.equal([await bearer(privateKey), await bearer(renewed.privateKey)], [401, 200])
})

test('two processes: whoever asks the other one stays signed in, and the old cookie is dead there at once', async () => {
  const store = memory()
  const secret = 'a secret of more than thirty-two characters'
  const one = clientele({ store, protocol: lacuna(), secret, flushIntervalMs: 10 })
  const two = clientele({ store, protocol: lacuna(), secret, flushIntervalMs: 10 })
  let turn = one
  const [onOne, onTwo] = [one.console(), two.console()]
  const app = new Koa().use((ctx, next) => (turn === one ? onOne(ctx, next) : onTwo(ctx, next)) as Promise<void>)
  await serve(app, async (origin) => {
    const browser = new Browser(`${origin}/apikey/`)
    const { privateKey } = keysOn((await browser.submit('./register', { name: 'Both' })).text)
    turn = two
    const old = new Browser(`${origin}/apikey/`)
    assert.is((await old.submit('./sign-in', { private_key: privateKey })).status, 200)
    assert.is((await old.go('./stats')).status, 200)
    turn = one
    const renewed = keysOn((await browser.submit('./settings', { action: 'rotate', sure_rotate: 'yes' })).text)
    turn = two
    assert.is((await browser.go('./settings')).status, 200)
    assert.is((await old.go('./stats')).status, 401)
    assert.is((await old.submit('./sign-in', { private_key: privateKey })).status, 401)
    assert.is((await old.submit('./sign-in', { private_key: renewed.privateKey })).status, 200)
  })
  await Promise.all([one.close(), two.close()])
})

test('two processes: of two who ask for a new private key at once one is told that it got none, and its cookie is dead', async () => {
  const records = new Map<string, unknown>()
  const secret = 'a secret of more than thirty-two characters'
  const open = () => clientele({ store: slowStore(records).store, protocol: lacuna(), secret, storeTimeoutMs: 30_000 })
  const [one, two] = [open(), open()]
  const [onOne, onTwo] = [one.console(), two.console()]
  const app = new Koa().use((ctx, next) => (ctx.get('x-two') ? onTwo(ctx, next) : onOne(ctx, next)) as Promise<void>)
  await serve(app, async (origin) => {
    const rotate = { form: { action: 'rotate', sure_rotate: 'yes' } }
    const rounds = Array.from({ length: 16 }, async (_, round) => {
      const { privateKey } = await one.registry.register({ name: `Round ${round}` })
      const browsers = [new Browser(`${origin}/apikey/`), new Browser(`${origin}/apikey/`)] as const
      for (const browser of browsers) await browser.submit('./sign-in', { private_key: privateKey })
      const headers = { 'x-two': 'yes', 'accept-language': 'de' }
      const answers = await Promise.all([
        browsers[0].go('./settings', rotate),
        browsers[1].go('./settings', round % 2 ? rotate : { ...rotate, headers }),
      ])
      assert.equal(answers.map(({ status }) => status).toSorted(), [200, 409])
      for (const [at, { status, text }] of answers.entries()) {
        const stats = await browsers[at]?.go('./stats')
        assert.is(stats?.status, status === 200 ? 200 : 401)
        if (status === 200) assert.ok(await two.registry.authenticate(keysOn(text).privateKey))
        else assert.match(words(text), at === 1 && round % 2 === 0 ? 'gleichzeitig geändert' : 'at the same time')
      }
    })
    await Promise.all(rounds)
  })
  await Promise.all([one.close(), two.close()])
})

test('restore: who retired it may, and the operator always', async () => {
  const { browser, clients, publicKey } = await open()
  await browser.submit('./settings', { action: 'retire', sure_retire: 'yes' })
  const restored = await browser.submit('./settings', { action: 'restore' })
  assert.match(restored.text, 'value="retire"')
  assert.equal((await clients.check(publicKey)).admitted, true)
  await clients.registry.retire(publicKey)
  const shown = await browser.go('./settings')
  assert.match(words(shown.text), 'only they can restore it')
  assert.not.match(shown.text, 'value="restore"')
  const refused = await browser.submit('./settings', { action: 'restore' })
  assert.is(refused.status, 409)
  assert.equal(await clients.check(publicKey), { admitted: false, reason: 'retired' })
})

test('retire: the page says so, logins are refused, numbers stay', async () => {
  const { browser, clients, publicKey } = await open()
  const answer = await browser.submit('./settings', { action: 'retire', sure_retire: 'yes' })
  assert.is(answer.status, 200)
  assert.match(words(answer.text), 'This client is retired')
  assert.not.match(answer.text, 'value="retire"')
  assert.equal(await clients.check(publicKey), { admitted: false, reason: 'retired' })
  assert.is((await browser.go('./stats')).status, 200)
})

test('delete: registration and contact are gone, the numbers are nameless, the developer is out', async () => {
  const { browser, clients, publicKey, privateKey } = await open()
  await clients.openSession({ sessionId: 's', publicKey, method: 'empire.login' })
  const answer = await browser.submit('./settings', { action: 'remove', sure_remove: 'yes' })
  assert.is(answer.status, 200)
  assert.match(words(answer.text), 'The registration is deleted')
  assert.not.match(answer.text, 'Sign out')
  assert.is(browser.cookieFor('/apikey/stats'), '')
  assert.is(await clients.registry.find(publicKey), undefined)
  assert.is((await clients.usage.read(publicKey)).sessions, 1)
  assert.is((await browser.submit('./sign-in', { private_key: privateKey })).status, 401)
  assert.equal(await clients.check(publicKey), { admitted: false, reason: 'unknown' })
})

for (const action of ['rotate', 'retire', 'remove']) {
  test(`${action} does nothing without its own box ticked`, async () => {
    const { browser, clients, publicKey } = await open()
    const others = { sure_rotate: 'yes', sure_retire: 'yes', sure_remove: 'yes', [`sure_${action}`]: '' }
    const answer = await browser.submit('./settings', { action, ...others })
    assert.is(answer.status, 422)
    assert.match(answer.text, `href="#sure_${action}"`)
    assert.match(words(answer.text), 'Nothing was changed. Tick the box if you are sure.')
    const client = await clients.registry.find(publicKey)
    assert.equal([client?.generation, client?.retiredAtMs], [1, undefined])
  })
}

test('a form that says nothing, or something odd, changes nothing', async () => {
  const { browser, clients, publicKey } = await open()
  for (const action of ['', 'toString', '__proto__', 'official']) {
    const answer = await browser.submit('./settings', { action, name: 'Other', sure_remove: 'yes' })
    assert.is(answer.status, 422, action)
  }
  assert.is((await clients.registry.find(publicKey))?.name, 'My Client')
})

test('nobody signed in: no settings, and a form that comes too late is said to have changed nothing', async () => {
  const { origin, browser, clients, publicKey } = await open()
  assert.is((await ask(origin, '/apikey/settings')).status, 401)
  await browser.submit('./sign-out', {})
  const late = await browser.submit('./settings', { action: 'remove', sure_remove: 'yes' })
  assert.is(late.status, 401)
  assert.match(words(late.text), 'nothing was changed')
  assert.is((await clients.registry.find(publicKey))?.name, 'My Client')
  const wrongMethod = await ask(origin, '/apikey/settings', { method: 'DELETE' })
  assert.is(wrongMethod.status, 405)
  assert.is(wrongMethod.headers.allow, 'GET, HEAD, POST')
})

test('a form from another site changes nothing, signed in or not', async () => {
  const { origin, browser, clients, publicKey } = await open()
  const cookie = browser.cookieFor('/apikey/settings')
  const headers = { cookie, origin: 'https://evil.example' }
  for (const action of ['details', 'rotate', 'retire', 'remove']) {
    const form = { action, name: 'Planted', sure_rotate: 'yes', sure_retire: 'yes', sure_remove: 'yes' }
    assert.is((await ask(origin, '/apikey/settings', { form, headers })).status, 403)
  }
  const client = await clients.registry.find(publicKey)
  assert.equal([client?.name, client?.generation, client?.retiredAtMs], ['My Client', 1, undefined])
})

test('an outage: the page says that it may have been done, and what to do', async () => {
  const { browser, store } = await open()
  store.isDown = true
  const answer = await browser.submit('./settings', { action: 'details', name: 'New' })
  assert.is(answer.status, 503)
  assert.match(words(answer.text), 'may or may not have been done')
})

test.run()
