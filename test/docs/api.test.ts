// The API reference in docs/api is what the comments in the source say now. TypeDoc fails by itself where something that is
// exported has no comment, names a type that is not exported, or links to nothing.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'clientele-'))
test.after(() => rm(folder, { recursive: true, force: true }))

function pagesIn(where: string): Map<string, string> {
  const files = readdirSync(where, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'))
  return new Map(files.sort().map((file) => [file, readFileSync(join(where, file), 'utf8')]))
}
const pages = pagesIn('docs/api')

/** The rows of a page's tables that say what may be left out. */
function optionalRows(page: string): string[] {
  const interfaces = page.split(/^### /m).filter((section) => /^\w+Options\n/.test(section))
  return interfaces.flatMap((section) => section.split('\n').filter((line) => /^\| [^|]*`[\w.]+\?` \|/.test(line)))
}

test('is what TypeDoc makes of the source, and needs `npm run docs` where it is not', async () => {
  const typedoc = ['node_modules/typedoc/bin/typedoc', '--options', 'docs/typedoc.jsonc', '--out', folder]
  const failure = await run(process.execPath, typedoc, { timeout: 120_000 }).catch((error: { stdout: string }) => error)
  assert.not.instance(failure, Error, failure.stdout)
  const made = pagesIn(folder)
  assert.equal([...pages.keys()], [...made.keys()])
  for (const [file, text] of made) assert.is(pages.get(file), text, `docs/api/${file} is old: npm run docs`)
})

test('has a page for each entry of the package', async () => {
  const { exports } = JSON.parse(await readFile('package.json', 'utf8')) as { exports: Record<string, unknown> }
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json')
  const wanted = entries.map((entry) => `${join('clientele', entry)}.md`)
  assert.equal([...pages.keys()].sort(), ['README.md', ...wanted].sort())
})

test('says what an option is when it is left out', () => {
  const rows = [...pages.values()].flatMap(optionalRows)
  assert.ok(rows.length > 30, `only ${rows.length} options were found`)
  assert.equal(
    rows.filter((row) => !/\*\*Default\*\*|by default|without it/i.test(row)),
    [],
  )
})

test('says what each code of an error means', () => {
  const page = pages.get('clientele.md') ?? ''
  const codes = Array.from(/^type ErrorCode =([^;]*);/m.exec(page)?.[1]?.matchAll(/"(\w+)"/g) ?? [], ([, code]) => code)
  const list = /^### ClienteleError\n(.*?)^####/ms.exec(page)?.[1] ?? ''
  const explained = list.split('\n').filter((line) => line.startsWith('- '))
  assert.ok(codes.length > 10)
  assert.equal(
    codes.filter((code) => !explained.some((line) => line.includes(`\`${code}\``))),
    [],
  )
})

test('names nothing of the machine or the commit that it was made on', () => {
  const all = [...pages.values()].join('\n')
  assert.not.match(all, /file:|\/tmp\/|\/home\/|\/root\/|\/work\/|node_modules|[0-9a-f]{40}/)
  assert.not.ok(all.includes(process.cwd()))
})

test.run()
