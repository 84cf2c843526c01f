// A head that a host makes at the last moment, as `on-headers` lets it: what it hands out is seen, and refused where that is asked for.
import type Koa3 from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, rest } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { secret, serve } from '../helpers/serve.js'

function makeHeadLate({ res }: Koa3.Context): void {
  const { writeHead } = res as unknown as { writeHead: (...args: unknown[]) => unknown }
  let times = 0
  Object.assign(res, {
    writeHead(...args: unknown[]) {
      res.setHeader('set-cookie', 'sid=s1')
      res.setHeader('x-times', ++times)
      return writeHead.apply(res, args)
    },
  })
}

for (const [koa, Koa] of Object.entries(koas) as [string, typeof Koa3][]) {
  for (const strict of [false, true]) {
    test(`${koa}${strict ? ', strict' : ''}: a session in a head that is made at the last moment`, async () => {
      const clients = clientele({
        store: memory(),
        protocol: rest({
          sessions: { 'POST /login': { answer: { sessionId: { cookie: 'sid' } } } },
          apiKey: { header: 'x-key' },
          sessionId: { cookie: 'sid' },
        }),
        enforce: 'present',
        secret,
        strict,
        onError: () => undefined,
      })
      const app = new Koa()
      app.use(clients.middleware())
      app.use((ctx) => {
        makeHeadLate(ctx)
        ctx.body = { fine: true }
      })
      await serve(app, async (url) => {
        const login = await fetch(`${url}/login`, { method: 'POST', headers: { 'x-key': 'anonymous' } })
        assert.equal(
          [login.status, login.headers.get('set-cookie'), login.headers.get('x-times')],
          [200, 'sid=s1', '1'],
        )
        assert.is((await clients.usage.read('anonymous')).sessions, 1)
        // Not a login as it is declared, and it hands out what one does.
        const odd = await fetch(`${url}/login`, { method: 'PUT', body: 'a word' })
        assert.equal([odd.ok, odd.headers.get('set-cookie')], strict ? [false, null] : [true, 'sid=s1'])
      })
      await clients.close()
      assert.is((await clients.usage.read('(unread)')).sessions, strict ? 0 : 1)
    })
  }
}

test.run()
