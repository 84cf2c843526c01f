// The tarball as it would be published, and projects of strangers that have installed it. Their other packages are links to
// those of this project, and only to what the manifest names, so that nothing is compiled again and nothing is there by accident.
import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)

interface Manifest {
  dependencies: Record<string, string>
  exports: Record<string, unknown>
  repository?: unknown
}
export const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest

export type KoaMajor = 2 | 3

/** The packages that we have for each version of Koa. */
const koaPackages = { 2: ['koa2', 'types-koa2'], 3: ['koa', '@types/koa'] } as const
/** What the types of Koa need. Two of them name each other, so they are copied: a link would lead to the other version. */
const linkedTypes = ['accepts', 'content-disposition', 'cookies', 'http-assert', 'http-errors', 'keygrip', 'node']

/** What packing needs. */
const packedFrom = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'tsconfig.json',
  'src',
  'adapters',
  'templates',
]

/** Packs a copy, because packing deletes `dist` and two tests may pack at a time, and says where the tarball is. */
export async function pack(folder: string): Promise<string> {
  const copy = join(folder, 'packed from')
  for (const name of packedFrom) await cp(name, join(copy, name), { recursive: true })
  await symlink(resolve('node_modules'), join(copy, 'node_modules'))
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: copy })
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  return join(folder, tarball)
}

export async function unpack(tarball: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await run('tar', ['xzf', tarball, '-C', folder, '--strip-components=1'])
  return folder
}

/** A new project that has installed the tarball beside Koa, its types and `more` packages. */
export async function install(
  tarball: string,
  project: string,
  koaMajor: KoaMajor,
  type: string,
  more: readonly string[] = [],
): Promise<string> {
  const modules = join(project, 'node_modules')
  const [koa, koaTypes] = koaPackages[koaMajor]
  const copy = (from: string, name: string) =>
    cp(join('node_modules', from), join(modules, name), { recursive: true, dereference: true })
  const link = async (from: string, name = from) => {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(resolve('node_modules', from), join(modules, name))
  }
  await unpack(tarball, join(modules, 'clientele'))
  for (const name of [...Object.keys(manifest.dependencies), ...more]) await link(name)
  await link(koa, 'koa')
  for (const name of linkedTypes) await link(`@types/${name}`)
  await copy(koaTypes, '@types/koa')
  await copy('@types/koa-compose', '@types/koa-compose')
  await writeFile(join(project, 'package.json'), JSON.stringify({ type }))
  return project
}

/** A document's blocks of JavaScript. */
export async function blocksOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8')
  return Array.from(text.matchAll(/```js\n(.*?)```/gs), ([, code = '']) => code)
}

export const readmeBlocks = () => blocksOf('README.md')
