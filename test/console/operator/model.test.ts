import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { de } from '../../../src/console/messages/de/de.js'
import { en, type Messages } from '../../../src/console/messages/en/en.js'
import {
  activitiesOf,
  type ClientActivity,
  countActive,
  trendOf,
  trendText,
  wholeOf,
} from '../../../src/console/operator/activity.js'
import { heatMapOf, scaleOf, shadeOf } from '../../../src/console/operator/heat-map.js'
import { type ClientUse, memoizedFor } from '../../../src/console/operator/operator-reader.js'
import { overtakings } from '../../../src/console/operator/overtaking.js'
import {
  isOfActivity,
  listPageOf,
  queryText,
  type RankingQuery,
  rankedClients,
  readQuery,
  rowsPerPage,
  shows,
  sorts,
} from '../../../src/console/operator/ranking.js'
import { botFeatures } from '../../../src/console/operator/work-of-bots.js'
import type { Client } from '../../../src/index.js'
import { periodsOf } from '../../../src/usage/days.js'
import type { SummaryRow } from '../../../src/usage/recording/shard.js'

const usual: RankingQuery = { q: '', show: 'active', sort: 'sessions', page: 1 }

/** `['bot', 3, 9]`: 3 sessions before, 9 now, and ten times as many calls. */
function activity([publicKey, before, recent]: readonly [string, number, number]): ClientActivity {
  const counted = (sessions: number) => ({ sessions, calls: sessions * 10, errors: 0 })
  return { publicKey, recent: counted(recent), before: counted(before) }
}

const registered = (publicKey: string, name: string, contact?: string): Client => {
  return { publicKey, name, registeredAtMs: 0, generation: 1, ...(contact !== undefined && { contact }) }
}

test('the periods are 30 UTC days each, side by side', () => {
  assert.equal(periodsOf('2024-03-01'), {
    recent: { from: '2024-02-01', to: '2024-03-01' },
    before: { from: '2024-01-02', to: '2024-01-31' },
  })
})

test('both periods meet in one row; refusals are no traffic', () => {
  const activities = activitiesOf(
    [
      ['a', 2, 5, 1],
      ['(refused)', 0, 0, 0],
    ],
    [
      ['a', 1, 4, 0],
      ['b', 7, 8, 2],
    ],
  )
  const none = { sessions: 0, calls: 0, errors: 0 }
  assert.equal(activities, [
    { publicKey: 'a', recent: { sessions: 2, calls: 5, errors: 1 }, before: { sessions: 1, calls: 4, errors: 0 } },
    { publicKey: 'b', recent: none, before: { sessions: 7, calls: 8, errors: 2 } },
  ])
  assert.equal(wholeOf(activities), { sessions: 2, calls: 5, errors: 1 })
  assert.is(countActive(activities), 1)
})

const trends: [before: number, recent: number, trend: object][] = [
  [0, 0, { way: 'none' }],
  [0, 1, { way: 'new' }],
  [100, 200, { way: 'up', change: 1 }],
  [100, 50, { way: 'down', change: -0.5 }],
  // As likely as not to be chance.
  [100, 110, { way: 'even', change: 0.1 }],
  [100, 0, { way: 'down', change: -1 }],
  [4, 6, { way: 'even', from: 4 }],
  [4, 60, { way: 'up', from: 4 }],
]
for (const [before, recent, trend] of trends) {
  test(`the trend from ${before} to ${recent}`, () => assert.equal(trendOf(before, recent), trend))
}

const addresses: [search: string, query: Partial<RankingQuery>, text: string][] = [
  ['', {}, '?'],
  ['?page=0', {}, '?'],
  ['?page=-3', {}, '?'],
  ['?page=1e9', { page: 1e9 }, '?page=1000000000'],
  ['?page=1.5&sort=constructor&show=__proto__', {}, '?'],
  [
    '?q=+a%26b+&show=all&sort=change&page=2',
    { q: 'a&b', show: 'all', sort: 'change', page: 2 },
    '?q=a%26b&show=all&sort=change&page=2',
  ],
]
for (const [search, query, text] of addresses) {
  test(`the address ${search} is read, and odd things in it are not there`, () => {
    const read = readQuery(new URLSearchParams(search))
    assert.equal(read, { ...usual, ...query })
    assert.is(queryText(read), text)
  })
}

test('a query survives its own address', () => {
  const query = fc.record({
    q: fc.string({ maxLength: 20, unit: 'grapheme' }).map((text) => text.trim()),
    show: fc.constantFrom(...shows),
    sort: fc.constantFrom(...sorts),
    page: fc.integer({ min: 1, max: 1000 }),
  })
  fc.assert(fc.property(query, (one) => assert.equal(readQuery(new URLSearchParams(queryText(one))), { ...one })))
})

const crowd = (
  [
    ['web', 9, 8],
    ['bot', 1, 9],
    ['iOS', 3, 3],
    ['anonymous', 50, 50],
    ['gone', 5, 0],
  ] as const
).map(activity)
const known = [
  registered('web', 'Wéb client', 'me@example.org'),
  registered('bot', 'BOT'),
  registered('quiet', 'Never played'),
]
const lists: [query: Partial<RankingQuery>, publicKeys: string[]][] = [
  [{}, ['bot', 'web', 'iOS', 'gone']],
  [{ sort: 'change' }, ['bot', 'iOS', 'web', 'gone']],
  [{ show: 'unregistered' }, ['iOS', 'gone']],
  [{ show: 'all' }, ['bot', 'web', 'iOS', 'gone', 'quiet']],
  [{ q: 'WEB' }, ['web']],
  [{ q: 'example.org' }, ['web']],
  [{ q: 'never' }, ['quiet']],
  [{ q: 'io' }, ['iOS']],
  [{ q: 'o', show: 'unregistered' }, ['iOS', 'gone']],
  [{ q: '.*' }, []],
]
for (const [query, publicKeys] of lists) {
  test(`listed by ${JSON.stringify(query)}`, () => {
    const whole = { ...usual, ...query }
    const found = rankedClients(crowd, isOfActivity(whole) ? [] : known, whole)
    assert.equal(
      found.map(({ publicKey }) => publicKey),
      publicKeys,
    )
  })
}

test('the pages of a list hold each of it once, in order, and none is past the last', () => {
  fc.assert(
    fc.property(fc.nat(400), (count) => {
      const list = Array.from({ length: count }, (_, at) => at)
      const { pages } = listPageOf(list, 1)
      const all = Array.from({ length: pages }, (_, at) => listPageOf(list, at + 1))
      assert.equal(
        all.flatMap(({ items }) => items),
        list,
      )
      for (const { items, first } of all) {
        assert.ok(items.length <= rowsPerPage)
        if (items.length > 0) assert.is(items[0], first - 1)
      }
      assert.equal(listPageOf(list, pages + 7), listPageOf(list, pages))
    }),
  )
})

const use = (publicKey: string, calls: Record<string, number | undefined>): ClientUse => ({
  publicKey,
  features: Object.entries(calls).map(([name, amount]) =>
    amount === undefined ? { name } : { name, shown: { calls: amount, errors: 0 } },
  ),
})

test('what is mostly bots’ work: two thirds of a hundred calls that are shown', () => {
  const clients = [
    use('web', { login: 500, map: 10, trade: 34, rare: 0, votes: 1 }),
    use('bot', { login: 100, map: 600, trade: 66, rare: 99, votes: undefined, '(unknown)': 9000, '(other)': 9000 }),
    use('iOS', { map: 300, votes: 100 }),
  ]
  assert.equal(
    botFeatures(clients, (publicKey) => publicKey === 'web'),
    [
      { name: 'map', calls: 910, foreign: 900, clients: 2, most: { publicKey: 'bot', calls: 600 } },
      { name: 'votes', calls: 101, foreign: 100, clients: 1, most: { publicKey: 'iOS', calls: 100 } },
    ],
  )
})

const races: [what: string, rows: (readonly [string, number, number])[], found: string[]][] = [
  [
    'behind before and clearly ahead now',
    [
      ['a', 50, 200],
      ['b', 100, 90],
    ],
    ['a > b'],
  ],
  [
    'ahead by no more than chance',
    [
      ['a', 50, 101],
      ['b', 100, 90],
    ],
    [],
  ],
  [
    'ahead already',
    [
      ['a', 150, 200],
      ['b', 100, 90],
    ],
    [],
  ],
  [
    'level before',
    [
      ['a', 100, 200],
      ['b', 100, 90],
    ],
    [],
  ],
  [
    'new, and so behind nobody',
    [
      ['a', 0, 200],
      ['b', 100, 90],
    ],
    [],
  ],
  [
    'anonymous is many, and what has no client is none',
    [
      ['anonymous', 50, 200],
      ['(none)', 1, 900],
      ['(unread)', 1, 900],
      ['b', 100, 90],
    ],
    [],
  ],
  [
    'the biggest of several is named',
    [
      ['a', 10, 400],
      ['b', 100, 90],
      ['c', 200, 10],
    ],
    ['a > c +1', 'b > c'],
  ],
]
for (const [what, rows, found] of races) {
  test(`overtaking: ${what}`, () => {
    const said = overtakings(rows.map(activity)).map(({ ahead, behind, more }) => {
      return `${ahead.publicKey} > ${behind.publicKey}${more > 0 ? ` +${more}` : ''}`
    })
    assert.equal(said, found)
  })
}

test('who overtook was behind and is ahead, and nobody is overtaken by who it overtook', () => {
  const row = fc.tuple(fc.string({ minLength: 1, maxLength: 2 }), fc.nat(200), fc.nat(200))
  fc.assert(
    fc.property(fc.uniqueArray(row, { selector: ([name]) => name, maxLength: 30 }), (rows) => {
      const found = overtakings(rows.map(activity))
      for (const { ahead, behind } of found) {
        assert.ok(ahead.before.sessions < behind.before.sessions)
        assert.ok(ahead.recent.sessions > behind.recent.sessions)
        assert.not(found.some((other) => other.ahead === behind && other.behind === ahead))
      }
    }),
  )
})

test('each shade is ten times the one before, and the largest number has the darkest', () => {
  assert.equal(scaleOf(0), [])
  assert.equal(scaleOf(9), [1])
  assert.equal(scaleOf(99_999), [1, 10, 100, 1000, 10_000])
  assert.equal(scaleOf(1_234_567), [1, 1000, 10_000, 100_000, 1_000_000])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 ** 12 }), fc.nat(10 ** 12), (largest, calls) => {
      const scale = scaleOf(largest)
      assert.is(shadeOf(0, scale), 0)
      assert.is(shadeOf(largest, scale), scale.length)
      assert.ok(shadeOf(Math.min(1 + calls, largest), scale) >= 1)
    }),
  )
})

test('the heat map has the features with most calls, in order, and withholds what is withheld', () => {
  const map = heatMapOf(
    [use('a', { x: 5, y: undefined, z: 70 }), use('b', { x: 90, __proto__x: 1 }), use('c', { z: 1 })],
    3,
  )
  assert.equal(map.features, ['x', 'z', '__proto__x'])
  assert.equal(map.rows[0]?.cells, [
    { calls: 5, shade: 1 },
    { calls: 70, shade: 2 },
    { calls: 0, shade: 0 },
  ])
  assert.equal(map.sums, [95, 71, 1])
  assert.not(map.isWithheld)
  const hidden = heatMapOf([use('a', { x: undefined, y: 2 })])
  assert.equal(hidden.rows[0]?.cells, [{ calls: 2, shade: 1 }, { shade: 0 }])
  assert.equal(hidden.sums, [2, 0])
  assert.ok(hidden.isWithheld)
  assert.equal(heatMapOf([]), { features: [], rows: [], sums: [], scale: [], isWithheld: false })
})

test('the sums of a heat map are of what it shows, whatever is withheld', () => {
  const client = fc.record({
    publicKey: fc.string(),
    features: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd', '__proto__'),
        shown: fc.option(fc.record({ calls: fc.nat(5000), errors: fc.constant(0) }), { nil: undefined }),
      }),
      { selector: ({ name }) => name },
    ),
  })
  fc.assert(
    fc.property(fc.array(client, { maxLength: 8 }), fc.integer({ min: 1, max: 6 }), (clients, most) => {
      const map = heatMapOf(clients, most)
      assert.ok(map.rows.length <= most && map.features.length <= most)
      for (const [column, sum] of map.sums.entries()) {
        assert.is(
          map.rows.reduce((all, { cells }) => all + (cells[column]?.calls ?? 0), 0),
          sum,
        )
      }
    }),
  )
})

test('work is done once for all who ask, again when it is old, and not remembered when it failed', async () => {
  const realNow = Date.now
  let nowMs = realNow()
  Date.now = () => nowMs
  let done = 0
  const ask = memoizedFor(60_000, async (what: string) => {
    done++
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (done === 2) throw new Error('no')
    return `${what} ${done}`
  })
  try {
    assert.equal(await Promise.all([ask('a'), ask('b')]), ['a 1', 'a 1'])
    nowMs += 59_999
    assert.is(await ask('c'), 'a 1')
    nowMs += 1
    const failed = await Promise.allSettled([ask('d'), ask('e')])
    assert.equal(
      failed.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.is(await ask('f'), 'f 3')
  } finally {
    Date.now = realNow
  }
})

test('10,000 clients are ranked and searched within a fraction of a page’s time', () => {
  const rows = Array.from({ length: 10_000 }, (_, at): SummaryRow => [`bot ${at}`, at % 97, at % 1013, 0])
  const startMs = performance.now()
  const activities = activitiesOf(rows, rows)
  const found = rankedClients(activities, [], usual)
  overtakings(activities)
  const tookMs = performance.now() - startMs
  console.log(`FIGURE operator: 10,000 clients ranked and compared in ${Math.round(tookMs)} ms`)
  assert.is(found.length, 10_000)
  assert.ok(tookMs < 1_000)
})

test('a change is a number of its own, and no share: nothing is rounded away from none or from all', () => {
  const changed = (before: number, recent: number, messages: Messages = en) =>
    trendText(trendOf(before, recent), messages).replaceAll('\u00a0', ' ')
  assert.is(changed(10_000, 19_997), '↗ +100.0 %')
  assert.is(changed(10_000, 10_004), '→ 0.0 %')
  assert.is(changed(10_000, 9_996), '→ 0.0 %')
  assert.is(changed(1_000, 999), '→ −0.1 %')
  assert.is(changed(20, 20), '→ 0.0 %')
  assert.is(changed(100, 5_000, de), '↗ +4.900,0 %')
  assert.is(changed(100, 3), '↘ −97.0 %')
})

test.run()
