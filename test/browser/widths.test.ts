import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closeAll } from '../console/harness.js'
import { browserTests, sideways, tooLow, unseenFocus } from '../helpers/browser.js'
import { longNames, openFullSite, walks } from './every-page.js'

const { browserTest, openPage } = await browserTests()
test.after(closeAll)

for (const locale of ['en-GB', 'de-DE']) {
  for (const [name, walk] of Object.entries(walks)) {
    browserTest(`${locale}, long names: ${name} from 320 to 2,560 px, and on paper`, async () => {
      const site = await openFullSite(longNames)
      const { page, context, complaints, leaks } = await openPage(site.origin, { locale })
      await walk(page, site, longNames, async (what) => {
        // A click waits for the answer, not for its stylesheet.
        await page.waitForLoadState()
        assert.is(await page.getAttribute('html', 'lang'), locale.slice(0, 2), what)
        assert.is(await page.locator('h1').count(), 1, what)
        for (const width of [2560, 1280, 600, 320]) {
          await page.setViewportSize({ width, height: 800 })
          assert.is(await sideways(page), 0, `${what}, ${width} px`)
        }
        assert.equal(await tooLow(page), [], what)
        assert.equal(await unseenFocus(page), [], what)
        // A4 within its margins. A browser makes what is wider smaller, down to a half.
        await page.emulateMedia({ media: 'print' })
        await page.setViewportSize({ width: 2 * 718, height: 800 })
        assert.is(await sideways(page), 0, `${what}, on paper`)
        await page.emulateMedia({ media: null })
      })
      assert.equal(complaints, [])
      assert.equal(leaks, [])
      await context.close()
    })
  }
}

test.run()
