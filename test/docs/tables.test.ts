// The tables of the documents against what they are about: options with their defaults, error codes, fields of health, reasons,
// and the bounds of counting.
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { checkConsoleOptions } from '../../src/console/console-options.js'
import { en } from '../../src/console/messages/en/en.js'
import { lacuna } from '../../src/index.js'
import { resolveOptions } from '../../src/options.js'
import { refusalMessages } from '../../src/refusals.js'
import { failedBounds, maxFeatures, maxMethods, maxMetrics, unregisteredBounds } from '../../src/usage/counters.js'
import { monthsUntilFinal } from '../../src/usage/sealing/folder.js'
import { rowsUnder } from './markdown.js'

const bare = (cell = '') => cell.replaceAll('`', '')
const namesOf = (rows: string[][]) => rows.map(([name]) => bare(name))

/** The members of an interface, in its order. */
function membersOf(file: string, name: string): string[] {
  const [, body = ''] =
    new RegExp(`export interface ${name} \\{\\n(.*?)\\n\\}`, 's').exec(readFileSync(file, 'utf8')) ?? []
  return [...body.matchAll(/^ {2}(\w+)\??[:(]/gm)].map(([, member = '']) => member)
}

/** The strings of a union. */
function wordsOf(file: string, name: string): string[] {
  const text = readFileSync(file, 'utf8')
  const [, body = ''] = new RegExp(`export type ${name} =([^\\n]*(?:\\n {2}.*)*)`).exec(text) ?? []
  return [...body.matchAll(/'(\w+)'/g)].map(([, word = '']) => word)
}

/** A default as it is written, or undefined where words stand in its place. */
function literal(cell: string): unknown {
  const [, code] = /^`(.*)`$/.exec(cell) ?? []
  return code === undefined ? undefined : new Function(`return (${code})`)()
}

const tables = rowsUnder('docs/maintainer.md', 'options')
const consoleStart = tables.findIndex(([name]) => bare(name) === 'prefix')
const [ofClientele, ofConsole] = [tables.slice(0, consoleStart), tables.slice(consoleStart)]

test('the options of clientele(), with their defaults', () => {
  assert.equal(namesOf(ofClientele).toSorted(), membersOf('src/option-checks.ts', 'ClienteleOptions').toSorted())
  const { CLIENTELE_SECRET } = process.env
  delete process.env.CLIENTELE_SECRET
  const resolved = resolveOptions({ store: memory(), protocol: lacuna() }) as unknown as Record<string, unknown>
  if (CLIENTELE_SECRET !== undefined) process.env.CLIENTELE_SECRET = CLIENTELE_SECRET
  for (const [name, shown = ''] of ofClientele) {
    if (['store', 'protocol', 'secret'].includes(bare(name))) assert.is(shown, '–', name)
    else if (bare(name) === 'onError') assert.is(shown, 'a process warning, one a minute for each code')
    else assert.equal(literal(shown), resolved[bare(name)], name)
  }
})

test('the options of console(), with their defaults', () => {
  assert.equal(namesOf(ofConsole).toSorted(), membersOf('src/console/console-options.ts', 'ConsoleOptions').toSorted())
  const resolved = { ...checkConsoleOptions({}), title: en.layout.thisServer } as Record<string, unknown>
  for (const [name, shown = ''] of ofConsole) {
    const expected = resolved[bare(name)]
    if (expected === undefined) assert.is(shown, '–', name)
    else assert.is(literal(shown), expected, name)
  }
})

test('the options of the protocols', () => {
  for (const [heading, file, name] of [
    ['jsonrpc', 'src/protocols/json-rpc/options.ts', 'JsonRpcOptions'],
    ['rest', 'src/protocols/rest/options.ts', 'RestOptions'],
  ] as const) {
    assert.equal(namesOf(rowsUnder('docs/maintainer.md', heading)).toSorted(), membersOf(file, name).toSorted())
  }
})

test('the codes of errors', () => {
  const codes = wordsOf('src/errors.ts', 'ErrorCode')
  assert.ok(codes.length > 10)
  assert.equal(namesOf(rowsUnder('docs/maintainer.md', 'errors-by-code')), codes)
})

test('the fields of health()', () => {
  const members = membersOf('src/storage/health.ts', 'Health')
  assert.ok(members.includes('lastError'))
  assert.equal(namesOf(rowsUnder('docs/operator.md', 'health')), members)
})

test('the reasons of refusals, and what is said', () => {
  const rows = rowsUnder('docs/client-developer.md', 'when-the-public-key-is-refused')
  const reasons = wordsOf('src/protocols/protocol.ts', 'RefusalReason')
  assert.ok(reasons.includes('missing'))
  assert.equal(namesOf(rows), reasons)
  assert.equal(Object.fromEntries(rows.map(([reason, words = '']) => [bare(reason), words])), refusalMessages)
})

test('the bounds of counting', () => {
  const constant = (file: string, name: string) => {
    const [, value = ''] = new RegExp(`const ${name} = ([\\d_]+)`).exec(readFileSync(file, 'utf8')) ?? []
    return Number(value.replaceAll('_', ''))
  }
  const expected = {
    features: maxFeatures,
    'methods that create sessions': maxMethods,
    'metrics of the game’s own': maxMetrics,
    'a name': constant('src/usage/counters.ts', 'maxNameLength'),
    'public keys that nobody registered': constant('src/usage/recording/recorder.ts', 'maxUnregistered'),
    'a session id or player id': constant('src/protocols/text/json-pointer.ts', 'maxIdLength'),
  }
  const shown = rowsUnder('docs/counting.md', 'bounds').flatMap(([what = '', bound = '']) => {
    const number = /^[\d,]+/.exec(bound)?.[0]
    return number === undefined ? [] : [[what.replace("'", '’'), Number(number.replaceAll(',', ''))]]
  })
  assert.equal(Object.fromEntries(shown), expected)
  const waiting = constant('src/sessions/session-bindings.ts', 'maxUnsaved').toLocaleString('en-US')
  assert.match(readFileSync('docs/counting.md', 'utf8'), `**${waiting} records**`)
})

test('the bounds of what strangers make up', () => {
  const constant = (file: string, name: string) =>
    Number(new RegExp(`const ${name} = ([\\d_]+)`).exec(readFileSync(file, 'utf8'))?.[1]?.replaceAll('_', ''))
  const rows = rowsUnder('docs/counting.md', 'what-strangers-can-make-it-keep')
  const shown = rows.map(([, bound = '']) =>
    (bound.match(/\d[\d,]*/g) ?? []).map((text) => Number(text.replaceAll(',', ''))),
  )
  assert.equal(shown, [
    [constant('src/usage/recording/recorder.ts', 'maxUnregisteredFailed')],
    [constant('src/usage/recording/recorder.ts', 'maxUnregistered')],
    [unregisteredBounds.features, failedBounds.features],
    [unregisteredBounds.methods],
    [monthsUntilFinal],
    [constant('src/usage/sealing/folder.ts', 'maxUnregisteredNames')],
  ])
  assert.equal([unregisteredBounds.metrics, failedBounds.methods, failedBounds.metrics], [16, 16, 16])
})

test.run()
