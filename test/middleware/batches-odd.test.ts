// Batches that are not quite batches, and games that do not quite answer them.
import { text } from 'node:stream/consumers'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna, type UsageReport } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'

interface Asked {
  status: number
  json: unknown
  /** What the game was sent, unless it was sent nothing. */
  seen: string | undefined
  errors: string[]
  none: UsageReport
  anonymous: UsageReport
}

const protocol = { ...lacuna(), isFeature: () => true }

async function ask(body: string, answer: string, status = 200): Promise<Asked> {
  const errors: string[] = []
  const clients = clientele({ store: memory(), protocol, secret, onError: ({ code }) => errors.push(code) })
  let seen: string | undefined
  const app = new Koa()
  app.use(clients.middleware())
  app.use(async (ctx) => {
    seen = await text(ctx.req)
    ctx.status = status
    ctx.body = answer
  })
  const response = await serve(app, async (url) => {
    const given = await fetch(`${url}/empire`, { method: 'POST', body })
    return { status: given.status, json: parse(await given.text()) }
  })
  const [none, anonymous] = [await clients.usage.read('(none)'), await clients.usage.read('anonymous')]
  await clients.close()
  return { ...response, seen, errors, none, anonymous }
}

const view = (id?: unknown) => ({ id, method: 'view', params: [] })
const login = (publicKey: string, id: unknown) => ({ id, method: 'login', params: ['me', 'right', publicKey] })

test('what is no call goes to the game, even where every call beside it is refused', async () => {
  const invalid = { id: null, error: { code: -32600, message: 'Invalid.' } }
  const { seen, json, status } = await ask(JSON.stringify([7, login('bad', 1), {}]), JSON.stringify([invalid, invalid]))
  assert.equal([seen, status], ['[7,{}]', 200])
  assert.equal(
    (json as { error: { code: number } }[]).map(({ error }) => error.code),
    [-32600, 1002, -32600],
  )
})

test('a batch that the game answers as a whole has failed call by call', async () => {
  const batch = JSON.stringify([view(1), login('anonymous', 2), view()])
  const table: [status: number, answer: string, feature: string, errors: number][] = [
    [502, '<h1>Bad gateway</h1>', 'empire.view', 2],
    [400, '{"message":"No batches here."}', 'empire.view', 2],
    [200, '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"No batches here."}}', 'empire.view', 2],
    [404, 'Not found', 'empire.view', 2],
    // Each of these is the reply to one of the calls, or to none.
    [500, '[{"id":1,"error":{"code":5}}]', 'empire.view', 1],
    [500, '{"id":1,"error":{"code":5}}', 'empire.view', 1],
    [200, '', 'empire.view', 0],
  ]
  for (const [status, answer, feature, errors] of table) {
    const { none, anonymous } = await ask(batch, answer, status)
    assert.equal({ ...none.features }, { [feature]: { calls: 2, errors } }, `${status} ${answer}`)
    assert.equal([anonymous.sessions, anonymous.calls, anonymous.errors], [0, 1, errors === 2 ? 1 : 0], answer)
  }
})

test('what is nested more deeply than JSON can say again is judged and cut', async () => {
  const deep = '['.repeat(10_000) + ']'.repeat(10_000)
  const refused = JSON.stringify(login('bad', 1))
  const [deepView, deepId] = [`{"id":2,"method":"view","params":${deep}}`, `{"id":${deep},"method":"view"}`]
  const answer = '[{"id":2,"result":1}]'

  const alone = await ask(refused.replace('"id":1', `"id":${deep}`), answer)
  assert.equal([alone.seen, alone.status, (alone.json as { id: unknown }).id], [undefined, 500, null])
  for (const rest of [deepView, `${deepView},${deepId}`]) {
    const { seen, status, json, errors, none } = await ask(`[${refused},${rest}]`, answer)
    // It is cut as text, and never said again.
    assert.equal([seen, status, errors], [`[${rest}]`, 200, []])
    assert.equal(
      (json as { id: unknown }[]).map(({ id }) => id),
      [1, 2],
    )
    assert.is(none.calls, rest.includes(deepId) ? 2 : 1)
  }
  const { seen, status, errors, none } = await ask(`[${deepView},${deepId}]`, answer)
  assert.equal([seen?.length, status, errors, none.calls], [deepView.length + deepId.length + 3, 200, [], 2])
})

function parse(answer: string): unknown {
  try {
    return JSON.parse(answer)
  } catch {
    return answer
  }
}

test.run()
