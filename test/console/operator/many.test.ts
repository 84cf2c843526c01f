import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../../adapters/sqlite.js'
import { clientele, lacuna } from '../../../src/index.js'
import { clientIdOf, hashPrivateKey, issueKeyPair } from '../../../src/keys/key-format.js'
import {
  clientPaths,
  directoryPath,
  registeredPath,
  rowsPath,
  sealedPath,
  writerPath,
} from '../../../src/storage/paths.js'
import { addDays, dayOf } from '../../../src/usage/days.js'
import { paged, type SummaryRow } from '../../../src/usage/recording/shard.js'
import { temporaryFile } from '../../helpers/temporary.js'
import { ask, closeAll, openSite } from '../harness.js'
import { playAs, settled } from './fixture.js'

test.after(closeAll)

const clientCount = 10_000
const activeADay = 1_000

/** 10,000 registered clients of which another 1,000 are active each day, for 60 days that are sealed. */
async function seed(path: string): Promise<void> {
  const keyv = sqlite(path)
  const pairs = Array.from({ length: clientCount }, () => issueKeyPair('ck'))
  const write = (entries: { name: string; value: string }[]) =>
    keyv.setMany(entries.map(({ name, value }) => ({ key: name, value })))
  await write(
    pairs.flatMap(({ publicKey, privateKey }, at) => {
      const { details, secret } = clientPaths(clientIdOf(publicKey))
      const hash = hashPrivateKey(privateKey)
      return [
        { name: details, value: JSON.stringify({ name: `Client ${at}`, publicKey, registeredAtMs: 0 }) },
        { name: secret, value: JSON.stringify({ generation: 1, hash }) },
      ]
    }),
  )
  const writer = '00'.repeat(10)
  const lists = Array.from({ length: clientCount / 100 }, (_, page) => pairs.slice(page * 100, page * 100 + 100))
  await write([
    ...lists.map((list, page) => ({
      name: registeredPath(writer, page),
      value: JSON.stringify({ publicKeys: list.map(({ publicKey }) => publicKey) }),
    })),
    {
      name: writerPath(writer),
      value: JSON.stringify({ writer, atMs: Date.now(), days: {}, registeredPages: lists.length, seen: [writer] }),
    },
    { name: directoryPath(0), value: JSON.stringify({ writers: [writer] }) },
  ])
  const today = dayOf(Date.now())
  for (let ago = 60; ago > 2; ago--) {
    const day = addDays(today, -ago)
    const rows = Array.from({ length: activeADay }, (_, at): SummaryRow => {
      return [pairs[(ago * activeADay + at) % clientCount]?.publicKey ?? '', 1 + (at % 9), 10 + at, at % 3]
    })
    const pages = paged(rows)
    await write(pages.map((page, at) => ({ name: rowsPath(day, at), value: JSON.stringify({ rows: page }) })))
    await write([{ name: sealedPath(day), value: JSON.stringify({ pages: pages.length }) }])
  }
  const first = addDays(today, -60)
  await write([{ name: sealedPath('total'), value: JSON.stringify({ pages: 0, first, through: '', months: [] }) }])
  await keyv.disconnect()
}

test('10,000 clients: the pages hold, and read the store a bounded number of times', async () => {
  await using file = await temporaryFile('clients.sqlite')
  await seed(file.path)
  const keyv = sqlite(file.path)
  let [calls, names] = [0, 0]
  const counting = new Proxy(keyv, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (name === 'get' || name === 'getMany') {
          calls++
          names += [given[0]].flat().length
        }
        return Reflect.apply(value, target, given) as unknown
      }
    },
  })
  const clients = clientele({ store: counting, protocol: lacuna(), secret: 'x'.repeat(40), flushIntervalMs: 10 })
  const { origin } = await openSite({ mount: (app) => app.use(clients.console({ operator: () => true })) })
  await clients.ready()
  await playAs(clients, 'iOS', { sessions: 30, players: 9, calls: { 'map.view': 3 } })
  await settled(clients)

  const visit = async (path: string) => {
    calls = names = 0
    const startMs = performance.now()
    const { status, text } = await ask(origin, `/apikey/operator${path}`)
    const tookMs = Math.round(performance.now() - startMs)
    assert.is(status, 200, path)
    console.log(`FIGURE operator${path}: ${tookMs} ms, ${calls} reads of ${names} records`)
    return { calls, names, text, tookMs, rows: text.match(/class="rank"/g)?.length ?? 0 }
  }
  const cold = await visit('')
  assert.is(cold.rows, 50)
  assert.match(cold.text, '10,001 clients had')
  assert.ok(cold.calls < 1_000)
  const warm = await visit('')
  assert.ok(warm.calls < 30, `${warm.calls} reads`)
  assert.ok(warm.names < 1_000, `${warm.names} names`)
  const times: number[] = []
  for (let at = 0; at < 9; at++) times.push((await visit('')).tookMs)
  console.log(`FIGURE operator: ${times.sort((one, another) => one - another)[4]} ms at the median`)
  const last = await visit('?page=201')
  assert.is(last.rows, 1)
  assert.is((await visit('?q=client+77')).rows, 50)
  const found = await visit('?q=client+7777')
  assert.match(found.text, 'Client 7777')
  assert.is(found.rows, 1)
  assert.ok(found.calls < 100)
  for (const path of ['?show=all&sort=calls&page=9999', '/features', '/store', '/client?public_key=iOS']) {
    assert.ok((await visit(path)).calls < 100, path)
  }
  await clients.close()
  await keyv.disconnect()
})

test.run()
