// JSON as text: what is cut is what its sender wrote, byte for byte; what lenient parsers take is read as they read it; and no text,
// however odd, takes long or makes anybody throw.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jsonRpc, lacuna, rest } from '../../src/index.js'
import { answerJson } from '../../src/protocols/answers.js'
import { possibleMessages, withoutPaths } from '../../src/protocols/json-rpc/messages.js'
import { idText, numberText } from '../../src/protocols/text/json-pointer.js'
import { elementsAt, membersAt } from '../../src/protocols/text/json-scan.js'
import { JsonText, type Path, parseJson, parseStrictly, readJson } from '../../src/protocols/text/json-text.js'
import { decodeText } from '../../src/protocols/text/text-form.js'
import { utf32 } from '../middleware/lenient-readers.js'
import { batches, lenients, numberTexts, objects, tokenLists, tokenTexts, type Written } from './json-texts.js'

const numRuns = Number(process.env.TEXT_RUNS ?? 150)
const runs = { numRuns }

const utf16 = (text: string) => Buffer.from(text, 'utf16le')
const encodings: Record<string, (text: string) => Buffer> = {
  'UTF-8': Buffer.from,
  'UTF-16LE': utf16,
  'UTF-16BE': (text) => utf16(text).swap16(),
  'UTF-32LE': utf32,
  'UTF-32BE': (text) => utf32(text).swap32(),
}
/** By name, and with a mark or without. */
const encoders = fc.tuple(fc.constantFrom(...Object.keys(encodings)), fc.boolean()).map(
  ([name, isMarked]) =>
    Object.assign((text: string) => encodings[name]?.(isMarked ? `\ufeff${text}` : text), {
      toString: () => name,
    }) as (text: string) => Buffer,
)

const post = (body: Uint8Array | string, more = {}) => ({
  method: 'POST',
  path: '/rpc',
  query: '',
  headers: {},
  body,
  ...more,
})

/** Of members with one name the last. */
const lastOf = (members: NonNullable<Written['members']>, name: string) =>
  members.filter(([written]) => JSON.parse(written) === name).at(-1)?.[1].text

test('what is cut out of a batch is what the client wrote, in every encoding', () => {
  fc.assert(
    fc.property(batches, encoders, fc.infiniteStream(fc.boolean()), ({ before, batch, after }, encode, chosen) => {
      const json = readJson(encode(before + batch.text + after)) as JsonText
      assert.equal(json.value, JSON.parse(batch.text))
      const elements = batch.elements ?? []
      const spans = json.elements(json.spanOf([])?.start ?? -1)
      assert.is(spans.length, elements.length)
      const kept = spans.filter(() => chosen.next().value)
      const texts = elements.filter((_, index) => kept.includes(spans[index] as (typeof spans)[number]))
      assert.equal(
        json.encode(`[${kept.map((span) => json.cut(span)).join(',')}]`),
        encode(`[${texts.map(({ text }) => text).join(',')}]`),
      )
    }),
    runs,
  )
})

test('a value is where it stands: of members with one name the last, as parsers have it', () => {
  fc.assert(
    fc.property(objects, encoders, fc.boolean(), ({ text, members = [] }, encode, isParsed) => {
      const [value, body] = [JSON.parse(text), encode(text)]
      const json = isParsed ? new JsonText(value, text) : (readJson(body) as JsonText)
      for (const name of Object.keys(value)) {
        const written = lastOf(members, name)
        assert.is(json.written([name]), written)
        assert.equal(parseJson(written ?? ''), value[name])
      }
      assert.is(json.written(['no such name']), undefined)
      const span = json.spanOf([])
      assert.equal(
        json.members(span as { start: number; end: number }).map(([name, at]) => [name, json.read(at)]),
        members.map(([name, one]) => [JSON.parse(name), JSON.parse(one.text)]),
      )
      for (const [name, one] of members) {
        const [isLast, path] = [lastOf(members, JSON.parse(name)) === one.text, [JSON.parse(name) as string]]
        if (isLast)
          for (const [at, element] of (one.elements ?? []).entries())
            assert.is(json.written([...path, at]), element.text)
      }
    }),
    runs,
  )
})

test('messages are taken out of a batch, of nested ones too, and the others stay as they were written', () => {
  let nested = 0
  fc.assert(
    fc.property(batches, encoders, fc.infiniteStream(fc.boolean()), ({ before, batch, after }, encode, chosen) => {
      const gone: Path[] = []
      // What is left, as it is written; undefined where nothing is.
      const left = ({ text, elements }: Written, path: Path): string | undefined => {
        if (!elements) {
          if (!chosen.next().value) return text
          gone.push(path)
          return undefined
        }
        if (path.length > 0) nested++
        const kept = elements.map((one, index) => left(one, [...path, index])).filter((one) => one !== undefined)
        // An empty batch is nobody's to take out.
        if (elements.length === 0) return text
        return kept.length > 0 ? `[${kept.join(',')}]` : undefined
      }
      const wanted = left(batch, [])
      const [messages] = possibleMessages(post(encode(before + batch.text + after)), 1_000)
      if (!messages) throw new Error('a batch was not read')
      const without = withoutPaths(messages, gone)
      if ((batch.elements ?? []).length === 0) return
      assert.equal(without?.body, wanted === undefined ? undefined : encode(wanted))
      assert.equal(without?.parsed, wanted === undefined ? undefined : JSON.parse(wanted))
    }),
    runs,
  )
  assert.ok(nested > numRuns / 10)
})

test('what lenient parsers take is read as they read it, and cut as it was written', () => {
  fc.assert(
    fc.property(
      fc.array(lenients.object, { minLength: 1, maxLength: 4 }),
      encoders,
      fc.nat(),
      (messages, encode, at) => {
        const [text, strict] = (['lenient', 'strict'] as const).map(
          (form) => `[${messages.map((one) => one[form]).join(',')}${form === 'strict' ? '' : ','}]`,
        ) as [string, string]
        const json = readJson(encode(text))
        assert.equal(json?.value, JSON.parse(strict))
        const [reading] = possibleMessages(post(encode(text)), 1_000)
        const gone = at % messages.length
        const kept = messages.filter((_, index) => index !== gone).map(({ lenient }) => lenient)
        const body = reading && withoutPaths(reading, [[gone]])?.body
        assert.equal(body, kept.length === 0 ? undefined : encode(`[${kept.join(',')}]`))
        for (const [index, one] of messages.entries()) {
          for (const [name, value] of Object.entries(JSON.parse(one.strict))) {
            assert.equal(parseJson(`[${json?.written([index, name])}]`), [value])
          }
        }
      },
    ),
    runs,
  )
})

test('what is no JSON to anybody is none to us, or is cut where it was read', () => {
  const parsed = (text: string) => (parseJson(`[${text}]`) as unknown[] | undefined)?.[0]
  const named = (text: string) => Object.keys((parseJson(`{${text}:1}`) as object) ?? {})[0]
  let found = 0
  const texts = fc.oneof(tokenTexts, tokenLists)
  fc.assert(
    fc.property(texts, (text) => {
      const json = readJson(text)
      const start = json?.spanOf([])?.start ?? 0
      if (Array.isArray(json?.value)) {
        found++
        const elements = elementsAt(text, start).map(({ start: from, end }) => parsed(text.slice(from, end)))
        assert.equal(elements, json.value, JSON.stringify(text))
      } else if (typeof json?.value === 'object' && json.value !== null) {
        const members = membersAt(text, start).map(({ name, value }) => [
          named(text.slice(name.start, name.end)),
          parsed(text.slice(value.start, value.end)),
        ])
        assert.equal(Object.fromEntries(members), { ...json.value }, JSON.stringify(text))
      }
    }),
    { numRuns: 10 * numRuns },
  )
  assert.ok(found > numRuns / 2, `${found} arrays`)
  for (const text of ['[1 2]', '[1,,2]', '[1,,]', '[,1]', '{,}', '[1 .5]', '["a" "b"]', '{"a" 1}', '[1}']) {
    assert.is(parseJson(text), undefined, text)
  }
})

test('a comma or two too few are no way to have another message taken out', () => {
  for (const start of ['1 2', '1 /**/ 2', '1,,', '7 .5']) {
    const text = `[${start},{"id":1,"method":"login"},{"id":2,"method":"view"}]`
    for (const messages of possibleMessages(post(text), 1_000)) {
      for (const { method, path } of messages.list) {
        const { body, parsed } = withoutPaths(messages, [path]) ?? {}
        assert.not.ok(method === 'login' && String(body).includes('login'), text)
        assert.equal(parseJson(body ?? ''), parsed)
      }
    }
  }
})

test('a name twice, one of them in a lenient spelling, is a name twice', () => {
  for (const names of [
    [`'method'`, '"method"'],
    ['"method"', 'method'],
    [`"\\u006dethod"`, 'method'],
    ['method', `'method'`],
  ]) {
    for (const [first, second] of [
      [`'login'`, '"ping"'],
      ['"ping"', `'login'`],
    ]) {
      const [one] = possibleMessages(post(`{${names[0]}:${first},${names[1]}:${second}}`), 1_000)[0]?.list ?? []
      assert.ok([one?.method, ...(one?.otherMethods ?? [])].includes('login'), `${names} ${first}`)
    }
  }
})

/** A number as all of its digits and the power of ten that follows them. */
function exactly(text: string): [digits: bigint, power: bigint] {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? []
  let [digits, power] = [BigInt(whole + fraction), BigInt(exponent) - BigInt(fraction.length)]
  if (digits === 0n) return [0n, 0n]
  while (digits % 10n === 0n) [digits, power] = [digits / 10n, power + 1n]
  return [sign ? -digits : digits, power]
}

test('a number has one text, however it is written, and no other number has it', () => {
  const digits = fc.stringMatching(/^[1-9]\d{0,40}$/)
  const powers = fc.oneof(fc.bigInt(-30n, 30n), fc.bigInt(-500n, 500n), fc.bigInt(-(10n ** 30n), 10n ** 30n))
  // Close to each other, so that some are equal.
  const number = fc.tuple(digits, powers, fc.nat(9), fc.nat(6)).map(([all, power, shift, zeros]) => {
    const moved = `${all}${'0'.repeat(zeros)}`
    const at = Math.max(1, moved.length - shift)
    const fraction = moved.slice(at)
    return `${moved.slice(0, at)}${fraction && `.${fraction}`}e${power - BigInt(zeros) + BigInt(fraction.length)}`
  })
  const neighbours = fc.tuple(digits, fc.nat(3)).map(([all, more]) => `${BigInt(all) + BigInt(more)}`)
  const one = fc.oneof(number, numberTexts, neighbours)
  fc.assert(
    fc.property(one, one, number, fc.bigInt(0n, 2n), (a, b, c, more) => {
      const [all, power] = exactly(c)
      for (const [left, right] of [
        [a, b],
        [c, `${all}e${power}`],
        [c, `${all * 1000n}E${power - 3n}`],
        [`${all}e${power}`, `${all + more}e${power}`],
        [`${all}e${power}`, `${all}e${power + more}`],
      ] as const) {
        const areEqual = isDeepStrictEqual(exactly(left), exactly(right))
        assert.is(numberText(left) === numberText(right), areEqual, `${left} ${right}`)
      }
      // Its text is the number, and that which JavaScript has where it can.
      if (power > -500n && power < 500n) assert.equal(exactly(numberText(c)), exactly(c))
      if (isDeepStrictEqual(exactly(String(Number(c))), exactly(c))) assert.is(numberText(c), String(Number(c)))
    }),
    runs,
  )
  for (const [written, text] of [
    ['9007199254740993', '9007199254740993'],
    ['9007199254740992.0', '9007199254740992'],
    ['1.0', '1'],
    ['-0', '0'],
    ['0e99', '0'],
    ['1e400', `1${'0'.repeat(400)}`],
    ['1e-400', '1e-400'],
    ['1e99999999999999999999', '1e99999999999999999999'],
  ] as const) {
    assert.is(numberText(written), text)
  }
})

test('an id that is longer than any is none, be it text or a number', () => {
  assert.is(
    idText(1 / 3, () => `0.${'3'.repeat(5_000)}`),
    undefined,
  )
  assert.is(idText('3'.repeat(5_000)), undefined)
  assert.is(idText(1 / 3, () => `0.${'3'.repeat(4_000)}`)?.length, 4_006)
})

const protocols = [
  jsonRpc({
    path: '/rpc',
    sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
    sessionId: { index: 0, name: 'session_id' },
    answer: { sessionId: '/session_id', playerId: '/player' },
    renewed: '/token',
    maxBatch: 100_000,
  }),
  lacuna(),
  rest({
    sessions: { 'POST /rpc': { answer: { sessionId: { body: '/session_id' } } } },
    apiKey: { body: '/api_key' },
    sessionId: { bearer: true },
  }),
]

/** Everything that is done with a request and its answer. */
function tryAll(body: Uint8Array | string, answerBody: unknown = body): void {
  const answer = { status: 200, headers: {}, body: answerBody }
  for (const more of [
    {},
    { parsed: parseStrictly(decodeText(body)) },
    { query: decodeText(body).slice(0, 500) },
    { query: 'method=ping' },
  ]) {
    const request = post(body, more)
    for (const protocol of protocols) {
      const calls = protocol.read(request)
      const refusals = calls
        .filter(({ createsSession }) => createsSession)
        .map((call) => ({ call, reason: 'missing' as const, message: 'No.' }))
      if (refusals.length > 0) {
        protocol.refuse(request, refusals)
        protocol.batch?.without(request, refusals)
        protocol.batch?.join(request, refusals, answer)
      }
      for (const call of calls) {
        protocol.learn(call, answer)
        if (call.createsSession) protocol.misses?.(call, answer)
      }
      protocol.handsOut?.(request, calls, answer)
      protocol.handsOut?.(request, [], answer)
    }
  }
  answerJson(answer)
}

test('nothing throws, whatever text or bytes there are', () => {
  const bodies = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array(), tokenTexts, tokenLists)
  const message = fc
    .oneof(tokenTexts, fc.constantFrom('"login"', '["login"]', '{"session_id":1}'))
    .map((text) => `[{"method":"login","id":1,"method":${text}},{"id":${text},"result":{"session_id":${text}}}]`)
  for (const deep of [
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  ]) {
    for (const name of ['method', 'id', 'params', 'result']) tryAll(`{"${name}":${deep},"METHOD":${deep}}`)
    tryAll(deep)
  }
  fc.assert(
    fc.property(fc.oneof(bodies, message), fc.oneof(bodies, message), (body, answer) => tryAll(body, answer)),
    runs,
  )
})

const maxMs = 1_000

/** Of the processor's time, because others use this machine too. */
function msOf(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const megabyte = 1_000_000

test('a megabyte of anything is read within a second', () => {
  const parts = [
    '[',
    '{',
    '\\',
    '/*',
    '/**/',
    '//',
    '//\n',
    '/',
    '"',
    "'",
    ' ',
    '"\\',
    '{"a":',
    '[]',
    ',',
    'a',
    '0',
    '\u00e9',
  ]
  const starts = ['', '[1,"', '{"method":"login","id":1.']
  const slow: string[] = []
  for (const part of parts) {
    const all = part.repeat(megabyte / part.length)
    for (const start of starts) {
      const ms = msOf(() => protocols[0]?.read(post(Buffer.from(start + all))))
      if (ms > maxMs) slow.push(`${start}${part}: ${ms.toFixed()} ms`)
    }
  }
  assert.equal(slow, [])
})

test('a hundred thousand messages are read, cut and joined within a second each', () => {
  const sized = (count: number, one: (index: number) => string) =>
    `[${Array.from({ length: count }, (_, index) => one(index))}]`
  const shapes: Record<string, [requests: string, replies: string]> = {
    'whole ids': [
      sized(100_000, (id) => `{"id":${id},"method":"${id % 2 ? 'login' : 'view'}"}`),
      sized(50_000, (id) => `{"id":${2 * id},"result":1}`),
    ],
    'long ids': [
      sized(30_000, (id) => `{"id":${id}.00000000000000000001,"method":"${id % 2 ? 'login' : 'view'}"}`),
      sized(15_000, (id) => `{"id":${2 * id}.00000000000000000001,"result":1}`),
    ],
    'no ids in the answer': [
      sized(60_000, (id) => `{"id":${id},"method":"${id % 2 ? 'login' : 'view'}"}`),
      sized(30_000, () => '{"result":{"session_id":"x"}}'),
    ],
    'behind half a megabyte of white space': [
      ' '.repeat(megabyte / 2) + sized(10_000, (id) => `{"id":${id}.5,"method":"${id % 2 ? 'login' : 'view'}"}`),
      ' '.repeat(megabyte / 2) + sized(5_000, (id) => `{"id":${2 * id}.5,"result":{"session_id":1.5}}`),
    ],
    'long numbers of zeros': [
      sized(200, (id) => `{"id":1,"method":"${id % 2 ? 'login' : 'view'}","params":[1${'0'.repeat(4_000)}1]}`),
      sized(100, () => `{"id":1,"result":{"session_id":1${'0'.repeat(4_000)}1}}`),
    ],
    'a name in doubt': [
      sized(30_000, (id) => `{"id":${id},"method":"view","method":"${id % 2 ? 'login' : 'view'}"}`),
      sized(15_000, (id) => `{"id":${2 * id},"result":1}`),
    ],
    'one message with many members': [
      `{"id":1.5,${Array.from({ length: 60_000 }, (_, index) => `"${index}":1`)},"method":"login"}`,
      `{"id":1.5,${Array.from({ length: 60_000 }, (_, index) => `"${index}":1`)},"result":{"session_id":1.5}}`,
    ],
    'nested batches': [
      sized(20_000, (id) => `[{"id":${id}.5,"method":"${id % 2 ? 'login' : 'view'}"}]`),
      sized(10_000, (id) => `[{"id":${2 * id}.5,"result":1}]`),
    ],
  }
  const protocol = protocols[0] as NonNullable<(typeof protocols)[0]>
  for (const [name, [sent, answered]] of Object.entries(shapes)) {
    const request = post(Buffer.from(sent))
    const calls = protocol.read(request)
    const refusals = calls
      .filter(({ createsSession }) => createsSession)
      .map((call) => ({ call, reason: 'missing' as const, message: 'No.' }))
    assert.ok(refusals.length > 0)
    const answer = () => ({ status: 200, headers: {}, body: Buffer.from(answered) })
    const played = calls.filter(({ createsSession }) => !createsSession)
    const works: Record<string, () => unknown> = {
      read: () => protocol.read(request),
      cut: () => protocol.batch?.without(request, refusals),
      refuse: () => protocol.refuse(request, refusals),
      join: () => protocol.batch?.join(request, refusals, answer()),
      learn() {
        const given = answer()
        for (const call of played) protocol.learn(call, given)
      },
      look: () => protocol.handsOut?.(request, calls, answer()),
    }
    for (const [what, work] of Object.entries(works)) {
      const ms = msOf(work)
      assert.ok(ms < maxMs, `${name}, ${what}: ${ms.toFixed()} ms`)
    }
  }
})

test.run()
