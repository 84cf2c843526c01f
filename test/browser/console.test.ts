import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closeAll, openSite } from '../console/harness.js'
import { browserTests, farHost } from '../helpers/browser.js'

const { browserTest, openPage } = await browserTests()

test.after(closeAll)

async function open(how: { host?: string; javaScriptEnabled?: boolean; locale?: string } = {}) {
  const { host = 'localhost', javaScriptEnabled = true, locale = 'en-US' } = how
  const site = await openSite({ options: { title: 'Lacuna', accent: '#ffcc00' } })
  const origin = site.origin.replace('127.0.0.1', host)
  const watched = await openPage(origin, { javaScriptEnabled, locale })
  await watched.page.goto(`${origin}/apikey`)
  return { ...site, ...watched, origin }
}

async function savedText(page: Page): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Save both as a file')])
  assert.match(download.suggestedFilename(), /^api-key-.*\.txt$/)
  return readFileSync((await download.path()) ?? '', 'utf8')
}

// Far: over plain http a browser sends no Sec-Fetch-Site and offers no clipboard.
for (const host of ['localhost', farHost]) {
  for (const javaScriptEnabled of [true, false]) {
    browserTest(`at ${host}, ${javaScriptEnabled ? 'with' : 'without'} JavaScript: the whole way`, async () => {
      const { page, context, complaints, leaks, clients, origin } = await open({ host, javaScriptEnabled })
      if (host === 'localhost') await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin })

      await page.fill('#name', 'My <i>Client</i>')
      await page.click('text=Get my key')
      assert.is(await page.textContent('h1'), 'Your key is ready')
      const publicKey = await page.inputValue('#public')
      const privateKey = await page.inputValue('#private')
      assert.match(await savedText(page), `Private key\n${privateKey}\n`)

      assert.is(await page.isVisible('[data-copy=private]'), javaScriptEnabled)
      if (javaScriptEnabled) {
        await page.click('[data-copy=private]')
        await page.waitForSelector('text=Copied')
        if (host === 'localhost') assert.is(await page.evaluate('navigator.clipboard.readText()'), privateKey)
        await page.click('[data-copy=command]')
      }

      await clients.openSession({ sessionId: 's', publicKey, method: 'empire.login', playerId: '1' })
      await clients.track({ sessionId: 's', feature: 'empire.login' })
      await page.click('text=See your stats')
      assert.is(await page.textContent('h1'), 'My <i>Client</i>')
      assert.match((await page.textContent('.lead')) ?? '', '1 session in the past 30 days')

      await page.click('text=Sign out')
      assert.is(new URL(page.url()).pathname, '/apikey/')
      assert.equal(await context.cookies(), [])
      assert.is(await page.isVisible('text=Sign out'), false)

      await page.fill('#private_key', 'ck_prv_wrong')
      await page.click('text=Show my stats')
      assert.match((await page.textContent('[role=alert]')) ?? '', 'This is not the private key')
      await page.fill('#private_key', privateKey)
      await page.click('text=Show my stats')
      assert.is(await page.textContent('h1'), 'My <i>Client</i>')
      for (const cookie of await context.cookies()) {
        assert.is(cookie.path, '/apikey')
        assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict')
      }
      assert.equal(complaints, [])
      assert.equal(leaks, [])
      await context.close()
    })
  }
}

browserTest('the copy buttons speak the language of the page', async () => {
  const { page } = await open({ locale: 'de-AT' })
  await page.fill('#name', 'a')
  await page.click('text=Schlüssel erstellen')
  const button = page.locator('[data-copy=public]')
  assert.is(await button.textContent(), 'Kopieren: Öffentlicher Schlüssel')
  await button.click()
  await page.waitForSelector('text=Kopiert')
  await page.waitForSelector('[data-copy=public]:has-text("Kopieren")')
})

browserTest('a link from another site does not carry the cookie, and a form from there does nothing', async () => {
  const { page, context, origin, clients } = await open({ host: farHost })
  await page.fill('#name', 'Victim')
  await page.click('text=Get my key')
  const other = await context.newPage()
  await other.route('http://evil.test/', (route) => {
    const body = `<form method=post action="${origin}/apikey/register"><input name=name value=Planted><button>Go</button></form><a href="${origin}/apikey/stats">stats</a>`
    return route.fulfill({ contentType: 'text/html', body })
  })
  await other.goto('http://evil.test/')
  await other.click('a')
  assert.is(await other.textContent('h1'), 'See your stats')
  await other.goto('http://evil.test/')
  await other.click('button')
  assert.is(await other.textContent('h1'), 'This form came from another site')
  for await (const client of clients.registry.list()) assert.is(client.name, 'Victim')
})

test.run()
