import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const root = new URL('..', import.meta.url).pathname

// A file imports its own floor or one below it.
const floors: RegExp[][] = [
  [
    /^src\/errors$/,
    /^src\/options$/,
    /^src\/protocols\//,
    /^src\/keys\/(key-format|client-details)$/,
    /^src\/sessions\/decision$/,
    /^src\/usage\/(counters|crowd|player-sketch|plain-name|days|report)$/,
    /^src\/console\/(format|charts)$/,
  ],
  [/^src\/storage\//],
  [/^src\/keys\//, /^src\/sessions\//, /^src\/usage\//],
  [/^src\/middleware\//, /^src\/console\//, /^src\/metrics\//],
  [/^src\/clientele(-options)?$/],
  [/^src\/(index|main)$/, /^src\/gateway\//, /^src\/testing\//],
  [/^src\/cli\//],
]
const pure = floors[0] ?? []
const serverModules = /^(node:http|node:http2|node:net|koa|keyv|@koa\/|@keyv\/)/

const sources = filesBelow('src').concat(filesBelow('adapters'))

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/').slice(0, -3)}`)
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, `${file}.ts`), 'utf8')
  return Array.from(text.matchAll(/(?:from|import\()\s*'([^']+)'/g), ([, name = '']) =>
    name.startsWith('.') ? relative(root, join(root, dirname(file), name)).replace(/\.js$/, '') : name,
  )
}

const floorOf = (file: string) => floors.findIndex((patterns) => patterns.some((pattern) => pattern.test(file)))

test('every source file has a floor', () => {
  assert.ok(sources.length > 20)
  const homeless = sources.filter((file) => file.startsWith('src/') && floorOf(file) < 0)
  assert.equal(homeless, [])
})

test('no file imports from a floor above its own', () => {
  const upward = sources.flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith('src/') && floorOf(name) > floorOf(file))
      .map((name) => `${file} imports ${name}`),
  )
  assert.equal(upward, [])
})

test('pure files know no server and no store', () => {
  const impure = sources
    .filter((file) => pure.some((pattern) => pattern.test(file)))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => serverModules.test(name))
        .map((name) => `${file} imports ${name}`),
    )
  assert.equal(impure, [])
})

test('adapters and src meet only at the Keyv type, and on the command line', () => {
  const meetings = sources.flatMap((file) => {
    if (file.startsWith('src/cli/')) return []
    const foreign = file.startsWith('adapters/') ? /^src\// : /^adapters\//
    return importsOf(file)
      .filter((name) => foreign.test(name))
      .map((name) => `${file} imports ${name}`)
  })
  assert.equal(meetings, [])
})

test('source files stay small enough to be read in one go', () => {
  const linesOf = (file: string) => readFileSync(join(root, `${file}.ts`), 'utf8').split('\n').length
  // Messages are a list, and read by looking one up.
  const read = sources.filter((file) => !file.startsWith('src/console/messages/'))
  const long = read.filter((file) => linesOf(file) > 250)
  // Length follows the thought; somebody should look whether it is still one.
  for (const file of long) console.log(`FIGURE ${file} has ${linesOf(file)} lines`)
  assert.equal(
    long.filter((file) => linesOf(file) > 400),
    [],
  )
})

test('every test file runs its tests', () => {
  const silent = filesBelow('test')
    .filter((file) => file.endsWith('.test'))
    .filter((file) => !/^\w+\.run\(\)$/m.test(readFileSync(join(root, `${file}.ts`), 'utf8')))
  assert.equal(silent, [])
})

test.run()
