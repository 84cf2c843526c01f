import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { addressesOf } from '../../src/protocols/addresses.js'

test('an address as servers of many kinds take it', () => {
  for (const path of [
    '/rpc',
    '//rpc',
    '/./rpc',
    '/x/../rpc',
    '/%72pc',
    '/rpc;x=1',
    '/;x/rpc',
    '/x/..;/rpc',
    '/rpc.',
    '/rpc%20',
    '\\\\rpc',
  ]) {
    assert.ok(addressesOf(path).includes('/rpc'), path)
  }
  assert.equal(addressesOf('/rpc/of.it'), ['/rpc/of.it'])
})

test('a long one takes no longer for what is in it', () => {
  for (const piece of ['.', ' ', ';', '%', '%25', '..', '/', '/..', '\\', '\u00a0', '.;']) {
    const path = `/%61${piece.repeat(15_000)}b`
    const before = process.cpuUsage()
    addressesOf(path)
    const { user } = process.cpuUsage(before)
    assert.ok(user < 300_000, `${piece}: ${user / 1_000} ms`)
  }
})

test.run()
