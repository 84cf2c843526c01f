import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isLocal } from '../../examples/empire/local.js'

const askers: [ip: string, host: string, headers: Record<string, string>, local: boolean][] = [
  ['127.0.0.1', 'localhost:3000', {}, true],
  ['::1', '[::1]:3000', {}, true],
  ['::ffff:127.0.0.1', '127.0.0.1', { accept: '*/*' }, true],
  ['192.168.0.7', 'localhost:3000', {}, false],
  ['127.0.0.1', 'game.example', {}, false],
  ['127.0.0.1', 'localhost.evil.example', {}, false],
  ['127.0.0.1', 'localhost:3000', { 'x-forwarded-for': '127.0.0.1' }, false],
  ['127.0.0.1', 'localhost:3000', { forwarded: 'for=192.0.2.1' }, false],
  ['127.0.0.1', 'localhost:3000', { via: '1.1 proxy' }, false],
]
for (const [ip, host, headers, local] of askers) {
  test(`${ip} asking ${host} with ${Object.keys(headers)} is ${local ? '' : 'not '}local`, () => {
    assert.is(isLocal({ ip, host, headers }), local)
  })
}

test.run()
