import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Browser, closeAll, keysOn, koas, openSite, words } from '../harness.js'

test.after(closeAll)

for (const [version, KoaClass] of Object.entries(koas)) {
  test(`${version}: register, copy, play, look, sign out, sign in`, async () => {
    const { origin, clients } = await openSite({ KoaClass, options: { title: 'Lacuna' } })
    const browser = new Browser(`${origin}/apikey`)

    const home = await browser.go('')
    assert.is(home.status, 200)
    assert.match(words(home.text), 'An API key tells this server which program is playing.')
    assert.match(home.text, 'action="./apikey/register"')

    const fields = { name: ' My Client ', url: 'https://client.example', contact: 'me@client.example' }
    const registered = await browser.submit('./apikey/register', fields)
    assert.is(registered.status, 201)
    const { publicKey, privateKey } = keysOn(registered.text)
    assert.match(publicKey, /^ck_pub_/)
    assert.match(privateKey, /^ck_prv_/)
    const client = await clients.registry.find(publicKey)
    assert.is(client?.name, 'My Client')
    assert.is(client?.url, fields.url)
    assert.is(client?.contact, fields.contact)
    assert.not(client?.official)

    const empty = await browser.go('./stats')
    assert.is(empty.status, 200)
    assert.match(words(empty.text), 'No numbers yet')
    assert.match(empty.text, publicKey)
    assert.not.match(empty.text, '<table')
    assert.not.match(empty.text, privateKey)

    await clients.openSession({ sessionId: 'one', publicKey, method: 'empire.login', playerId: '7' })
    await clients.track({ sessionId: 'one', feature: 'empire.login' })
    await clients.track({ sessionId: 'one', feature: 'body.get_buildings', failed: true })
    await clients.count('one', 'essentia spent', 5)
    const stats = await browser.go('./stats')
    assert.match(words(stats.text), '1 session in the past 30 days, none in the 30 before.')
    assert.match(words(stats.text), 'body.get_buildings 1 50.0 % 100.0 %')
    assert.match(words(stats.text), 'essentia spent 5 5')

    const out = await browser.submit('./sign-out', {})
    assert.is(out.status, 200)
    assert.is(browser.url.pathname, '/apikey/')
    assert.is(browser.cookieFor('/apikey/stats'), '')
    assert.is((await browser.go('./stats')).status, 401)

    const back = await browser.submit('./sign-in', { private_key: `  ${privateKey}\n` })
    assert.is(back.status, 200)
    assert.is(browser.url.pathname, '/apikey/stats')
    assert.match(back.text, 'body.')
  })
}

test('the private key is shown once and is in no other answer', async () => {
  const { origin } = await openSite()
  const browser = new Browser(`${origin}/apikey/`)
  const { privateKey } = keysOn((await browser.submit('./register', { name: 'Once' })).text)
  for (const address of ['./', './stats', './stats.json', './stats.csv', './faq', './none']) {
    const answer = await browser.go(address)
    assert.not.match(answer.text + JSON.stringify(answer.headers), privateKey)
    assert.not.match(browser.cookieFor('/apikey/stats'), privateKey.slice(7))
  }
})

test('the page of a new key pair has the command, and both keys to save as a file', async () => {
  const { origin } = await openSite({ options: { title: 'Lacuna' } })
  const browser = new Browser(`${origin}/apikey/`)
  const { text } = await browser.submit('./register', { name: 'Crème & Co.' })
  const { publicKey, privateKey } = keysOn(text)
  assert.match(text, `curl '${origin}/empire' \\\n`)
  assert.match(text, `&quot;api_key&quot;:&quot;${publicKey}&quot;`)
  assert.match(text, 'Shown only this once')
  assert.match(text, 'download="api-key-creme-co.txt"')
  const href = /href="data:text\/plain;charset=utf-8,([^"]+)"/.exec(text)?.[1] ?? ''
  const file = decodeURIComponent(href)
  assert.is(file, `API key of Crème & Co., for Lacuna\n\nPublic key\n${publicKey}\n\nPrivate key\n${privateKey}\n`)
})

test('the FAQ answers, and names this server’s prefix', async () => {
  const { origin } = await openSite({ options: { feedbackUrl: 'https://forum.example/ask' } })
  const faq = await new Browser(origin).go('/apikey/faq')
  assert.is(faq.status, 200)
  const said = ['no asymmetric cryptography', 'no security feature', 'anonymous', 'never be claimed', 'ck_pub_']
  for (const text of said) assert.match(words(faq.text), text)
  assert.match(faq.text, 'href="https://forum.example/ask"')
})

test.run()
