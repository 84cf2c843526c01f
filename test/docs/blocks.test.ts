// Every block of code in every document is run by a test, or is in a language that says that it is data or output.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isToBeRun } from './guide.js'
import { type Block, blocksOf, markdownFiles } from './markdown.js'

// Signatures, which are made from the source.
const pages = markdownFiles().filter((page) => !page.startsWith('docs/api/'))
const tests = readdirSync('test/docs').filter((name) => name.endsWith('.test.ts'))

/** The test that takes a page's blocks one by one, and fails when one is left. */
function testOf(page: string): string | undefined {
  return tests.find((name) => {
    const text = readFileSync(`test/docs/${name}`, 'utf8')
    const opened = new RegExp(`(\\w+) = openGuide\\('${page.replaceAll('.', '\\.')}'\\)`).exec(text)?.[1]
    return opened !== undefined && text.includes(`${opened}.allRun()`)
  })
}

function fault(block: Block): string | undefined {
  const { page, language, runBy, text } = block
  if (language === '') return 'says no language; output is `text`'
  if (!isToBeRun(block)) return undefined
  if (runBy === undefined)
    return testOf(page) ? undefined : 'is run by no test: none in test/docs opens this page as a guide'
  if (!existsSync(runBy)) return `is run by ${runBy}, which does not exist`
  const file = readFileSync(runBy, 'utf8')
  const hasCommands = text
    .split('\n')
    .map((line) => line.replace(/ *#.*/, '').trim())
    .every((line) => file.includes(line))
  return file.includes(page) || hasCommands ? undefined : `is said to be run by ${runBy}, which does not know ${page}`
}

test('every block of code is run', () => {
  const blocks = pages.flatMap(blocksOf)
  assert.ok(blocks.filter(isToBeRun).length > 30, 'the blocks are found')
  const faults = blocks.flatMap((block) => {
    const said = fault(block)
    return said === undefined ? [] : [`${block.page}:${block.line} ${block.language} ${said}`]
  })
  assert.equal(faults, [])
  console.log(`FIGURE ${pages.length} pages, ${blocks.filter(isToBeRun).length} blocks of code, all run`)
})

test.run()
