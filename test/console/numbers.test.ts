import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, clientele, lacuna } from '../../src/index.js'
import { reportAlone } from '../../src/usage/shown-report.js'
import { readShown } from '../../src/usage/withholding.js'
import { fill } from '../cli/command.js'
import { secret } from '../helpers/serve.js'
import { ask, closeAll, openSite } from './harness.js'
import { comparedClients, type Seen } from './numbers-answers.js'
import { checkOverview, checkReport, ranges } from './numbers-api.js'
import { Book } from './numbers-book.js'
import { checkClientPage, checkHeat, checkStore } from './numbers-operator.js'
import { checkOverviewPage, type ListQuery } from './numbers-overview.js'
import { Page } from './numbers-page.js'
import { ClientNumbers } from './numbers-shown.js'
import { checkStats } from './numbers-stats.js'
import { world } from './numbers-traffic.js'
import { type LanguageName, writer } from './numbers-written.js'
import { languages } from './withholding-tables.js'
import { type Played, play } from './withholding-world.js'

const book = new Book(world)
const spoken = ['en', 'de'] as const
const crowds = [1, 5]

/** The same store, looked at with two sizes of the smallest crowd. */
let played: Played
const sites = new Map<number, { origin: string; clients: Clientele; seen: Seen }>()

test.before(async () => {
  played = await play(world, 5)
  const store = memory()
  await fill(store, played.records)
  const clients = clientele({ store, protocol: lacuna(), secret, smallestCrowd: 1 })
  await clients.ready()
  const { origin } = await openSite({ mount: (app) => app.use(clients.console({ operator: () => true })) })
  sites.set(5, { ...played, seen: await seenBy(played.clients, 5) })
  sites.set(1, { origin, clients, seen: await seenBy(clients, 1) })
})

test.after(async () => {
  await closeAll()
  await sites.get(1)?.clients.close()
  await played[Symbol.asyncDispose]()
})

async function seenBy({ usage }: Clientele, smallestCrowd: number): Promise<Seen> {
  const hidden = new Set<string>()
  for (const client of comparedClients({ book })) {
    const { features } = reportAlone(await usage.read(client), smallestCrowd).report
    for (const [name, { calls }] of Object.entries(features)) if (calls === null) hidden.add(`${client} ${name}`)
  }
  const names = Object.fromEntries(Object.entries(world.clients).flatMap(([key, one]) => (one ? [[key, one]] : [])))
  return { book, names, isHidden: (client, feature) => hidden.has(`${client} ${feature}`) }
}

const siteOf = (smallestCrowd: number) => sites.get(smallestCrowd) as { origin: string; clients: Clientele; seen: Seen }
const wordsOf = (language: LanguageName) => ({ messages: languages[language] as never, write: writer(language) })

async function numbersOf(smallestCrowd: number, client: string): Promise<ClientNumbers> {
  const { usage } = siteOf(smallestCrowd).clients
  return new ClientNumbers(book, client, await readShown(usage, client, smallestCrowd), smallestCrowd)
}

interface Checked {
  where: string
  path: string
  headers: Record<string, string>
  check(page: Page): void
}

/** Every page with numbers. */
async function pagesOf(smallestCrowd: number): Promise<Checked[]> {
  const { clients, seen } = siteOf(smallestCrowd)
  const pages: Checked[] = []
  const add = (
    path: string,
    check: (page: Page, language: LanguageName) => void,
    languages: readonly LanguageName[],
    client?: string,
  ) => {
    for (const language of languages) {
      const headers = {
        'accept-language': language,
        ...(client !== undefined && { authorization: `Bearer ${played.privateKeys.get(client)}` }),
      }
      const where = `${path} ${client ?? ''} ${language}, a crowd of ${smallestCrowd}`
      pages.push({ where, path, headers, check: (page) => check(page, language) })
    }
  }
  for (const client of Object.keys(world.clients).filter((name) => name !== 'quiet')) {
    const numbers = await numbersOf(smallestCrowd, client)
    for (const range of ['7', '30', '90', '365', 'all']) {
      const check = (page: Page, language: LanguageName) => checkStats(page, numbers, wordsOf(language), range)
      add(`stats?range=${range}`, check, /30|all/.test(range) ? spoken : ['en'], client)
    }
  }
  const queries: ListQuery[] = [
    {},
    { page: 2 },
    { page: 99 },
    { show: 'all', sort: 'change' },
    { sort: 'calls' },
    { show: 'unregistered' },
    { q: 'ris' },
    { q: 'NEVER' },
    { q: 'nobody at all' },
  ]
  for (const query of queries) {
    const path = `operator?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`
    add(path, (page, language) => checkOverviewPage(page, seen, wordsOf(language), query), spoken)
  }
  for (const client of [...Object.keys(world.clients), 'iOS', 'anonymous', '(none)', 'riser-a', 'wild aa']) {
    const numbers = await numbersOf(smallestCrowd, client)
    const path = `operator/client?${new URLSearchParams({ public_key: client })}`
    const check = (page: Page, language: LanguageName) =>
      checkClientPage(page, numbers, wordsOf(language), Object.hasOwn(world.clients, client))
    add(path, check, spoken)
  }
  const minutes = () => [0, 1].map((ago) => new Date(Date.now() - ago * 60_000).toISOString().slice(11, 16))
  add('operator/features', (page, language) => checkHeat(page, seen, wordsOf(language), minutes()), spoken)
  add(
    'operator/store',
    (page, language) => checkStore(page, seen, clients.health(), smallestCrowd === 5 ? 3 : 3, wordsOf(language)),
    spoken,
  )
  return pages
}

for (const smallestCrowd of crowds) {
  test(`a crowd of ${smallestCrowd}: what may be shown of the report API is what was played`, async () => {
    for (const client of book.clients) assert.equal((await numbersOf(smallestCrowd, client)).faults(), [])
  })

  test(`a crowd of ${smallestCrowd}: every number on every page is in the table, and as it was played`, async () => {
    const { origin } = siteOf(smallestCrowd)
    let rows = 0
    const faults: object[] = []
    for (const { where, path, headers, check } of await pagesOf(smallestCrowd)) {
      const { text, status } = await ask(origin, `/apikey/${path}`, { headers })
      assert.is(status, 200, where)
      const page = new Page(where, text)
      check(page)
      rows += page.rows.length
      faults.push(...page.faults().slice(0, 4))
    }
    assert.equal(faults.slice(0, 12), [])
    assert.ok(rows > 10_000, `${rows} rows`)
  })
}

test('the report API says what was played, in every range', async () => {
  const { usage } = siteOf(1).clients
  for (const range of ranges) {
    for (const client of [...book.clients, '(refused)', 'quiet']) {
      const { report, played, estimates } = await checkReport(usage, book, client, range)
      assert.equal(report, played, `${client} ${JSON.stringify(range[0])}`)
      for (const [estimate, truly] of estimates) {
        assert.ok(
          Math.abs(estimate - truly) <= Math.round(truly * 0.0325),
          `${client}: ${estimate} for ${truly} players`,
        )
      }
    }
    const { rows, played, inOrder, isRefusedIn } = await checkOverview(usage, book, range)
    assert.equal(rows, played)
    assert.equal(
      inOrder,
      inOrder.toSorted((one, another) => another - one),
    )
    assert.not(isRefusedIn)
  }
})

test.run()
