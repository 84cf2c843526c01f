import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConsoleOptions } from '../../../src/index.js'
import { ask, Browser, closeAll, koas, openSite, type Site, words } from '../harness.js'
import { daysAgo, playAs, settled } from './fixture.js'

test.after(closeAll)

const everybody: ConsoleOptions = { operator: () => true }
const gets = [
  '/operator',
  '/operator/',
  '/operator/clients.csv',
  '/operator/client?public_key=a',
  '/operator/features',
  '/operator/store',
]
const posts = ['/operator/adopt', '/operator/rotate', '/operator/retire', '/operator/restore', '/operator/official']

const nobodies: [who: string, options: ConsoleOptions][] = [
  ['there is no option', {}],
  ['it says no', { operator: () => false }],
  ['it says no later', { operator: async () => false }],
  ['it says something else than true', { operator: (() => 'yes') as never }],
]
for (const [who, options] of nobodies) {
  test(`where ${who}, the pages do not exist`, async () => {
    const { origin, clients } = await openSite({ options })
    const { publicKey } = await clients.registry.register({ name: 'a' })
    const unknown = await ask(origin, '/apikey/operatox')
    for (const path of gets) {
      const answer = await ask(origin, `/apikey${path}`)
      assert.is(answer.status, 404, path)
      assert.is(answer.text.replaceAll('../', './'), unknown.text, path)
      assert.is((await ask(origin, `/apikey${path}`, { method: 'POST', body: '' })).status, 404, path)
    }
    for (const path of posts) {
      const form = { public_key: publicKey, sure_retire: 'yes', sure_rotate: 'yes', official: 'yes', name: 'b' }
      for (const headers of [undefined, { origin: 'http://evil.example' }]) {
        assert.is((await ask(origin, `/apikey${path}`, { form, headers })).status, 404, path)
      }
      assert.is((await ask(origin, `/apikey${path}`)).status, 404, path)
    }
    const client = await clients.registry.find(publicKey)
    assert.equal([client?.generation, client?.retiredAtMs, client?.official], [1, undefined, undefined])
  })
}

for (const [version, KoaClass] of Object.entries(koas)) {
  test(`${version}: the host's own state says who the operator is`, async () => {
    const { origin } = await openSite({
      KoaClass,
      mount(app, clients) {
        app.use((ctx, next) => {
          ctx.state.user = { isAdmin: ctx.get('x-user') === 'admin' }
          return next()
        })
        app.use(clients.console({ operator: (ctx) => ctx.state.user?.isAdmin === true }))
      },
    })
    assert.is((await ask(origin, '/apikey/operator')).status, 404)
    for (const path of gets.filter((path) => !path.includes('client?'))) {
      const answer = await ask(origin, `/apikey${path}`, { headers: { 'x-user': 'admin' } })
      assert.is(answer.status, 200, path)
      assert.is(answer.headers['cache-control'], 'no-store')
    }
  })
}

test('a host that cannot say who the operator is: 503, reported, and nothing shown', async () => {
  const { origin, errors } = await openSite({
    options: {
      operator() {
        throw new Error('session store of the host: secret-host')
      },
    },
  })
  for (const path of [...gets, ...posts]) {
    const answer = await ask(origin, `/apikey${path}`)
    assert.is(answer.status, 503, path)
    assert.not.match(answer.text, 'secret-host')
  }
  assert.is(errors.length, gets.length + posts.length)
  assert.is((await ask(origin, '/apikey')).status, 200)
})

test('forms are forms, and another site’s form changes nothing', async () => {
  const { origin, clients } = await openSite({ options: everybody })
  const { publicKey } = await clients.registry.register({ name: 'a' })
  for (const path of posts) {
    assert.is((await ask(origin, `/apikey${path}`)).status, 405, path)
    const form = { public_key: publicKey, sure_retire: 'yes', sure_rotate: 'yes', official: 'yes' }
    const answer = await ask(origin, `/apikey${path}`, { form, headers: { origin: 'http://evil.example' } })
    assert.is(answer.status, 403, path)
  }
  const client = await clients.registry.find(publicKey)
  assert.equal([client?.generation, client?.retiredAtMs, client?.official], [1, undefined, undefined])
})

async function busy(): Promise<Site & { browser: Browser; web: string; bot: string }> {
  const site = await openSite({ options: everybody, smallestCrowd: 2 })
  const { registry } = site.clients
  const web = (await registry.register({ name: 'Web client', official: true })).publicKey
  const bot = (await registry.register({ name: 'Harvester', contact: 'me@example.org' })).publicKey
  await daysAgo(40, async () => {
    await playAs(site.clients, web, { sessions: 60, players: 9, calls: { 'map.view': 1 } })
    await playAs(site.clients, bot, { sessions: 20, players: 4, calls: { 'map.view': 1 } })
    await settled(site.clients)
  })
  await playAs(site.clients, web, { sessions: 30, players: 9, calls: { 'map.view': 1, 'body.view': 2 } })
  await playAs(site.clients, bot, { sessions: 100, players: 4, calls: { 'map.view': 3 }, failed: 1 })
  await playAs(site.clients, 'iOS', { sessions: 10, players: 3, calls: { 'body.view': 1 } })
  await playAs(site.clients, 'anonymous', { sessions: 5, players: 1, calls: { 'secret.thing': 1, 'map.view': 4 } })
  await site.clients.track({ sessionId: 'nobody’s', feature: 'empire.is_name_available' })
  await playAs(site.clients, '(unread)', { sessions: 2, players: 2, calls: { 'map.view': 2 } })
  for (const wrong of [undefined, '', 'who', '(x)', 'ck_pub_x']) await site.clients.check(wrong)
  await settled(site.clients)
  return { ...site, web, bot, browser: new Browser(`${site.origin}/apikey/operator`) }
}

test('the first page answers both questions and ranks all clients', async () => {
  const { browser, clients } = await busy()
  const page = words((await browser.go('')).text)
  const overview = await clients.usage.overview()
  const sum = (pick: (one: (typeof overview)[number]) => number) => overview.reduce((all, one) => all + pick(one), 0)
  const [sessions, calls] = [sum((one) => one.sessions), sum((one) => one.calls)]
  assert.match(page, `3 clients had ${sessions} sessions and made ${calls} calls in the past 30 days.`)
  // 30 of the web client’s, 300 of the bot’s, and anonymous’ 20 are withheld: its one player would be known.
  assert.match(page, 'map.view: 90.9 % of 330 calls came from Harvester .')
  assert.match(page, 'are withheld, and are in no sum here')
  const sentence =
    'Harvester has overtaken Web client : 100 sessions against 30 in the past 30 days, 20 against 60 in the 30 before.'
  assert.match(page, sentence)
  const rank = page.slice(page.indexOf('Clients by rank'))
  const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`
  for (const [row, sums] of [
    ['1 Harvester 100', { trend: '↗ +400.0 %', calls: 300, sessions: 100, errors: '33.3 %' }],
    ['2 Web client the game’s own 30', { trend: '↘ −50.0 %', calls: 90, sessions: 30, errors: '0.0 %' }],
    ['3 iOS not registered 10', { trend: 'new', calls: 10, sessions: 10, errors: '0.0 %' }],
  ] as const) {
    const cells = `${row} ${share(sums.sessions, sessions)} ${sums.trend} ${sums.calls} ${share(sums.calls, calls)} ${sums.errors}`
    assert.ok(rank.includes(cells), `${cells} in ${rank}`)
  }
  assert.match(rank, /anonymous Everybody who sends the word anonymous: .*? 5 3\.4 % new 25 /)
  assert.match(rank, /\(none\) Calls that came without a session, .*? 0 0\.0 % – 1 /)
  assert.match(
    rank,
    /\(unread\) Sessions that the game handed out to requests that nobody could read, .*? 2 1\.4 % new 4 /,
  )
  assert.match(rank, 'There was no key. 2')
  assert.match(rank, 'Nobody registered the key. 1')
})

test('a page for one client: its numbers as the reader gives them, what too few share withheld', async () => {
  const { browser, clients, bot } = await busy()
  const report = await clients.usage.read(bot)
  const page = words((await browser.go(`./operator/client?public_key=${bot}`)).text)
  assert.match(
    page,
    `${report.sessions} sessions and ${report.calls} calls in the past 30 days, after 20 sessions in the 30 before.`,
  )
  assert.match(page, /Sessions 100 20 120 Calls 300 20 320 Distinct players 4 4 4 Errors 33\.3 % 0\.0 % 31\.3 %/)
  assert.match(page, 'map.view 300 100.0 % 33.3 % 20 320')
  assert.match(page, 'me@example.org')
  const anonymous = words((await browser.go('?public_key=anonymous')).text)
  assert.match(anonymous, 'secret.thing withheld withheld withheld 0 withheld')
  assert.match(anonymous, 'Distinct players withheld')
  assert.match(anonymous, 'fewer than 2 distinct players share the number')
  assert.not.match(anonymous, /Adopt|Retire/)
})

test('clients × features: what is withheld is in no cell, no sum and no list', async () => {
  const { browser } = await busy()
  const { text } = await browser.go('./operator/features')
  const page = words(text)
  assert.match(page, 'The 4 clients with the most calls, and their 3 most used features.')
  assert.match(
    page,
    /Harvester 300 Web client 30 60 anonymous · withheld · withheld iOS 10 Sum of what is shown 330 70 0/,
  )
  assert.match(text, '<td class="shade-3">300')
  assert.match(page, 'Each shade is ten times the one before: from 1 from 10 from 100')
  assert.match(page, /The same as a list, in full .*Harvester map\.view 300 33\.3 %/)
  assert.match(page, /anonymous map\.view withheld withheld/)
})

test('the file has every client, registered and not, with both periods', async () => {
  const { browser, clients, web } = await busy()
  const { publicKey } = await clients.registry.register({ name: '=quiet, "one"' })
  const { text, headers } = await browser.go('./operator/clients.csv')
  assert.is(headers['content-type'], 'text/csv; charset=utf-8; header=present')
  assert.match(headers['content-disposition'] ?? '', /^attachment; filename="clients-\d{4}-\d\d-\d\d\.csv"$/)
  const lines = text.split('\r\n')
  const find = (start: string) =>
    (lines.find((line) => line.startsWith(start)) ?? '').replace(/\d{4}-\d\d-\d\d/g, 'DAY')
  assert.is(find(web), `${web},Web client,official,DAY,DAY,30,60,90,60,0,0`)
  assert.is(find('iOS'), 'iOS,,unregistered,DAY,DAY,10,0,10,0,0,0')
  assert.is(find('anonymous'), 'anonymous,,reserved,DAY,DAY,5,0,25,0,0,0')
  assert.is(find('(unread)'), '(unread),,reserved,DAY,DAY,2,0,4,0,0,0')
  assert.is(find(publicKey), `${publicKey},"'=quiet, ""one""",registered,DAY,DAY,0,0,0,0,0,0`)
  assert.not.match(text, 'refused')
})

test('search and order are in the address, and find who never played', async () => {
  const { browser, clients } = await busy()
  await clients.registry.register({ name: '<b>Quiet</b> & co', contact: 'x@quiet.example' })
  const found = async (query: string) => {
    const { text } = await browser.go(`?${query}`)
    return Array.from(text.matchAll(/<span class="rank">\d+<\/span>.*?<bdi>(.*?)<\/bdi>/gs), ([, name = '']) =>
      name.replace(/<[^>]*>/g, ''),
    )
  }
  assert.equal(await found(''), ['Harvester', 'Web client', 'iOS'])
  assert.equal(await found('sort=change'), ['Harvester', 'iOS', 'Web client'])
  assert.equal(await found('show=unregistered'), ['iOS'])
  assert.equal(await found('q=harv'), ['Harvester'])
  assert.equal(await found('q=quiet.example'), ['&lt;b&gt;Quiet&lt;/b&gt; &amp; co'])
  assert.equal(await found('q=%3Cscript%3E'), [])
  assert.match((await browser.go('?q=%22%3Cscript%3E')).text, 'value="&quot;&lt;script&gt;"')
  assert.is((await found('show=all&page=99')).length, 4)
})

test('the store’s page says what it holds and how it is', async () => {
  const { browser } = await busy()
  const page = words((await browser.go('./operator/store')).text)
  assert.match(page, 'It works.')
  assert.match(page, 'Registered clients 2 Public keys active in the past 30 days 3')
})

test('an outage is said, reported, and nothing was changed by it', async () => {
  const { browser, store, errors, clients, bot } = await busy()
  store.isDown = true
  for (const path of ['', './operator/features', './store', `./client?public_key=${bot}x`, './clients.csv']) {
    const answer = await browser.go(path)
    assert.is(answer.status, 503, path)
    assert.match(answer.text, 'No count was lost')
    assert.is(answer.headers['retry-after'], '60')
  }
  const rotated = await browser.submit('./rotate', { public_key: bot, sure_rotate: 'yes' })
  assert.is(rotated.status, 503)
  assert.ok(errors.length > 0)
  store.isDown = false
  await clients.ready()
  assert.is((await clients.registry.find(bot))?.generation, 1)
})

test.run()
