import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Clientele, clientele, lacuna } from '../../src/index.js'
import { readShown } from '../../src/usage/withholding.js'
import { fill } from '../cli/command.js'
import { secret } from '../helpers/serve.js'
import { ask, closeAll, openSite } from './harness.js'
import { Book } from './numbers-book.js'
import { Page } from './numbers-page.js'
import { ClientNumbers } from './numbers-shown.js'
import { checkStats } from './numbers-stats.js'
import { world } from './numbers-traffic.js'
import { type LanguageName, writer } from './numbers-written.js'
import { languages } from './withholding-tables.js'
import { type Played, play } from './withholding-world.js'

const book = new Book(world)
const names = ['en', 'de'] as const

/** The same store, looked at with two sizes of the smallest crowd. */
let played: Played
const sites = new Map<number, { origin: string; clients: Clientele }>()

test.before(async () => {
  played = await play(world, 5)
  sites.set(5, played)
  const store = memory()
  await fill(store, played.records)
  const clients = clientele({ store, protocol: lacuna(), secret, smallestCrowd: 1 })
  await clients.ready()
  const { origin } = await openSite({ mount: (app) => app.use(clients.console({ operator: () => true })) })
  sites.set(1, { origin, clients })
})

test.after(async () => {
  await closeAll()
  await sites.get(1)?.clients.close()
  await played[Symbol.asyncDispose]()
})

const wordsOf = (language: LanguageName) => ({ messages: languages[language] as never, write: writer(language) })

async function numbersOf(smallestCrowd: number, client: string): Promise<ClientNumbers> {
  const { clients } = sites.get(smallestCrowd) as Played
  return new ClientNumbers(book, client, await readShown(clients.usage, client, smallestCrowd), smallestCrowd)
}

for (const smallestCrowd of [1, 5]) {
  test(`a crowd of ${smallestCrowd}: what may be shown of the report API is what was played`, async () => {
    for (const client of book.clients) assert.equal((await numbersOf(smallestCrowd, client)).faults(), [])
  })

  test(`a crowd of ${smallestCrowd}: each number of a client's page`, async () => {
    const { origin } = sites.get(smallestCrowd) as Played
    for (const client of Object.keys(world.clients)) {
      if (client === 'quiet') continue
      const numbers = await numbersOf(smallestCrowd, client)
      const authorization = `Bearer ${played.privateKeys.get(client)}`
      for (const language of names) {
        for (const range of ['7', '30', '90', '365', 'all']) {
          const headers = { authorization, 'accept-language': language }
          const { text } = await ask(origin, `/apikey/stats?range=${range}`, { headers })
          const page = new Page(`${client} ${range} ${language}`, text)
          checkStats(page, numbers, wordsOf(language), range)
          assert.equal(page.faults().slice(0, 5), [])
        }
      }
    }
  })
}

test.run()
