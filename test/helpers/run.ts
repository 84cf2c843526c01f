// Runs each test file with uvu in a process of its own, two at a time, and trusts none of uvu's silences: it exits 0 when a
// file forgets `test.run()`, and it does not mind a skipped test. Arguments: parts of the paths to run; none means all.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname } from 'node:path'

const wanted = process.argv.slice(2)
const { TESTS: folder = 'test' } = process.env
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.test\.(ts|js)$/.test(file))
  .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  // By their own names: those of one room are alike, and would all want the processor at once.
  .sort((one, another) => (basename(one) < basename(another) ? -1 : 1))
const sums = { passed: 0, failed: 0, skipped: 0 }
const maxRunMs = 300_000
/** These hold timeouts, pauses and streams to their word, and sleep for most of their time: one more at a time. */
const sleepers = /\/(early-answers|growth|races|store-failure|strangers|streams-pass)\.test\.[tj]s$/

function run(file: string): Promise<void> {
  return new Promise((resolve) => {
    const startedAtMs = performance.now()
    const pattern = `^${basename(file).replaceAll('.', '\\.')}$`
    const uvu = ['--import', 'tsx', 'node_modules/uvu/bin.js', '--no-color', dirname(file), pattern]
    const child = spawn(process.execPath, uvu, { stdio: ['ignore', 'pipe', 'pipe'], timeout: maxRunMs })
    let output = ''
    child.stdout.on('data', (text) => (output += text))
    child.stderr.on('data', (text) => (output += text))
    child.on('close', (status, signal) => {
      const count = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(output)?.[1] ?? 0)
      const [total, passed, skipped] = [count('Total'), count('Passed'), count('Skipped')]
      const complaints: string[] = []
      if (signal)
        complaints.push(`it was ended by ${signal} after ${maxRunMs / 1000} s: something keeps the process alive`)
      else if (status !== 0 && passed === total) complaints.push(`it ended with status ${status}`)
      if (total === 0 && skipped === 0) complaints.push('no test ran: is `test.run()` missing?')
      if (skipped > 0 && process.env.REQUIRE_ALL === '1')
        complaints.push(`${skipped} skipped, and REQUIRE_ALL=1 allows none`)
      sums.passed += passed
      sums.skipped += skipped
      sums.failed += total - passed + complaints.length
      const quiet = complaints.length === 0 && passed === total
      const told = quiet ? (output.match(/(SKIPPED|FIGURE).*/g) ?? []) : [output]
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1)
      console.log(
        [
          `${file}: ${passed} of ${total} in ${seconds} s`,
          ...told,
          ...complaints.map((text) => `FAILED: ${text}`),
        ].join('\n'),
      )
      resolve()
    })
  })
}

async function runAll(queue: string[]): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) await run(file)
}

const awake = files.filter((file) => !sleepers.test(file))
const asleep = files.filter((file) => sleepers.test(file))
await Promise.all([...Array.from({ length: Math.min(2, availableParallelism()) }, () => runAll(awake)), runAll(asleep)])
if (files.length === 0) {
  console.log(`FAILED: no test file matches ${wanted.join(', ')}`)
  sums.failed++
}
console.log(`\n${sums.passed} passed, ${sums.failed} failed${sums.skipped > 0 ? `, ${sums.skipped} skipped` : ''}`)
process.exitCode = sums.failed > 0 ? 1 : 0
