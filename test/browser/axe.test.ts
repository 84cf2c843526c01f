import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closeAll } from '../console/harness.js'
import { playAs, settled } from '../console/operator/fixture.js'
import { browserTests, faultsOf } from '../helpers/browser.js'
import { openFullSite, usualNames, type Walk, walks } from './every-page.js'

const { browserTest, openPage } = await browserTests()
test.after(closeAll)

const schemes = ['light', 'dark'] as const
const widths = [1280, 320]
const colours = ['color-contrast', 'link-in-text-block']

async function check(walk: Walk, accent?: string): Promise<void> {
  const site = await openFullSite(usualNames, accent === undefined ? {} : { accent })
  const { page, context, complaints, leaks } = await openPage(site.origin)
  await walk(page, site, usualNames, async (what) => {
    // A click waits for the answer, not for its stylesheet.
    await page.waitForLoadState()
    for (const width of widths) {
      for (const colorScheme of schemes) {
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        // A scheme changes colours and nothing else.
        const faults = await faultsOf(page, colorScheme === 'light' ? undefined : colours)
        assert.equal(faults, [], `${what}, ${width} px, ${colorScheme}`)
      }
    }
  })
  assert.equal(complaints, [])
  assert.equal(leaks, [])
  await context.close()
}

for (const [name, walk] of Object.entries(walks)) {
  browserTest(`axe finds nothing, light and dark, 320 and 1,280 px: ${name}`, () => check(walk))
}

for (const accent of ['#ffcc00', '#808080']) {
  browserTest(`axe finds nothing where the host chose ${accent}`, () =>
    check(async (page, { origin, clients }, _names, see) => {
      await page.goto(`${origin}/apikey`)
      await see('home')
      // A feature for each shade.
      const calls = Object.fromEntries([1, 10, 100, 1_000].map((times) => [`called.${times}`, times]))
      await playAs(clients, 'iOS', { sessions: 10, players: 10, calls })
      await settled(clients)
      await page.goto(`${origin}/apikey/operator/features`)
      assert.is(await page.locator('.step').count(), 5)
      await see('features')
    }, accent),
  )
}

test.run()
