import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConsoleOptions } from '../../../src/index.js'
import { ask, Browser, closeAll, koas, openSite } from '../harness.js'

test.after(closeAll)

const link = /<a href="([^"]*)"( aria-current="true")?>Operator<\/a>/

/** Every page of the client developer's by its address, and what leads to the operator from there. */
async function leadsFrom(origin: string): Promise<Record<string, string | undefined>> {
  const leads: Record<string, string | undefined> = {}
  const browser = new Browser(`${origin}/apikey`)
  const note = (text: string) => {
    leads[browser.url.pathname] = link.exec(text)?.[1]
  }
  for (const path of ['', './apikey/', './faq', './stats', './none/deep']) note((await browser.go(path)).text)
  browser.url = new URL(`${origin}/apikey/`)
  note((await browser.submit('./register', { name: '' })).text)
  note((await browser.submit('./register', { name: 'a' })).text)
  for (const path of ['./stats', './settings']) note((await browser.go(path)).text)
  return leads
}

for (const [version, KoaClass] of Object.entries(koas)) {
  test(`${version}: every page leads the operator to the operator's pages, and nobody else`, async () => {
    const asked: string[] = []
    const { origin } = await openSite({
      KoaClass,
      options: {
        operator(ctx) {
          asked.push(ctx.path)
          return ctx.headers['x-user'] === 'admin'
        },
      },
    })
    const seen: string[] = []
    for (const path of [
      '/apikey',
      '/apikey/',
      '/apikey/faq',
      '/apikey/stats',
      '/apikey/none',
      '/apikey/operator/none',
    ]) {
      const headers = { 'x-user': 'admin' }
      const mine = await ask(origin, path, { headers })
      const href = link.exec(mine.text)?.[1] ?? ''
      assert.is(new URL(href, origin + path).pathname, '/apikey/operator', path)
      const another = await ask(origin, path)
      assert.is(mine.text.replace(link, ''), another.text, path)
      assert.is(mine.status, another.status)
      seen.push(path, path)
    }
    assert.equal(asked, seen, 'once for each page')

    const { text } = await ask(origin, '/apikey/operator/store', { headers: { 'x-user': 'admin' } })
    assert.is(link.exec(text)?.[2], ' aria-current="true"')
    assert.is(asked.length, seen.length + 1)
    for (const path of ['/apikey/console.css', '/apikey/console.js', '/apikey/stats.json', '/apikey/stats.csv']) {
      await ask(origin, path)
    }
    assert.is(asked.length, seen.length + 1, 'what has no links asks nobody')
  })
}

test('on every page of a client developer’s who is the operator too', async () => {
  const { origin } = await openSite({ options: { operator: async () => true } })
  const leads = await leadsFrom(origin)
  assert.is(Object.keys(leads).length, 7)
  for (const [path, href] of Object.entries(leads)) {
    assert.is(new URL(href ?? '', origin + path).pathname, '/apikey/operator', path)
  }
})

const nobodies: [who: string, options: ConsoleOptions][] = [
  ['there is no option', {}],
  ['it says no', { operator: () => false }],
  ['it says something else than true', { operator: (() => 'yes') as never }],
]
for (const [who, options] of nobodies) {
  test(`where ${who}, no page leads there`, async () => {
    const { origin, errors } = await openSite({ options })
    for (const [path, href] of Object.entries(await leadsFrom(origin))) assert.is(href, undefined, path)
    assert.equal(errors, [])
  })
}

const failures: [how: string, operator: NonNullable<ConsoleOptions['operator']>][] = [
  [
    'throws',
    () => {
      throw new Error('session store of the host: secret-host')
    },
  ],
  ['fails later', () => Promise.reject(new Error('session store of the host: secret-host'))],
]
for (const [how, operator] of failures) {
  test(`a host's function that ${how} breaks no page and is reported`, async () => {
    const { origin, errors } = await openSite({ options: { operator } })
    const usual = await openSite()
    for (const [at, path] of ['/apikey', '/apikey/faq', '/apikey/stats', '/apikey/none'].entries()) {
      const answer = await ask(origin, path)
      const expected = await ask(usual.origin, path)
      assert.equal([answer.status, answer.text], [expected.status, expected.text], path)
      assert.is(errors.length, at + 1)
    }
  })
}

test("a host's function that never answers delays a page and does not stop it", async () => {
  const { origin, errors } = await openSite({ options: { operator: () => new Promise<boolean>(() => {}) } })
  const answer = await ask(origin, '/apikey')
  assert.is(answer.status, 200)
  assert.not.match(answer.text, link)
  assert.match(String(errors[0]?.cause), 'option operator')
})

test.run()
