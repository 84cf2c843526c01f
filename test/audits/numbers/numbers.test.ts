// Every number on every page is the report API's after the same withholding, and both are what was played.

import type Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../../adapters/memory.js'
import { clientele, lacuna } from '../../../src/index.js'
import { ask, openSite } from '../../console/harness.js'
import { secret } from '../../helpers/serve.js'
import { checkOverview, checkReport, ranges } from './api.js'
import { Book, everybodyRefused } from './book.js'
import { checkStore } from './operator.js'
import { Page } from './page.js'
import { crowds, numbersOf, openSites, type PageToCheck, pagesOf, type Site, wordsOf } from './sites.js'
import { world } from './traffic.js'

let opened: Awaited<ReturnType<typeof openSites>>

test.before(async () => {
  opened = await openSites()
})

test.after(() => opened.close())

async function textOfPage({ origin }: Site, { where, path, headers }: PageToCheck): Promise<string> {
  const { text, status } = await ask(origin, `/apikey/${path}`, { headers })
  assert.is(status, 200, where)
  return text
}

function faultsOf({ where, check }: PageToCheck, html: string): object[] {
  const page = new Page(where, html)
  check(page)
  return page.faults()
}

for (const smallestCrowd of crowds) {
  test(`a crowd of ${smallestCrowd}: what may be shown of the report API is what was played`, async () => {
    const site = opened.sites[smallestCrowd]
    for (const client of site.book.clients) assert.equal((await numbersOf(site, client)).faults(), [])
  })

  test(`a crowd of ${smallestCrowd}: every number on every page is in a row, and as it was played`, async () => {
    const site = opened.sites[smallestCrowd]
    for (const page of await pagesOf(site)) {
      assert.equal(faultsOf(page, await textOfPage(site, page)).slice(0, 5), [])
    }
  })
}

test('the report API says what was played, in every range', async () => {
  const { clients, book } = opened.sites[1]
  for (const range of ranges) {
    for (const client of [...book.clients, everybodyRefused, 'quiet']) {
      const { report, played, estimates } = await checkReport(clients.usage, book, client, range)
      assert.equal(report, played, `${client} ${JSON.stringify(range[0])}`)
      for (const [estimate, truly] of estimates) {
        const error = Math.round(truly * 0.0325)
        assert.ok(Math.abs(estimate - truly) <= error, `${client}: ${estimate} for ${truly} players`)
      }
    }
    const { rows, played, inOrder, isRefusedIn } = await checkOverview(clients.usage, book, range)
    assert.equal(rows, played)
    assert.equal(
      inOrder,
      inOrder.toSorted((one, another) => another - one),
    )
    assert.not(isRefusedIn)
  }
})

test('a number that is another, or that no row claims, is found on every kind of page', async () => {
  const site = opened.sites[5]
  const pages = await pagesOf(site)
  const kinds = [
    /^stats\?range=30 web en/,
    /^stats\?range=all bot de/,
    /^operator\? {2}de/,
    /^operator\/client.*=web {2}en/,
  ]
  for (const kind of [...kinds, /^operator\/features.*de/, /^operator\/store.*en/]) {
    const page = pages.find(({ where }) => kind.test(where))
    assert.ok(page, String(kind))
    const html = await textOfPage(site, page)
    const places = Array.from(html.matchAll(/>[^<]*\d[^<]*</g), ({ index, 0: text }) => index + text.search(/\d/))
    assert.ok(places.length > 3)
    // Not all of them: each is a page read anew.
    for (let at = 0; at < places.length; at += Math.ceil(places.length / 50)) {
      const place = places[at] ?? 0
      const changed = `${html.slice(0, place)}${(Number(html[place]) + 1) % 10}${html.slice(place + 1)}`
      assert.ok(isFound(page, changed), `${page.where}: ${html.slice(place - 40, place + 10)}`)
    }
    assert.ok(isFound(page, html.replace('</main>', '<p>Of these, 7 are new.</p></main>')), page.where)
    assert.ok(isFound(page, html.replace('<h1>', '<h1 title="3 of them">')), page.where)
  }
})

function isFound(page: PageToCheck, html: string): boolean {
  try {
    return faultsOf(page, html).length > 0
  } catch {
    return true
  }
}

test('what came a moment ago is in every number', async () => {
  const site = opened.sites[5]
  const send = async (publicKey: string) => {
    const params = ['tiny live', 'right', publicKey]
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'login', params })
    await fetch(`${site.origin}/empire`, { method: 'POST', body })
  }
  for (const publicKey of ['tiny', 'tiny', 'gone']) await send(publicKey)
  const visit = { client: 'tiny', player: 'tiny live', daysAgo: 0, calls: {} }
  const book = new Book({
    ...world,
    visits: [...world.visits, visit, visit],
    refused: [...(world.refused ?? []), { publicKey: 'gone', daysAgo: 0 }],
    refusedFor: [...world.refusedFor, 'retired'],
  })
  const since = { ...site, book }
  for (const client of ['tiny', 'gone']) assert.equal((await numbersOf(since, client)).faults(), [])
  for (const page of await pagesOf(since)) {
    // The answers, and the map of features, may be a minute old.
    if (!/ (tiny|gone) |=(tiny|gone) /.test(page.where)) continue
    assert.equal(faultsOf(page, await textOfPage(site, page)).slice(0, 5), [])
  }
})

test('the page of the store counts what waits and what could not be read', async () => {
  const slow = { flushIntervalMs: 3_600_000, bodyLimitBytes: 1_000, durability: 'none', enforce: 'off' } as const
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, ...slow })
  await clients.ready()
  const mount = (app: Koa) => {
    app.use(clients.console({ operator: () => true }))
    app.use(clients.middleware())
  }
  const { origin } = await openSite({ mount })
  const login = (name: string, publicKey: string) =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'login', params: [name, 'right', publicKey] })
  for (const publicKey of ['iOS', 'Android']) {
    await ask(origin, '/empire', { body: login('somebody', publicKey) })
    await ask(origin, '/empire', { body: login('x'.repeat(2_000), publicKey) })
  }
  const health = clients.health()
  assert.ok(health.waiting > 0)
  assert.is(health.unread, 2)
  const page = new Page('store', (await ask(origin, '/apikey/operator/store')).text)
  checkStore(page, { registered: 0, active: 2, writers: 1 }, health, wordsOf('en'))
  assert.equal(page.faults(), [])
  await clients.close()
})

test.run()
