// The game sees and answers every body, by every reader, exactly as without us, and what is in it is counted.
import mount from 'koa-mount'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compareAll, game, type KoaName, type Place } from '../helpers/body-table.js'
import { played } from '../helpers/readers.js'

const versions: KoaName[] = ['Koa 2', 'Koa 3']

const inFront: Place = { mount: (app, clients) => app.use(clients.middleware()).use(game) }
const twice: Place = { mount: (app, clients) => app.use(clients.middleware()).use(clients.middleware()).use(game) }
const mounted: Place = {
  prefix: '/v1',
  mount: (app, clients, KoaClass) => {
    const inner = new KoaClass()
    inner.use(clients.middleware()).use(game)
    app.use(mount('/v1', inner))
  },
}

test('in front of the game', async () => {
  await compareAll(
    'request bodies',
    versions.map((koa) => ['http', koa, inFront]),
  )
  assert.is(played.get('aborted'), undefined)
})

test('mounted twice, and below a mount point', () =>
  compareAll(
    'request bodies, mounted twice and below a mount point',
    versions.flatMap((koa) => [
      ['http', koa, twice],
      ['http', koa, mounted],
    ]),
  ))

test('over HTTP/2 without encryption', () =>
  compareAll(
    'request bodies over HTTP/2',
    versions.map((koa) => ['h2c', koa, inFront]),
  ))

test.run()
