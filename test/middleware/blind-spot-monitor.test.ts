import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ClienteleError } from '../../src/errors.js'
import { BlindSpotMonitor } from '../../src/middleware/blind-spot-monitor.js'

function watching() {
  const told: ClienteleError[] = []
  const monitor = new BlindSpotMonitor((error) => told.push(error))
  return { monitor, told, codes: () => told.map(({ code }) => code) }
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
  const { monitor, told, codes } = watching()
  for (let login = 0; login < 11; login++) monitor.sessionMissing('login', '/token', `answer ${login}`)
  assert.equal([codes(), monitor.blindSpots(), monitor.unlearned], [[], [], 11])
  for (let login = 11; login < 40; login++) monitor.sessionMissing('login', '/token', `answer ${login}`)
  assert.equal(codes(), ['session_unlearned'])
  assert.ok(told[0] instanceof ClienteleError)
  assert.match(told[0]?.message ?? '', '12 logins of login were answered without anything at /token')
  assert.match(told[0]?.message ?? '', 'session: false')
  assert.equal(monitor.blindSpots(), [{ feature: 'login', place: '/token', logins: 40 }])
  assert.is(monitor.unlearned, 40)
})

test('the same answer a thousand times does not ring, and counts', () => {
  const { monitor, codes } = watching()
  for (let login = 0; login < 1_000; login++) monitor.sessionMissing('login', '/token', `one of ${login % 11}`)
  assert.equal([codes(), monitor.blindSpots(), monitor.unlearned], [[], [], 1_000])
})

test('repeated answers between different ones are counted as logins, and a feature rings for itself', () => {
  const { monitor, told } = watching()
  for (let login = 0; login < 24; login++) monitor.sessionMissing('login', '/token', `answer ${login % 12}`)
  for (let login = 0; login < 11; login++) monitor.sessionMissing('found', '/token', `answer ${login}`)
  assert.is(told.length, 1)
  monitor.sessionMissing('found', '/token', 'another')
  assert.equal(
    told.map(({ message }) => message.split(' were ')[0]),
    ['12 logins of login', '12 logins of found'],
  )
  assert.equal(
    monitor.blindSpots().map(({ feature, logins }) => [feature, logins]),
    [
      ['login', 24],
      ['found', 12],
    ],
  )
})

test('a feature that once showed a session never rings, before or after', () => {
  const { monitor, codes } = watching()
  monitor.learned('login')
  for (let login = 0; login < 100; login++) monitor.sessionMissing('login', '/token', `answer ${login}`)
  for (let login = 0; login < 100; login++) monitor.sessionMissing('found', '/token', `answer ${login}`)
  monitor.learned('found')
  for (let login = 0; login < 100; login++) monitor.sessionMissing('found', '/token', `more ${login}`)
  assert.equal([codes(), monitor.blindSpots(), monitor.unlearned], [['session_unlearned'], [], 300])
})

test('an answer that nobody could look into counts, and never rings', () => {
  const { monitor, codes } = watching()
  for (let login = 0; login < 100; login++) monitor.unreadable()
  assert.equal([codes(), monitor.blindSpots(), monitor.unlearned], [[], [], 100])
})

test('each way is told once an hour', () => {
  const { monitor, told } = watching()
  const ways = [
    way('POST', 'text/plain'),
    way('POST', 'text/plain', 'gzip'),
    way('PUT', 'text/plain'),
    way('POST'),
    way('POST', 'TEXT/PLAIN ; charset=utf-8'),
  ]
  const sendAll = () => {
    for (let time = 0; time < 3; time++) for (const one of ways) monitor.sessionUnread(one, false)
  }
  sendAll()
  assert.equal(
    told.map(({ message }) => /\((.*?)\)/.exec(message)?.[1]),
    ['post as text/plain', 'post as text/plain, packed as gzip', 'put as text/plain', 'post as no type'],
  )
  assert.is(monitor.unread, 15)
  aheadMs = 3_599_000
  sendAll()
  assert.is(told.length, 4)
  aheadMs = 3_601_000
  sendAll()
  assert.is(told.length, 8)
  monitor.sessionUnread(way('POST'), true)
  assert.is(monitor.unread, 45, 'a request that is counted already is not counted twice')
})

test('what a client sends is told as far as it is a plain word', () => {
  const { monitor, told } = watching()
  const hostile = ['<b>bold</b>', 'a\r\nb', 'x'.repeat(65), 'ck_prv_secret value', 'é', '', '{}', '%00']
  for (const text of hostile) {
    monitor.sessionUnread(way(text, text, text), false)
    aheadMs += 3_600_000
  }
  assert.is(told.length, hostile.length)
  for (const { message } of told) {
    assert.match(message, '(another as another, packed as another)')
    for (const text of hostile.slice(0, 4)) assert.not.match(message, text)
  }
  const feature = watching()
  for (const text of ['<b>bold</b>', 'a\r\nb', 'x'.repeat(101), 'é', '', '%00']) feature.monitor.sessionUnexpected(text)
  for (let login = 0; login < 12; login++) feature.monitor.sessionMissing('<b>', '/x', `${login}`)
  for (const { message } of feature.told) assert.not.match(message, /[<>\r\n%]|xxxxx/)
  feature.monitor.sessionUnexpected('POST /games/:name/*rest')
  assert.match(feature.told.at(-1)?.message ?? '', /^POST \/games\/:name\/\*rest was answered/)
})

test('a feature that is no login is told once', () => {
  const { monitor, codes } = watching()
  for (let time = 0; time < 5; time++) for (const feature of ['view', 'list']) monitor.sessionUnexpected(feature)
  assert.equal([codes(), monitor.unread], [['session_unexpected', 'session_unexpected'], 10])
})

test('what strangers can send is bounded: ways, and features', () => {
  const { monitor, told } = watching()
  for (let one = 0; one < 5_000; one++) monitor.sessionUnread(way('POST', `text/x${one}`), false)
  assert.is(told.length, 101)
  assert.match(told.at(-1)?.message ?? '', '(in one more way)')
  aheadMs = 3_601_000
  monitor.sessionUnread(way('POST', 'text/never'), false)
  assert.is(told.length, 102)

  const features = watching()
  for (let one = 0; one < 5_000; one++) features.monitor.sessionUnexpected(`f${one}`)
  assert.is(features.told.length, 256)
  assert.is(features.monitor.unread, 5_000)

  // As many answers as there are: what is remembered of a feature does not grow.
  const answers = watching()
  for (let one = 0; one < 50_000; one++) answers.monitor.sessionMissing('login', '/x', `${one}`)
  assert.equal(answers.monitor.blindSpots(), [{ feature: 'login', place: '/x', logins: 50_000 }])
})

test.run()
