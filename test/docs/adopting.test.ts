// The guide for a live server, done: its table of who gets in, and its ways forth and back.
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { type Clientele, clientele, lacuna } from '../../src/index.js'
import { rpc, secret, serve } from '../helpers/serve.js'
import { temporaryFile } from '../helpers/temporary.js'
import { openGuide } from './guide.js'
import { rowsUnder } from './markdown.js'
import { openProject } from './project.js'

const guide = openGuide('docs/adopting.md')
const project = openProject()
test.after(() => project.remove())
const settings = ['off', 'present', 'registered'] as const

/** Who logs in, and what each setting does with them. */
const rows = rowsUnder('docs/adopting.md', 'adopting-api-keys-in-a-live-server')

interface Playing {
  url: string
  clients: Clientele
}

async function play<Result>(
  file: string,
  enforce: (typeof settings)[number],
  use: (playing: Playing) => Promise<Result>,
) {
  const store = sqlite(file)
  const clients = clientele({ store, protocol: lacuna(), secret, enforce })
  const app = new Koa()
  app.use(clients.middleware())
  app.use((ctx) => {
    ctx.body = { jsonrpc: '2.0', id: 1, result: { session_id: 'a session' } }
  })
  try {
    await clients.ready()
    return await serve(app, (url) => use({ url: `${url}/empire`, clients }))
  } finally {
    await clients.close()
    await store.disconnect()
  }
}

/** What became of a login: `in`, or the words that refused it. */
async function login(url: string, publicKey?: string): Promise<string> {
  const { json } = await rpc(url, { id: 1, method: 'login', params: { name: 'a', api_key: publicKey } })
  return json.error ? json.error.message : 'in'
}

test('who gets in', async () => {
  assert.is(rows.length, 5)
  for (const [column, enforce] of settings.entries()) {
    await using file = await temporaryFile('clients.sqlite')
    await play(file.path, enforce, async ({ url, clients }) => {
      const { publicKey } = await clients.registry.register({ name: 'Registered' })
      const retired = await clients.registry.register({ name: 'Retired' })
      await clients.registry.retire(retired.publicKey)
      const sent = [undefined, 'iOS', 'anonymous', publicKey, retired.publicKey]
      const countedAs = ['(none)', 'iOS', 'anonymous', publicKey, retired.publicKey]
      for (const [row, cells] of rows.entries()) {
        const outcome = await login(url, sent[row])
        const promised = cells[column + 1] ?? ''
        assert.is(outcome === 'in', promised.startsWith('in'), `${cells[0]} under '${enforce}': ${outcome}`)
        const words = /`(.+)`/.exec(promised)?.[1]
        if (words !== undefined && outcome !== 'in') assert.is(outcome, words)
        const { sessions } = await clients.usage.read(countedAs[row] ?? '')
        assert.is(sessions, outcome === 'in' ? 1 : 0, `${cells[0]} under '${enforce}'`)
      }
    })
  }
})

test('the options to begin with', async () => {
  const { clients } = await project.load(guide.take('before-mount-it-and-see-that-nothing-changes', 'js'))
  assert.is((await clients.check(undefined)).admitted, true)
  await clients.close()
})

test('the three steps and the way back, on one store', async () => {
  const file = `${project.folder}/clients.sqlite`
  const command = async (heading: string) => {
    const { code, out, err } = await project.sh(guide.take(heading, 'sh'))
    assert.is(code, 0, err)
    return out
  }
  await play(file, 'off', async ({ url }) => {
    assert.equal([await login(url), await login(url, 'iOS'), await login(url, 'bot-42')], ['in', 'in', 'in'])
  })
  const listed = await command('step-1-off-and-look-who-is-there')
  assert.match(listed, /^\(none\) +shared +1 +1 +0$/m)
  assert.match(listed, /^iOS +unregistered +1 +1 +0$/m)
  const [head] = guide.take('step-1-off-and-look-who-is-there', 'text').split('\n')
  assert.is(listed.split('\n')[0]?.replace(/ +/g, ' '), head?.replace(/ +/g, ' '))
  assert.match(await command('step-1-off-and-look-who-is-there'), 'iOS belongs to "The iPhone client" now')

  await play(file, 'present', async ({ url }) => {
    assert.equal([await login(url), await login(url, 'bot-42')], ['You need an API Key.', 'in'])
  })
  assert.match(await command('step-2-present-so-that-everybody-says-a-name'), /missing +1 +0 +1/)

  await play(file, 'registered', async ({ url, clients }) => {
    assert.equal([await login(url, 'iOS'), await login(url, 'bot-42')], ['in', 'This API Key is not registered here.'])
    await clients.registry.adopt('bot-42', { name: 'A bot' })
    assert.is(await login(url, 'bot-42'), 'in')
    assert.is((await clients.usage.read('iOS')).sessions, 2)
  })

  await play(file, 'off', async ({ url, clients }) => {
    assert.is(await login(url), 'in')
    const { refusals } = await clients.usage.read('(refused)')
    assert.equal({ ...refusals }, { missing: 1, unknown: 1 })
  })
})

guide.allRun()
test.run()
