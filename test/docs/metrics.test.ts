// The guide's tables, against what is exported. Its programs are run from the packed tarball, its alerts on a real Prometheus.
import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clientInfo, instruments, prometheusName } from '../../src/metrics/instruments.js'
import { refusalMessages } from '../../src/refusals.js'
import { play } from '../metrics/harness.js'

const guide = await readFile('docs/metrics.md', 'utf8')
const rows = guide
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )

test('every metric is in the table, and nothing else', () => {
  const measured = rows.filter(([name = '']) => name.startsWith('clientele_')).map((cells) => cells.slice(0, 4))
  const info = clientInfo(() => [])
  const exported = [...instruments, info].map((one) => [
    prometheusName(one),
    one.name === info.name ? '–' : one.name,
    one.kind,
    one.labels.join(', '),
  ])
  assert.equal(measured.sort(), exported.sort())
})

test('every reason and every shared label is named', async () => {
  const [, , , , reasons = ''] = rows.find(([name]) => name === 'clientele_refusals_total') ?? []
  assert.ok(reasons.endsWith(Object.keys(refusalMessages).join(', ')), reasons)
  await play({}, async ({ clients }) => {
    const shared = clients.totals().clients.map(({ publicKey }) => publicKey)
    assert.equal(
      rows.map(([name]) => name).filter((name = '') => /^(anonymous|\(.+\))$/.test(name)),
      shared,
    )
  })
})

test.run()
