// The table of request-bodies.test.ts in the router of a host, and on one of its routes.
import Router from '@koa/router'
import Router10 from 'router10'
import Router11 from 'router11'
import Router12 from 'router12'
import Router13 from 'router13'
import Router14 from 'router14'
import { test } from 'uvu'
import { compareAll, game, type Place } from '../helpers/body-table.js'

const routers = [Router10, Router11, Router12, Router13, Router14, Router]

const inRouter = (AnyRouter: typeof Router): Place => ({
  mount: (app, clients) => app.use(new AnyRouter().use(clients.middleware()).post('/:reader', game).routes()),
})
const onRoute = (AnyRouter: typeof Router): Place => ({
  mount: (app, clients) => app.use(new AnyRouter().post('/:reader', clients.middleware(), game).routes()),
})

test('in the routers of @koa/router 10 to 15', () =>
  compareAll(
    'request bodies in routers',
    routers.flatMap((AnyRouter) => [
      ['http', 'Koa 3', inRouter(AnyRouter)],
      ['http', 'Koa 2', onRoute(AnyRouter)],
    ]),
  ))

test.run()
