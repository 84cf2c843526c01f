import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Not beside their package.json: the tests of their own dependencies would look like tests of ours. */
const folder = join('.cache', 'peers')

/** Installs the peers, unless these very versions are there. The first time takes minutes: a SQLite driver is compiled. */
export function installPeers(): void {
  const wanted = fileURLToPath(new URL('package.json', import.meta.url))
  const there = join(folder, 'package.json')
  const isThere = existsSync(join(folder, 'node_modules')) && readFileSync(there).equals(readFileSync(wanted))
  if (isThere) return
  mkdirSync(folder, { recursive: true })
  copyFileSync(wanted, there)
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
