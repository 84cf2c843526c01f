import fc from 'fast-check'
import { Keyv } from 'keyv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Client, type ClienteleError, clientele, lacuna } from '../../src/index.js'
import { hashPrivateKey } from '../../src/keys/key-format.js'
import { secret } from '../helpers/serve.js'

const start = (store: Keyv = memory()) => clientele({ store, protocol: lacuna(), secret })

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: ClienteleError) => `${error.code}${error.field ? ` ${error.field}` : ''}`,
  )
}

async function all(list: AsyncIterable<Client>): Promise<Client[]> {
  const clients: Client[] = []
  for await (const client of list) clients.push(client)
  return clients.sort((one, another) => (one.name < another.name ? -1 : 1))
}

test('a registered client is found by its public and by its private key, in every process', async () => {
  const store = memory()
  const [here, there] = [start(store), start(store)]
  const details = { name: '  My <b>Client</b> ', url: 'https://example.org/x', contact: '', official: false }
  const { publicKey, privateKey } = await here.registry.register(details)
  for (const { registry } of [here, there]) {
    const client = await registry.find(publicKey)
    assert.is(client?.name, 'My <b>Client</b>')
    assert.is(client?.url, 'https://example.org/x')
    assert.not('contact' in (client ?? {}))
    assert.is(client?.generation, 1)
    assert.ok(Math.abs((client?.registeredAtMs ?? 0) - Date.now()) < 5_000)
    assert.equal(await registry.authenticate(privateKey), client)
  }
  for (const wrong of ['', 'x', publicKey, `${privateKey}0`, privateKey.replace('ck_', 'kc_')]) {
    assert.is(await here.registry.authenticate(wrong), undefined)
  }
  await Promise.all([here.close(), there.close()])
})

test('no private key is in the store, whatever was done', async () => {
  const store = memory()
  const { registry, close } = start(store)
  const pair = await registry.register({ name: 'One' })
  const adopted = await registry.adopt('iOS', { name: 'Two' })
  const rotated = await registry.rotate(pair.publicKey)
  await close()
  const kept = JSON.stringify([...(store.store as Map<string, unknown>)])
  for (const { privateKey } of [pair, adopted, rotated]) {
    assert.not.match(kept, privateKey)
    assert.not.match(kept, privateKey.slice(33))
  }
})

test('details are checked, and the error names the field', async () => {
  const { registry, close } = start()
  const table: [Record<string, unknown>, string | undefined][] = [
    [{ name: '' }, 'details_invalid name'],
    [{ name: '   ' }, 'details_invalid name'],
    [{ name: '\u200b' }, 'details_invalid name'],
    [{ name: 'abc\u202edef' }, 'details_invalid name'],
    [{}, 'details_invalid name'],
    [{ name: 5 }, 'details_invalid name'],
    [{ name: 'x'.repeat(61) }, 'details_invalid name'],
    [{ name: '\u{1F600}'.repeat(60) }, undefined],
    [{ name: 'a\nb' }, 'details_invalid name'],
    [{ name: '\ud800' }, 'details_invalid name'],
    [{ name: 'x', url: 'ftp://example.org' }, 'details_invalid url'],
    [{ name: 'x', url: 'javascript:alert(1)' }, 'details_invalid url'],
    [{ name: 'x', url: 'example.org' }, 'details_invalid url'],
    [{ name: 'x', url: 'https://' }, 'details_invalid url'],
    [{ name: 'x', url: `https://${'x'.repeat(200)}` }, 'details_invalid url'],
    [{ name: 'x', url: 'HTTPS://example.org' }, undefined],
    [{ name: 'x', contact: 'y'.repeat(201) }, 'details_invalid contact'],
  ]
  for (const [details, code] of table) {
    assert.is(await codeOf(registry.register(details as { name: string })), code, JSON.stringify(details))
  }
  await close()
})

/** What nobody sees, or a terminal acts on; by its kind, so that a new letter of Unicode's is among them. */
const unseen = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((letter) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(letter))
const joining = ['\u200c', '\u200d', '\ufe0e', '\ufe0f']
const word = fc.stringMatching(/^[a-z0-9é市]{1,20}$/u)

test('no detail has in it what nobody sees', async () => {
  const { registry, close } = start()
  const odd = fc.constantFrom(...unseen.filter((letter) => !joining.includes(letter)))
  // Something must stand before what joins.
  const astray = fc.constantFrom(...joining, ...joining.map((one) => ` ${one}`), '\u3164\u200d', '\u2800\ufe0f')
  await fc.assert(
    fc.asyncProperty(odd, word, word, fc.constantFrom('name', 'url', 'contact'), async (one, before, after, field) => {
      const start = field === 'url' ? 'https://' : ''
      const details = { name: 'x', [field]: `${start}${before}${one}${after}` }
      assert.is(await codeOf(registry.register(details)), `details_invalid ${field}`)
    }),
  )
  await fc.assert(
    fc.asyncProperty(astray, word, async (one, after) => {
      const name = one.startsWith(' ') ? `x${one}${after}` : `${one}${after}`
      assert.is(await codeOf(registry.register({ name })), 'details_invalid name')
    }),
  )
  for (const name of ['\u3164', '\u115f\u1160', '\uffa0', '\u2800', '\u2800 \u2800', '\u00a0', '\u0301']) {
    assert.is(await codeOf(registry.register({ name })), 'details_invalid name', escape(name))
  }
  for (const name of ['👩‍🚀', '🏳️‍🌈 fan', '1️⃣', '❤︎', 'می‌خواهم', 'क्‍ष', 'Zoë', '⠓⠊']) {
    assert.is(await codeOf(registry.register({ name, contact: name })), undefined, name)
  }
  await close()
})

test('a client of an earlier version keeps its odd name until it is given another', async () => {
  const records = new Map<string, string>()
  const clients = clientele({ store: new Keyv({ store: records }), protocol: lacuna(), secret })
  const { publicKey } = await clients.registry.register({ name: 'O--ld', contact: 'm--e' })
  for (const [name, record] of records) records.set(name, record.replaceAll('--', '\u200b\u{e0041}'))
  const old = clientele({ store: new Keyv({ store: records }), protocol: lacuna(), secret })
  const { registry } = old
  const odd = { name: 'O\u200b\u{e0041}ld', contact: 'm\u200b\u{e0041}e' }
  assert.is((await registry.find(publicKey))?.name, odd.name)
  await registry.update(publicKey, { url: 'https://example.org' })
  // As the form sends all of it.
  await registry.update(publicKey, { ...odd, url: 'https://example.com' })
  const kept = await registry.find(publicKey)
  assert.equal([kept?.name, kept?.contact, kept?.url], [odd.name, odd.contact, 'https://example.com'])
  assert.is(await codeOf(registry.update(publicKey, { name: `${odd.name}er` })), 'details_invalid name')
  assert.is(await codeOf(registry.update(publicKey, { contact: odd.name })), 'details_invalid contact')
  await registry.update(publicKey, { name: 'New' })
  assert.is((await registry.find(publicKey))?.name, 'New')
  await clients.close()
  await old.close()
})

test('a rotated private key is dead at once, and everything else stays', async () => {
  const clients = start()
  const { publicKey, privateKey } = await clients.registry.register({ name: 'One' })
  await clients.openSession({ sessionId: 's', publicKey, method: 'empire.login' })
  const rotated = await clients.registry.rotate(publicKey)
  assert.is(await clients.registry.authenticate(privateKey), undefined)
  assert.is((await clients.registry.authenticate(rotated.privateKey))?.generation, 2)
  assert.is((await clients.usage.read(publicKey)).sessions, 1)
  assert.is(await codeOf(clients.registry.rotate('nobody')), 'client_unknown')
  await clients.close()
})

test('a retired client is refused, keeps its history, and no edit brings it back', async () => {
  const clients = start()
  const { publicKey, privateKey } = await clients.registry.register({ name: 'One' })
  await clients.openSession({ sessionId: 's', publicKey, method: 'empire.login' })
  await clients.registry.retire(publicKey)
  await clients.registry.update(publicKey, { name: 'Renamed', contact: 'me@example.org' })
  await clients.registry.retire(publicKey)
  assert.equal(await clients.check(publicKey), { admitted: false, reason: 'retired' })
  const client = await clients.registry.authenticate(privateKey)
  assert.equal([client?.name, client?.contact, typeof client?.retiredAtMs], ['Renamed', 'me@example.org', 'number'])
  assert.is((await clients.usage.read(publicKey)).sessions, 1)
  await clients.close()
})

test('who retired a client may restore it, and the operator always; what 0.1.0 retired is the operator’s', async () => {
  const store = memory()
  const { registry, close } = start(store)
  const { publicKey } = await registry.register({ name: 'One' })
  const isRetired = async () => (await registry.find(publicKey))?.retiredBy
  await registry.restore(publicKey)
  await registry.retire(publicKey, 'owner')
  assert.is(await isRetired(), 'owner')
  await registry.restore(publicKey, 'owner')
  assert.is(await isRetired(), undefined)
  await registry.retire(publicKey, 'owner')
  await registry.retire(publicKey)
  await registry.retire(publicKey, 'owner')
  assert.is(await isRetired(), 'operator')
  assert.is(await codeOf(registry.restore(publicKey, 'owner')), 'client_retired')
  await registry.restore(publicKey)
  assert.is(await isRetired(), undefined)
  await store.set(`clientele.client.${publicKey.slice(7, 33)}.retired`, JSON.stringify({ retiredAtMs: 5 }))
  assert.is(await codeOf(registry.restore(publicKey, 'owner')), 'client_retired')
  await registry.restore(publicKey)
  await registry.retire(publicKey)
  await registry.remove(publicKey)
  assert.is(await codeOf(registry.restore(publicKey)), 'client_unknown')
  await registry.adopt(publicKey, { name: 'Two' })
  assert.is(await isRetired(), undefined)
  await close()
})

test('a client that 0.1.0 registered is rotated, changed and removed', async () => {
  const store = memory()
  const { registry, close } = start(store)
  const { publicKey, privateKey } = await registry.register({ name: 'One' })
  const path = `clientele.client.${publicKey.slice(7, 33)}`
  const hash = hashPrivateKey(privateKey)
  await store.set(`${path}.details`, JSON.stringify({ name: 'Old', publicKey, registeredAtMs: 5 }))
  await store.set(`${path}.secret`, JSON.stringify({ generation: 3, hash }))
  assert.is((await registry.authenticate(privateKey))?.name, 'Old')
  await registry.update(publicKey, { contact: 'me' })
  const rotated = await registry.rotate(publicKey)
  const { name, contact, generation, registeredAtMs } = (await registry.authenticate(rotated.privateKey)) ?? {}
  assert.equal([name, contact, generation, registeredAtMs], ['Old', 'me', 4, 5])
  await registry.remove(publicKey)
  assert.is(await registry.find(publicKey), undefined)
  await close()
})

test('a removed client is forgotten, its numbers stay, and its old generation never comes back', async () => {
  const store = memory()
  const clients = start(store)
  const { publicKey, privateKey } = await clients.registry.register({ name: 'Forget me', contact: 'me@example.org' })
  await clients.openSession({ sessionId: 's', publicKey, method: 'empire.login' })
  await clients.registry.remove(publicKey)
  assert.is(await clients.registry.find(publicKey), undefined)
  assert.is(await clients.registry.authenticate(privateKey), undefined)
  assert.is((await clients.usage.read(publicKey)).sessions, 1)
  assert.equal(await all(clients.registry.list()), [])
  await clients.close()
  assert.not.match(JSON.stringify([...(store.store as Map<string, unknown>)]), /Forget me|me@example/)

  const later = start(store)
  const again = await later.registry.adopt(publicKey, { name: 'Again' })
  assert.is((await later.registry.authenticate(again.privateKey))?.generation, 2)
  await later.close()
})

test('a key from the wild is adopted with its history', async () => {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, enforce: 'present' })
  await clients.openSession({ sessionId: 's', publicKey: 'iOS', method: 'empire.login' })
  const { privateKey } = await clients.registry.adopt('iOS', { name: 'The iPhone client', official: true })
  const client = await clients.registry.authenticate(privateKey)
  assert.equal([client?.publicKey, client?.official], ['iOS', true])
  assert.is((await clients.usage.read('iOS')).sessions, 1)
  assert.is(await codeOf(clients.registry.adopt('iOS', { name: 'Me too' })), 'client_exists')
  for (const nobodys of ['anonymous', '', '0', '(none)', 'x'.repeat(129), privateKey]) {
    assert.is(await codeOf(clients.registry.adopt(nobodys, { name: 'x' })), 'details_invalid publicKey')
  }
  await clients.close()
})

test('the list has every client of every process, also after they are gone', async () => {
  const store = memory()
  const processes = [start(store), start(store), start(store)]
  await Promise.all(
    Array.from({ length: 330 }, (_, index) =>
      processes[index % 3]?.registry.register({ name: `Client ${String(index).padStart(3, '0')}` }),
    ),
  )
  for (const { registry } of processes) assert.is((await all(registry.list())).length, 330)
  for (const { close } of processes) await close()
  const later = start(store)
  const list = await all(later.registry.list())
  assert.equal([list.length, list[0]?.name, list[329]?.name], [330, 'Client 000', 'Client 329'])
  await later.close()
})

test.run()
