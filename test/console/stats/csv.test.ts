// What a stranger may name, opened by somebody in a spreadsheet: of any country, and with whatever separates its fields there.
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../../adapters/sqlite.js'
import { csvText } from '../../../src/console/stats/files.js'
import { clientele, lacuna } from '../../../src/index.js'
import { command } from '../../cli/command.js'
import { secret } from '../../helpers/serve.js'
import { temporaryFile } from '../../helpers/temporary.js'

/** As OWASP lists them (CSV Injection), and every letter that Unicode takes for one of them. */
const starts = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code)).filter((letter) =>
  '=+-@−'.includes(letter.normalize('NFKC') || '-'.repeat(99)),
)
const separators = [',', ';', '\t', '|']
const isFormula = (cell: string) => /^[\s\p{C}"']*$/u.test(cell) === false && starts.includes(firstOf(cell))
/** Past what spreadsheets take off; an apostrophe makes a text of whatever is behind it. */
const firstOf = (cell: string) => cell.replace(/^[\s\p{C}"]*/u, '')[0] ?? ''

/** As a spreadsheet reads it that knows nothing of quotation marks: the worst that a wrong separator can lead to. */
function cellsOf(csv: string, separator: string): string[] {
  return csv.split(/[\r\n]/).flatMap((line) => line.split(separator))
}

/** RFC 4180. */
function fieldOf(csv: string): string {
  const field = csv.replace(/\r\n$/, '')
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field
}

const piece = fc.oneof(
  fc.constantFrom(...starts, ...separators, '\r', '\n', '\r\n', '"', "'", ' ', '\u3000', '\ufeff', '\0', '；', '，'),
  fc.constantFrom('a', 'cmd|calc!A1', '1', 'HYPERLINK("http://evil.example")', 'ä', '🎲'),
)
const name = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

test('there are signs to look for', () => {
  for (const sign of '=+-@＝＋－＠﹦﹢﹣﹫−') assert.ok(starts.includes(sign), sign)
})

test('no name begins a formula, whatever separates fields', () => {
  fc.assert(
    fc.property(name, name, (one, another) => {
      const csv = csvText([['day', one, another, 7]])
      for (const separator of separators) {
        for (const cell of cellsOf(csv, separator))
          assert.not.ok(isFormula(cell), `${JSON.stringify(csv)} ${separator}`)
      }
    }),
    { numRuns: 5_000 },
  )
})

test('a name stays what it is but for apostrophes, and most stay whole', () => {
  fc.assert(
    fc.property(name, (one) => {
      const bare = (text: string) => text.replaceAll("'", '')
      assert.is(bare(fieldOf(csvText([[one]]))), bare(one))
    }),
    { numRuns: 2_000 },
  )
  for (const plain of ['empire.login', 'POST /games/:name', 'a-b', 'a, b', 'a=b', 'x@y', '2024-01-31', 'ä; ö', '1+1']) {
    assert.is(fieldOf(csvText([[plain]])), plain)
  }
})

test('numbers stay numbers', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })), (number) => {
      assert.is(csvText([[number]]), `${number}\r\n`)
      assert.is(Number(csvText([[number]])), number + 0)
    }),
  )
})

test('what the command line exports', async () => {
  await using file = await temporaryFile('clients.sqlite')
  const store = sqlite(file.path)
  const clients = clientele({ store, protocol: lacuna(), secret })
  const { publicKey } = await clients.registry.register({ name: '＝1+1;=2' })
  await clients.openSession({ sessionId: 's', publicKey, method: '＝m()' })
  for (const sign of starts) await clients.count('s', `${sign}x;${sign}y`, -3)
  await clients.close()
  await store.disconnect()
  const { code, out, err } = await command('export', '--all', '--smallest-crowd', '1', '--store', `sqlite:${file.path}`)
  assert.is(code, 0, err)
  assert.match(out, /,metric,.*,-3\r?\n/)
  const isNumber = (cell: string) => /^-?\d+$/.test(cell)
  for (const separator of separators) {
    for (const cell of cellsOf(out, separator))
      assert.not.ok(isFormula(cell) && !isNumber(cell), `${cell} ${separator}`)
  }
})

test.run()
