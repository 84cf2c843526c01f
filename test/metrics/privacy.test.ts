// What a scrape must not tell: not by what stands in it, and not by what changed since the one before.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rpc } from '../helpers/serve.js'
import { play } from './harness.js'

const address = 'canary-address-10.9.8.7'
const canaries = /canary|hunter2|10\.9\.8\.7|id-of-|session-\d|_prv_/i

for (const smallestCrowd of [5, 1]) {
  test(`no player, session, feature, made-up key or private key, with smallestCrowd ${smallestCrowd}`, async () => {
    await play({ enforce: 'present', smallestCrowd }, async ({ url, clients, login, call, scrapeText }) => {
      const { publicKey, privateKey } = await clients.registry.register({
        name: 'Web',
        contact: 'canary@example.org',
        url: 'https://canary.example',
      })
      const headers = { 'x-forwarded-for': address, 'user-agent': 'canary-agent', cookie: 'canary=1' }
      for (let player = 0; player < 8; player++) {
        const sessionId = await login(publicKey, `canary-player-${player}`)
        await call(sessionId, 'canary-feature-of-many')
        if (player === 0) await call(sessionId, 'canary-feature-of-one')
        await clients.count(sessionId ?? '', 'canary-metric')
        await rpc(`${url}/body`, { id: 1, method: 'explode', params: { session_id: sessionId } }, headers)
        await rpc(`${url}/empire`, { id: 1, method: 'logout', params: { session_id: sessionId } }, headers)
      }
      assert.is(await login(privateKey, 'canary-player'), undefined)
      await login('canary-key', 'canary-player')
      await call('canary-session', 'view')
      await fetch(`${url}/metrics?canary=1`, { headers })
      const report = await clients.usage.read(publicKey)
      assert.is(report.features['body.canary-feature-of-one']?.calls, 1, 'the canaries were counted')
      assert.is(report.metrics['canary-metric'], 8)
      for (let scrape = 0; scrape < 2; scrape++) {
        const text = await scrapeText()
        assert.not.match(text, canaries)
        // What is measured has names and explanations of its own.
        const values = text.replace(/^# .*$/gm, '').replaceAll('clientele_logins_unlearned', '')
        assert.not.match(values, /body\.|empire|view|login|logout|explode/, 'no feature and no method')
        for (const secret of [privateKey, privateKey.slice(7), clients.health().lastError?.code].filter(Boolean)) {
          assert.not.ok(text.includes(secret ?? ''))
        }
      }
    })
  })
}

test('two scrapes are told apart by how much a client did, never by who did what', async () => {
  // The same sums in two worlds: other players, other features, other methods, other numbers of the game.
  const world = async (players: number, features: string[]) => {
    let texts: string[] = []
    await play({ enforce: 'present' }, async ({ clients, login, call, scrapeText }) => {
      for (const name of ['one', 'two']) await clients.registry.adopt(name, { name })
      await scrapeText()
      texts = [await settled(scrapeText)]
      for (let round = 0; round < 6; round++) {
        const sessionId = await login(round % 2 === 0 ? 'one' : 'two', `player ${round % players}`)
        for (const feature of features) await call(sessionId, feature)
        await clients.count(sessionId ?? '', features[0] ?? '', players)
        texts.push(await settled(scrapeText))
      }
    })
    return texts
  }
  const [crowd, loner] = [await world(6, ['attack', 'build', 'explode']), await world(1, ['spy', 'explode', 'spy'])]
  assert.is(crowd.length, 7)
  assert.equal(crowd, loner)
  assert.is(new Set(crowd).size, 7)
})

/** Without what waits for the store, which is another number each time. */
async function settled(scrape: () => Promise<string>): Promise<string> {
  return (await scrape()).replace(/^(clientele_store_(?:waiting|oldest)\S*) \S+$/gm, '$1')
}

test.run()
