import type { Page } from 'playwright-core'
import { openSite, type Site, type SiteOptions } from '../console/harness.js'
import { playAs, settled } from '../console/operator/fixture.js'

/** What people type, and what programs call their methods. */
export interface Names {
  game: string
  client: string
  url: string
  contact: string
  unregistered: string
  feature: (at: number) => string
  metric: string
}

export const usualNames: Names = {
  game: 'Lacuna',
  client: 'My Client',
  url: 'https://client.example',
  contact: 'me@client.example',
  unregistered: 'iOS',
  feature: (at) => `body.get_buildings_${at}`,
  metric: 'essentia spent',
}

/** As long as each may be. */
export const longNames: Names = {
  game: 'W'.repeat(60),
  client: 'W'.repeat(60),
  url: `https://${'x'.repeat(192)}`,
  contact: 'x'.repeat(200),
  unregistered: 'x'.repeat(128),
  feature: (at) => `buildings.${'very_long_name_of_a_method'.repeat(3)}_${at}`,
  metric: 'M'.repeat(80),
}

/** Looks at a page in a state, both of which `what` names. */
export type See = (what: string) => Promise<void>

/** Goes to some of the pages, each in every state that it can be in. */
export type Walk = (page: Page, site: Site, names: Names, see: See) => Promise<void>

/** A game server that offers all that a console can. */
export function openFullSite(names: Names, options?: SiteOptions['options']): Promise<Site> {
  const sendMail = () => Promise.reject(new Error('no mail'))
  return openSite({
    options: {
      title: names.game,
      feedbackUrl: 'https://forum.example',
      mail: { transport: { sendMail }, from: 'keys@game.example' },
      operator: () => true,
      ...options,
    },
  })
}

/** Sends a form in spite of what the browser would say of it. */
async function submit(page: Page, button: string): Promise<void> {
  await page.evaluate(`document.querySelectorAll('form').forEach((form) => { form.noValidate = true })`)
  await page.click(button)
}

/** A client developer's pages, each in every state that it can be in. */
const developersPages: Walk = async (page, { origin, clients }, names, see) => {
  const go = (path: string) => page.goto(`${origin}/apikey${path}`)
  const registerButton = 'form[action$=register] button'
  await go('')
  await see('home')
  await page.evaluate(`document.querySelector('#url').removeAttribute('maxlength')`)
  await page.fill('#url', 'x'.repeat(201))
  await submit(page, registerButton)
  await see('home with errors')
  await page.fill('#name', names.client)
  await page.fill('#url', names.url)
  await page.fill('#contact', 'me@client.example')
  await page.check('[name=mail]')
  await page.click(registerButton)
  await see('registered')
  const publicKey = await page.inputValue('#public')
  await go('')
  await see('home, signed in')
  await go('/stats')
  await see('stats without numbers')
  for (const sessionId of ['one', 'two']) {
    await clients.openSession({ sessionId, publicKey, method: `${sessionId}.login`, playerId: sessionId })
    for (let at = 0; at < 25; at++) {
      await clients.track({ sessionId, feature: names.feature(at), failed: at === 1 })
    }
    await clients.count(sessionId, names.metric, 1_234_567_890)
  }
  await go('/stats')
  await page.click('#features ~ details summary')
  await see('stats')
  await go('/settings')
  await see('settings')
  await submit(page, 'button[value=retire]')
  await see('settings with errors')
  await page.fill('#contact', names.contact)
  await submit(page, 'button[value=details]')
  await see('settings, saved')
  await page.check('#sure_rotate')
  await submit(page, 'button[value=rotate]')
  await see('new private key')
  await go('/settings')
  await page.check('#sure_retire')
  await submit(page, 'button[value=retire]')
  await see('settings of a retired client')
  await go('/stats')
  await see('stats of a retired client')
  await go('/settings')
  await page.check('#sure_remove')
  await submit(page, 'button[value=remove]')
  await see('removed')
  await go('/stats')
  await see('sign-in')
  await page.fill('#private_key', 'wrong')
  await submit(page, 'main form button')
  await see('sign-in with errors')
  await go('/faq')
  await see('questions')
}

/** The operator's pages of a server that nobody has played on yet. */
const emptyOperatorsPages: Walk = async (page, { origin }, _names, see) => {
  for (const path of ['', '/features', '/store', '/client?public_key=anonymous']) {
    await page.goto(`${origin}/apikey/operator${path}`)
    await see(`operator${path}, nobody`)
  }
}

/** The operator's pages, of a client or two and of more than a page has. */
const operatorsPages: Walk = async (page, { origin, clients }, names, see) => {
  const go = (path: string) => page.goto(`${origin}/apikey/operator${path}`)
  const { registry } = clients
  const { publicKey: own } = await registry.register({ name: 'The game' })
  const { publicKey } = await registry.register({ name: names.client, url: names.url, contact: names.contact })
  for (let at = 0; at < 55; at++) await registry.register({ name: `Quiet client ${at}` })
  const calls = Object.fromEntries(Array.from({ length: 22 }, (_, at) => [names.feature(at), 1 + 9 * (at % 3)]))
  await playAs(clients, own, { sessions: 3, players: 3, calls: { [names.feature(0)]: 1 } })
  for (const one of [publicKey, names.unregistered, 'anonymous']) {
    await playAs(clients, one, { sessions: 8, players: 6, calls, failed: 1 })
  }
  await clients.count('session 0', names.metric, 1_234_567_890)
  await clients.track({ sessionId: 'nobody’s', feature: 'empire.is_name_available' })
  for (const wrong of [undefined, 'who', '(x)']) await clients.check(wrong)
  await settled(clients)

  await go('')
  await see('operator, no own client')
  const clientAt = (one: string) => go(`/client?public_key=${one}`)
  await clientAt(own)
  await page.click('form[action$=official] button')
  await see('operator client, official')
  for (const [query, what] of [
    ['', 'operator'],
    ['?q=nobody+has+this+name', 'operator, no hits'],
    ['?show=all&sort=calls', 'operator, first page of all'],
    ['?show=all&sort=calls&page=2', 'operator, last page of all'],
  ] as const) {
    await go(query)
    await see(what)
  }
  await go('/features')
  await page.click('summary')
  await see('operator features')
  await go('/store')
  await see('operator store')
  await clientAt('anonymous')
  await see('operator client anonymous')
  await clientAt(publicKey)
  await see('operator client')
  await submit(page, 'form[action$=rotate] button')
  await see('operator client with errors')
  await page.check('#sure_rotate')
  await submit(page, 'form[action$=rotate] button')
  await see('operator new private key')
  await clientAt(publicKey)
  await page.check('#sure_retire')
  await submit(page, 'form[action$=retire] button')
  await see('operator client, retired')
  await clientAt(names.unregistered)
  await see('operator client, not registered')
  await submit(page, 'form[action$=adopt] button')
  await see('operator client, not adopted')
  await page.fill('#name', names.client)
  await submit(page, 'form[action$=adopt] button')
  await see('operator adopted')
}

/** What goes wrong on every server. */
const problemPages: Walk = async (page, { origin, store }, _names, see) => {
  const go = (path: string) => page.goto(`${origin}/apikey${path}`)
  await go(`/none/${'x'.repeat(300)}`)
  await see('404')
  await go('/operator/client?public_key=none')
  await see('404 of a client')
  await go('/register')
  await see('405')
  await page.goto(`data:text/html,<form method=post action="${origin}/apikey/register"><button>Go</button></form>`)
  await page.click('button')
  await see('403')
  store.isDown = true
  await go('/operator')
  await see('503 of the operator')
  await go('')
  await page.fill('#name', 'a')
  await page.click('form[action$=register] button')
  await see('503')
  store.isDown = false
}

export const walks: Record<string, Walk> = {
  'a client developer’s pages': developersPages,
  'an operator’s pages before anybody played': emptyOperatorsPages,
  'an operator’s pages': operatorsPages,
  'what goes wrong': problemPages,
}
