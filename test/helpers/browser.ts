import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

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

/**
 * Chromium, or nothing where there is none; says so, and fails where nothing may be skipped (`REQUIRE_ALL=1`).
 */
export async function openBrowser(): Promise<Browser | undefined> {
  if (existsSync(executablePath)) return chromium.launch({ executablePath, args: switches })
  const reason = `there is no Chromium at ${executablePath}; set CHROMIUM to its path`
  if (process.env.REQUIRE_ALL === '1') throw new Error(`The browser tests cannot run: ${reason}.`)
  console.log(`SKIPPED the browser tests: ${reason}.`)
  return undefined
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

export async function openPage(
  browser: Browser,
  origin: string,
  how: BrowserContextOptions = {},
): Promise<WatchedPage> {
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
