import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ClienteleError } from '../../src/errors.js'
import { Watch } from '../../src/middleware/watch.js'

function watching() {
  const told: ClienteleError[] = []
  const watch = new Watch((error) => told.push(error))
  return { watch, told, codes: () => told.map(({ code }) => code) }
}

const way = (method: string, contentType?: string, contentEncoding?: string) => ({
  method,
  contentType,
  contentEncoding,
})

const realNow = performance.now
let aheadMs = 0
test.before.each(() => {
  aheadMs = 0
  performance.now = () => realNow.call(performance) + aheadMs
})
test.after(() => {
  performance.now = realNow
})

test('a dozen different answers of one feature ring once, and name feature, place and number', () => {
  const { watch, told, codes } = watching()
  for (let login = 0; login < 11; login++) watch.sessionMissing('login', '/token', `answer ${login}`)
  assert.equal([codes(), watch.blindSpots(), watch.unlearned], [[], [], 11])
  for (let login = 11; login < 40; login++) watch.sessionMissing('login', '/token', `answer ${login}`)
  assert.equal(codes(), ['session_unlearned'])
  assert.ok(told[0] instanceof ClienteleError)
  assert.match(told[0]?.message ?? '', '12 logins of login were answered without anything at /token')
  assert.match(told[0]?.message ?? '', 'session: false')
  assert.equal(watch.blindSpots(), [{ feature: 'login', place: '/token', logins: 40 }])
  assert.is(watch.unlearned, 40)
})

test('the same answer a thousand times does not ring, and counts', () => {
  const { watch, codes } = watching()
  for (let login = 0; login < 1_000; login++) watch.sessionMissing('login', '/token', `one of ${login % 11}`)
  assert.equal([codes(), watch.blindSpots(), watch.unlearned], [[], [], 1_000])
})

test('repeated answers between different ones are counted as logins, and a feature rings for itself', () => {
  const { watch, told } = watching()
  for (let login = 0; login < 24; login++) watch.sessionMissing('login', '/token', `answer ${login % 12}`)
  for (let login = 0; login < 11; login++) watch.sessionMissing('found', '/token', `answer ${login}`)
  assert.is(told.length, 1)
  watch.sessionMissing('found', '/token', 'another')
  assert.equal(
    told.map(({ message }) => message.split(' were ')[0]),
    ['12 logins of login', '12 logins of found'],
  )
  assert.equal(
    watch.blindSpots().map(({ feature, logins }) => [feature, logins]),
    [
      ['login', 24],
      ['found', 12],
    ],
  )
})

test('a feature that once showed a session never rings, before or after', () => {
  const { watch, codes } = watching()
  watch.learned('login')
  for (let login = 0; login < 100; login++) watch.sessionMissing('login', '/token', `answer ${login}`)
  for (let login = 0; login < 100; login++) watch.sessionMissing('found', '/token', `answer ${login}`)
  watch.learned('found')
  for (let login = 0; login < 100; login++) watch.sessionMissing('found', '/token', `more ${login}`)
  assert.equal([codes(), watch.blindSpots(), watch.unlearned], [['session_unlearned'], [], 300])
})

test('an answer that nobody could look into counts, and never rings', () => {
  const { watch, codes } = watching()
  for (let login = 0; login < 100; login++) watch.unreadable()
  assert.equal([codes(), watch.blindSpots(), watch.unlearned], [[], [], 100])
})

test('each way is told once an hour', () => {
  const { watch, told } = watching()
  const ways = [
    way('POST', 'text/plain'),
    way('POST', 'text/plain', 'gzip'),
    way('PUT', 'text/plain'),
    way('POST'),
    way('POST', 'TEXT/PLAIN ; charset=utf-8'),
  ]
  const sendAll = () => {
    for (let time = 0; time < 3; time++) for (const one of ways) watch.sessionUnread(one, false)
  }
  sendAll()
  assert.equal(
    told.map(({ message }) => /\((.*?)\)/.exec(message)?.[1]),
    ['post as text/plain', 'post as text/plain, packed as gzip', 'put as text/plain', 'post as no type'],
  )
  assert.is(watch.unread, 15)
  aheadMs = 3_599_000
  sendAll()
  assert.is(told.length, 4)
  aheadMs = 3_601_000
  sendAll()
  assert.is(told.length, 8)
  watch.sessionUnread(way('POST'), true)
  assert.is(watch.unread, 45, 'a request that is counted already is not counted twice')
})

test('what a client sends is told as far as it is a plain word', () => {
  const { watch, told } = watching()
  const hostile = ['<b>bold</b>', 'a\r\nb', 'x'.repeat(65), 'ck_prv_secret value', 'é', '', '{}', '%00']
  for (const text of hostile) {
    watch.sessionUnread(way(text, text, text), false)
    aheadMs += 3_600_000
  }
  assert.is(told.length, hostile.length)
  for (const { message } of told) {
    assert.match(message, '(another as another, packed as another)')
    for (const text of hostile.slice(0, 4)) assert.not.match(message, text)
  }
  const feature = watching()
  for (const text of ['<b>bold</b>', 'a\r\nb', 'x'.repeat(101), 'é', '', '%00']) feature.watch.sessionUnexpected(text)
  for (let login = 0; login < 12; login++) feature.watch.sessionMissing('<b>', '/x', `${login}`)
  for (const { message } of feature.told) assert.not.match(message, /[<>\r\n%]|xxxxx/)
  feature.watch.sessionUnexpected('POST /games/:name/*rest')
  assert.match(feature.told.at(-1)?.message ?? '', /^POST \/games\/:name\/\*rest was answered/)
})

test('a feature that is no login is told once', () => {
  const { watch, codes } = watching()
  for (let time = 0; time < 5; time++) for (const feature of ['view', 'list']) watch.sessionUnexpected(feature)
  assert.equal([codes(), watch.unread], [['session_unexpected', 'session_unexpected'], 10])
})

test('what strangers can send is bounded: ways, and features', () => {
  const { watch, told } = watching()
  for (let one = 0; one < 5_000; one++) watch.sessionUnread(way('POST', `text/x${one}`), false)
  assert.is(told.length, 101)
  assert.match(told.at(-1)?.message ?? '', '(in one more way)')
  aheadMs = 3_601_000
  watch.sessionUnread(way('POST', 'text/never'), false)
  assert.is(told.length, 102)

  const features = watching()
  for (let one = 0; one < 5_000; one++) features.watch.sessionUnexpected(`f${one}`)
  assert.is(features.told.length, 256)
  assert.is(features.watch.unread, 5_000)

  // As many answers as there are: what is remembered of a feature does not grow.
  const answers = watching()
  for (let one = 0; one < 50_000; one++) answers.watch.sessionMissing('login', '/x', `${one}`)
  assert.equal(answers.watch.blindSpots(), [{ feature: 'login', place: '/x', logins: 50_000 }])
})

test.run()
