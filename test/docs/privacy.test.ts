// What the page on privacy says, on a store with everything in it.
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele, lacuna } from '../../src/index.js'
import { secret } from '../helpers/serve.js'
import { openGuide } from './guide.js'
import { rowsUnder } from './markdown.js'
import { openProject } from './project.js'

const guide = openGuide('docs/privacy.md')
const { page } = guide
const project = openProject()
test.after(() => project.remove())

function open(environmentsSecret?: string) {
  const store = sqlite(`${project.folder}/clients.sqlite`)
  const given = environmentsSecret === undefined ? {} : { secret: environmentsSecret }
  return { store, clients: clientele({ store, protocol: lacuna(), storeTimeoutMs: 500, ...given }) }
}

test('a client is erased by the script', async () => {
  const { store, clients } = open(secret)
  const { publicKey, privateKey } = await clients.registry.register({ name: 'Erase me', contact: 'me@client.example' })
  await clients.openSession({ sessionId: 's', publicKey, method: 'empire.login' })
  project.write('erase.mjs', guide.take('erasure', 'js'))
  project.write('clientele.secret', secret)
  const { code, err } = await project.sh(guide.take('erasure', 'sh').replace('ck_pub_…', publicKey))
  assert.is(code, 0, err)
  assert.is(await clients.registry.authenticate(privateKey), undefined)
  for await (const [name, value] of store.iterator?.(undefined) ?? []) {
    assert.not.match(`${name} ${value}`, /Erase me|me@client/)
  }
  assert.is((await clients.usage.read(publicKey)).sessions, 1)
  await clients.close()
  await store.disconnect()
})

test('another secret: sessions of before are not found, and players are added', async () => {
  const [before, after] = [open(secret), open(`another ${secret}`)]
  const session = { publicKey: 'anonymous', method: 'empire.login', playerId: 'ada' }
  await before.clients.openSession({ sessionId: 'old', ...session })
  await before.clients.close()
  await before.store.disconnect()
  await after.clients.track({ sessionId: 'old', feature: 'body.view' })
  await after.clients.openSession({ sessionId: 'new', ...session })
  assert.is((await after.clients.usage.read('(none)')).calls, 1)
  assert.equal((await after.clients.usage.read('anonymous')).players, 2)
  await after.clients.close()
  await after.store.disconnect()
})

test('without a secret it lies in the store, under its name', async () => {
  const { store, clients } = open()
  await clients.openSession({ sessionId: 's', publicKey: 'anonymous', method: 'empire.login', playerId: 'ada' })
  assert.is(clients.health().secret, 'made')
  await clients.close()
  assert.type(await store.get('clientele.secret'), 'string')
  await store.disconnect()
})

test('every kind of record is on the page', () => {
  const paths = readFileSync('src/storage/paths.ts', 'utf8')
  const kinds = new Set([...paths.matchAll(/named\('(\w+)'/g)].map(([, kind]) => kind))
  assert.ok(kinds.size > 10)
  const told = rowsUnder(page, 'what-is-kept').flatMap(([names = '']) => [...names.matchAll(/`(\w+)/g)])
  assert.equal([...new Set(told.map(([, kind]) => kind))].toSorted(), [...kinds].toSorted())
})

guide.allRun()
test.run()
