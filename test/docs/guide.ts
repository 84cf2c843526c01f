// The blocks of a page, each taken once by the test that runs it.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Block, blocksOf } from './markdown.js'
import { wasSkipped } from './programs.js'

/** Blocks in these languages are data or output; every other block is to be run. */
const notRun = new Set(['text', 'json', 'yaml', 'nginx', 'ini'])

export function isToBeRun({ language }: Block): boolean {
  return !notRun.has(language)
}

export interface Guide {
  page: string
  /** The next block in this language under this heading. */
  take(heading: string, language: string): string
  /** A test that fails when a block was taken by none: the last of its file. */
  allRun(): void
}

export function openGuide(page: string): Guide {
  const blocks = blocksOf(page)
  const taken = new Set<Block>()
  return {
    page,
    take(heading, language) {
      const block = blocks.find((one) => one.heading === heading && one.language === language && !taken.has(one))
      if (!block) throw new Error(`${page} has no more block of ${language} under #${heading}.`)
      taken.add(block)
      return block.text
    },
    allRun() {
      const check = wasSkipped() ? test.skip : test
      check(`every block of ${page} is run`, () => {
        const left = blocks.filter((block) => isToBeRun(block) && block.runBy === undefined && !taken.has(block))
        assert.equal(
          left.map(({ line, language, text }) => `${page}:${line} ${language}: ${text.split('\n')[0]}`),
          [],
        )
      })
    },
  }
}
