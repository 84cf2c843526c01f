// What comes with an installation: each package has a reason in docs/dependencies.md, a size that was looked at, and a licence
// that lets everybody use it. Read from the lock file and node_modules, as `npm ci` leaves them.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

type Names = Record<string, string>
interface Locked {
  license?: string
  dependencies?: Names
  optionalDependencies?: Names
}
const read = (file: string) => readFileSync(file, 'utf8')
const locked = (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }).packages
const own = JSON.parse(read('package.json')) as { dependencies: Names; peerDependencies: Names }
const page = read('docs/dependencies.md')

/** Where Node.js finds a package that the one at `from` names: below it, beside it, or beside one that it is below. */
function find(name: string, from: string): string | undefined {
  const path = join(from, 'node_modules', name)
  if (path in locked) return path
  return from === '' ? undefined : find(name, from.slice(0, Math.max(0, from.lastIndexOf('node_modules') - 1)))
}

/** The package at a path and all that it brings; what it only wants to meet is the host's. */
function withAll(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found
  found.add(path)
  const { dependencies, optionalDependencies } = locked[path] ?? {}
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const next = find(name, path)
    // One that is optional may be for another system.
    if (next !== undefined && existsSync(next)) withAll(next, found)
  }
  return found
}

/** Of its own files, as they were packed: not what a compiler made of them, which is another on each system. */
function bytesOf(path: string): number {
  const inFolder = (folder: string, leftOut: string[]): number =>
    readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !leftOut.includes(name))
      .map((entry) => {
        const at = join(folder, entry.name)
        return entry.isDirectory() ? inFolder(at, ['node_modules']) : entry.isFile() ? statSync(at).size : 0
      })
      .reduce((sum, size) => sum + size, 0)
  const isCompiledHere = existsSync(join(path, 'binding.gyp'))
  return inFolder(path, isCompiledHere ? ['node_modules', 'build'] : ['node_modules'])
}

const megabytes = (paths: Iterable<string>) => [...paths].reduce((sum, path) => sum + bytesOf(path), 0) / 1e6

/** The rows of the page's tables: package, why, licence, how many others, megabytes. */
function rowsBelow(heading: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', ''))
      .slice(1, -1),
  )
}

const tables: [heading: string, names: string[]][] = [
  ['Installed with it', Object.keys(own.dependencies)],
  ['Installed by the host', Object.keys(own.peerDependencies)],
]

for (const [heading, names] of tables) {
  test(`${heading}: the page names the packages of the manifest, no more and no fewer`, () => {
    assert.equal(
      rowsBelow(heading).map(([name]) => name),
      names,
    )
  })

  test(`${heading}: each has a reason, its licence, what it brings and its size`, () => {
    for (const [name = '', why = '', licence, others, size] of rowsBelow(heading)) {
      const all = withAll(`node_modules/${name}`)
      const measured = megabytes(all)
      assert.ok(why.length > 10, name)
      assert.is(licence, locked[`node_modules/${name}`]?.license, name)
      assert.is(Number(others), all.size - 1, `${name} brings others`)
      assert.ok(Math.abs(Number(size) - measured) <= 0.05 + measured / 10, `${name} is of ${measured.toFixed(1)} MB`)
    }
  })
}

const installed = new Set(Object.keys(own.dependencies).flatMap((name) => [...withAll(`node_modules/${name}`)]))

test('an installation stays within what the page says of it', () => {
  const [, packages, size] = /^Together they are (\d+) packages of (\d+) MB/m.exec(page) ?? []
  const measured = megabytes(installed)
  console.log(`FIGURE installation: ${installed.size} packages, ${measured.toFixed(1)} MB unpacked`)
  assert.is(installed.size, Number(packages))
  assert.ok(Math.abs(measured - Number(size)) < 1, `${measured.toFixed(1)} MB`)
})

/** Each lets everybody use and pass on what we only name and npm fetches. */
const allowed = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']

test('every package that comes with an installation has a licence that everybody can live with', () => {
  const others = Object.keys(own.peerDependencies).flatMap((name) => [...withAll(`node_modules/${name}`)])
  const licences = [...installed, ...others].map((path) => [path, locked[path]?.license ?? 'none'] as const)
  assert.ok(licences.length > 200)
  // Of `(MIT OR WTFPL)` one is enough, of `(MIT AND WTFPL)` it is not.
  const choices = (licence: string) => licence.replace(/^\((.*)\)$/, '$1').split(' OR ')
  const refused = licences.filter(([, licence]) => !choices(licence).some((one) => allowed.includes(one)))
  assert.equal(refused, [])
})

test.run()
