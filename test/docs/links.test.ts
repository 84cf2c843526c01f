// Every link within the documents leads somewhere.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { anchorsOf, linksOf, markdownFiles } from './markdown.js'

const pages = markdownFiles()
const anchors = new Map<string, Set<string>>()

function hasAnchor(page: string, anchor: string): boolean {
  const known = anchors.get(page) ?? anchorsOf(page)
  anchors.set(page, known)
  return known.has(anchor)
}

/** A web server tells capitals from small letters, and a disk may not. */
function exists(path: string): boolean {
  return existsSync(path) && (path === '.' || readdirSync(dirname(path)).includes(basename(path)))
}

function fault(page: string, target: string): string | undefined {
  if (/^(https?:|mailto:)/.test(target)) return URL.canParse(target) ? undefined : 'is no address'
  const [path = '', anchor] = decodeURI(target).split('#')
  const file = path === '' ? page : normalize(join(dirname(page), path)).replace(/\/$/, '')
  if (path.startsWith('/') || file.startsWith('..')) return 'leads out of the project'
  if (!exists(file)) return 'leads to no file'
  if (anchor === undefined) return undefined
  if (!file.endsWith('.md') || statSync(file).isDirectory()) return 'has an anchor, and leads to no page'
  return hasAnchor(file, anchor) ? undefined : 'leads to no heading'
}

test('every link leads somewhere', () => {
  const links = pages.flatMap((page) => linksOf(page).map((link) => ({ page, ...link })))
  assert.ok(links.length > 100, 'the links are found')
  const faults = links.flatMap(({ page, line, target }) => {
    const said = fault(page, target)
    return said === undefined ? [] : [`${page}:${line} ${target} ${said}`]
  })
  assert.equal(faults, [])
  console.log(`FIGURE ${links.length} links on ${pages.length} pages`)
})

test('every guide can be reached from the README', () => {
  const reached = new Set(['README.md'])
  for (const page of reached) {
    for (const { target } of linksOf(page)) {
      const file = normalize(join(dirname(page), target.split('#')[0] ?? ''))
      if (pages.includes(file)) reached.add(file)
    }
  }
  assert.equal(
    pages.filter((page) => !reached.has(page)),
    [],
  )
})

test.run()
