// A real Prometheus scrapes two processes and answers every query of the dashboard; its tool judges the metrics and the alerts.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { freePort } from '../helpers/servers.js'
import { temporaryFile } from '../helpers/temporary.js'
import { play } from './harness.js'
import { alertRules, type Dashboard, dashboardExpressions } from './queries.js'

const run = promisify(execFile)
const isInstalled = ['prometheus', 'promtool'].every((name) => existsSync(`/usr/bin/${name}`))
if (!isInstalled) console.log('SKIPPED the queries on a real Prometheus: the package prometheus is not installed')
const withPrometheus = isInstalled ? test : test.skip

const dashboard = JSON.parse(await readFile('examples/grafana/clientele.json', 'utf8')) as Dashboard
const guide = await readFile('docs/metrics.md', 'utf8')

type Result = { metric: Record<string, string>; value: [atSeconds: number, value: string] }[]

/** A Prometheus that scrapes every second, for as long as the test plays with it. */
async function withServer(targets: string[], use: (query: (expression: string) => Promise<Result>) => Promise<void>) {
  await using config = await temporaryFile('prometheus.yml')
  const hosts = targets.map((url) => `'${new URL(url).host}'`).join(', ')
  await writeFile(
    config.path,
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: game, static_configs: [{ targets: [${hosts}] }] }]\n`,
  )
  const port = await freePort()
  const server: ChildProcess = spawn(
    'prometheus',
    [
      `--config.file=${config.path}`,
      `--storage.tsdb.path=${join(dirname(config.path), 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  try {
    await use(async (expression) => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`
      const answer = (await (await fetch(url)).json()) as { status: string; error?: string; data: { result: Result } }
      if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`)
      return answer.data.result
    })
  } finally {
    const ended = new Promise((resolve) => server.once('close', resolve))
    server.kill('SIGKILL')
    await ended
  }
}

/** Asks until the answer is right, for half a minute at most. */
async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error(`It never came to be that ${what}.`)
    await wait(300)
  }
}

withPrometheus('every query of the dashboard has an answer, and the sums over processes are the traffic', async () => {
  const store = memory()
  await play({ store }, (one) =>
    play({ store }, async (another) => {
      const { publicKey } = await one.clients.registry.register({ name: 'Web "1"', official: true })
      // Before the first scrape, so that there is something for a rate to rise from.
      await one.login(publicKey)
      await another.login('anonymous')
      await withServer([one.url, another.url], async (query) => {
        const number = async (expression: string) => Number((await query(expression))[0]?.value[1])
        await until(async () => (await number('count(clientele_store_growing)')) === 2, 'both are scraped')
        for (const [playing, key] of [
          [one, publicKey],
          [another, publicKey],
          [another, 'anonymous'],
          [one, undefined],
        ] as const) {
          const sessionId = await playing.login(key)
          await playing.call(sessionId, 'explode')
        }
        await until(
          async () => (await number(`sum(clientele_sessions_total{client="${publicKey}"})`)) === 3,
          'the sum over both processes is what was played',
        )
        await until(async () => (await number('sum(clientele_calls_total)')) === 9, 'all calls are scraped')
        assert.is(await number('sum(clientele_call_errors_total)'), 4)
        assert.is(await number('sum(clientele_refusals_total)'), 1)
        const asked = dashboardExpressions(dashboard).map((expression) =>
          expression.replaceAll('$job', '.+').replaceAll('$__rate_interval', '30s').replaceAll('$__range', '1m'),
        )
        const named = new Set<string | undefined>()
        await until(async () => (await number('sum(rate(clientele_call_errors_total[30s]))')) > 0, 'there is a rate')
        for (const expression of asked) {
          const result = await query(expression)
          assert.ok(result.length > 0, `nothing answers ${expression}`)
          for (const { metric } of result) named.add(metric.name)
        }
        assert.ok(named.has('Web "1"') && named.has('anonymous'))
        const [own] = await query(asked.find((expression) => expression.startsWith('sum by (official)')) ?? '')
        assert.equal(Object.keys(own?.metric ?? {}), ['official'])
      })
    }),
  )
})

withPrometheus('its linter has nothing to say about a scrape', async () => {
  await play({}, async ({ login, scrapeText }) => {
    await login('anonymous')
    const text = await scrapeText()
    const linter = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    linter.stdout.on('data', (part) => (output += part))
    linter.stderr.on('data', (part) => (output += part))
    linter.stdin.end(text)
    const code = await new Promise((resolve) => linter.once('close', resolve))
    assert.equal([output, code], ['', 0])
  })
})

withPrometheus('the alerts go off when they should, and only then', async () => {
  await using rules = await temporaryFile('rules.yml')
  await writeFile(rules.path, alertRules(guide))
  const series = (name: string, values: string) => `{ series: '${name}', values: '${values}' }`
  const tests = [
    // Down for twenty minutes from the fifth on; what waits grows, and so does what is given up.
    {
      series: [
        series('clientele_store_state{state="up",instance="a"}', '1x4 0x20 1x30'),
        series('clientele_store_waiting_records{instance="a"}', '3x4 10+10x20 2x30'),
        series('clientele_store_oldest_waiting_seconds{instance="a"}', '0x4 60+60x20 0x30'),
        series('clientele_bindings_dropped_total{instance="a"}', '0x14 0+5x10 50x30'),
      ],
      alerts: [
        ['4m', []],
        ['12m', ['ClienteleStoreDown', 'ClienteleWaitingGrows']],
        ['24m', ['ClienteleStoreDown', 'ClienteleWaitingGrows', 'ClienteleBindingsDropped']],
        ['50m', ['ClienteleBindingsDropped']],
      ],
    },
    // A busy server: something always waits, and never for long. A restart takes a minute to find its store.
    {
      series: [
        series('clientele_store_state{state="up",instance="b"}', '1x10 0 1x40'),
        series('clientele_store_waiting_records{instance="b"}', '0+20x50'),
        series('clientele_store_oldest_waiting_seconds{instance="b"}', '1x50'),
        series('clientele_bindings_dropped_total{instance="b"}', '7x50'),
      ],
      alerts: [
        ['12m', []],
        ['40m', []],
      ],
    },
  ] as const
  const all = ['ClienteleStoreDown', 'ClienteleWaitingGrows', 'ClienteleBindingsDropped']
  const text = tests.map(({ series, alerts }) => {
    const expected = alerts.flatMap(([at, names]: readonly [string, readonly string[]]) =>
      all.map((name) => `{ eval_time: ${at}, name: ${name}, count: ${names.includes(name) ? 1 : 0} }`),
    )
    // The tool compares alerts with all their texts; what matters here is which there are.
    const queries = expected.map((one) => {
      const [, at, name, count] = /eval_time: (\S+), name: (\S+), count: (\d)/.exec(one) ?? []
      const found = `count(ALERTS{alertname="${name}",alertstate="firing"}) or vector(0)`
      return `{ expr: '${found}', eval_time: ${at}, exp_samples: [{ labels: '{}', value: ${count} }] }`
    })
    return `  - interval: 1m\n    input_series: [${series.join(', ')}]\n    promql_expr_test: [${queries.join(', ')}]\n`
  })
  const file = join(dirname(rules.path), 'tests.yml')
  await writeFile(file, `rule_files: ['${rules.path}']\nevaluation_interval: 1m\ntests:\n${text.join('')}`)
  await run('promtool', ['check', 'rules', rules.path])
  const { stdout } = await run('promtool', ['test', 'rules', file]).catch((error) => error as { stdout: string })
  assert.match(stdout, /SUCCESS/)
})

test.run()
