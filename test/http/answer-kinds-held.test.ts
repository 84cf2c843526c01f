// What the client gets is what it gets without us where more is held than a login, and where a host compares what a client has.
import { createHash } from 'node:crypto'
import type Koa3 from 'koa'
import { test } from 'uvu'
import { koas } from '../console/harness.js'
import { compareAll, type Mode } from './kinds-harness.js'
import { kindsFor, wholeKindsFor } from './kinds-of-answers.js'

const calls: Mode[] = ['call', 'look']
const some: Mode[] = ['call', 'login', 'enter']

/** As koa-etag and koa-conditional-get: what can be said before it is sent has a name, and is not sent to one who has it. */
const conditional: Koa3.Middleware = async (ctx, next) => {
  await next()
  const { body } = ctx
  if (typeof body === 'string' || Buffer.isBuffer(body)) ctx.etag = createHash('sha1').update(body).digest('hex')
  if (ctx.response.get('etag') !== '' && ctx.get('if-none-match') === '*') {
    ctx.status = 304
    ctx.body = null
  }
}

for (const [koa, Koa] of Object.entries(koas) as [string, typeof Koa3][]) {
  const games = kindsFor(koa)
  const whole = wholeKindsFor(koa)
  // Node refuses this beside headers that are set, while the game listens: to us it comes when it listens no more.
  const { 'head-as-pairs': _, ...heads } = games
  test(`${koa}: calls, most of them over the limit`, () =>
    compareAll(Koa, games, { asked: calls, options: { bodyLimitBytes: 200 } }))
  test(`${koa}: calls that wait until they are counted`, () =>
    compareAll(Koa, games, { asked: calls, options: { durability: 'all' } }))
  test(`${koa}: answers to what nobody could read`, () => compareAll(Koa, games, { asked: ['odd'] }))
  test(`${koa}: answers that might be refused`, () =>
    compareAll(Koa, heads, { asked: [...some, 'odd'], options: { strict: true } }))
  for (const [place, wrapper] of Object.entries({
    outside: { outer: [conditional] },
    inside: { inner: [conditional] },
  })) {
    test(`${koa}: a host ${place} of us that sends nothing to whom has it`, () =>
      compareAll(Koa, whole, { asked: ['call', 'enter'], wrapper, headers: { 'if-none-match': '*' } }))
  }
}

test.run()
