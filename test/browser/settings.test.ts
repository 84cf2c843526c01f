import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closeAll, openSite } from '../console/harness.js'
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

async function open(how: { javaScriptEnabled?: boolean; width?: number; locale?: string } = {}) {
  if (!browser) throw new Error('unreachable: skipped')
  const { javaScriptEnabled = true, width = 1280, locale = 'en-US' } = how
  const site = await openSite({ options: { title: 'Lacuna' } })
  const origin = site.origin.replace('127.0.0.1', 'localhost')
  const watched = await openPage(browser, origin, { javaScriptEnabled, locale, viewport: { width, height: 800 } })
  const { page } = watched
  await page.goto(`${origin}/apikey`)
  await page.fill('#name', 'My Client')
  await page.click('form[action$=register] button')
  const publicKey = await page.inputValue('#public')
  const privateKey = await page.inputValue('#private')

  /** Tabs to an element as a keyboard user does, and fails where the focus never gets there. */
  const tabTo = async (selector: string) => {
    for (let steps = 0; steps < 40; steps++) {
      await page.keyboard.press('Tab')
      if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
    }
    assert.unreachable(`no focus on ${selector}`)
  }
  /** Ticks or presses what has the focus, and waits for the page that comes of it. */
  const press = async (what: string) => {
    await Promise.all([page.waitForNavigation(), page.keyboard.press(what)])
  }
  return { ...site, ...watched, origin, publicKey, privateKey, tabTo, press }
}

for (const javaScriptEnabled of [true, false]) {
  browserTest(`${javaScriptEnabled ? 'with' : 'without'} JavaScript, by keyboard: every setting`, async () => {
    const site = await open({ javaScriptEnabled })
    const { page, complaints, leaks, clients, publicKey, tabTo, press } = site
    await tabTo('nav a[href$=settings]')
    await press('Enter')
    assert.is(await page.textContent('h1'), 'Settings')

    await tabTo('#name')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('New name')
    await press('Enter')
    assert.is(await page.textContent('[role=status]'), 'Saved.')
    assert.is((await clients.registry.find(publicKey))?.name, 'New name')

    await tabTo('button[value=rotate]')
    await page.keyboard.press('Enter')
    assert.is(await page.textContent('h1'), 'Settings', 'the browser asks for the box')
    await tabTo('#sure_rotate')
    await page.keyboard.press('Space')
    await tabTo('button[value=rotate]')
    await press('Enter')
    assert.is(await page.textContent('h1'), 'Your new private key')
    const renewed = await page.inputValue('#private')
    assert.is.not(renewed, site.privateKey)
    assert.is(await page.isVisible('[data-copy=private]'), javaScriptEnabled)
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Save both as a file')])
    assert.is(download.suggestedFilename(), 'api-key-new-name.txt')

    await page.click('text=Back to the settings')
    await tabTo('#sure_retire')
    await page.keyboard.press('Space')
    await press('Enter')
    assert.match((await page.textContent('.notice')) ?? '', 'This client is retired')
    await tabTo('#sure_remove')
    await page.keyboard.press('Space')
    await tabTo('button[value=remove]')
    await press('Enter')
    assert.is(await page.textContent('h1'), 'The registration is deleted')
    assert.equal(await site.context.cookies(), [])
    assert.is(await clients.registry.find(publicKey), undefined)
    assert.equal(complaints, [])
    assert.equal(leaks, [])
    await site.context.close()
  })
}

for (const locale of ['en-US', 'de-DE']) {
  browserTest(`${locale}: at 320 px nothing scrolls sideways, and whatever is touched is 44 px high`, async () => {
    const { page, origin, context } = await open({ width: 320, locale })
    const check = async (what: string) => {
      assert.is(await sideways(page), 0, what)
      const low = await page.evaluate<string[]>(`
        Array.from(document.querySelectorAll('button, input:not([type=checkbox]), .sure label, nav a, a.brand, a.button'))
          .filter((element) => element.offsetParent && element.getBoundingClientRect().height < 44)
          .map((element) => element.outerHTML)`)
      assert.equal(low, [], what)
    }
    await page.goto(`${origin}/apikey/settings`)
    await page.fill('#name', 'W'.repeat(60))
    await page.fill('#contact', 'x'.repeat(200))
    await page.click('button[value=details]')
    await check('saved')
    await page.evaluate(`document.querySelectorAll('form').forEach((form) => { form.noValidate = true })`)
    await page.click('button[value=remove]')
    assert.is(await page.getAttribute('#sure_remove', 'aria-invalid'), 'true')
    await page.click('[role=alert] a')
    assert.is(await page.evaluate('document.activeElement.id'), 'sure_remove')
    await check('unconfirmed')
    await page.check('#sure_rotate')
    await page.click('button[value=rotate]')
    await check('a new private key')
    await page.goto(`${origin}/apikey/settings`)
    await page.check('#sure_remove')
    await page.click('button[value=remove]')
    await check('deleted')
    await context.close()
  })
}

test.run()
