import { existsSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

test('every test that the page names is there', () => {
  const named = Array.from(
    readFileSync('docs/threats.md', 'utf8').matchAll(/`(test\/[^`]+)`/g),
    ([, path = '']) => path,
  )
  assert.ok(named.length > 15)
  assert.equal(
    named.filter((path) => !existsSync(path)),
    [],
  )
})

test.run()
