// A store that 0.1.0 wrote (165 days of the demonstration, 10 clients, sealed days, months and totals) is read as 0.1.0 read it: every page,
// file, answer and command's output, byte for byte. After a page was changed on purpose, `TELL=1` writes what is told now.
import { readFile, writeFile } from 'node:fs/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { temporaryFile } from '../helpers/temporary.js'
import { everythingOf } from './old-store.js'

const fixture = new URL('../fixtures/store-0.1.0/', import.meta.url)

test('a store of 0.1.0 tells what it told', async () => {
  await using file = await temporaryFile('clients.sqlite')
  await writeFile(file.path, gunzipSync(await readFile(new URL('clients.sqlite.gz', fixture))))
  const privateKeys = JSON.parse(await readFile(new URL('private-keys.json', fixture), 'utf8')) as string[]
  const told = await everythingOf(file.path, privateKeys)
  const toldAt = new URL('told.json.gz', fixture)
  if (process.env.TELL === '1')
    await writeFile(toldAt, gzipSync(JSON.stringify(Object.fromEntries(told)), { level: 9 }))
  const before = JSON.parse(gunzipSync(await readFile(toldAt)).toString()) as Record<string, string>
  assert.equal([...told.keys()], Object.keys(before))
  assert.ok(told.size > 80)
  const different = Object.entries(before).flatMap(([name, text]) => firstDifference(name, text, told.get(name) ?? ''))
  assert.equal(different, [])
  console.log(`FIGURE a store of 0.1.0: ${told.size} pages, files and outputs, byte for byte the same`)
})

function firstDifference(name: string, before: string, now: string): string | [] {
  if (before === now) return []
  let at = 0
  while (before[at] === now[at]) at++
  const near = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 40), at + 60))
  return `${name}: ${near(before)} is now ${near(now)}`
}

test.run()
