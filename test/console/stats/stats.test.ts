import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { en } from '../../../src/console/messages/en/en.js'
import type { Clientele } from '../../../src/index.js'
import { reportShown } from '../../../src/usage/disclosure/shown-report.js'
import { readShown } from '../../../src/usage/disclosure/suppression.js'
import { ask, Browser, closeAll, keysOn, openSite, type Site, words } from '../harness.js'
import { seventyDays } from '../seventy-days.js'

test.after(closeAll)

async function played(smallestCrowd = 1): Promise<Site & { browser: Browser; publicKey: string; privateKey: string }> {
  const site = await openSite({ smallestCrowd })
  const browser = new Browser(`${site.origin}/apikey/`)
  const { publicKey, privateKey } = keysOn((await browser.submit('./register', { name: 'Test, "quoted"' })).text)
  await site.clients.openSession({ sessionId: 's', publicKey, method: 'empire.login', playerId: '1' })
  for (const feature of ['empire.login', 'map.get_stars', 'map.get_stars', '=HYPERLINK("x",1)']) {
    await site.clients.track({ sessionId: 's', feature, failed: feature.startsWith('=') })
  }
  await site.clients.count('s', '@lottery, votes', 3)
  return { ...site, browser, publicKey, privateKey }
}

test('stats.json holds three periods, as the usage reader gives them', async () => {
  const { browser, publicKey, clients } = await played()
  const answer = await browser.go('./stats.json')
  assert.is(answer.headers['content-type'], 'application/json')
  const json = JSON.parse(answer.text)
  assert.equal(Object.keys(json), [
    ...['publicKey', 'name', 'smallestCrowd'],
    ...['past30Days', 'previous30Days', 'allTime'],
  ])
  assert.is(json.publicKey, publicKey)
  assert.is(json.name, 'Test, "quoted"')
  const { crowds: _, months: __, publicKey: ___, ...past30Days } = await clients.usage.read(publicKey)
  assert.equal(json.past30Days, JSON.parse(JSON.stringify(past30Days)))
  assert.is(json.previous30Days.sessions, 0)
  assert.equal(json.allTime, { ...json.past30Days, from: json.past30Days.to, months: [] })
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
  assert.not.ok(
    lines.some((line) => line.startsWith('month,')),
    'its days are in the file',
  )
  assert.ok(!/(^|,)"?[=@+]/m.test(answer.text))
})

/** What the cells of a page's tables say, by the row's name; every table but the last of days is of now and of all time. */
function tablesOf(page: string): Map<string, string[]>[] {
  const plain = (html: string) => words(html).trim()
  return Array.from(page.matchAll(/<table.*?<\/table>/gs), ([table]) => {
    const rows = Array.from(table.matchAll(/<tr>(.*?)<\/tr>/gs), ([, row = '']): [string, string[]] => [
      plain(/<th scope="row">(.*?)<\/th>/s.exec(row)?.[1] ?? '').replaceAll(' ', ''),
      Array.from(row.matchAll(/<td[^>]*>(.*?)<\/td>/gs), ([, cell = '']) => plain(cell)),
    ])
    return new Map(rows.filter(([name]) => name !== ''))
  })
}

function csvRows(text: string): string[][] {
  return text
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','))
}

/** Nine players who read the stars, two of whom do something rare. Answers what was done. */
async function crowd(clients: Clientele, publicKey: string) {
  const done = { sessions: 0, calls: 0, errors: 0, players: 9 }
  const features = new Map<string, number>()
  const track = async (sessionId: string, feature: string, failed = false) => {
    await clients.track({ sessionId, feature, failed })
    done.calls++
    if (failed) done.errors++
    features.set(feature, (features.get(feature) ?? 0) + 1)
  }
  for (let player = 0; player < 9; player++) {
    const sessionId = `session ${player}`
    await clients.openSession({ sessionId, publicKey, method: 'empire.login', playerId: `player ${player}` })
    done.sessions++
    await track(sessionId, 'empire.login')
    for (let at = 0; at <= player; at++) await track(sessionId, 'map.get_stars', at === 3)
    await track(sessionId, 'body.get_status')
    await track(sessionId, 'body.get_buildings')
    if (player < 2) {
      await track(sessionId, 'body.rare')
      await clients.count(sessionId, 'rare', 7)
    }
    await clients.count(sessionId, 'votes', 2)
  }
  return { done, used: features }
}

test('page, JSON, CSV and the usage reader have the same numbers, and these are the traffic', async () => {
  const site = await openSite({ smallestCrowd: 5 })
  const browser = new Browser(`${site.origin}/apikey/`)
  const { publicKey } = keysOn((await browser.submit('./register', { name: 'a' })).text)
  const { done, used } = await crowd(site.clients, publicKey)
  const json = JSON.parse((await browser.go('./stats.json')).text)
  const csv = csvRows((await browser.go('./stats.csv')).text)
  const [totals, days, features] = tablesOf((await browser.go('./stats')).text)

  const shown = await readShown(site.clients.usage, publicKey, 5)
  assert.equal(json.allTime, JSON.parse(JSON.stringify(reportShown(shown, 'all'))))
  for (const period of [json.past30Days, json.allTime]) {
    const { sessions, calls, errors, players } = period
    assert.equal({ sessions, calls, errors, players }, done, 'the traffic')
  }
  assert.equal(totals?.get('Sessions'), ['9', '9'])
  assert.equal(totals?.get('Calls'), [String(done.calls), String(done.calls)])
  assert.equal(totals?.get('Distinctplayers'), ['9', '9'])
  assert.equal(totals?.get('votes'), ['18', '18'])
  assert.equal(totals?.get('rare'), ['withheld', 'withheld'])
  const [today = ''] = days?.keys() ?? []
  assert.equal(days?.get(today)?.slice(0, 2), ['9', String(done.calls)])

  // With the rare one goes the smallest other, so that no subtraction finds it.
  const withheld = ['body.get_buildings', 'body.rare']
  for (const [name, calls] of used) {
    const isWithheld = withheld.includes(name)
    const said = isWithheld ? 'withheld' : String(calls)
    assert.is(json.past30Days.features[name].calls, isWithheld ? null : calls)
    assert.equal([features?.get(name)?.at(0), features?.get(name)?.at(-1)], [said, said], name)
    for (const period of ['past 30 days', 'all time']) {
      const line = csv.find((row) => row[0] === period && row[3] === 'calls' && row[4] === name)
      assert.is(line?.[5], said)
    }
  }
  assert.is(csv.find(([, , , measure, name]) => measure === 'metric' && name === 'rare')?.[5], 'withheld')
  assert.is(json.past30Days.metrics.rare, null)
})

test('so few players that one could be known are not numbered, on the page or in a file', async () => {
  const { browser } = await played(2)
  const { text } = await browser.go('./stats')
  const page = words(text)
  assert.match(page, 'Sessions 1 1 Calls 4 4 Distinct players &lt; 2 &lt; 2')
  assert.match(page, 'Numbers that fewer than 2 players share are withheld')
  assert.match(page, 'map.get_stars withheld withheld withheld withheld')
  assert.match(page, 'Too few players at a time')
  assert.not.match(text, '<svg class="chart')
  assert.not.match(page, 'Most used')
  const json = JSON.parse((await browser.go('./stats.json')).text)
  const { sessions, players, features, metrics, days } = json.allTime
  assert.equal([sessions, players, features['map.get_stars']], [1, null, { calls: null, errors: null }])
  assert.equal(metrics, { '@lottery, votes': null })
  assert.equal({ ...days[0], day: '' }, { day: '', sessions: null, calls: null, errors: null, players: null })
  assert.not.match(JSON.stringify(json), 'crowds')
  const csv = (await browser.go('./stats.csv')).text
  assert.match(csv, /all time,[\d-]+,[\d-]+,players,,<2\r\n/)
  assert.match(csv, /day,[\d-]+,[\d-]+,players,,withheld\r\n/)
  assert.not.match(csv, /players,,1|get_stars,\d/)
})

test('where the operator has turned it off, the page does not speak of it', async () => {
  const page = words((await (await played(1)).browser.go('./stats')).text)
  assert.not.match(page, 'withheld')
})

test('a game that does not tell who plays has no number of players', async () => {
  const { clients, browser, publicKey } = await played(5)
  const other = new Browser(browser.url.href)
  const { publicKey: another } = keysOn((await other.submit('./register', { name: 'b' })).text)
  for (let at = 0; at < 6; at++) {
    await clients.openSession({ sessionId: `t${at}`, publicKey: another, method: 'empire.login' })
    await clients.track({ sessionId: `t${at}`, feature: 'empire.login' })
  }
  assert.is.not(publicKey, another)
  assert.not.match(words((await other.go('./stats')).text), /Distinct players|players are an estimate/)
  assert.is(JSON.parse((await other.go('./stats.json')).text).allTime.players, null)
  assert.not.match((await other.go('./stats.csv')).text, 'players')
})

test('the range is in the address, and the two columns are not of it', async () => {
  await using history = await seventyDays()
  const { page } = history
  const totals = tablesOf(await page('stats'))[0]
  const points: Record<string, [unit: string, rows: number, current: string]> = {
    '?range=7': ['Sessions a day', 7, '7 days'],
    '': ['Sessions a day', 30, '30 days'],
    '?range=30&x=1': ['Sessions a day', 30, '30 days'],
    '?range=90': ['Sessions a day', 90, '90 days'],
    '?range=365': ['Sessions a week', 53, '1 year'],
    '?range=all': ['Sessions a day', 71, 'All'],
    '?range=%3Cb%3E': ['Sessions a day', 30, '30 days'],
    '?range=7&range=90': ['Sessions a day', 7, '7 days'],
  }
  for (const [query, [unit, rows, current]] of Object.entries(points)) {
    const text = await page(`stats${query}`)
    const tables = tablesOf(text)
    assert.equal(tables[0], totals, query)
    assert.is(/<h2 id="time">(.*?)<\/h2>/.exec(text)?.[1], unit)
    assert.ok(Math.abs((tables[1]?.size ?? 0) - rows) <= 1, `${query}: ${tables[1]?.size} rows`)
    assert.equal(
      Array.from(text.matchAll(/aria-current="true">(.*?)</g), ([, name]) => name),
      [current],
    )
    assert.match(text, 'href="./stats?range=365#time"')
    assert.match(
      text,
      /<svg class="chart wide"[^>]*role="img" aria-labelledby="wide-title wide-description"><title id=/,
    )
    assert.not.match(text, /style=|<script/)
  }
})

test('seventy days of history: the days of the page, of JSON and of CSV are those of the usage reader', async () => {
  await using history = await seventyDays()
  const { page, clients, publicKey } = history
  const report = await clients.usage.read(publicKey, 'all')
  const json = JSON.parse(await page('stats.json'))
  assert.equal(json.allTime.days, report.days)
  assert.equal(
    [json.allTime.sessions, json.past30Days.sessions, json.previous30Days.sessions],
    [70, report.days.slice(-29).length, 30],
  )
  assert.equal(
    json.allTime.days.filter(({ day }: { day: string }) => day >= json.past30Days.from),
    json.past30Days.days,
  )
  const csv = csvRows(await page('stats.csv'))
  const rows = tablesOf(await page('stats?range=90'))[1] ?? new Map()
  for (const { day, ...sums } of report.days) {
    const lines = csv.filter(([period, from]) => period === 'day' && from === day)
    assert.equal(
      lines.map(([, , , measure, , value]) => [measure, value]),
      Object.entries(sums).map(([measure, value]) => [measure, String(value)]),
    )
    const { sessions, calls, players } = sums
    const cells = rows.get(en.format.day(day).replaceAll(' ', ''))
    assert.equal([cells[0], cells[1], cells[3]], [sessions, calls, players].map(String))
  }
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
  assert.match(page, '1 session in the past 30 days, none in the 30 before. Most used: map.get_stars.')
  assert.match(page, /Past 30 days .*, UTC All time .*, UTC Sessions 1 1 Calls 4 4/)
  assert.match(page, 'Errors 25.0 % 25.0 %')
  assert.match(page, 'The game’s own numbers @lottery, votes 3 3')
  assert.ok(page.indexOf('map.get_stars 2 50.0 % 0.0 % new 2') < page.indexOf('empire.login 1 25.0 %'))
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
