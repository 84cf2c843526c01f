// The client developer's guide, done as it stands on two example games: its programs with only the address and the keys replaced.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { game } from '../../examples/own-protocol/game.js'
import { clientele, rest } from '../../src/index.js'
import { issueKeyPair } from '../../src/keys/key-format.js'
import { rpc, secret, serve } from '../helpers/serve.js'
import { openGuide } from './guide.js'
import { rowsUnder } from './markdown.js'
import { type Program, testWith } from './programs.js'
import { openProject, type Started } from './project.js'

const guide = openGuide('docs/client-developer.md')
const { page } = guide
const project = openProject()
let server: Started
let keys = { url: '', publicKey: '', privateKey: '' }

test.before(async () => {
  const environment = { PORT: '0', EMPIRE_DATA: join(project.folder, 'empire') }
  server = project.start('exec npm start', environment, '.')
  const url = await server.says(/The console: +(http:\S+)\/apikey/)
  keys = await register(url)
})
test.after(async () => {
  await server.stop()
  await project.remove()
})

/** What a browser does with the form, and what a person then copies. */
async function register(url: string): Promise<typeof keys> {
  assert.match(await (await fetch(`${url}/apikey`)).text(), 'Get my key')
  const body = new URLSearchParams({ name: 'My client' })
  const send = () => fetch(`${url}/apikey/register`, { method: 'POST', body })
  let answer = await send()
  // A busy machine may take longer for its first look at the store than a store call may take.
  for (let tries = 1; answer.status === 503 && tries < 10; tries++) {
    await wait(2_000)
    answer = await send()
  }
  const text = await answer.text()
  if (answer.status !== 201) throw new Error(text)
  return { url, publicKey: /ck_pub_\w+/.exec(text)?.[0] ?? '', privateKey: /ck_prv_\w+/.exec(text)?.[0] ?? '' }
}

function filled(text: string, { url, publicKey, privateKey } = keys): string {
  const known = text
    .replaceAll('https://game.example', url)
    .replaceAll('ck_pub_…', publicKey)
    .replaceAll('ck_prv_…', privateKey)
  assert.not.match(known, '…')
  return known
}

const commands: Record<string, [file: string, command: string, ...needs: Program[]]> = {
  js: ['program.mjs', 'node program.mjs'],
  python: ['program.py', 'python3 program.py', 'python3'],
  perl: ['program.pl', 'perl program.pl', 'perl'],
}

async function run(heading: string, language: string): Promise<string> {
  const [file = '', command = ''] = commands[language] ?? []
  project.write(file, filled(guide.take(heading, language)))
  const { code, out, err } = await project.sh(command)
  assert.is(code, 0, out + err)
  return out
}

testWith(['curl'], 'from a shell', async () => {
  const { code, out } = await project.sh(filled(guide.take('use-it', 'sh')))
  assert.is(code, 0)
  assert.match(out, '"session_id"')
})

testWith(['curl'], 'from a shell, to an API of methods and addresses', async () => {
  const protocol = rest({
    sessions: { 'POST /sessions': { answer: { sessionId: { body: '/session' } } } },
    apiKey: { header: 'x-api-key' },
    sessionId: { bearer: true },
  })
  const clients = clientele({ store: memory(), protocol, secret })
  const app = new Koa()
  app.use(clients.middleware())
  app.use(game)
  const { publicKey } = await clients.registry.register({ name: 'My client' })
  await serve(app, async (url) => {
    const { out } = await project.sh(filled(guide.take('use-it', 'sh'), { url, publicKey, privateKey: '' }))
    assert.match(out, '"session"')
  })
  assert.is((await clients.usage.read(publicKey)).sessions, 1)
  await clients.close()
})

for (const [language, [, , ...needs]] of Object.entries(commands)) {
  testWith(needs, `from ${language}`, async () => {
    assert.match(await run('use-it', language), /^Logged in\. Home planet: \w/)
  })
}

testWith(['curl', 'python3', 'perl'], 'the numbers, in four languages', async () => {
  const { code, out } = await project.sh(filled(guide.take('read-your-numbers', 'sh')))
  assert.is(code, 0)
  assert.match(out, '"past30Days"')
  assert.match(out, /past 30 days,[-\d,]+,sessions,,4\r\n/)
  for (const language of Object.keys(commands)) {
    assert.is(await run('read-your-numbers', language), 'My client: 4 sessions and 7 calls in the past 30 days\n')
  }
})

testWith(['python3'], 'a program with a wrong public key says what the server says', async () => {
  const [file = '', command = ''] = commands.python ?? []
  const [block = ''] = /^import json\nfrom urllib\.error.*?(?=^```)/ms.exec(await readFile(page, 'utf8')) ?? []
  project.write(file, filled(block, { ...keys, publicKey: 'mine' }))
  const { code, err } = await project.sh(command)
  assert.equal([code, err], [1, 'This API Key is not registered here.\n'])
})

test('every reason of a refusal, in the words of the server', async () => {
  const rows = rowsUnder(page, 'when-the-public-key-is-refused')
  const protocol = rest({
    sessions: { 'POST /sessions': { answer: { sessionId: { body: '/session' } } } },
    apiKey: { body: '/api_key' },
    sessionId: { bearer: true },
  })
  const clients = clientele({ store: memory(), protocol, secret })
  const { publicKey, privateKey } = await clients.registry.register({ name: 'Retired' })
  await clients.registry.retire(publicKey)
  const sent: Record<string, unknown> = {
    missing: '0',
    malformed: `${publicKey}\n`,
    mistyped: `${publicKey.slice(0, -1)}!`,
    foreign: issueKeyPair('other').publicKey,
    unknown: publicKey.toUpperCase(),
    retired: publicKey,
    reserved: privateKey,
  }
  assert.equal(
    rows.map(([reason = '']) => reason.replaceAll('`', '')),
    Object.keys(sent),
  )
  const app = new Koa()
  app.use(clients.middleware())
  app.use(game)
  await serve(app, async (url) => {
    for (const [reason = '', words] of rows) {
      const name = reason.replaceAll('`', '')
      const { status, json } = await rpc(`${url}/sessions`, { api_key: sent[name] })
      assert.equal([status, json.reason, json.detail], [name === 'missing' ? 401 : 403, name, words])
    }
  })
  await clients.close()
})

test('what a program is told that may not read', async () => {
  const statuses = rowsUnder(page, 'read-your-numbers').map(([status]) => status)
  assert.equal(statuses, ['401', '429', '503'])
  for (const [name, type] of [
    ['stats.json', 'application/problem+json'],
    ['stats.csv', 'text/plain; charset=utf-8'],
  ]) {
    const answer = await fetch(`${keys.url}/apikey/${name}`, { headers: { authorization: `Bearer ${keys.publicKey}` } })
    assert.equal([answer.status, answer.headers.get('content-type')], [401, type])
  }
})

guide.allRun()
test.run()
