import { readFileSync } from 'node:fs'
import pug from 'pug'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { de } from '../../../src/console/messages/de/de.js'
import { en } from '../../../src/console/messages/en/en.js'
import { views } from '../../../src/console/web/templates.js'
import { englishIn, leavesOf, piecesOf, textOf } from './message-helpers.js'

const both = leavesOf(en).map((leaf, at) => ({ english: leaf, german: leavesOf(de)[at] ?? leaf }))
// Nothing in it to translate.
const alike = new Set(['stats.utcDays', 'stats.trend'])

test('German has the messages that English has, and none in English', () => {
  for (const { english, german } of both) {
    assert.is(german.path, english.path)
    if (alike.has(english.path)) continue
    assert.is.not(textOf(german), textOf(english), english.path)
    const words = piecesOf(german).map((piece) =>
      typeof piece === 'string' ? piece : piece.tag === 'code' ? '' : piece.text,
    )
    assert.equal(englishIn(words.join('')), [], german.path)
  }
})

test('both have the same code, the same links and the same names in a message', () => {
  for (const { english, german } of both) {
    const [expected, actual] = [english, german].map((leaf) =>
      piecesOf(leaf)
        .flatMap((piece) => {
          if (typeof piece === 'string') return piece.match(/\d[\d.:]*\d|\d/g) ?? []
          return piece.tag === 'a' ? `→ ${piece.href}` : piece.tag === 'strong' ? piece.tag : piece.text
        })
        .sort(),
    )
    assert.equal(actual, expected, english.path)
  }
})

test('messages are plain and whole', () => {
  for (const leaf of both.flatMap(({ english, german }) => [english, german])) {
    for (const piece of piecesOf(leaf)) {
      assert.not.match(typeof piece === 'string' ? piece : piece.text, /!|undefined| {2}|<\w|[.;:]\p{Lu}/u, leaf.path)
    }
  }
})

type PugNode = { [member: string]: unknown }

/** What a template says by itself: text, and words in the strings of attributes and expressions. */
function wordsIn(source: string, filename?: string): string[] {
  const found: string[] = []
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, name, val, args } = node as PugNode
    if (type === 'Text' && /\p{L}/u.test(String(val))) found.push(String(val))
    if (type === 'Code' || type === 'Mixin') found.push(...speech(String(val ?? args)))
    if (type === undefined && /^(aria-label|alt|title|label|placeholder|data-(copied|by-hand))$/.test(String(name))) {
      found.push(...speech(String(val)))
    }
    for (const child of Object.values(node)) look(child)
  }
  const plugin = {
    postParse(tree: unknown) {
      look(tree)
      return tree
    },
  }
  pug.compile(source, { filename, plugins: [plugin] } as pug.Options)
  return found
}

/** The strings in an expression that a person would read: with a capital, or of several words. */
function speech(expression: string): string[] {
  const bare = expression.replace(/\$\{[^}]*\}/g, '')
  return (bare.match(/'[^']*'|"[^"]*"|`[^`]*`/g) ?? []).filter((text) => /\p{Lu}|\p{L} \p{L}/u.test(text))
}

test('what a template says by itself is found', () => {
  const bad = [
    'p Hello',
    "p= 'Get a key'",
    "img(alt='Picture')",
    "mixin x(a)\n  p= a\n+x('My key')",
    '| #[b it]',
    'p #{"Oh"}',
  ]
  for (const source of bad) assert.is(wordsIn(source).length, 1, source)
  assert.equal(wordsIn('p= messages.a\np(class="A b"): | · #{x}:\ninput(placeholder="https://")'), [])
})

test('no template says anything by itself, and neither does the script', () => {
  for (const view of views) {
    const file = new URL(`../../../templates/${view}.pug`, import.meta.url)
    assert.equal(wordsIn(readFileSync(file, 'utf8'), file.pathname), [], view)
  }
  const script = readFileSync(new URL('../../../templates/console.js', import.meta.url), 'utf8')
  assert.equal(speech(script.replace(/^\s*\/\/.*$/gm, '')), [])
})

test.run()
