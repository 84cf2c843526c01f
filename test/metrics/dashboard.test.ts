// The dashboard and the alerts ask for what is exported, under the labels that it has.
import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clientInfo, instruments, prometheusName } from '../../src/metrics/instruments.js'
import { alertExpressions, type Dashboard, dashboardExpressions } from './queries.js'

const exported = new Map(
  [...instruments, clientInfo(() => [])].map((one) => [prometheusName(one), one.labels] as const),
)
const dashboard = JSON.parse(await readFile('examples/grafana/clientele.json', 'utf8')) as Dashboard
const guide = await readFile('docs/metrics.md', 'utf8')

test('every query asks for metrics that are exported, by labels that they have', () => {
  const expressions = [...dashboardExpressions(dashboard), ...alertExpressions(guide)]
  assert.ok(expressions.length > 15)
  for (const expression of expressions) {
    const names = expression.match(/\bclientele_\w+/g) ?? []
    assert.ok(names.length > 0, expression)
    for (const name of names) assert.ok(exported.has(name), `${name} in ${expression}`)
    for (const [, name = '', matchers = ''] of expression.matchAll(/\b(clientele_\w+)\{([^}]*)\}/g)) {
      for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)) {
        assert.ok([...(exported.get(name) ?? []), 'job'].includes(label), `${label} of ${name}`)
      }
    }
    for (const [, list = ''] of expression.matchAll(/\b(?:by|on|group_left) \(([^)]*)\)/g)) {
      for (const label of list.split(/,\s*/)) {
        assert.ok(['instance', ...[...exported.values()].flat()].includes(label), `${label} in ${expression}`)
      }
    }
  }
})

test('each metric that can go wrong has its place on the dashboard', () => {
  const asked = dashboardExpressions(dashboard).join(' ')
  const missing = [...exported.keys()].filter((name) => !asked.includes(name))
  assert.equal(missing, ['clientele_secret_given'])
})

test('its panels have ids and titles of their own, and none covers another', () => {
  const { panels } = dashboard
  for (const of of ['id', 'title'] as const) {
    assert.is(new Set(panels.map((panel) => panel[of])).size, panels.length, of)
  }
  for (const { gridPos, title, description, datasource, targets } of panels) {
    assert.ok(title !== '' && description !== '')
    assert.is(datasource.uid, '$' + '{datasource}')
    assert.is(new Set(targets.map(({ refId }) => refId)).size, targets.length)
    assert.ok(gridPos.x + gridPos.w <= 24, title)
  }
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
  )
  assert.is(new Set(cells).size, cells.length)
  assert.equal(
    dashboard.templating.list.map(({ name }) => name),
    ['datasource', 'job'],
  )
})

test.run()
