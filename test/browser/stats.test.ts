import type { Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closeAll } from '../console/harness.js'
import { seventyDays } from '../console/seventy-days.js'
import { browserTests, faultsOf, sideways, tooLow } from '../helpers/browser.js'

const { browserTest, openPage } = await browserTests()
const history = await seventyDays()

test.after(async () => {
  await history.clients.close()
  await closeAll()
})

interface How {
  javaScriptEnabled?: boolean
  width?: number
  locale?: string
  colorScheme?: 'light' | 'dark'
}

async function open({ width = 1280, ...how }: How = {}) {
  const { origin, privateKey } = history
  const watched = await openPage(origin, { ...how, viewport: { width, height: 800 } })
  await watched.page.goto(`${origin}/apikey/stats`)
  await watched.page.fill('#private_key', privateKey)
  await watched.page.click('main button')
  // A click waits for the answer, not for its stylesheet.
  await watched.page.waitForLoadState()
  return watched
}

const currentRange = (page: Page) => page.textContent('.ranges [aria-current=true]')

for (const javaScriptEnabled of [true, false]) {
  browserTest(`${javaScriptEnabled ? 'with' : 'without'} JavaScript: ranges, chart and tables`, async () => {
    const { page, context, complaints, leaks } = await open({ javaScriptEnabled })
    assert.is(await currentRange(page), '30 days')
    assert.is(await page.isVisible('svg.chart.wide'), true)
    assert.is(await page.isVisible('svg.chart.narrow'), false)
    const columns = await page.textContent('#numbers + .scroll')
    for (const [name, range, rows] of [
      ['7 days', '7', 7],
      ['90 days', '90', 90],
      ['1 year', '365', 53],
      ['All', 'all', 71],
    ] as const) {
      await page.click(`.ranges >> text="${name}"`)
      const { search, hash } = new URL(page.url())
      assert.equal([search, hash], [`?range=${range}`, '#time'])
      assert.is(await currentRange(page), name)
      assert.is(await page.textContent('#numbers + .scroll'), columns)
      assert.ok(Math.abs((await page.locator('#time ~ details tbody tr').count()) - rows) <= 1)
      assert.is(await page.isVisible('#time ~ details table'), false)
      await page.click('#time ~ details summary')
      assert.is(await page.isVisible('#time ~ details table'), true)
    }
    assert.equal(complaints, [])
    assert.equal(leaks, [])
    await context.close()
  })
}

for (const locale of ['en-US', 'de-DE']) {
  for (const width of [320, 400, 480, 600, 1280, 2560]) {
    browserTest(`${locale}, ${width} px: one chart that can be read, nothing sideways, targets of 44 px`, async () => {
      const { page, context } = await open({ width, locale })
      for (const range of ['7', '365', 'all']) {
        await page.goto(`${page.url().split('?')[0]}?range=${range}`)
        assert.is(await sideways(page), 0)
        assert.is(await page.locator('svg.chart:visible').count(), 1)
        const [letters, overlaps] = await page.evaluate<[number, number]>(`(() => {
          const drawing = [...document.querySelectorAll('svg.chart')].find((one) => one.getClientRects().length > 0)
          const labels = [...drawing.querySelectorAll('text')].map((text) => text.getBoundingClientRect())
          const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width
          const meet = (one, another) => one !== another && one.left < another.right && another.left < one.right &&
            one.top < another.bottom && another.top < one.bottom
          return [
            scale * parseFloat(getComputedStyle(drawing.querySelector('text')).fontSize),
            labels.filter((one) => labels.some((another) => meet(one, another))).length,
          ]
        })()`)
        assert.ok(letters >= 10 && letters <= 20, `letters of ${letters} px`)
        assert.is(overlaps, 0, 'labels that meet')
        assert.equal(await tooLow(page), [])
      }
      const table = '#features + .scroll'
      const scrolls = `(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector('${table}'))`
      if (width === 320) assert.ok(await page.evaluate(scrolls), 'a table too wide for the page scrolls by itself')
      await context.close()
    })
  }
}

for (const colorScheme of ['light', 'dark'] as const) {
  browserTest(`${colorScheme}: nothing that axe-core could complain of`, async () => {
    const { page, context } = await open({ colorScheme })
    assert.equal(await faultsOf(page), [])
    await context.close()
  })
}

browserTest('a pointer over a day shows the day', async () => {
  const { page, context } = await open()
  const spot = page.locator('svg.wide .spot').nth(5)
  const opacity = () =>
    page.evaluate<string>(
      `getComputedStyle(document.querySelectorAll('svg.wide .spot')[5].querySelector('circle')).opacity`,
    )
  assert.is(await opacity(), '0')
  await spot.hover()
  assert.is(await opacity(), '1')
  assert.match((await spot.locator('title').textContent()) ?? '', /^\d+ \w{3,4} \d{4}: 1 session$/)
  await context.close()
})

test.run()
