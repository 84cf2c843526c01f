// What the client gets is what it gets without us, whatever the game's answer is: status, headers and bytes, and whether it breaks
// off; the game's own listeners hear the same; and each call is counted once, each session that could be read too.
import type Koa3 from 'koa'
import { test } from 'uvu'
import { koas } from '../console/harness.js'
import { compareAll, type Mode } from './kinds-harness.js'
import { kindsFor, wholeKindsFor } from './kinds-of-answers.js'
import { wrappers } from './packing-hosts.js'

const all: Mode[] = ['call', 'login', 'enter']

for (const [koa, Koa] of Object.entries(koas) as [string, typeof Koa3][]) {
  const games = kindsFor(koa)
  const count = Object.keys(games).length
  // Asked for before a host outside of us has said that it packs, its headers would come in another order.
  const { 'head-at-the-last-moment': _, ...whole } = wholeKindsFor(koa)
  test(`${koa}: ${count} kinds of answers, to calls and logins`, () => compareAll(Koa, games, { asked: all }))
  test(`${koa}: ${count} kinds of answers, most of them over the limit`, () =>
    compareAll(Koa, games, { asked: ['login', 'enter'], options: { bodyLimitBytes: 200 } }))
  test(`${koa}: ${count} kinds of answers, to HEAD`, () => compareAll(Koa, games, { asked: ['look', 'door'] }))
  for (const [place, wrapper] of Object.entries(wrappers)) {
    test(`${koa}: ${Object.keys(whole).length} kinds of answers, packed ${place}`, () =>
      compareAll(Koa, whole, { asked: ['login'], wrapper }))
  }
}

test.run()
