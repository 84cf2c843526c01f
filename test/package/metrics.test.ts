// The guide to metrics, followed by a stranger who has installed the tarball.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { freePort } from '../helpers/servers.js'
import { hosts, setUp } from './hosts.js'
import { blocksOf, pack } from './packed.js'

let folder = ''
let project = ''
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clientele-'))
  project = join(folder, 'project')
  const [metrics = '', openTelemetry = ''] = await blocksOf('docs/metrics.md')
  const host = hosts.find(({ compiled, koa }) => compiled && koa === 3)
  if (!host) throw new Error('No project of TypeScript.')
  const peers = ['prom-client', '@opentelemetry/api', '@opentelemetry/sdk-metrics']
  const sources = { 'metrics.ts': metrics, 'opentelemetry.ts': openTelemetry }
  await setUp(await pack(folder), project, { ...host, packages: peers }, sources)
})
test.after(() => rm(folder, { recursive: true, force: true }))

test('the guide to metrics compiles, and its program is scraped on a port of its own', async () => {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const env = { ...process.env, PORT: String(port), METRICS_PORT: String(metricsPort) }
  const child = spawn(process.execPath, ['metrics.js'], { cwd: project, env, stdio: 'inherit' })
  const ended = once(child, 'exit')
  const answers: string[] = []
  try {
    // On a busy machine the store may take so long to open that it counts as down for a moment.
    do answers.push(await answerOf(`http://127.0.0.1:${metricsPort}/metrics`))
    while (
      answers.length < 100 &&
      (await wait(50, true)) &&
      !/^clientele_store_state\{state="up"\} 1$/m.test(answers.at(-1) ?? '')
    )
    answers.push(await answerOf(`http://127.0.0.1:${port}/metrics`))
  } finally {
    // What is left running keeps the output of the tests open.
    child.kill('SIGTERM')
  }
  assert.equal(await ended, [0, null])
  const [metrics = '', game] = answers.slice(-2)
  assert.match(metrics, /^clientele_store_state\{state="up"\} 1$/m)
  assert.is(game, 'the game')

  // What it exports at its end is on the console: a file, because a process that ends itself loses what is left in a pipe.
  const program = `await import('./opentelemetry.js')
    setInterval(() => process.kill(process.pid, 'SIGTERM'), 100)`
  const output = await open(join(project, 'exported'), 'w')
  const exporting = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: project,
    stdio: ['ignore', output.fd, 'inherit'],
  })
  assert.equal(await once(exporting, 'exit'), [0, null])
  await output.close()
  assert.match(await readFile(join(project, 'exported'), 'utf8'), /name: 'clientele\.store\.waiting_records'/)
})

/** Of a server that is about to listen. */
async function answerOf(url: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await (await fetch(url)).text()
    } catch (error) {
      if (tries === 200) throw error
      await new Promise((wake) => setTimeout(wake, 50))
    }
  }
}

test.run()
