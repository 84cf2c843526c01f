import { existsSync, readFileSync } from 'node:fs'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Download,
  type Page,
} from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** A host name that leads here and is not "localhost": a browser sends and offers less to it over plain http. */
export const farHost = 'game.test'

const switches = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=MAP ${farHost} 127.0.0.1`,
]

/** Chromium, or nothing where there is none. */
export async function launch(): Promise<Browser | undefined> {
  return existsSync(executablePath) ? chromium.launch({ executablePath, args: switches }) : undefined
}

/**
 * What a file of browser tests begins with: a `test` that is skipped where there is no Chromium, which fails where nothing may
 * be skipped (`REQUIRE_ALL=1`), and pages to run it with.
 */
export async function browserTests() {
  const browser = await launch()
  const reason = `there is no Chromium at ${executablePath}; set CHROMIUM to its path`
  if (!browser) console.log(`SKIPPED the browser tests: ${reason}.`)
  // Runs always: a file in which nothing ran looks like one that forgot `test.run()`.
  test('there is a browser, or none is required', () => {
    assert.ok(browser || process.env.REQUIRE_ALL !== '1', reason)
  })
  test.after(() => browser?.close())
  return {
    browserTest: browser ? test : test.skip,
    openPage(origin: string, how?: BrowserContextOptions): Promise<WatchedPage> {
      if (!browser) throw new Error('unreachable: skipped')
      return watchedPage(browser, origin, how)
    },
  }
}

/** A page that notes whatever no page of ours may do. */
export interface WatchedPage {
  page: Page
  context: BrowserContext
  /** What the content security policy stopped, and what a script threw. */
  complaints: string[]
  /** Addresses on other hosts that were asked for. */
  leaks: string[]
}

async function watchedPage(browser: Browser, origin: string, how?: BrowserContextOptions): Promise<WatchedPage> {
  const context = await browser.newContext(how)
  const page = await context.newPage()
  const complaints: string[] = []
  const leaks: string[] = []
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol !== 'data:' && url.origin !== origin) leaks.push(url.href)
  })
  return { page, context, complaints, leaks }
}

/** How far a page is wider than its window. */
export async function sideways(page: Page): Promise<number> {
  await page.waitForLoadState('load')
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

/** What is too low to be touched: under 44 px. A link in a sentence is as high as its line. */
export function tooLow(page: Page): Promise<string[]> {
  return page.evaluate(`
    Array.from(document.querySelectorAll('button, input:not([type=checkbox]), select, summary, .sure label, nav a, a.brand, a.button'))
      .filter((element) => element.offsetParent && element.getBoundingClientRect().height < 44)
      .map((element) => element.outerHTML)`)
}

const axe = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** WCAG 2.2 wants targets of 24 px; axe looks for that only when told to. */
const allRules = { rules: { 'target-size': { enabled: true } } }

/** What axe finds on the page: the rule and the element. */
export async function faultsOf(page: Page, onlyRules?: string[]): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe)
  const options = { resultTypes: ['violations'], ...(onlyRules ? { runOnly: onlyRules } : allRules) }
  return page.evaluate(`
    axe.run(${JSON.stringify(options)}).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`)
}

/** A person without a pointer. */
export function keyboardOf(page: Page) {
  return {
    /** Tabs to an element, and fails where the focus never gets there. */
    async tabTo(selector: string): Promise<void> {
      for (let steps = 0; steps < 60; steps++) {
        await page.keyboard.press('Tab')
        if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
      }
      assert.unreachable(`no focus on ${selector}`)
    },
    /** Types into what has the focus, in place of what is there. */
    async type(text: string): Promise<void> {
      await page.keyboard.press('Control+A')
      await page.keyboard.type(text)
    },
    /** Presses a key and waits for the page that comes of it. */
    async press(what: string): Promise<void> {
      await Promise.all([page.waitForNavigation(), page.keyboard.press(what)])
    },
    /** Presses Enter and waits for the file that comes of it. */
    async download(): Promise<Download> {
      const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
      return download
    },
  }
}

/** What has the focus and does not show it by an outline or a shadow that it has only then. */
export async function unseenFocus(page: Page): Promise<string[]> {
  // What a script focuses shows it only to who uses the keyboard.
  await page.keyboard.press('Tab')
  return page.evaluate(`
    Array.from(document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]'))
      .filter((element) => element.checkVisibility())
      .filter((element) => {
        const look = () => {
          const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element)
          return [outlineStyle === 'none' ? '' : outlineStyle + outlineWidth + outlineColor, boxShadow].join()
        }
        element.blur()
        const plain = look()
        element.focus()
        return document.activeElement !== element || look() === plain
      })
      .map((element) => element.outerHTML)`)
}
