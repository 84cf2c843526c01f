// Pictures of each page, to look at: npx tsx test/browser/screenshots.ts <folder> [language]
// Full (a year of the demonstration), empty, with errors and with long names, at 320 and 1,280 px, light and dark.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlite } from '../../adapters/sqlite.js'
import { liveThroughAYear } from '../../examples/empire/demo-history.js'
import { clientele, lacuna } from '../../src/index.js'
import { closeAll, openSite } from '../console/harness.js'
import { launch } from '../helpers/browser.js'
import { longNames, openFullSite, usualNames, walks } from './every-page.js'

const [folder, locale = 'en-GB'] = process.argv.slice(2)
const browser = await launch()
if (!folder || !browser) throw new Error('This needs a folder to write to, and Chromium.')
await mkdir(folder, { recursive: true })
const page = await (await browser.newContext({ locale })).newPage()

const seeAs = (state: string) => async (what: string) => {
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 800 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const name = `${state}, ${what}`.replaceAll(/\W+/g, '-')
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
    }
  }
}

for (const [state, names] of Object.entries({ usual: usualNames, long: longNames })) {
  for (const walk of Object.values(walks)) {
    await walk(page, await openFullSite(names), names, seeAs(state))
  }
}

const history = await mkdtemp(join(tmpdir(), 'clientele-screenshots-'))
const file = join(history, 'clients.sqlite')
const secret = 'a secret of more than thirty-two characters'
const registered = await liveThroughAYear(file, secret, () => {})
const clients = clientele({ store: sqlite(file), protocol: lacuna(), secret, smallestCrowd: 1 })
const isOperator = 'x-operator'
const { origin } = await openSite({
  mount(app) {
    app.use(clients.console({ title: 'Stub Empire', operator: ({ headers }) => headers[isOperator] === 'yes' }))
  },
})
const { publicKey, privateKey = '' } = registered.find(({ name }) => name === 'Starfarer for Android') ?? {}
const see = seeAs('full')

await page.goto(`${origin}/apikey/stats`)
await page.fill('#private_key', privateKey)
await page.click('main button')
await see('stats')
await forReadme('stats')
for (const range of ['7', '90', '365', 'all']) {
  await page.goto(`${origin}/apikey/stats?range=${range}`)
  await see(`stats ${range}`)
}
await page.context().clearCookies()
await page.setExtraHTTPHeaders({ [isOperator]: 'yes' })
for (const [what, path] of Object.entries({
  operator: '',
  'operator features': '/features',
  'operator store': '/store',
  'operator client': `/client?public_key=${publicKey}`,
  'operator client, not registered': '/client?public_key=my-first-bot',
})) {
  await page.goto(`${origin}/apikey/operator${path}`)
  await see(what)
  if (path === '/features') await forReadme('heat-map')
}
await clients.close()
await rm(history, { recursive: true })
await browser.close()
await closeAll()

/** The two in docs/images. */
async function forReadme(name: string): Promise<void> {
  const [width, height] = [880, 1080]
  await page.setViewportSize({ width, height })
  await page.emulateMedia({ colorScheme: 'light' })
  await page.screenshot({ path: join(folder as string, `${name}.png`), clip: { x: 0, y: 0, width, height } })
}
