// The house: which rooms there are, who may import whom, and that nobody goes up the stairs.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const root = new URL('..', import.meta.url).pathname

/** Plain data in, plain data out; on the lowest floor, and importing neither a server nor a store. */
const pure = [
  ...[/^src\/(errors|option-checks|refusals|row-names|maybe-promise)$/, /^src\/protocols\//],
  ...[/^src\/keys\/(key-format|client-details)$/, /^src\/sessions\/decision$/],
  ...[/^src\/usage\/[^/]+$/, /^src\/usage\/disclosure\//],
]

/** From the ground up: a file imports its own floor or one below it. A house within the house has floors of its own. */
const houses: Record<string, RegExp[][]> = {
  src: [
    pure,
    [/^src\/storage\//, /^src\/http\//],
    [/^src\/keys\//, /^src\/usage\//],
    [/^src\/sessions\//],
    [/^src\/middleware\//, /^src\/console\//, /^src\/metrics\//],
    [/^src\/(clientele|closing|options)$/],
    [/^src\/index$/, /^src\/gateway\//],
    [/^src\/cli\//],
  ],
  'src/protocols': [
    [/^src\/protocols\/text\//],
    [/^src\/protocols\/(?!lacuna$)[^/]+$/],
    [/^src\/protocols\/(json-rpc|rest)\//],
    [/^src\/protocols\/lacuna$/],
  ],
  'src/usage': [
    [/^src\/usage\/[^/]+$/],
    [/^src\/usage\/recording\//, /^src\/usage\/disclosure\//],
    [/^src\/usage\/sealing\//],
    [/^src\/usage\/reading\//],
  ],
  'src/console': [
    [/^src\/console\/messages\//],
    [/^src\/console\/web\//],
    [/^src\/console\/access\//],
    [/^src\/console\/stats\//],
    [/^src\/console\/(client|operator)\//],
    [/^src\/console\/[^/]+$/],
  ],
  'src/cli': [[/^src\/cli\/(?!main$|program$)[^/]+$/], [/^src\/cli\/[^/]+\//], [/^src\/cli\/(main|program)$/]],
}

const serverModules = /^(node:http|node:http2|node:net|koa|keyv|@koa\/|@keyv\/)/
const maxFilesInARoom = 12
const linesToThinkAbout = 250

const sources = filesBelow('src').concat(filesBelow('adapters'))
const importsBy = new Map(sources.map((file) => [file, importsOf(file)]))

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/').slice(0, -3)}`)
}

/** Types count: who needs another's type needs to know it. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, `${file}.ts`), 'utf8')
  return Array.from(text.matchAll(/(?:from|import\()\s*'([^']+)'/g), ([, name = '']) =>
    name.startsWith('.') ? relative(root, join(root, dirname(file), name)).replace(/\.js$/, '') : name,
  )
}

function imports(isWrong: (file: string, imported: string) => boolean): string[] {
  return [...importsBy].flatMap(([file, names]) =>
    names.filter((name) => isWrong(file, name)).map((name) => `${file} imports ${name}`),
  )
}

function isAny(patterns: readonly RegExp[], file: string): boolean {
  return patterns.some((pattern) => pattern.test(file))
}

for (const [house, floors] of Object.entries(houses)) {
  const floorOf = (file: string) => floors.findIndex((patterns) => isAny(patterns, file))

  test(`${house}: every file has a floor`, () => {
    const inside = sources.filter((file) => file.startsWith(`${house}/`))
    assert.ok(inside.length > 5)
    assert.equal(
      inside.filter((file) => floorOf(file) < 0),
      [],
    )
  })

  test(`${house}: every floor has files`, () => {
    const patterns = floors.flat()
    const empty = patterns.filter((pattern) => !sources.some((file) => pattern.test(file)))
    assert.equal(empty, [])
  })

  test(`${house}: no file imports from a floor above its own`, () => {
    const isInside = (file: string) => file.startsWith(`${house}/`)
    const upward = imports((file, name) => isInside(file) && isInside(name) && floorOf(name) > floorOf(file))
    assert.equal(upward, [])
  })
}

test('no two files import each other', () => {
  assert.equal(
    imports((file, name) => importsBy.get(name)?.includes(file) === true),
    [],
  )
})

test('no two rooms on one floor import each other', () => {
  const roomOf = (file: string) => dirname(file)
  const arrows = new Set(
    [...importsBy].flatMap(([file, names]) => names.map((name) => `${roomOf(file)} ${roomOf(name)}`)),
  )
  const isBeside = (one: string, another: string) =>
    !`${one}/`.startsWith(`${another}/`) && !`${another}/`.startsWith(`${one}/`)
  const both = imports((file, name) => {
    const [from, to] = [roomOf(file), roomOf(name)]
    return from !== to && isBeside(from, to) && !isAny(pure, file) && !isAny(pure, name) && arrows.has(`${to} ${from}`)
  })
  assert.equal(both, [])
})

test('pure files know no server and no store', () => {
  assert.equal(
    imports((file, name) => isAny(pure, file) && serverModules.test(name)),
    [],
  )
})

test('adapters take of src its errors and the loader of drivers, and only the command line knows adapters', () => {
  const isOfAdapters = (file: string) => file.startsWith('adapters/')
  const common = ['src/errors', 'src/optional-peer']
  assert.equal(
    imports((file, name) => isOfAdapters(file) && name.startsWith('src/') && !common.includes(name)),
    [],
  )
  assert.equal(
    imports((file, name) => !isOfAdapters(file) && !file.startsWith('src/cli/') && isOfAdapters(name)),
    [],
  )
})

test('a room has a dozen files at most beside its own rooms', () => {
  const rooms = new Map<string, string[]>()
  for (const file of sources) {
    if (file.startsWith('src/')) rooms.set(dirname(file), [...(rooms.get(dirname(file)) ?? []), file])
  }
  for (const [room, files] of rooms) console.log(`FIGURE ${room}: ${files.length} files`)
  assert.equal(
    [...rooms].filter(([, files]) => files.length > maxFilesInARoom).map(([room]) => room),
    [],
  )
})

// Length follows the thought. Of a long one somebody should ask whether it is still one; messages are a list, and read by looking one up.
for (const file of sources.filter((one) => !one.startsWith('src/console/messages/'))) {
  const lines = readFileSync(join(root, `${file}.ts`), 'utf8').split('\n').length
  if (lines > linesToThinkAbout) console.log(`FIGURE ${file} has ${lines} lines: is it one thought?`)
}

test('every test file runs its tests', () => {
  const silent = filesBelow('test')
    .filter((file) => file.endsWith('.test'))
    .filter((file) => !/^\w+\.run\(\)$/m.test(readFileSync(join(root, `${file}.ts`), 'utf8')))
  assert.equal(silent, [])
})

test.run()
