import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closeAll, openSite } from '../console/harness.js'
import { playAs, settled } from '../console/operator-fixture.js'
import { openBrowser, openPage, sideways } from '../helpers/browser.js'

const browser = await openBrowser()
const browserTest = browser ? test : test.skip

test.after(async () => {
  await browser?.close()
  await closeAll()
})

// Runs always: a file in which nothing ran looks like one that forgot `test.run()`.
test('there is a browser, or none is required', () => {
  assert.ok(browser || process.env.REQUIRE_ALL !== '1')
})

for (const locale of ['en-US', 'de-DE']) {
  browserTest(`${locale}: the operator's pages on a phone, empty and full`, async () => {
    if (!browser) return
    const { origin, clients } = await openSite({ options: { operator: () => true } })
    const how = { locale, viewport: { width: 320, height: 800 } }
    const { page, complaints, leaks } = await openPage(browser, origin, how)
    const check = async (path: string) => {
      await page.goto(`${origin}/apikey/operator${path}`)
      assert.is(await sideways(page), 0, path)
      const low = await page.evaluate<string[]>(`
        Array.from(document.querySelectorAll('button, input:not([type=checkbox]), select, summary, .sure label, nav a, a.button'))
          .filter((element) => element.offsetParent && element.getBoundingClientRect().height < 44)
          .map((element) => element.outerHTML)`)
      assert.equal(low, [], path)
    }
    for (const path of ['', '/features', '/store', '/client?public_key=anonymous']) await check(path)

    const { publicKey } = await clients.registry.register({ name: 'W'.repeat(60), contact: 'x'.repeat(200) })
    const calls = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`very.${'long_name_'.repeat(6)}${at}`, 1]))
    for (const one of [publicKey, 'x'.repeat(128)]) await playAs(clients, one, { sessions: 6, players: 6, calls })
    await settled(clients)
    const client = `/client?public_key=${publicKey}`
    for (const path of ['?show=all', '/features', '/store', client, `/client?public_key=${'x'.repeat(128)}`]) {
      await check(path)
    }

    await page.goto(`${origin}/apikey/operator${client}`)
    await page.click('form[action$=official] button')
    assert.is((await clients.registry.find(publicKey))?.official, true)
    await page.click('form[action$=rotate] button')
    assert.is(new URL(page.url()).pathname, '/apikey/operator/client', 'the browser asks for the box to be ticked')
    await page.check('#sure_rotate')
    await page.click('form[action$=rotate] button')
    const privateKey = await page.inputValue('#private')
    assert.is((await clients.registry.authenticate(privateKey))?.publicKey, publicKey)
    assert.is(await sideways(page), 0)
    assert.equal(complaints, [])
    assert.equal(leaks, [])
  })
}

test.run()
