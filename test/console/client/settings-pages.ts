import type { MailTransport } from '../../../src/console/client/mail.js'
import { type Answer, type Ask, ask, Browser, keysOn, openSite } from '../harness.js'

const working: MailTransport = { sendMail: async () => undefined }
const failing: MailTransport = { sendMail: () => Promise.reject(new Error('nobody there')) }

/** The pages of settings, mail and limits in every state, as one language's browser sees them. */
export async function settingsPages(language: string): Promise<Answer[]> {
  const headers = { 'accept-language': language }
  const pages: Answer[] = []
  for (const transport of [working, failing]) {
    const { origin } = await openSite({ options: { mail: { transport, from: 'keys@game.example' } } })
    for (const contact of ['me@client.example', 'no address']) {
      pages.push(await ask(origin, '/apikey/register', { form: { name: 'X', contact, mail: 'yes' }, headers }))
    }
  }

  const { origin, store, clients } = await openSite()
  const browser = new Browser(`${origin}/apikey/`)
  const go = async (to: string, how: Ask = {}) => {
    const answer = await browser.go(to, { ...how, headers })
    pages.push(answer)
    return answer
  }
  const change = (form: Record<string, string>) => go('./settings', { form })
  const { publicKey } = keysOn((await go('./register', { form: { name: 'X' } })).text)
  await go('./settings')
  await change({ action: 'details', name: 'Y' })
  await change({ action: 'details', name: '' })
  await change({ action: 'none' })
  const changeSurely = async (action: string) => {
    await change({ action })
    await change({ action, [`sure_${action}`]: 'yes' })
  }
  await changeSurely('rotate')
  await changeSurely('retire')
  await go('./settings')
  await clients.registry.retire(publicKey)
  await go('./settings')
  await change({ action: 'restore' })
  await changeSurely('remove')
  await change({ action: 'rotate' })
  for (let count = 0; count < 9; count++) await go('./register', { form: { name: 'X' } })
  await go('./register', { form: { name: 'X' } })
  for (let count = 0; count < 51; count++) await ask(origin, '/apikey/sign-in', { form: { private_key: 'x' } })
  await go('./sign-in', { form: { private_key: 'x' } })
  store.isDown = true
  await go('./settings')
  return pages.filter(({ status }) => status !== 303)
}
