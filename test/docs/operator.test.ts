// The operator's guide, done as it stands on a store of its own.
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { sqlite } from '../../adapters/sqlite.js'
import { createProgram } from '../../src/cli/program.js'
import { type ClienteleError, clientele, lacuna } from '../../src/index.js'
import { issueKeyPair } from '../../src/keys/key-format.js'
import { secret } from '../helpers/serve.js'
import { openGuide } from './guide.js'
import { rowsUnder } from './markdown.js'
import { testWith } from './programs.js'
import { openProject } from './project.js'

const guide = openGuide('docs/operator.md')
const { page } = guide
const project = openProject()
test.after(() => project.remove())

let publicKey = ''

/** A store with one client that had one session. */
test.before(async () => {
  const store = sqlite(`${project.folder}/clients.sqlite`)
  const clients = clientele({ store, protocol: lacuna(), secret })
  await clients.ready()
  publicKey = (await clients.registry.register({ name: 'One' })).publicKey
  await clients.openSession({ sessionId: 's', publicKey, method: 'empire.login' })
  // Its record of itself, which it writes after a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  await clients.close()
  await store.disconnect()
})

async function run(script: string): Promise<string> {
  const { code, out, err } = await project.sh(script.replaceAll('ck_pub_…', publicKey))
  assert.is(code, 0, out + err)
  return out
}

/** Without what differs from one machine to the next. */
const timeless = (text: string) => text.replace(/\d+(\.\d+)? ms/g, 'N ms')

test('doctor says what it shows', async () => {
  const told = await run(guide.take('choose-a-store', 'sh'))
  assert.is(timeless(told), timeless(guide.take('choose-a-store', 'text')))
})

test('a protocol is tried on recorded traffic, and what it shows is what is said', async () => {
  const heading = 'try-a-protocol-on-recorded-traffic'
  const entry = (method: string, url: string, sent?: object, says?: object) => ({
    request: { method, url, headers: [], ...(sent && { postData: { text: JSON.stringify({ id: 1, ...sent }) } }) },
    response: { status: 200, headers: [], content: { text: JSON.stringify({ id: 1, ...says }) } },
  })
  const rpc = (method: string, params: string[], says: object) =>
    entry('POST', 'https://a.b/rpc', { method, params }, says)
  const entries = [
    entry('GET', 'https://a.b/'),
    rpc('login', ['ada', 'wrong', publicKey], { error: { code: 1, message: 'No.' } }),
    rpc('login', ['ada', 'right', publicKey], { result: { token: 'a token of ada' } }),
    rpc('view', ['a token of ada'], { result: 1 }),
    rpc('move', ['a token of ada'], { result: 1 }),
  ]
  project.write('game.har', JSON.stringify({ log: { entries } }))
  const config = guide.take(heading, 'json')
  project.write('clientele.json', config)
  const script = guide.take(heading, 'sh')
  const wrong = await project.sh(script)
  assert.equal([wrong.code, wrong.out + wrong.err], [1, guide.take(heading, 'text')])
  project.write('clientele.json', config.replace('/result/token', '/token'))
  assert.match(await run(script), 'Every login that went well showed its session.')
  project.write('game.har', JSON.stringify({ log: { entries: entries.slice(0, 2) } }))
  assert.is((await project.sh(script)).code, 1)
})

test('copy says what it shows', async () => {
  const told = await run(guide.take('move-to-another-store', 'sh'))
  assert.is(told, guide.take('move-to-another-store', 'text'))
})

testWith(['python3'], 'backup while a server runs, and restore', async () => {
  const store = sqlite(`${project.folder}/clients.sqlite`)
  const clients = clientele({ store, protocol: lacuna(), secret })
  await clients.openSession({ sessionId: 't', publicKey, method: 'empire.login' })
  await run(guide.take('backup-and-restore', 'sh'))
  await clients.openSession({ sessionId: 'u', publicKey, method: 'empire.login' })
  await clients.close()
  await store.disconnect()
  const restored = await run(guide.take('backup-and-restore', 'sh'))
  assert.match(restored, new RegExp(`${publicKey} +One +registered +2 `))
})

test('a registration that a backup lacks is adopted under its own public key', async () => {
  const { publicKey: lost } = issueKeyPair('ck')
  const out = await run(`npx clientele adopt ${lost} --name Again --store sqlite:clients.sqlite`)
  assert.match(out, `public key   ${lost}`)
})

test('purge says what it would do', async () => {
  assert.match(await run(guide.take('take-out-what-strangers-planted', 'sh')), 'Nothing was planted in this store.')
})

test('rotate and retire', async () => {
  assert.match(await run(guide.take('everyday-questions', 'sh')), /private key +ck_prv_/)
  assert.match(await run(guide.take('everyday-questions', 'sh')), 'is retired')
})

test('restore undoes it, and its developer cannot', async () => {
  const out = await run(`npx clientele restore ck_pub_… --store sqlite:clients.sqlite`)
  assert.match(out, 'is restored')
  const clients = clientele({ store: memory(), protocol: lacuna(), secret })
  const { registry } = clients
  const { publicKey } = await registry.register({ name: 'One' })
  await registry.retire(publicKey)
  const code = await registry.restore(publicKey, 'owner').catch((error: ClienteleError) => error.code)
  assert.equal([code, (await clients.check(publicKey)).admitted], ['client_retired', false])
  await clients.close()
})

test('a log line looks as it is shown, and is one of the table', async () => {
  const program = `import { clientele, lacuna } from 'clientele'
    import { sqlite } from 'clientele/adapters/sqlite'
    const clients = clientele({ store: sqlite('no/such/folder.sqlite'), protocol: lacuna() })
    await clients.openSession({ sessionId: 's', publicKey: 'anonymous', method: 'login' })`
  project.write('down.mjs', program)
  const { err } = await project.sh('node down.mjs')
  const shown = guide.take('log-lines', 'text').replace(/\d+/, '')
  assert.match(err.replace(/\d+/, ''), shown.trim())
})

test('the log lines are those of the source', () => {
  const sources = ['clientele.ts', 'storage/store.ts', 'middleware/middleware.ts', 'console/client/mail.ts']
  const more = ['sessions/tracker.ts', 'usage/sealing/housekeeping.ts', 'closing.ts', 'middleware/guarded-protocol.ts']
  const source = [...sources, ...more].map((name) => readFileSync(`src/${name}`, 'utf8')).join('\n')
  // What is reported, and not thrown: with its code in front of it.
  const reported = [...source.matchAll(/(?:new ClienteleError|super)\(\s*'(\w+)',\s*(['`])(.*?)\2[,)\s]/gs)].map(
    ([, code, , message = '']) => [code, message],
  )
  const rows = rowsUnder(page, 'log-lines').map(([code = '', line = '']) => [code.replaceAll('`', ''), line])
  const pattern = (message: string) =>
    new RegExp(`^${message.replace(/[.*+?^()[\]|\\]/g, '\\$&').replace(/\$\{[^}]*\}/g, '.*')}$`)
  const lines = rows.map(([code, line = '']) => `${code} ${line.replaceAll('`', '')}`)
  const patterns = reported.map((parts) => pattern(parts.join(' ')))
  assert.ok(patterns.length > 8)
  const unexplained = patterns.filter((one) => !lines.some((line) => one.test(line)))
  const outdated = lines.filter((line) => !patterns.some((one) => one.test(line)))
  assert.equal([unexplained, outdated], [[], []])
})

test('the commands are those of the program', () => {
  const { commands } = createProgram({ out() {}, err() {} })
  const rows = rowsUnder(page, 'the-command-line').map(([command = '']) => command.replaceAll('`', ''))
  assert.equal(rows.toSorted(), commands.map((command) => `clientele ${command.name()}`).toSorted())
})

guide.allRun()
test.run()
