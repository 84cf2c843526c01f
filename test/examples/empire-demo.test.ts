import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { freePort } from '../helpers/servers.js'

test('the demonstration: a year of a dozen clients, and live traffic', async () => {
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/empire/demo.ts'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let printed = ''
    for await (const text of child.stdout.iterator({ destroyOnReturn: false })) {
      printed += text
      if (printed.includes('The old Perl scripts')) break
    }
    const [, privateKey = ''] = /Web client +(\S+)/.exec(printed) ?? []
    const stats = async () => {
      const headers = { authorization: `Bearer ${privateKey}` }
      const answer = await fetch(`http://127.0.0.1:${port}/apikey/stats.json`, { headers })
      assert.is(answer.status, 200)
      // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it likes
      return (await answer.json()) as any
    }
    const { past30Days, allTime } = await stats()
    assert.ok(past30Days.sessions > 900 && past30Days.players > 60, JSON.stringify(past30Days))
    assert.ok(allTime.sessions > 10_000 && allTime.from < past30Days.from)
    const until = Date.now() + 30_000
    while ((await stats()).allTime.sessions === allTime.sessions) {
      assert.ok(Date.now() < until, 'there was no live traffic for 30 seconds')
      await wait(500)
    }
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
})

test.run()
