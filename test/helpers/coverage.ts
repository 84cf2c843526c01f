// What of the library no test reaches, measured on compiled output, because under tsx functions count that nobody called. Not
// part of `npm test`: `npm run coverage [parts of paths]`. What runs in processes of its own through tsx is not in it.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'

const folder = 'build'
rmSync(folder, { recursive: true, force: true })
const run = (...words: string[]) => execFileSync('npx', words, { stdio: 'inherit' })
run('tsc', '-p', '.', '--noEmit', 'false', '--declaration', 'false', '--outDir', folder)
for (const file of ['templates', 'package.json']) cpSync(file, `${folder}/${file}`, { recursive: true })
const env = { ...process.env, TESTS: `${folder}/test`, NODE_V8_COVERAGE: `${folder}/coverage` }
const { status } = spawnSync('npx', ['tsx', 'test/helpers/run.ts', ...process.argv.slice(2)], { stdio: 'inherit', env })
const ours = ['src/**', 'adapters/**', `${folder}/src/**`, `${folder}/adapters/**`].flatMap((path) => [
  '--include',
  path,
])
run('c8', 'report', '--temp-directory', `${folder}/coverage`, ...ours, '--exclude-after-remap', '--reporter', 'text')
process.exitCode = status ?? 1
