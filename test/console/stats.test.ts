import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, Browser, closeAll, keysOn, openSite, type Site, words } from './harness.js'

test.after(closeAll)

async function played(smallestCrowd = 1): Promise<Site & { browser: Browser; publicKey: string; privateKey: string }> {
  const site = await openSite({ smallestCrowd })
  const browser = new Browser(`${site.origin}/apikey/`)
  const { publicKey, privateKey } = keysOn((await browser.submit('./register', { name: 'Test, "quoted"' })).text)
  await site.clients.open({ sessionId: 's', publicKey, method: 'empire.login', playerId: '1' })
  for (const feature of ['empire.login', 'map.get_stars', 'map.get_stars', '=HYPERLINK("x",1)']) {
    await site.clients.track({ sessionId: 's', feature, failed: feature.startsWith('=') })
  }
  await site.clients.count('s', '@lottery, votes', 3)
  return { ...site, browser, publicKey, privateKey }
}

test('stats.json holds both periods as the usage reader gives them', async () => {
  const { browser, publicKey, clients } = await played()
  const answer = await browser.go('./stats.json')
  assert.is(answer.headers['content-type'], 'application/json')
  const json = JSON.parse(answer.text)
  assert.equal(Object.keys(json), ['publicKey', 'name', 'smallestCrowd', 'past30Days', 'allTime'])
  assert.is(json.publicKey, publicKey)
  assert.is(json.name, 'Test, "quoted"')
  const [past30Days, allTime] = await Promise.all([clients.usage.read(publicKey), clients.usage.read(publicKey, 'all')])
  assert.equal(json.past30Days, JSON.parse(JSON.stringify(past30Days)))
  assert.equal(json.allTime, JSON.parse(JSON.stringify(allTime)))
})

test('stats.csv is one number a line, by UTC day, and harmless in a spreadsheet', async () => {
  const { browser } = await played()
  const answer = await browser.go('./stats.csv')
  assert.is(answer.headers['content-type'], 'text/csv; charset=utf-8; header=present')
  assert.is(answer.headers['content-disposition'], 'attachment; filename="stats-test-quoted.csv"')
  const today = new Date().toISOString().slice(0, 10)
  const lines = answer.text.split('\r\n')
  assert.is(lines[0], 'period,from,to,measure,name,value')
  assert.is(lines.at(-1), '')
  const from = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10)
  for (const line of [
    `past 30 days,${from},${today},sessions,,1`,
    `past 30 days,${from},${today},calls,map.get_stars,2`,
    `past 30 days,${from},${today},errors,"'=HYPERLINK(""x"",1)",1`,
    `past 30 days,${from},${today},metric,"'@lottery, votes",3`,
    `all time,${today},${today},sessions,empire.login,1`,
    `day,${today},${today},calls,,4`,
  ]) {
    assert.ok(lines.includes(line), line)
  }
  assert.is(lines.filter((line) => line.startsWith(`month,${today.slice(0, 7)}-01,`)).length, 4)
  assert.ok(!/(^|,)"?[=@+]/m.test(answer.text))
})

test('so few players that one could be known are not numbered, on the page or in a file', async () => {
  const { browser } = await played(2)
  const { text } = await browser.go('./stats')
  assert.match(text.replaceAll('\u00a0', ' '), /by &lt; 2 distinct players/)
  assert.not.match(text.replaceAll('\u00a0', ' '), /by 1 distinct/)
  const json = JSON.parse((await browser.go('./stats.json')).text)
  const sums = [json.past30Days, json.allTime, ...json.allTime.days, ...json.allTime.months]
  assert.equal(
    sums.map(({ players }) => players),
    [null, null, null, null],
  )
  const csv = (await browser.go('./stats.csv')).text
  assert.match(csv, /all time,[\d-]+,[\d-]+,players,,<2\r\n/)
  assert.not.match(csv, /players,,1/)
})

test('who is not signed in is asked to, in the form that was asked for', async () => {
  const { origin } = await openSite()
  const page = await ask(origin, '/apikey/stats')
  assert.is(page.status, 401)
  assert.match(page.text, 'action="./sign-in"')
  const json = await ask(origin, '/apikey/stats.json')
  assert.is(json.status, 401)
  assert.is(json.headers['content-type'], 'application/problem+json')
  assert.is(JSON.parse(json.text).status, 401)
  const csv = await ask(origin, '/apikey/stats.csv')
  assert.is(csv.status, 401)
  assert.is(csv.headers['content-type'], 'text/plain; charset=utf-8')
  for (const answer of [page, json, csv]) assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer /)
})

test('the page shows both periods, the most used first, and names as text', async () => {
  const { browser } = await played()
  const { text } = await browser.go('./stats')
  const page = words(text)
  assert.match(page, 'Most used: map.get_stars.')
  assert.match(page, /Past 30 days .*, UTC All time .*, UTC Sessions 1 1 Calls 4 4/)
  assert.match(page, 'Errors 25.0 % 25.0 %')
  assert.ok(page.indexOf('map.get_stars 2') < page.indexOf('empire.login 1 25.0 %'))
  assert.match(text, '=HYPERLINK(&quot;x&quot;,1)')
  assert.match(page, '@lottery, votes 3 3')
  assert.not.match(page, '(other)')
})

test('another client’s numbers are another client’s', async () => {
  const { origin, browser } = await played()
  const other = new Browser(`${origin}/apikey/`)
  await other.submit('./register', { name: 'Other' })
  assert.match(words((await other.go('./stats')).text), 'No numbers yet')
  assert.match(words((await browser.go('./stats')).text), 'Sessions 1 1')
})

test('an outage of the store is said, reported, and loses nothing', async () => {
  const { browser, store, errors, origin, privateKey } = await played()
  store.isDown = true
  const page = await browser.go('./stats')
  assert.is(page.status, 503)
  assert.match(words(page.text), 'Nothing was lost: counts wait and will appear.')
  const json = await browser.go('./stats.json')
  assert.is(json.status, 503)
  assert.is(json.headers['content-type'], 'application/problem+json')
  const csv = await browser.go('./stats.csv')
  assert.is(csv.status, 503)
  assert.match(csv.text, 'Nothing was lost')
  const register = await ask(origin, '/apikey/register', { form: { name: 'a' } })
  assert.is(register.status, 503)
  assert.equal(register.cookies, [])
  assert.match(words(register.text), 'no private key was given out')
  const signIn = await ask(origin, '/apikey/sign-in', { form: { private_key: privateKey } })
  assert.is(signIn.status, 503)
  assert.match(words(signIn.text), 'your private key may well be right')
  for (const { text, headers } of [page, json, csv, register, signIn]) {
    assert.not.match(text, /ECONNREFUSED|secret-host|at .*:\d+:\d+/)
    assert.is(headers['retry-after'], '60')
  }
  assert.ok(errors.length > 0)
  // What asks no store goes on.
  for (const path of ['', '/faq', '/console.css']) assert.is((await ask(origin, `/apikey${path}`)).status, 200)
  assert.is((await browser.go('./')).status, 200)
  assert.is((await browser.submit('./sign-out', {})).status, 200)
})

test.run()
