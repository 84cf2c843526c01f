// What a body's first bytes say: whatever the protocol reads a call in, it does not turn away by its start, wherever that is cut.
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jsonRpc } from '../../src/index.js'
import type { GameRequest } from '../../src/protocols/protocol.js'

const protocol = jsonRpc({
  path: '/rpc',
  sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id' },
})
const form = 'application/x-www-form-urlencoded'
const request = (type: string | undefined, body: Uint8Array): GameRequest => ({
  method: 'POST',
  path: '/rpc',
  query: '',
  headers: type === undefined ? {} : { 'content-type': type },
  body,
})

const utf32 = (text: string) =>
  Buffer.concat(Array.from(text, (one) => Buffer.from(Uint32Array.of(one.codePointAt(0) ?? 0).buffer)))
const encodings: ((text: string) => Buffer)[] = [
  (text) => Buffer.from(text),
  (text) => Buffer.from(text, 'utf16le'),
  (text) => Buffer.from(text, 'utf16le').swap16(),
  utf32,
  (text) => utf32(text).swap32(),
]
const types = [undefined, 'application/json', 'text/plain', 'image/png', 'multipart/form-data; boundary=x', form]
const names = fc.string({ unit: 'grapheme', maxLength: 12 })

const json = fc
  .record({
    before: fc.constantFrom('', ' ', '\r\n\t ', '// x\n', '/* \u0001 */'),
    message: fc.record({ x: names, method: fc.constantFrom('login', 'view'), params: fc.array(names) }),
    isBatch: fc.boolean(),
    mark: fc.constantFrom('', '\ufeff'),
    encode: fc.constantFrom(...encodings),
  })
  .map(({ before, message, isBatch, mark, encode }) =>
    encode(mark + before + JSON.stringify(isBatch ? [message] : message)),
  )
const fields = fc
  .record({ x: names, encode: fc.constantFrom(...encodings) })
  .map(({ x, encode }) => encode(`${encodeURIComponent(x)}=${x.replaceAll(/[&=%]/g, '')}&method=login`))

test('no start of what is read as a call is turned away', () => {
  let read = 0
  fc.assert(
    fc.property(
      fc.oneof(
        fc.tuple(fc.constantFrom(...types), json),
        fc.tuple(fc.constant(form), fields),
        fc.tuple(
          fc.constantFrom(...types),
          json.map((bytes) => gzipSync(bytes)),
        ),
      ),
      fc.integer({ min: 4, max: 32 }),
      ([type, body], cut) => {
        if (protocol.read(request(type, body)).length > 0) read++
        assert.is(protocol.readsBody?.(request(type, body.subarray(0, cut))), true)
      },
    ),
    { numRuns: 3_000 },
  )
  assert.ok(read > 1_000, `${read} read`)
})

test('what has no call in it is turned away, whatever it is sent as', () => {
  const starts = [
    '\x89PNG\r\n\x1a\n',
    '\xff\xd8\xff\xe0',
    'GIF89a\x10\0',
    'PK\x03\x04',
    'OggS\0',
    'ID3\x03\0',
    '\0\0\0\x18ftyp',
    '<svg>',
    '  <?xml?>',
  ]
  for (const start of starts) {
    for (const type of types.filter((one) => one !== form)) {
      assert.is(protocol.readsBody?.(request(type, Buffer.from(start, 'latin1'))), false, JSON.stringify([start, type]))
    }
  }
  const parts = Buffer.from('--x\r\nContent-Disposition: form-data')
  assert.is(protocol.readsBody?.(request('multipart/form-data; boundary=x', parts)), false)
  assert.is(protocol.readsBody?.(request('text/plain', parts)), true)
})

test.run()
