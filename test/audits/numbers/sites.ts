// A played world, its report API with two sizes of the smallest crowd, and all of its pages with what they must say.
import { memory } from '../../../adapters/memory.js'
import { type Clientele, clientele, lacuna } from '../../../src/index.js'
import { reportAlone } from '../../../src/usage/disclosure/shown-report.js'
import { readShown } from '../../../src/usage/disclosure/suppression.js'
import { fill } from '../../cli/command.js'
import { closeAll, openSite } from '../../console/harness.js'
import { secret } from '../../helpers/serve.js'
import { periods } from '../disclosure/facts.js'
import { languages } from '../disclosure/tables.js'
import { type Played, play } from '../disclosure/world.js'
import { comparedClients, reservedKeys, type Seen } from './answers.js'
import { Book } from './book.js'
import { checkClientPage, checkHeat, checkStore } from './operator.js'
import { checkOverviewPage, type ListQuery } from './overview.js'
import { type Page, textOf } from './page.js'
import { ClientNumbers } from './shown.js'
import { checkStats, type Words } from './stats.js'
import { world } from './traffic.js'
import { type LanguageName, writer } from './written.js'

export interface Site {
  origin: string
  clients: Clientele
  privateKeys: ReadonlyMap<string, string>
  smallestCrowd: number
  book: Book
}

export const crowds = [1, 5] as const

/** The same store, looked at with each size of the smallest crowd. */
export async function openSites(): Promise<{ sites: Record<1 | 5, Site>; played: Played; close(): Promise<void> }> {
  const played = await play(world, 5)
  const store = memory()
  await fill(store, played.records)
  const clients = clientele({ store, protocol: lacuna(), secret, smallestCrowd: 1 })
  await clients.ready()
  const { origin } = await openSite({ mount: (app) => app.use(clients.console({ operator: () => true })) })
  const { privateKeys } = played
  const book = new Book(world)
  return {
    played,
    sites: {
      1: { origin, clients, privateKeys, book, smallestCrowd: 1 },
      5: { origin: played.origin, clients: played.clients, privateKeys, book, smallestCrowd: 5 },
    },
    async close() {
      await closeAll()
      await clients.close()
      await played[Symbol.asyncDispose]()
    },
  }
}

export const wordsOf = (language: LanguageName): Words => {
  const messages = languages[language]
  if (!messages) throw new Error(`${language} is no language of the console`)
  return { messages, write: writer(language) }
}

export async function numbersOf({ clients, book, smallestCrowd }: Site, client: string): Promise<ClientNumbers> {
  return new ClientNumbers(book, client, await readShown(clients.usage, client, smallestCrowd), smallestCrowd)
}

export async function seenBy({ clients: { usage }, book, smallestCrowd }: Site): Promise<Seen> {
  const hidden = new Set<string>()
  for (const client of comparedClients({ book })) {
    const { features } = reportAlone(await usage.read(client), smallestCrowd).report
    for (const [name, { calls }] of Object.entries(features)) if (calls === null) hidden.add(`${client} ${name}`)
  }
  const names = Object.fromEntries(Object.entries(world.clients).flatMap(([key, one]) => (one ? [[key, one]] : [])))
  return { book, names, isHidden: (client, feature) => hidden.has(`${client} ${feature}`) }
}

export interface PageToCheck {
  where: string
  path: string
  headers: Record<string, string>
  check(page: Page): void
}

const spoken = ['en', 'de'] as const
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

export async function pagesOf(site: Site): Promise<PageToCheck[]> {
  const { clients, privateKeys, smallestCrowd } = site
  const seen = await seenBy(site)
  const pages: PageToCheck[] = []
  type Check = (page: Page, words: Words) => void
  const add = (path: string, check: Check, client?: string, inLanguages: readonly LanguageName[] = spoken) => {
    for (const language of inLanguages) {
      const headers = {
        'accept-language': language,
        ...(client !== undefined && { authorization: `Bearer ${privateKeys.get(client)}` }),
      }
      const where = `${path} ${client ?? ''} ${language}, a crowd of ${smallestCrowd}`
      pages.push({ where, path, headers, check: (page) => check(page, wordsOf(language)) })
    }
  }
  for (const client of Object.keys(world.clients)) {
    const numbers = await numbersOf(site, client)
    if (client === 'quiet') {
      // A call to copy is no number of anybody's.
      add('stats', (page) => page.claim('command', page.byId('command'), textOf(page.byId('command'))), client)
      continue
    }
    const isOfDays = ['web', 'bot', 'tiny', 'past', 'newcomer'].includes(client)
    for (const range of isOfDays ? ['7', '30', '90', '365', 'all'] : ['30', 'all']) {
      const check: Check = (page, words) => checkStats(page, numbers, words, range)
      add(`stats?range=${range}`, check, client, /30|all/.test(range) ? spoken : ['en'])
    }
  }
  for (const query of queries) {
    const search = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])
    add(`operator?${new URLSearchParams(search)}`, (page, words) => checkOverviewPage(page, seen, words, query))
  }
  for (const client of [...Object.keys(world.clients), 'iOS', 'anonymous', '(none)', 'riser-a', 'wild aa']) {
    const numbers = await numbersOf(site, client)
    const path = `operator/client?${new URLSearchParams({ public_key: client })}`
    add(path, (page, words) => checkClientPage(page, numbers, words, Object.hasOwn(world.clients, client)))
  }
  const minutes = () => [0, 1].map((ago) => new Date(Date.now() - ago * 60_000).toISOString().slice(11, 16))
  add('operator/features', (page, words) => checkHeat(page, seen, words, minutes()))
  const active = site.book.active(periods.recent).filter((client) => !reservedKeys.includes(client)).length
  // Those that played, that sealed, and that looks.
  const held = { registered: Object.keys(world.clients).length, active, writers: 3 }
  const sealed = { first: site.book.lines.map(({ day }) => day).sort()[0] ?? '', through: '2026-07' }
  add('operator/store', (page, words) => checkStore(page, { ...held, ...sealed }, clients.health(), words))
  // Pages of words: the only numbers in them are lengths of periods.
  for (const [path, expected] of [
    ['', ''],
    ['faq', '30 30'],
  ] as const) {
    add(path, (page) => {
      const [main] = page.all('main')
      page.row('numbers', (textOf(main).match(/\d+/g) ?? []).join(' '), expected)
      page.claim('words', main, textOf(main))
    })
  }
  return pages
}
