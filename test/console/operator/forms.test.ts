import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Browser, closeAll, keysOn, openSite, type Site, words } from '../harness.js'
import { playAs, settled } from './fixture.js'

test.after(closeAll)

async function open(): Promise<Site & { browser: Browser }> {
  const site = await openSite({ options: { title: 'Lacuna', operator: () => true } })
  return { ...site, browser: new Browser(`${site.origin}/apikey/operator`) }
}

const pageOf = (publicKey: string) => `/apikey/operator/client?${new URLSearchParams({ public_key: publicKey })}`

/** The hidden public key of each form on a page. */
function publicKeysOn(page: string): string[] {
  return Array.from(page.matchAll(/name="public_key" value="([^"]*)"/g), ([, value = '']) => value)
}

test('marking as the game’s own, and taking it back', async () => {
  const { browser, clients } = await open()
  const { publicKey } = await clients.registry.register({ name: 'Web', contact: 'me' })
  const before = await browser.go(pageOf(publicKey))
  assert.match(words(before.text), 'This is not marked as the game’s own client.')
  const marked = await browser.submit('./official', { public_key: publicKey, official: 'yes' })
  assert.is(marked.status, 200)
  assert.match(words(marked.text), 'This is the game’s own client.')
  const client = await clients.registry.find(publicKey)
  assert.equal([client?.official, client?.name, client?.contact], [true, 'Web', 'me'])
  await browser.submit('./official', { public_key: publicKey, official: 'no' })
  assert.not((await clients.registry.find(publicKey))?.official)
})

test('rotating shows the new private key once; the old one is dead', async () => {
  const { browser, clients } = await open()
  const { publicKey, privateKey: old } = await clients.registry.register({ name: 'Bot' })
  await browser.go(pageOf(publicKey))
  const unsure = await browser.submit('./rotate', { public_key: publicKey })
  assert.is(unsure.status, 422)
  assert.match(words(unsure.text), 'Tick the box')
  assert.ok(await clients.registry.authenticate(old))
  const answer = await browser.submit('./rotate', { public_key: publicKey, sure_rotate: 'yes' })
  assert.is(answer.status, 200)
  assert.is(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.cookies, [])
  const { privateKey, publicKey: shown } = keysOn(answer.text)
  assert.is(shown, publicKey)
  assert.is((await clients.registry.authenticate(privateKey))?.publicKey, publicKey)
  assert.is(await clients.registry.authenticate(old), undefined)
  assert.not.match((await browser.go(pageOf(publicKey))).text, privateKey)
  const file = decodeURIComponent(/href="data:text\/plain;charset=utf-8,([^"]+)"/.exec(answer.text)?.[1] ?? '')
  assert.match(file, privateKey)
})

test('retiring needs the box ticked, and is shown', async () => {
  const { browser, clients } = await open()
  const { publicKey } = await clients.registry.register({ name: 'Bot' })
  await browser.go(pageOf(publicKey))
  assert.is((await browser.submit('./retire', { public_key: publicKey, sure_rotate: 'yes' })).status, 422)
  assert.is((await clients.registry.find(publicKey))?.retiredAtMs, undefined)
  const answer = await browser.submit('./retire', { public_key: publicKey, sure_retire: 'yes' })
  assert.match(words(answer.text), 'This client is retired since')
  assert.not.match(answer.text, 'sure_retire')
  assert.equal(await clients.check(publicKey), { admitted: false, reason: 'retired' })
  const restored = await browser.submit('./restore', { public_key: publicKey })
  assert.match(restored.text, 'sure_retire')
  assert.equal((await clients.check(publicKey)).admitted, true)
})

const odd = ['iOS', 'a&b=c #?/%', '"><script>alert(1)</script>', '日本語', 'emoji 👾', '../../x', 'x'.repeat(128), ' ']
for (const publicKey of odd) {
  test(`${publicKey.slice(0, 30)} is found, adopted, and keeps its numbers`, async () => {
    const { browser, clients } = await open()
    await playAs(clients, publicKey, { sessions: 3, players: 3, calls: { 'map.view': 1 } })
    await settled(clients)
    const list = (await browser.go('/apikey/operator')).text
    const href = /<a href="([^"]*public_key[^"]*)"/.exec(list.slice(list.indexOf('id="list"')))?.[1] ?? ''
    const page = await browser.go(href.replaceAll('&amp;', '&'))
    assert.is(page.status, 200)
    assert.match(words(page.text), '3 sessions and 3 calls in the past 30 days')
    assert.not.match(page.text, '<script>')
    assert.equal(publicKeysOn(page.text).length, 1)
    const wrong = await browser.submit('./adopt', { public_key: publicKey, name: '', url: 'x' })
    assert.is(wrong.status, 422)
    assert.match(words(wrong.text), 'Give your client a name.')
    assert.match(wrong.text, 'value="x"')
    const adopted = await browser.submit('./adopt', { public_key: publicKey, name: 'Adopted', contact: 'me' })
    assert.is(adopted.status, 200)
    const { privateKey } = keysOn(adopted.text)
    const client = await clients.registry.authenticate(privateKey)
    assert.equal([client?.publicKey, client?.name, client?.contact], [publicKey, 'Adopted', 'me'])
    assert.match(words((await browser.go(pageOf(publicKey))).text), '3 sessions and 3 calls in the past 30 days')
    const again = await browser.submit('./adopt', { public_key: publicKey, name: 'Stolen' })
    assert.is(again.status, 200)
    assert.match(words(again.text), 'Adopted')
    assert.not.match(again.text, '_prv_')
  })
}

test('what no client can be is not adopted, changed or found', async () => {
  const { browser, clients } = await open()
  for (const publicKey of ['', 'never seen', '(refused)', 'x'.repeat(129), '__proto__', 'ck_prv_x']) {
    assert.is((await browser.go(pageOf(publicKey))).status, 404, publicKey)
    for (const act of ['./rotate', './retire', './official']) {
      const form = { public_key: publicKey, sure_rotate: 'yes', sure_retire: 'yes', official: 'yes' }
      assert.is((await browser.submit(act, form)).status, 404, publicKey)
    }
  }
  for (const publicKey of ['anonymous', '(none)', '(unread)', '(other)']) {
    const page = await browser.go(pageOf(publicKey))
    assert.is(page.status, 200)
    assert.not.match(page.text, '<form method="post"')
    const answer = await browser.submit('./adopt', { public_key: publicKey, name: 'Mine' })
    assert.is(answer.status, 422)
    assert.match(words(answer.text), 'No client can have this public key.')
  }
  for await (const client of clients.registry.list()) assert.unreachable(client.publicKey)
})

test.run()
