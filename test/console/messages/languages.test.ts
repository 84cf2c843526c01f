import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { de } from '../../../src/console/messages/de/de.js'
import { en } from '../../../src/console/messages/en/en.js'
import { messagesFor } from '../../../src/console/messages/languages.js'
import { unreadForm } from '../../../src/console/web/problems.js'
import { settingsPages } from '../client/settings-pages.js'
import { type Answer, type Ask, ask, Browser, closeAll, keysOn, koas, openSite, words } from '../harness.js'
import { openConsole, played, statsPage, statsPages } from '../made-up.js'
import { operatorPages } from '../operator/states.js'
import { englishIn, leavesOf, watchReads } from './message-helpers.js'

test.after(closeAll)

const chosen: [accepted: string | undefined, language: string][] = [
  [undefined, 'en'],
  ['', 'en'],
  ['de', 'de'],
  ['DE', 'de'],
  ['de-AT', 'de'],
  ['de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7', 'de'],
  ['de-AT,en', 'de'],
  ['en-US,en;q=0.9,de;q=0.8', 'en'],
  ['en-GB,de;q=0.9,en;q=0.8', 'en'],
  ['en;q=0.5,de', 'de'],
  ['fr,it;q=0.9', 'en'],
  ['fr,de;q=0.1', 'de'],
  ['fr,*;q=0.5,de;q=0.1', 'en'],
  ['*', 'en'],
  ['de;q=0', 'en'],
  ['deu', 'en'],
  ['__proto__, constructor', 'en'],
  [`${'x'.repeat(4000)},de`, 'de'],
  [';;,=q de', 'en'],
]
for (const [version, KoaClass] of Object.entries(koas)) {
  test(`${version}: the browser's preference chooses the language`, async () => {
    const { origin } = await openSite({ KoaClass })
    for (const [accepted, language] of chosen) {
      const headers = accepted === undefined ? undefined : { 'accept-language': accepted }
      const answer = await ask(origin, '/apikey', { headers })
      assert.is(answer.headers['content-language'], language, accepted)
      assert.match(answer.text, `<html lang="${language}">`)
      assert.match(words(answer.text), language === 'de' ? 'API-Schlüssel' : 'API keys')
      assert.is(answer.headers.vary, 'Accept-Language')
    }
  })
}

test('the language adds to what the host varies by', async () => {
  const { origin } = await openSite({
    mount: (app, clients) =>
      app.use((ctx, next) => ctx.vary('Origin') ?? next()).use(clients.console({ title: 'Lacuna' })),
  })
  assert.is((await ask(origin, '/apikey')).headers.vary, 'Origin, Accept-Language')
})

test('what programs read is English, and does not vary', async () => {
  const { origin, clients, store } = await openSite()
  const { privateKey } = await clients.registry.register({ name: 'a' })
  const german = { 'accept-language': 'de' }
  const signedIn = { ...german, authorization: `Bearer ${privateKey}` }
  const check = ({ text, headers }: Answer, said: string) => {
    assert.match(text, said)
    assert.is(headers['content-language'], undefined)
    assert.is(headers.vary, undefined)
  }
  const [json, csv] = ['/apikey/stats.json', '/apikey/stats.csv'] as const
  for (const path of [json, csv]) check(await ask(origin, path, { headers: german }), 'Not signed in')
  check(await ask(origin, json, { headers: signedIn }), '"past30Days"')
  check(await ask(origin, csv, { headers: signedIn }), 'past 30 days,')
  store.isDown = true
  for (const path of [json, csv]) check(await ask(origin, path, { headers: signedIn }), 'The server cannot reach')
})

/** Every page in every state, as one language's browser sees it. */
async function everyPage(language: string): Promise<Answer[]> {
  const headers = { 'accept-language': language }
  const unprintable = { toString: () => assert.unreachable() }
  const early = await openConsole({ secret: () => Promise.reject(new Error('none yet')) })
  const pages = [
    ...(await statsPages(language)),
    await statsPage(language, {}, { name: unprintable }),
    await ask(early.origin, '/apikey/register', { form: { name: 'X' }, headers }),
  ]

  const { origin, store, clients } = await openSite({ options: { feedbackUrl: '/ask' } })
  const visit = async (path: string, how: Ask = {}) => {
    pages.push(await ask(origin, `/apikey${path}`, { ...how, headers: { ...headers, ...how.headers } }))
  }
  for (const path of ['', '/faq', '/stats', '/none', '/register']) await visit(path)
  await visit('/faq', { form: {} })
  await visit('/register', { form: {} })
  await visit('/register', { form: { name: 'x\ny', url: 'x', contact: 'x'.repeat(201) } })
  await visit('/register', { form: { name: 'x', contact: 'ck_prv_x' } })
  await visit('/sign-in', { form: {} })
  await visit('/sign-in', { form: { private_key: 'x' } })
  await visit('/sign-out', { form: {}, headers: { origin: 'http://evil.example' } })
  const browser = new Browser(`${origin}/apikey/`)
  pages.push(await browser.go('./register', { form: { name: 'X' }, headers }))
  for (const path of ['./', './stats']) pages.push(await browser.go(path, { headers }))
  const { privateKey } = await clients.registry.register({ name: 'Y' })
  store.isDown = true
  for (const path of ['/register', '/sign-in']) await visit(path, { form: { name: 'X', private_key: privateKey } })
  pages.push(await browser.go('./stats', { headers }), ...(await operatorPages(headers)))
  return pages.concat(await settingsPages(language))
}

for (const messages of [en, de]) {
  const { language } = messages
  test(`${language}: every page in every state, every message shown somewhere`, async () => {
    const read = watchReads(messages)
    for (const reason of Object.keys(messages.problems.unread)) unreadForm(reason as 'aborted', messages)
    for (const page of await everyPage(language)) {
      assert.is(page.headers['content-language'], language)
      if (page.status !== 500) assert.match(page.text, `<html lang="${language}">`)
      assert.not.match(words(page.text), /undefined|\[object|function|=>|NaN/)
      if (language === 'de') assert.equal(englishIn(page.text), [], page.text)
    }
    // A copy, because walking over the messages reads them all.
    const shown = new Set(read)
    const unused = leavesOf(messages).flatMap(({ path }) => (shown.has(path) ? [] : [path]))
    assert.equal(unused, [])
  })
}

test('numbers, percentages, days and plurals are written as the language does', async () => {
  const page = words((await statsPage('de', { recent: played })).text)
  assert.match(page, '1.204 Sitzungen in den letzten 30 Tagen, in den 30 davor keine.')
  assert.match(page, 'Verschiedene Spieler 87 ± 3 87 ± 3')
  assert.match(page, 'Letzte 30 Tage 25. Okt. bis 23. Nov. 2025, UTC')
  assert.match(page, 'Fehler 1,1 % 1,1 %')
  assert.match(page, 'gems 2,5 2,5')
  const old = words((await statsPage('de', { earlier: played }, { retiredAtMs: 0 })).text)
  assert.match(old, 'Keine Sitzungen in den letzten 30 Tagen; 1.204 Sitzungen insgesamt.')
  assert.match(old, 'Dieser Client ist stillgelegt, seit 1. Jan. 1970, UTC.')
})

test('the file of a new key pair is in the language too, and names a game without a title', async () => {
  const { origin } = await openSite()
  const { text } = await ask(origin, '/apikey/register', { form: { name: 'X' }, headers: { 'accept-language': 'de' } })
  const file = decodeURIComponent(/href="data:text\/plain;charset=utf-8,([^"]+)"/.exec(text)?.[1] ?? '')
  assert.match(file, 'API-Schlüssel von X, für Dieser Server\n\nÖffentlicher Schlüssel\n')
  assert.match(file, `\n\nPrivater Schlüssel\n${keysOn(text).privateKey}\n`)
})

test('a name that looks like an element stays a name in a message', async () => {
  const { origin } = await openSite()
  const name = '<a href="x">#{x}</a>'
  const { text } = await ask(origin, '/apikey/register', { form: { name } })
  assert.match(text, '<bdi>&lt;a href=&quot;x&quot;&gt;#{x}&lt;/a&gt;</bdi> now has a key pair.')
})

test('without a header that is a language there is English', () => {
  assert.is(messagesFor([]), en)
  assert.is(messagesFor(['-', '']), en)
})

test.run()
