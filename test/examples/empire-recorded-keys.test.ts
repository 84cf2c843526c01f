import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { sqlite } from '../../adapters/sqlite.js'
import { empireGame, empireGameOnStream } from '../../examples/empire/game.js'
import { createUniverse, type Universe } from '../../examples/empire/universe.js'
import { type Clientele, clientele, lacuna } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'
import { temporaryFile } from '../helpers/temporary.js'
import { compareAnswer, isKeyRefusal, loadRecording, RECORDINGS, replay } from '../helpers/wire.js'
import { API_KEY, Koa2 } from './empire-host.js'

// Where the middleware stands: the game of each has the same answers to give.
const mounts: Record<string, (app: Koa, clients: Clientele, universe: Universe) => void> = {
  'before a body parser': (app, clients, universe) =>
    app.use(clients.middleware()).use(bodyParser()).use(empireGame(universe)),
  'after a body parser': (app, clients, universe) =>
    app.use(bodyParser()).use(clients.middleware()).use(empireGame(universe)),
  'in front of a handler that reads the stream itself': (app, clients, universe) =>
    app.use(clients.middleware()).use(empireGameOnStream(universe)),
}

for (const [where, mount] of Object.entries(mounts)) {
  for (const [version, App] of [
    ['3', Koa],
    ['2', Koa2],
  ] as const) {
    test(`recorded traffic is answered as recorded and counted exactly, mounted ${where}, on Koa ${version}`, async () => {
      await using file = await temporaryFile('clients.sqlite')
      const store = version === '3' ? sqlite(file.path) : memory()
      // One player plays it all, and the page is to show it.
      const clients = clientele({ smallestCrowd: 1, store, protocol: lacuna(), enforce: 'registered', secret })
      const { privateKey } = await clients.registry.adopt(API_KEY, { name: 'Recorded client' })
      for (const name of RECORDINGS) {
        const universe = createUniverse()
        const app = new App()
        mount(app, clients, universe)
        for (const { exchange, expected, actual } of await serve(app, (url) => replay(url, loadRecording(name)))) {
          const told = `${name} ${exchange.n}`
          if (isKeyRefusal(exchange)) {
            // Each kind of refusal has words of its own; the rest is the original's.
            const [ours, recorded] = [JSON.parse(actual.body), JSON.parse(expected.body)]
            assert.is(actual.body.includes('\n'), false, told)
            assert.equal([actual.status, actual.contentType], [expected.status, expected.contentType], told)
            assert.equal({ ...ours, error: { ...ours.error, message: recorded.error.message } }, recorded, told)
          } else assert.equal(compareAnswer(expected, actual), [], told)
        }
        universe.close()
      }

      const report = await clients.usage.read(API_KEY)
      assert.equal({ ...report.sessionsByMethod }, { 'empire.login': 5, 'empire.found': 2, 'empire.reset_password': 2 })
      assert.equal(sorted(report.features), {
        'body.get_buildings': { calls: 3, errors: 0 },
        'empire.found': { calls: 2, errors: 0 },
        'empire.get_status': { calls: 7, errors: 0 },
        'empire.login': { calls: 5, errors: 0 },
        'empire.logout': { calls: 4, errors: 0 },
        'empire.reset_password': { calls: 2, errors: 0 },
        'inbox.view_inbox': { calls: 2, errors: 0 },
        'map.get_star_by_name': { calls: 1, errors: 0 },
        'map.get_star_map': { calls: 1, errors: 0 },
        'planetarycommand.view': { calls: 1, errors: 0 },
      })
      assert.equal([report.sessions, report.calls, report.errors, report.players], [9, 28, 0, 1])

      // The same on the page that the client's developer sees.
      const app = new App()
      app.use(clients.console())
      const page = await serve(app, async (url) => {
        const answer = await fetch(`${url}/apikey/stats`, { headers: { authorization: `Bearer ${privateKey}` } })
        return answer.text()
      })
      assert.match(page, '<h1><bdi>Recorded client</bdi></h1>')
      assert.match(page, /<p class="lead">9 sessions in the past 30 days/)
      const rows = [...page.matchAll(/<tr><th scope="row">(.*?)<\/th>(.*?)<\/tr>/g)].map(
        ([, name = '', cells = '']) => [
          name.replace(/<[^>]*>/g, ''),
          ...[...cells.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell),
        ],
      )
      const found = (name: string) => rows.filter(([first]) => first === name).map(([, ...cells]) => cells[0])
      assert.equal(found('Sessions'), ['9'])
      assert.equal(found('Calls'), ['28'])
      assert.equal(found('empire.login'), ['5', '5'])
      assert.equal(found('empire.get_status'), ['7'])
      assert.equal(found('planetarycommand.view'), ['1'])

      const nobody = await clients.usage.read('(none)')
      assert.equal(sorted(nobody.features), {
        'empire.get_status': { calls: 3, errors: 3 },
        'empire.is_name_available': { calls: 2, errors: 0 },
        'stats.credits': { calls: 4, errors: 0 },
      })
      const refused = await clients.usage.read('(refused)')
      assert.equal({ ...refused.refusals }, { unknown: 2, missing: 2 })
      assert.equal(
        (await clients.usage.overview()).map(({ publicKey, sessions, calls }) => [publicKey, sessions, calls]),
        [
          [API_KEY, 9, 28],
          ['(none)', 0, 9],
        ],
      )
      await clients.close()
      await store.disconnect()
    })
  }
}

function sorted<Value>(record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([one], [another]) => (one < another ? -1 : 1)))
}

test.run()
