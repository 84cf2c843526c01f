// What clients and games of JSON-RPC disagree about: the version, the id, and the status of an error.
import { buffer } from 'node:stream/consumers'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import { rpc, secret, serve } from '../helpers/serve.js'

const versions: [name: string, members: object][] = [
  ['2.0', { jsonrpc: '2.0' }],
  ['a number', { jsonrpc: 2 }],
  ['1.1', { version: '1.1' }],
  ['none', {}],
]
const ids: [id: unknown, isNotification?: true][] = [
  [1],
  [0],
  [-7],
  [1.5],
  [2 ** 53],
  ['1'],
  ['0'],
  ['11111111-2222-4333-8444-555555555555'],
  ['a "b"\n\u{1F600}'],
  [true],
  [false],
  [{ a: [1] }],
  [[]],
  [undefined, true],
  [null, true],
  ['', true],
]
/** Of an error, by its code. */
const statuses: Record<string, (code: number) => number> = {
  'always 200': () => 200,
  'always 500': () => 500,
  'as the original': (code) => (code === -32601 ? 404 : code === -32600 ? 400 : 500),
  'as many do': (code) => (code === -32601 ? 405 : 401),
}

const gameOf =
  (statusOf: (code: number) => number): Koa.Middleware =>
  async (ctx) => {
    const { id = null, method, params } = JSON.parse(String(await buffer(ctx.req)))
    const error = (code: number) => {
      ctx.status = statusOf(code)
      return { error: { code, message: 'No.', data: null } }
    }
    const outcome =
      method === 'view'
        ? { result: 1 }
        : method !== 'login'
          ? error(-32601)
          : params[1] === 'right'
            ? { result: { session_id: `of ${params[2]}` } }
            : error(1004)
    ctx.body = JSON.stringify({ jsonrpc: '2.0', id, ...outcome })
  }

for (const [what, statusOf] of Object.entries(statuses)) {
  test(`errors with the status ${what}: every version and every id is answered as it came, and counted`, async () => {
    const clients = clientele({ store: memory(), protocol: lacuna(), secret })
    const app = new Koa()
    app.use(clients.middleware()).use(gameOf(statusOf))
    const { publicKey } = await clients.registry.register({ name: 'One' })
    await serve(app, async (url) => {
      for (const [version, members] of versions) {
        for (const [id, isNotification] of ids) {
          const about = `${version}, ${JSON.stringify(id)}`
          const ask = (method: string, ...params: unknown[]) => rpc(`${url}/empire`, { ...members, id, method, params })
          const good = await ask('login', 'me', 'right', publicKey)
          assert.equal(
            [good.status, good.json.id, good.json.result],
            [200, id ?? null, { session_id: `of ${publicKey}` }],
            about,
          )
          assert.is((await ask('login', 'me', 'wrong', publicKey)).status, statusOf(1004), about)
          assert.is((await ask('view', `of ${publicKey}`)).status, 200, about)
          assert.is((await ask('no_such_method', `of ${publicKey}`)).status, statusOf(-32601), about)
          const refused = await ask('login', 'me', 'right', 'bad')
          if (isNotification) assert.equal([refused.status, refused.text], [204, ''], about)
          else assert.equal([refused.status, refused.json.id, refused.json.error.code], [500, id, 1002], about)
        }
      }
    })
    const total = versions.length * ids.length
    const { sessions, features } = await clients.usage.read(publicKey)
    assert.is(sessions, total)
    assert.equal(
      { ...features },
      {
        'empire.login': { calls: 2 * total, errors: total },
        'empire.view': { calls: total, errors: 0 },
        '(unknown)': { calls: total, errors: total },
      },
    )
    assert.equal({ ...(await clients.usage.read('(refused)')).refusals }, { unknown: total })
    await clients.close()
  })
}

test.run()
