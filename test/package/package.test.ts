// The packed tarball: what is in it, how large it is, whether every kind of project finds its types, and what it costs to import.
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hosts, play, setUp } from './hosts.js'
import { blocksOf, install, manifest, pack, readmeBlocks, run, unpack } from './packed.js'

let folder = ''
let tarball = ''
let unpacked = ''

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clientele-'))
  tarball = await pack(folder)
  unpacked = await unpack(tarball, join(folder, 'unpacked'))
})
test.after(() => rm(folder, { recursive: true, force: true }))

function filesIn(where: string): string[] {
  const entries = readdirSync(where, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(where, join(entry.parentPath, entry.name)))
}

test('the tarball holds what a user needs and nothing else', () => {
  const sources = ['src', 'adapters'].flatMap((where) => filesIn(where).map((file) => join(where, file)))
  const modules = sources.filter((file) => file.endsWith('.ts')).map((file) => `dist/${file.slice(0, -'.ts'.length)}`)
  const templates = filesIn('templates').map((file) => `dist/templates/${file}`)
  const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']
  const wanted = [...documents, ...templates, ...modules.flatMap((name) => [`${name}.js`, `${name}.d.ts`])]
  assert.equal(filesIn(unpacked).sort(), wanted.sort())
})

test('no file of it knows the machine that made it, or a source that is not there', async () => {
  for (const file of filesIn(unpacked)) {
    const text = await readFile(join(unpacked, file), 'utf8')
    assert.not.ok(text.includes(process.cwd()), file)
    assert.not.match(text, 'sourceMappingURL', file)
  }
})

test('its documents link to what is there, and it is not published before they lead somewhere', async () => {
  for (const document of ['README.md', 'CHANGELOG.md']) {
    const text = await readFile(document, 'utf8')
    const links = Array.from(text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g), ([, link = '']) => link)
    const lost = links.filter((link) => !/^(https|mailto):/.test(link) && !existsSync(link))
    assert.equal(lost, [], document)
  }
  // On the page of a registry these links are relative to the address of the repository.
  const mayBePublished = await run('npm', ['run', '--silent', 'prepublishOnly']).then(
    () => true,
    ({ stderr }) => {
      assert.match(stderr, 'Give package.json a repository')
      return false
    },
  )
  assert.is(mayBePublished, manifest.repository !== undefined)
})

/** Some ten per cent above what it was when this was written: JSON as text and its encodings, forms by qs, the net behind the readings; then what strangers are kept from: folding, purge, changes that meet, slow bodies; then more and smaller files. A limit that is in the way may be raised, by a commit that says why. */
const limits = { tarballBytes: 340_000, files: 440, unpackedBytes: 1_130_000, modules: 420, moduleBytes: 2_800_000 }

function within(limit: keyof typeof limits, value: number): void {
  console.log(`FIGURE package ${limit}: ${value.toLocaleString('en')} of ${limits[limit].toLocaleString('en')}`)
  assert.ok(value <= limits[limit], `${limit} are ${value}`)
}

test('it stays small', async () => {
  const files = filesIn(unpacked)
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(unpacked, file))).size))
  within('tarballBytes', (await stat(tarball)).size)
  within('files', files.length)
  within(
    'unpackedBytes',
    sizes.reduce((sum, size) => sum + size, 0),
  )
})

test('importing it loads no more than it must, no store, and no driver', async () => {
  const project = await install(tarball, join(folder, 'importing'), 3, 'module')
  await writeFile(join(project, 'importing.js'), "await import('clientele')")
  // V8 lists every script that ran, ES modules and CommonJS alike.
  const env = { ...process.env, NODE_OPTIONS: '', NODE_V8_COVERAGE: join(project, 'coverage') }
  await run(process.execPath, ['importing.js'], { cwd: project, env })
  const [report = ''] = await readdir(env.NODE_V8_COVERAGE)
  const { result } = JSON.parse(await readFile(join(env.NODE_V8_COVERAGE, report), 'utf8')) as {
    result: { url: string }[]
  }
  const urls = result.map(({ url }) => url).filter((url) => url.includes('/node_modules/'))
  const modules = [...new Set(urls)].map((url) => fileURLToPath(url))
  const sizes = await Promise.all(modules.map(async (file) => (await stat(file)).size))
  within('modules', modules.length)
  within(
    'moduleBytes',
    sizes.reduce((sum, size) => sum + size, 0),
  )
  const packages = new Set(modules.map((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]))
  assert.ok(packages.has('clientele') && packages.has('pug'), 'they were listed')
  const early = ['keyv', '@keyv/sqlite', 'sqlite3', '@keyv/redis', 'pg', 'mysql2', 'koa', 'commander', 'httpxy']
  assert.equal(
    early.filter((name) => packages.has(name)),
    [],
  )
})

test('publint finds nothing, not even a suggestion', async () => {
  const { messages, pkg } = await publint({ pkgDir: unpacked, pack: false, strict: true })
  assert.equal(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  )
})

test('every entry has types for every kind of module resolution', async () => {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(await readFile(tarball))))
  if (!result.types) return assert.unreachable('there are no types')
  assert.equal(Object.keys(result.entrypoints).sort(), Object.keys(manifest.exports).sort())
  for (const [entry, { resolutions }] of Object.entries(result.entrypoints)) {
    for (const [kind, { resolution, isWildcard }] of Object.entries(resolutions)) {
      assert.ok(resolution && !isWildcard, `${entry} was not looked at as ${kind}`)
    }
  }
  // attw does not know that Node.js can require ES modules since 20.19, which `engines` asks for, and that TypeScript lets
  // it since 5.8 (module: NodeNext): https://github.com/arethetypeswrong/arethetypeswrong.github.io/issues/252. A second build
  // would be a second copy of every class and every count in a process that uses both. The CommonJS hosts below are the proof.
  const problems = result.problems.filter(({ kind }) => kind !== 'CJSResolvesToESM')
  assert.equal(problems, [])
})

/** Of a JSON-RPC API and of a REST one, as a maintainer reads of them. */
async function protocols(): Promise<[string, string]> {
  const blocks = [...(await readmeBlocks()), ...(await blocksOf('docs/maintainer.md'))]
  const first = (begin: string) => blocks.find((code) => code.includes(begin)) ?? ''
  return [first('protocol = jsonRpc({'), first('protocol = rest({')]
}

for (const host of hosts) {
  test(`the README runs on Koa ${host.koa}: ${host.name}`, async () => {
    const types = await readFile('test/package/public-types.ts', 'utf8')
    const [jsonRpc, rest] = await protocols()
    const project = join(folder, `${host.name} ${host.koa}`)
    await setUp(tarball, project, host, {
      'public-types.ts': types
        .replace('../../src/index.js', 'clientele')
        .replace(/\.\.\/\.\.\/(adapters\/\w+)\.js/g, 'clientele/$1'),
      'hidden.ts': `import type { ClientRegistry } from 'clientele'
        // @ts-expect-error: what only our own parts call is not in the packed types
        export type Hidden = ClientRegistry['takeOver']`,
      'json-rpc.ts': jsonRpc,
      'rest.ts': rest,
    })
    await play(project)
  })
}

test('the documents have protocols that are taken as they stand', async () => {
  const project = await install(tarball, join(folder, 'protocols'), 3, 'module')
  const [jsonRpc, rest] = await protocols()
  assert.match(jsonRpc, 'protocol = jsonRpc({')
  assert.match(rest, 'protocol = rest({')
  for (const code of [jsonRpc, rest]) {
    await writeFile(join(project, 'protocol.js'), code)
    await run(process.execPath, ['protocol.js'], { cwd: project })
  }
})

test.run()
