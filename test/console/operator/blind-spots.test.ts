// A protocol that looks in the wrong place: the page of the store says so, in words.
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../../adapters/memory.js'
import { clientele, jsonRpc } from '../../../src/index.js'
import { rpc, secret, serve } from '../../helpers/serve.js'
import { ask, words } from '../harness.js'

const protocol = jsonRpc({
  path: '/rpc',
  sessions: {
    login: { apiKey: { index: 2, name: 'api_key' } },
    found: { apiKey: { index: 2, name: 'api_key' } },
  },
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/<b>session' },
})

test('the store page names feature, place and number, and what to do', async () => {
  const clients = clientele({ store: memory(), protocol, secret, enforce: 'off', onError: () => undefined })
  await clients.ready()
  const app = new Koa()
  app.use(clients.console({ operator: () => true }))
  app.use(clients.middleware())
  let logins = 0
  app.use((ctx) => {
    ctx.body = { jsonrpc: '2.0', id: 1, result: { token: `t${logins++}` } }
  })
  await serve(app, async (origin) => {
    const page = async (language: string) => {
      const { text } = await ask(origin, '/apikey/operator/store', { headers: { 'accept-language': language } })
      return { text, words: words(text) }
    }
    const login = (method: string) => rpc(`${origin}/rpc`, { jsonrpc: '2.0', id: 1, method, params: [] })
    for (let time = 0; time < 11; time++) await login('login')
    const early = await page('en')
    assert.match(early.words, 'Logins without a session where the protocol looks for it 11 ')
    assert.not.match(early.text, 'id="blind"')

    for (let time = 0; time < 2; time++) await login('login')
    await login('found')
    const { text, words: said } = await page('en')
    assert.match(said, 'Logins without a session where the protocol looks for it 14 ')
    assert.match(
      said,
      'Sessions that are not counted login: 13 logins went well and had no session at /&lt;b&gt;session.',
    )
    assert.match(said, 'Correct the protocol, or give this feature session: false if it has none.')
    assert.match(said, 'clientele doctor --protocol … --traffic … finds the right place')
    assert.not.match(said, /found:/)
    assert.not.match(text, '<b>session')

    const german = (await page('de')).words
    assert.match(german, 'Logins ohne Sitzung an der Stelle, an der das Protokoll sie sucht 14 ')
    assert.match(german, 'Sitzungen, die nicht gezählt werden login: 13 Logins gelangen und hatten bei ')
    assert.match(german, 'Berichtigen Sie das Protokoll, oder geben Sie dieser Funktion session: false')
  })
  await clients.close()
})

test.run()
