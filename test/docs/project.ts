// A project of a reader, who has installed the package and types what the documents say. The package is this source, so that
// nothing has to be built.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

export interface Ran {
  code: number | null
  out: string
  err: string
}

export interface Started {
  /** All that it has said so far. */
  said(): string
  /** Resolves to the first capture of `pattern` in what it says; rejects when it ends before. */
  says(pattern: RegExp): Promise<string>
  /** Ends it as an operator would, and resolves when it has ended. */
  stop(): Promise<Ran>
  ended: Promise<Ran>
}

export interface Project {
  folder: string
  write(name: string, text: string): string
  /** Imports a module into this process. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever a document exports
  load(text: string): Promise<any>
  /** Runs shell commands to their end; the first that fails ends them. */
  sh(script: string, environment?: Record<string, string>): Promise<Ran>
  /** `folder`: by default the project's own. */
  start(script: string, environment?: Record<string, string>, folder?: string): Started
  /** Ends what still runs, and removes the folder. */
  remove(): Promise<void>
}

const root = resolve('.')
const tsx = import.meta.resolve('tsx')
const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim()
const maxRunMs = 120_000

/** What is installed already is only looked for; of all tests one file has to do. */
const npmStandIn = `#!/bin/sh
case "$1" in
  ci) exit 0 ;;
  install)
    shift
    for package in "$@"; do
      name=$(echo "$package" | sed 's/\\(.\\)@.*/\\1/')
      [ -d "${root}/node_modules/$name" ] || [ "$name" = clientele ] || { echo "There is no package $name." >&2; exit 1; }
    done ;;
  test) exec ${npm} test -- keys/key-format ;;
  *) exec ${npm} "$@" ;;
esac
`
const npxStandIn = `#!/bin/sh
[ "$1" = clientele ] || { echo "There is no command $1." >&2; exit 1; }
shift
exec node ${root}/src/cli/main.ts "$@"
`

export function openProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'clientele-docs-'))
  const running = new Set<ChildProcess>()
  install(join(folder, 'node_modules'))
  const commands = join(folder, 'node_modules/.commands')
  mkdirSync(commands)
  for (const [name, text] of Object.entries({ npm: npmStandIn, npx: npxStandIn })) {
    writeFileSync(join(commands, name), text)
    chmodSync(join(commands, name), 0o755)
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }\n')
  let modules = 0

  const project: Project = {
    folder,
    write(name, text) {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    },
    load: (text) => import(pathToFileURL(project.write(`module-${modules++}.js`, text)).href),
    sh: (script, environment) => project.start(script, environment).ended,
    start(script, environment = {}, cwd = folder) {
      const env = {
        ...process.env,
        CLIENTELE_STORE: '',
        CLIENTELE_SECRET: '',
        ...environment,
        NODE_OPTIONS: `--import ${tsx}`,
        PATH: `${commands}:${process.env.PATH}`,
      }
      // A group of its own, so that all of it can be ended.
      const child = spawn('sh', ['-e', '-c', script], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
      running.add(child)
      return follow(child, () => running.delete(child))
    },
    async remove() {
      for (const child of running) signal(child, 'SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return project
}

/** Every package of this project, and the package itself: its exports with the sources in the place of what is built of them. */
function install(modules: string): void {
  mkdirSync(join(modules, 'clientele'), { recursive: true })
  for (const name of readdirSync('node_modules')) {
    if (!name.startsWith('.') && name !== 'clientele') symlinkSync(resolve('node_modules', name), join(modules, name))
  }
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> }
  const exports = Object.entries(manifest.exports).flatMap(([name, value]) => {
    const file = (value as { default?: string } | null)?.default
    return file ? [[name, file.replace('./dist/', './').replace(/\.js$/, '.ts')]] : []
  })
  const text = JSON.stringify({ name: 'clientele', type: 'module', exports: Object.fromEntries(exports) })
  writeFileSync(join(modules, 'clientele/package.json'), text)
  for (const name of ['src', 'adapters', 'templates']) symlinkSync(resolve(name), join(modules, 'clientele', name))
}

function follow(child: ChildProcess, onEnd: () => void): Started {
  const said = { out: '', err: '' }
  const waiting = new Set<() => void>()
  const hear = (which: keyof typeof said) => (text: Buffer) => {
    said[which] += text
    for (const look of waiting) look()
  }
  child.stdout?.on('data', hear('out'))
  child.stderr?.on('data', hear('err'))
  const late = setTimeout(() => signal(child, 'SIGKILL'), maxRunMs)
  const ended = new Promise<Ran>((end) => {
    child.once('close', (code) => {
      clearTimeout(late)
      onEnd()
      end({ code, ...said })
    })
  })
  const all = () => said.out + said.err
  return {
    said: all,
    ended,
    says: (pattern) =>
      new Promise((found, failed) => {
        const look = () => {
          const text = pattern.exec(all())?.[1]
          if (text !== undefined) found(text)
        }
        waiting.add(look)
        look()
        void ended.then(() => failed(new Error(`It ended, and said: ${all()}`)))
      }),
    async stop() {
      signal(child, 'SIGTERM')
      return ended
    },
  }
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

/** Code that stands in the middle of a program, as a function of `app` and `clients`. */
export function fragment(text: string): string {
  const imports = text.match(/^import .*$/gm) ?? []
  const rest = text.replace(/^import .*$/gm, '')
  return `${imports.join('\n')}\nexport default async function (app, clients) {\n${rest}\n}\n`
}

/** Resolves when a server answers at an address. */
export async function served(url: string): Promise<void> {
  const endMs = performance.now() + 30_000
  while (!(await fetch(url).catch(() => undefined))) {
    if (performance.now() > endMs) throw new Error(`Nothing answered at ${url} within 30 s.`)
    await wait(50)
  }
}
