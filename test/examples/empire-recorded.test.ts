import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Answer, compareAnswer, isKeyRefusal, loadRecording, RECORDINGS, replay } from '../helpers/wire.js'
import { at, MOUNTS, UUID, withGame } from './empire-host.js'

const recorded = suite('empire: what real clients were recorded to send and to be answered')

for (const [mount, use] of Object.entries(MOUNTS)) {
  for (const name of RECORDINGS) {
    recorded(`${name}, ${mount}`, () =>
      withGame(
        async ({ url }) => {
          const exchanges = loadRecording(name).filter((exchange) => !isKeyRefusal(exchange))
          assert.ok(exchanges.length > 0)
          const replayed = await replay(url, exchanges)
          assert.is(replayed.length, exchanges.length)
          for (const { exchange, expected, actual } of replayed) {
            assert.equal(compareAnswer(expected, actual), [], `${exchange.n}: ${exchange.request.body}`)
          }
        },
        { use },
      ),
    )
  }
}

recorded('the comparison sees what a client would trip over', async () => {
  const [first] = loadRecording('glc')
  const expected: Answer = {
    status: first?.response.status ?? 0,
    contentType: 'application/json-rpc',
    contentLength: 49,
    body: '{"jsonrpc":"2.0","id":1,"result":{"a":[{"b":1}]}}',
  }
  const differs = (change: Partial<Answer>) => compareAnswer(expected, { ...expected, ...change }).length > 0
  const body = (text: string) => ({ body: text, contentLength: Buffer.byteLength(text) })
  assert.equal(compareAnswer(expected, expected), [])
  assert.not(differs(body('{"jsonrpc":"2.0","id":1,"result":{"a":[{"b":2},{"b":3}]}}')), 'other numbers')
  assert.ok(differs({ status: 500 }))
  assert.ok(differs({ contentType: 'application/json-rpc; charset=utf-8' }))
  assert.ok(differs({ contentLength: undefined }))
  assert.ok(differs(body('{"jsonrpc":"2.0","id":"1","result":{"a":[{"b":1}]}}')), 'type of the id')
  assert.ok(differs(body('{"id":1,"jsonrpc":"2.0","result":{"a":[{"b":1}]}}')), 'order of the members')
  assert.ok(differs(body('{"jsonrpc":"2.0","id":1,\n"result":{"a":[{"b":1}]}}')), 'two lines')
  assert.ok(differs(body('{"jsonrpc":"2.0","id":1,"result":{"a":[{"b":"1"}]}}')), 'type of a member')
  assert.ok(differs(body('{"jsonrpc":"2.0","id":1,"result":{"a":[{"b":1,"c":1}]}}')), 'one more member')
  assert.ok(differs(body('{"jsonrpc":"2.0","id":1,"result":{}}')), 'one member less')
  assert.ok(differs(body('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"","data":null}}')), 'an error')
})

recorded('session ids are UUIDs and rpc_count rises', () =>
  withGame(async ({ url }) => {
    const replayed = await replay(url, loadRecording('glc').slice(1, 7))
    const results = replayed.map(({ actual }) => at(JSON.parse(actual.body), 'result'))
    assert.match(String(at(results[0], 'session_id')), UUID)
    const counts = results.map(
      (result) => at(result, 'status', 'empire', 'rpc_count') ?? at(result, 'empire', 'rpc_count'),
    )
    assert.equal(counts, [1, 2, 3, 4, 5, 6])
  }),
)

recorded.run()
