import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkConsoleOptions } from '../../src/console/console-options.js'
import { de } from '../../src/console/messages/de/de.js'
import { en } from '../../src/console/messages/en/en.js'
import { csvField } from '../../src/console/stats/files.js'
import { accentCss, contrast, papers, readableOn } from '../../src/console/web/accent.js'
import { exampleCommand, shellQuote } from '../../src/console/web/example-command.js'
import { cookiePath, depthOf, depthOfUnknown, linksFrom, mountOf } from '../../src/console/web/links.js'
import { ClienteleError } from '../../src/errors.js'

const tables: [name: string, run: (...given: never[]) => unknown, rows: [given: unknown[], expected: unknown][]][] = [
  [
    'a count',
    en.format.count,
    [
      [[0], '0'],
      [[1234], '1,234'],
      [[2_204_871], '2,204,871'],
      [[1.005], '1.01'],
      [[-3.5], '-3.5'],
    ],
  ],
  [
    'a plural',
    en.format.plural,
    [
      [[0, { none: 'no calls', one: 'call', other: 'calls' }], 'no calls'],
      [[1, { none: 'no calls', one: 'call', other: 'calls' }], '1 call'],
      [[1000, { none: 'no calls', one: 'call', other: 'calls' }], '1,000 calls'],
    ],
  ],
  [
    'a percentage',
    en.format.percent,
    [
      [[0, 0], '–'],
      [[0, 5], '0.0\u00a0%'],
      [[1, 3], '33.3\u00a0%'],
      [[5, 5], '100.0\u00a0%'],
      [[1, 100_000], '<\u00a00.1\u00a0%'],
      [[99_999, 100_000], '>\u00a099.9\u00a0%'],
      [[1, 2000], '0.1\u00a0%'],
    ],
  ],
  [
    'an estimate',
    en.format.estimate,
    [
      [[87, 2.8], '87\u00a0±\u00a03'],
      [[0, 0], '0'],
      [[41_234, 1340], '41,234\u00a0±\u00a01,340'],
    ],
  ],
  [
    'days',
    en.format.days,
    [
      [['2025-10-25', '2025-11-23'], '25 Oct to 23 Nov 2025'],
      [['2024-12-31', '2025-01-01'], '31 Dec 2024 to 1 Jan 2025'],
      [['2025-11-23', '2025-11-23'], '23 Nov 2025'],
    ],
  ],
  [
    'a month',
    en.format.month,
    [
      [['2025-11'], 'Nov 2025'],
      [['2024-02'], 'Feb 2024'],
    ],
  ],
  ['a whole percentage', en.format.wholePercent, [[[1150], '1,150\u00a0%']]],
  [
    'the day of a time',
    en.format.day,
    [
      [[Date.UTC(2025, 10, 23, 23, 59)], '23 Nov 2025'],
      [[0], '1 Jan 1970'],
    ],
  ],
  [
    'a German count',
    de.format.count,
    [
      [[1234], '1.234'],
      [[1.005], '1,01'],
    ],
  ],
  [
    'a German percentage',
    de.format.percent,
    [
      [[0, 0], '–'],
      [[1, 3], '33,3\u00a0%'],
      [[1, 100_000], '<\u00a00,1\u00a0%'],
      [[99_999, 100_000], '>\u00a099,9\u00a0%'],
    ],
  ],
  ['a German estimate', de.format.estimate, [[[41_234, 1340], '41.234\u00a0±\u00a01.340']]],
  [
    'German days',
    de.format.days,
    [
      [['2025-10-25', '2025-11-23'], '25. Okt. bis 23. Nov. 2025'],
      [['2024-12-31', '2025-03-01'], '31. Dez. 2024 bis 1. März 2025'],
      [['2025-11-23', '2025-11-23'], '23. Nov. 2025'],
    ],
  ],
  [
    'depthOf',
    depthOf,
    [
      [['/', '/apikey'], 0],
      [['/', '/apikey/'], 1],
      [['/stats', '/apikey/stats'], 1],
      [['/stats', '/apikey/stats/'], 2],
    ],
  ],
  [
    'depthOfUnknown',
    depthOfUnknown,
    [
      [['none'], 1],
      [['none/'], 2],
      [['a/b/c'], 3],
      [['/'], 2],
    ],
  ],
  [
    'cookiePath',
    cookiePath,
    [
      [['/apikey/sign-in', 1], ''],
      [['/apikey/sign-in/', 2], '/apikey'],
      [['/sign-in/', 2], '/'],
    ],
  ],
  [
    'mountOf',
    mountOf,
    [
      [['/apikey/stats', '/apikey/stats'], ''],
      [['/v1/apikey', '/apikey'], '/v1'],
      [['/v1', '/'], '/v1'],
      [['/v1/', '/'], '/v1'],
      [['/renamed', '/apikey'], ''],
    ],
  ],
  [
    'csvField',
    csvField,
    [
      [[12.5], '12.5'],
      [[-1], '-1'],
      [['plain'], 'plain'],
      [['=1+1'], "'=1+1"],
      [['+1'], "'+1"],
      [['-1'], "'-1"],
      [['@x'], "'@x"],
      [['\tx'], "'\tx"],
      [['a,b'], '"a,b"'],
      [['say "x"'], '"say ""x"""'],
      [['two\nlines'], '"two\nlines"'],
      [['\r=1'], '"\'\r\'=1"'],
      [['a;＝1'], "a;'＝1"],
    ],
  ],
]
for (const [name, run, rows] of tables) {
  for (const [given, expected] of rows) {
    test(`${name}(${given.map((value) => JSON.stringify(value)).join(', ')})`, () => {
      assert.is(run(...(given as never[])), expected)
    })
  }
}

test('links lead to the same place from every depth', () => {
  for (const [path, depth] of [
    ['/x/apikey', 0],
    ['/x/apikey/', 1],
    ['/x/apikey/stats', 1],
    ['/x/apikey/stats/', 2],
    ['/x/apikey/a/b', 2],
  ] as const) {
    const resolved = Object.values(linksFrom(path, depth)).map((link) => new URL(link, `http://h${path}`).pathname)
    assert.equal(resolved[0], '/x/apikey/', path)
    assert.ok(resolved.every((link) => link.startsWith('/x/apikey/')))
  }
  assert.is(new URL(linksFrom('/javascript:alert(1)', 0).stats, 'http://h/').host, 'h')
})

test('a shell runs nothing of a command that is pasted into it', () => {
  for (const text of ["it's", '$(id)', '`id`', '"', '\\', 'a\nb', "'; id; '", '!!', '-x']) {
    assert.is(execFileSync('sh', ['-c', `printf %s ${shellQuote(text)}`], { encoding: 'utf8' }), text)
  }
  const headers = { 'x-api-key': "k'ey" }
  assert.is(
    exampleCommand('http://h', { method: 'PUT', path: '/a b', headers, body: '@f' }),
    "curl 'http://h/a b' \\\n  -X 'PUT' \\\n  -H 'x-api-key: k'\\''ey' \\\n  --data-raw '@f'",
  )
  assert.is(exampleCommand('http://h', { method: 'GET', path: '/', headers: {} }), "curl 'http://h/'")
  assert.match(exampleCommand('http://h', { method: 'POST', path: '/', headers: {} }), "-X 'POST'")
})

test('any accent can be read on either paper', () => {
  for (const accent of ['#000', '#fff', '#ffcc00', '#FF0000', '#00ff00', '#1d5c4f', '#808080', '#0000ff']) {
    for (const paper of Object.values(papers)) assert.ok(contrast(readableOn(paper, accent), paper) >= 4.5, accent)
    for (const [, colour, on] of accentCss(accent).matchAll(/--accent:(#\w+);--on-accent:(#\w+)/g)) {
      assert.ok(contrast(colour ?? '', on ?? '') >= 4.5, `${accent}: ${on} on ${colour}`)
    }
  }
  assert.is(readableOn(papers.light, '#1d5c4f'), '#1d5c4f', 'one that can be read stays as it is')
})

test('the stylesheet’s own colours can be read', () => {
  const css = readFileSync(new URL('../../templates/console.css', import.meta.url), 'utf8')
  const light = coloursOf(css.slice(0, css.indexOf('@media')))
  const dark = coloursOf(css.slice(css.indexOf('@media screen and (prefers-color-scheme: dark)')))
  assert.is(light.paper, papers.light)
  assert.is(dark.paper, papers.dark)
  for (const colours of [light, dark]) {
    const { paper = '', ink = '', quiet = '', line = '', accent = '', 'on-accent': onAccent = '' } = colours
    for (const text of [ink, quiet, accent]) assert.ok(contrast(text, paper) >= 4.5, text)
    assert.ok(contrast(accent, onAccent) >= 4.5)
    assert.ok(contrast(line, paper) >= 3, line)
  }
})

function coloursOf(css: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name = '', value = ''] of css.matchAll(/--([\w-]+): (#\w{6});/g)) found[name] ??= value
  return found
}

test('the templates escape everything', () => {
  for (const view of [
    'layout',
    'parts',
    'home',
    'registered',
    'sign-in',
    'stats',
    'stats-chart',
    'no-numbers',
    'retired',
    'faq',
    'problem',
  ]) {
    const template = readFileSync(new URL(`../../templates/${view}.pug`, import.meta.url), 'utf8')
    assert.not.match(template, /!=|!\{|style=|onclick/)
  }
})

const wrong: [options: unknown, field: string | undefined, said: string][] = [
  [{ prefix: 'apikey' }, 'prefix', "a path such as '/apikey'"],
  [{ prefix: '/api/:id' }, 'prefix', 'of type string'],
  [{ prefix: '/apikey/' }, 'prefix', "without a '/' at its end"],
  [{ prefix: '/a/../b' }, 'prefix', 'a path'],
  [{ prefix: '' }, 'prefix', 'a path'],
  [{ title: 5 }, 'title', 'it was of type number 5'],
  [{ onRegister: true }, 'onRegister', 'must be a function'],
  [{ templates: '' }, 'templates', 'must be a folder'],
  [{ mail: null }, undefined, 'takes an object of options, not null'],
  [{ mail: {} }, 'transport', 'the option `transport` is missing'],
  [{ mail: { transport: {}, from: 'a@b.c' } }, 'transport', 'must have sendMail()'],
  [{ mail: { transport: null, from: 'a@b.c' } }, 'transport', 'must have sendMail()'],
  [{ mail: { transport: { sendMail() {} } } }, 'from', 'the option `from` is missing'],
  [{ mail: { transport: { sendMail() {} }, from: 'a@b.c\r\nBcc: d@e.f' } }, 'from', 'must be a sender'],
  [{ mail: { transport: { sendMail() {} }, from: 'a@b.c', to: 'd@e.f' } }, 'to', 'there is no option `to`'],
  [{ title: ' ' }, 'title', '1 to 60 characters'],
  [{ accent: 'red' }, 'accent', "a CSS hex colour such as '#1d5c4f'"],
  [{ accent: '#fff}body{' }, 'accent', 'hex'],
  [{ homeUrl: 'javascript:alert(1)' }, 'homeUrl', 'http or https'],
  [{ homeUrl: '//evil.example' }, 'homeUrl', "begins with one '/'"],
  [{ logoUrl: 'data:image/png;base64,x' }, 'logoUrl', 'http or https'],
  [{ feedbackUrl: 'mailto:' }, 'feedbackUrl', 'mailto:'],
  [{ colour: '#fff' }, 'colour', 'no option `colour`'],
  [{ acent: '#fff' }, 'acent', 'did you mean `accent`?'],
  [[], undefined, 'not an array'],
  [null, undefined, 'not null'],
]
for (const [options, field, said] of wrong) {
  test(`console(${JSON.stringify(options)}) is refused`, () => {
    try {
      checkConsoleOptions(options as object)
      assert.unreachable()
    } catch (error) {
      assert.instance(error, ClienteleError)
      assert.match((error as ClienteleError).code, /^option_/)
      assert.is((error as ClienteleError).field, field)
      assert.match((error as ClienteleError).message, said)
    }
  })
}

test('right options are taken', () => {
  assert.equal(checkConsoleOptions({}), { prefix: '/apikey' })
  const all = { title: 'G', homeUrl: '/', feedbackUrl: 'mailto:a@b.c', accent: '#AbC', logoUrl: 'https://c.d/e.png' }
  assert.equal(checkConsoleOptions({ ...all, prefix: '/' }), { ...all, prefix: '' })
  assert.equal(checkConsoleOptions({ prefix: '/a-1/b.c_~', title: undefined }).prefix, '/a-1/b.c_~')
})

test.run()
