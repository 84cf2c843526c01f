// The middleware must stay cheap. The bounds are several times what an idle machine measures (docs/speed.md has the figures), so
// that a busy one passes too, and what costs several times as much does not.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Library, measureAdded } from './in-process.js'

const maxNs: Record<string, number> = {
  'a path that no protocol knows': 1_000,
  'a session call, after a parser': 12_000,
  'a batch of 10 session calls, after a parser': 60_000,
}
// Below the project's own folder, so that the dependencies are found.
const folder = join('.cache', `gate-${process.pid}`)

test.after(() => rm(folder, { recursive: true, force: true }))

async function compiled(): Promise<Library> {
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
  for (const root of ['src', 'adapters']) {
    for (const file of await readdir(root, { recursive: true })) {
      if (!file.endsWith('.ts')) continue
      const { outputText } = ts.transpileModule(await readFile(join(root, file), 'utf8'), { compilerOptions })
      const target = join(folder, root, file.replace(/ts$/, 'js'))
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, outputText)
    }
  }
  await cp('templates', join(folder, 'templates'), { recursive: true })
  const load = (file: string) => import(join(process.cwd(), folder, file))
  return { core: await load('src/index.js'), adapters: await load('adapters/memory.js') }
}

test('what the middleware adds to a request stays within its bounds', async () => {
  for (const { name, lowNs, medianNs } of await measureAdded(await compiled(), 100)) {
    console.log(`FIGURE ${name}: ${lowNs.toFixed(0)} ns of CPU added, ${medianNs.toFixed(0)} at the median`)
    assert.ok(lowNs < (maxNs[name] ?? 0), `${name}: ${lowNs} ns`)
  }
})

test.run()
