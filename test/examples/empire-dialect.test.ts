import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { bodyParser } from '@koa/bodyparser'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { empireGame, empireGameOnStream, type GameMiddleware } from '../../examples/empire/game.js'
import type { Universe } from '../../examples/empire/universe.js'
import { send } from '../helpers/wire.js'
import { API_KEY, at, errorOf, type Json, Koa2, listen, MOUNTS, type Use, withGame } from './empire-host.js'

const dialect = suite('empire: the dialect')

dialect('positional, named, an object in an array, a session and an object', () =>
  withGame(async ({ call }) => {
    const credentials = { name: 'Stub Empire', password: 'secret', api_key: API_KEY, browser: 'x' }
    const logins = [['Stub Empire', 'secret', API_KEY], credentials, [credentials]]
    for (const params of logins) {
      const { status, json } = await call('empire', 'login', params)
      assert.is(status, 200)
      const session_id = at(json, 'result', 'session_id')
      for (const shape of [[session_id, '108'], { session_id, body_id: 108 }, [{ session_id, body_id: '108' }]]) {
        assert.is((await call('body', 'get_buildings', shape)).status, 200, JSON.stringify(shape))
      }
      assert.is((await call('body', 'get_buildings', [session_id, { body_id: '108' }])).status, 200)
    }
  }),
)

dialect('the id comes back with its type', () =>
  withGame(async ({ call }) => {
    for (const id of [1, 0, '1', 'a-uuid', 1.5]) assert.is((await call('stats', 'credits', [], id)).json.id, id)
  }),
)

dialect('the version is not looked at', () =>
  withGame(async ({ post }) => {
    for (const version of ['"version":"1.1"', '"jsonrpc":2', '"jsonrpc":"1.0"', '"x":1']) {
      const answer = await post('/stats', `{${version},"id":1,"method":"credits","params":[]}`)
      assert.is(answer.body, '{"jsonrpc":"2.0","id":1,"result":[{"Game Design":["JT Smith","Jamie Vrbsky"]}]}')
    }
  }),
)

dialect('GET: the id comes back as a string', () =>
  withGame(async ({ url, login }) => {
    const get = async (module: string, query: Record<string, string>) =>
      send(url, { method: 'GET', url: `/${module}?${new URLSearchParams(query)}` })
    const answer = await get('empire', { method: 'get_status', params: JSON.stringify([await login()]), id: '7' })
    assert.equal([answer.status, answer.contentType], [200, 'application/json-rpc'])
    assert.is(JSON.parse(answer.body).id, '7')
    assert.is((await get('stats', { method: 'credits', id: '1' })).status, 200, 'params may be absent')
    assert.is((await get('stats', { method: 'credits', params: '[', id: '1' })).status, 500)
    assert.is((await get('stats', { method: 'credits', params: '[]' })).status, 204, 'a notification')
    assert.is((await get('stats', { id: '1' })).status, 400, 'no method')
  }),
)

dialect('a notification is answered by nothing, and executed', () =>
  withGame(async ({ call, post, login }) => {
    for (const id of ['', '"id":null,', '"id":"",']) {
      const session = await login()
      const answer = await post('/empire', `{"jsonrpc":"2.0",${id}"method":"logout","params":["${session}"]}`)
      assert.equal([answer.status, answer.contentType, answer.body], [204, undefined, ''])
      assert.is(at((await call('empire', 'get_status', [session])).json, 'error', 'code'), 1006)
    }
    assert.is((await post('/empire', '{"method":"login","params":["nobody"]}')).status, 204, 'an error too')
  }),
)

dialect('batches', () =>
  withGame(async ({ post }) => {
    const credits = { jsonrpc: '2.0', id: 1, method: 'credits', params: [] }
    const unknown = { jsonrpc: '2.0', id: 'b', method: 'nothing' }
    const batch = async (...calls: unknown[]) => {
      const { status, contentType, body } = await post('/stats', JSON.stringify(calls))
      return { status, contentType, json: JSON.parse(body || 'null') }
    }
    const two = await batch(credits, unknown)
    assert.equal([two.status, two.contentType], [200, 'application/json-rpc'])
    assert.equal(
      two.json.map(({ id, error }: Json) => [id, at(error, 'code')]),
      [
        [1, undefined],
        ['b', -32601],
      ],
    )
    const one = await batch(unknown)
    assert.equal([one.status, one.json.id, one.json.error.code], [404, 'b', -32601])
    assert.is((await batch()).status, 204)
    assert.is((await batch({ ...credits, id: null }, { ...credits, id: '' })).status, 204)
    const oneAnswer = await batch({ ...credits, id: undefined }, unknown)
    assert.equal([oneAnswer.status, oneAnswer.json.id], [404, 'b'], 'one answer goes alone')
    const odd = await batch(1, credits)
    assert.equal([odd.status, odd.json[0].id, odd.json[0].error.code, odd.json[1].id], [200, null, -32600, 1])
  }),
)

dialect('errors of the envelope', () =>
  withGame(async ({ call, post }) => {
    const codeOf = async (body: string) => {
      const answer = await post('/stats', body)
      assert.is(answer.contentType, 'application/json-rpc')
      return [answer.status, JSON.parse(answer.body).error.code]
    }
    assert.equal(await codeOf('{"jsonrpc":'), [500, -32700])
    assert.equal(await codeOf(''), [500, -32700])
    assert.equal(await codeOf('1'), [400, -32600])
    assert.equal(await codeOf('{"jsonrpc":"2.0","id":1}'), [400, -32600])
    assert.equal(await codeOf('{"jsonrpc":"2.0","id":1,"method":"credits","params":"x"}'), [500, -32602])
    const missing = { code: -32601, message: 'Method not found.', data: 'nothing' }
    assert.equal(errorOf(await call('stats', 'nothing', [])), [404, missing])
    for (const name of ['__proto__', 'toString', 'login']) assert.is((await call('stats', name, [])).status, 404)
  }),
)

dialect('an address is matched as Koa routers do; what is no module is not ours', () =>
  withGame(async ({ post, url }) => {
    const body = '{"id":1,"method":"credits"}'
    for (const path of ['/stats', '/stats/', '/Stats']) assert.is((await post(path, body)).status, 200, path)
    for (const path of ['/', '/nothing', '/stats/x', '/statsx', '/constructor']) {
      assert.is((await post(path, body)).status, 404, path)
    }
    assert.is((await send(url, { method: 'PUT', url: '/stats', body })).status, 404)
  }),
)

dialect('the answer on Koa 2 is the same to the byte', () =>
  withGame(async ({ post, universe }) => {
    const app = new Koa2()
    app.use(empireGame(universe))
    const server = await listen(createServer(app.callback()))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const body of ['{"id":1,"method":"credits"}', '{"id":1,"method":"nothing"}', '{"method":"credits"}', 'x']) {
      assert.equal(await send(url, { method: 'POST', url: '/stats', body }), await post('/stats', body))
    }
    await new Promise((resolve) => server.close(resolve))
  }),
)

dialect.run()

const body = suite('empire: the body')
const CREDITS = '{"jsonrpc":"2.0","id":1,"method":"credits","params":[]}'

for (const [mount, use] of Object.entries(MOUNTS)) {
  body(`any content type, or none, ${mount}`, () =>
    withGame(
      async ({ post }) => {
        for (const type of [
          'application/json',
          'application/json-rpc',
          'application/x-www-form-urlencoded',
          'text/plain',
        ]) {
          assert.is((await post('/stats', CREDITS, ['Content-Type', type])).status, 200, type)
        }
        assert.is((await post('/stats', CREDITS)).status, 200)
      },
      { use },
    ),
  )
}

body('raw JSON sent as a form keeps its & and =', () =>
  withGame(
    async ({ post }) => {
      const text = '{"jsonrpc":"2.0","id":1,"method":"is_name_available","params":["x&method=login&id=2"]}'
      const answer = await post('/empire', text, ['Content-Type', 'application/x-www-form-urlencoded'])
      assert.equal([answer.status, at(JSON.parse(answer.body), 'error', 'code')], [500, 1000])
    },
    { use: MOUNTS['behind a body parser'] as Use },
  ),
)

body('what something in front made of the body is what is played, not the text that the parser kept', () =>
  withGame(
    async ({ post }) => {
      const both = `[${CREDITS},{"id":2,"method":"credits"}]`
      for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
        const answer = await post('/stats', both, ['Content-Type', type])
        assert.is(JSON.parse(answer.body).id, 2, type)
      }
    },
    {
      use: (app, universe) => {
        app.use(bodyParser())
        app.use((ctx, next) => {
          ctx.request.body = [{ id: 2, method: 'credits' }]
          return next()
        })
        app.use(empireGame(universe))
      },
    },
  ),
)

for (const game of [empireGame, empireGameOnStream] as ((universe: Universe) => GameMiddleware)[]) {
  body(`too large a body is refused, half a body is not executed (${game.name})`, () =>
    withGame(
      async ({ post, url, universe }) => {
        assert.is((await post('/stats', `${CREDITS}${' '.repeat(1_048_576)}`)).status, 413)
        const create = '{"id":1,"method":"create","params":["Half Empire","secret"]}'
        const { port, hostname } = new URL(url)
        await new Promise((resolve) => {
          const socket = connect(Number(port), hostname)
          socket.on('close', resolve)
          const head = `POST /empire HTTP/1.1\r\nHost: x\r\nContent-Length: ${create.length + 1}\r\n\r\n`
          socket.write(head + create, () => setTimeout(() => socket.destroy(), 20))
        })
        assert.is((await post('/stats', CREDITS)).status, 200)
        assert.is(universe.empires().length, 2)
      },
      { use: (app, universe) => app.use(game(universe)) },
    ),
  )
}

body.run()
