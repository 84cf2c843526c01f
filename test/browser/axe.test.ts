import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closeAll, openSite } from '../console/harness.js'
import { openBrowser } from '../helpers/browser.js'

const browser = await openBrowser()
const browserTest = browser ? test : test.skip
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

test.after(async () => {
  await browser?.close()
  await closeAll()
})

// Runs always: a file in which nothing ran looks like one that forgot `test.run()`.
test('there is a browser, or none is required', () => {
  assert.ok(browser || process.env.REQUIRE_ALL !== '1')
})

/** What axe finds on the page: the rule and the element. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate<string[]>(`
    axe.run().then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`)
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [320, 1280]) {
    browserTest(`${colorScheme}, ${width} px: axe finds nothing on any page`, async () => {
      if (!browser) return
      const sendMail = () => Promise.reject(new Error('no mail'))
      const { origin, clients } = await openSite({
        options: {
          title: 'Lacuna',
          accent: '#ffcc00',
          feedbackUrl: 'https://forum.example',
          mail: { transport: { sendMail }, from: 'keys@game.example' },
        },
      })
      // The policy forbids what is not the console's own, so axe too.
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 }, bypassCSP: true })
      const page = await context.newPage()
      const check = async (title: string, what = title) => {
        assert.is(await page.textContent('h1'), title, what)
        assert.equal(await faultsOf(page), [], what)
      }
      const go = (path: string) => page.goto(`${origin}/apikey${path}`)
      const submit = async (button: string) => {
        await page.evaluate(`document.querySelectorAll('form').forEach((form) => { form.noValidate = true })`)
        await page.click(button)
      }
      await go('')
      await check('API keys')
      await submit('form[action$=register] button')
      await check('API keys', 'errors')
      await page.fill('#name', 'My Client')
      await page.fill('#contact', 'me@client.example')
      await page.check('[name=mail]')
      await page.click('form[action$=register] button')
      await check('Your key is ready')
      const publicKey = await page.inputValue('#public')
      await go('/stats')
      await check('My Client', 'no numbers')
      await clients.open({ sessionId: 's', publicKey, method: 'empire.login', playerId: '1' })
      for (const feature of ['empire.login', 'body.get_buildings']) await clients.track({ sessionId: 's', feature })
      await clients.track({ sessionId: 's', feature: 'map.get_stars', failed: true })
      await clients.count('s', 'essentia spent', 5)
      await go('/stats')
      await check('My Client', 'stats')
      await go('/settings')
      await check('Settings')
      await submit('button[value=retire]')
      await check('Settings', 'unconfirmed')
      await submit('button[value=details]')
      await check('Settings', 'saved')
      await page.check('#sure_rotate')
      await submit('button[value=rotate]')
      await check('Your new private key')
      await go('/settings')
      await page.check('#sure_retire')
      await submit('button[value=retire]')
      await check('Settings', 'retired')
      await go('/stats')
      await check('My Client', 'stats of a retired client')
      await go('/faq')
      await check('Questions and answers')
      await go('/none')
      await check('There is no page at this address')
      await go('/settings')
      await page.check('#sure_remove')
      await submit('button[value=remove]')
      await check('The registration is deleted')
      await go('/stats')
      await check('See your stats')
      await page.fill('#private_key', 'wrong')
      await submit('main form button')
      await check('See your stats', 'a wrong private key')
      await context.close()
    })
  }
}

test.run()
