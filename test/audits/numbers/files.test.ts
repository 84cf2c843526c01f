// Every number in every file, and that the command line says, is the report API's after the same withholding, and was played.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, Browser } from '../../console/harness.js'
import { downloadCommands } from '../disclosure/downloads.js'
import { type Period, periods } from '../disclosure/facts.js'
import { readClientsCsv, readCsv, readJson } from '../disclosure/files.js'
import { everybodyRefused } from './book.js'
import { endsOf, factFaults, listFaults, withAllTime } from './files.js'
import type { ClientNumbers } from './shown.js'
import { crowds, numbersOf, openSites } from './sites.js'
import { world } from './traffic.js'

let opened: Awaited<ReturnType<typeof openSites>>

test.before(async () => {
  opened = await openSites()
})

test.after(() => opened.close())

const three: Period[] = ['recent', 'before', 'all']
const registered = Object.keys(world.clients)

for (const smallestCrowd of crowds) {
  test(`a crowd of ${smallestCrowd}: stats.json and stats.csv, by cookie and by private key`, async () => {
    const site = opened.sites[smallestCrowd]
    for (const client of registered) {
      const numbers = new Map([[client, await numbersOf(site, client)]])
      const privateKey = opened.played.privateKeys.get(client) ?? ''
      const headers = { authorization: `Bearer ${privateKey}` }
      const browser = new Browser(`${site.origin}/apikey/`)
      await browser.submit('./sign-in', { private_key: privateKey })
      const [json, csv] = await Promise.all(
        ['stats.json', 'stats.csv'].map(async (path) => (await ask(site.origin, `/apikey/${path}`, { headers })).text),
      )
      assert.is((await browser.go('./stats.json')).text, json)
      assert.is((await browser.go('./stats.csv')).text, csv)

      const file = JSON.parse(json ?? '')
      assert.equal(
        factFaults(readJson('json', client, file).facts, { numbers, byName: three, days: ['all'] }).slice(0, 5),
        [],
      )
      assert.equal([file.publicKey, file.smallestCrowd], [client, smallestCrowd])
      const ends = endsOf(numbers.get(client) as ClientNumbers)
      for (const [name, its] of Object.entries(ends)) assert.equal([file[name].from, file[name].to], its)

      const held = { numbers, byName: three, days: ['all'], hasUntold: false } as const
      const facts = readCsv('csv', csv ?? '', client).facts
      assert.equal(factFaults(facts, held).slice(0, 5), [])
      assert.is(facts.length, (csv ?? '').trimEnd().split('\r\n').length - 1, 'a fact a line')
      assert.match(csv ?? '', new RegExp(`^all time,${ends.allTime?.join()},sessions,,`, 'm'))

      // A value that is another is found.
      for (const changed of [
        changedOnce(csv ?? '', /(?<=,calls,,)\d+(?=\r\nmonth|\r\nday|\r\n)/),
        changedOnce(csv ?? '', /(?<=sessions,,)\d+/),
      ]) {
        if (client !== 'quiet') assert.not.equal(factFaults(readCsv('csv', changed, client).facts, held), [])
      }
    }
  })

  test(`a crowd of ${smallestCrowd}: clients.csv`, async () => {
    const { origin, book } = opened.sites[smallestCrowd]
    const { text } = await ask(origin, '/apikey/operator/clients.csv')
    const active = new Set([...registered, ...book.active(periods.recent), ...book.active(periods.before)])
    const { facts } = readClientsCsv('clients.csv', text)
    assert.equal(listFaults(facts, book, [...active], ['recent', 'before']), [])
    assert.not.equal(
      listFaults(readClientsCsv('', changedOnce(text, /\d+(?=\r\n)/)).facts, book, [...active], ['recent', 'before']),
      [],
    )
  })
}

test('the command line: list, show and export', async () => {
  const site = opened.sites[5]
  const { book } = site
  const recent = [...new Set([...registered, ...book.active(periods.recent)])]
  const clients = [...book.clients, everybodyRefused]
  const all = new Map(
    await Promise.all(clients.map(async (client) => [client, await numbersOf(site, client)] as const)),
  )
  const among = (some: readonly string[]) => new Map([...all].filter(([client]) => some.includes(client)))
  const shown = ['web', 'silent', 'gone']
  for (const { where, read: readFacts } of await downloadCommands(opened.played, shown)) {
    const { facts } = readFacts()
    const [, verb, name = ''] = where.split(' ')
    const isJson = where.endsWith('--json')
    if (verb === 'list') {
      assert.equal(listFaults(facts, book, recent, ['recent']), [], where)
      continue
    }
    const period = where.includes('--all') ? 'all' : 'recent'
    const held =
      verb === 'show'
        ? { numbers: among([name]), byName: three, days: isJson ? (['all'] as const) : [], hasUntold: isJson }
        : {
            numbers: among([...book.active(periods[period]), everybodyRefused]),
            ...{ byName: [period] as const, days: [period] as const, hasUntold: isJson },
          }
    const read = verb === 'export' && period === 'all' && !isJson ? withAllTime(facts, held.numbers) : facts
    assert.equal(factFaults(read, held).slice(0, 5), [], where)
  }
})

function changedOnce(text: string, number: RegExp): string {
  return text.replace(number, (digits) => String(Number(digits) + 1))
}

test.run()
