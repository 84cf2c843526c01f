// The commands of the page on the gateway, with the game's address and the port replaced.
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { serve } from '../helpers/serve.js'
import { openGuide } from './guide.js'
import { openProject } from './project.js'

const guide = openGuide('docs/gateway.md')
const project = openProject()
test.after(() => project.remove())

test('install and run', async () => {
  const { code, err } = await project.sh(guide.take('install-and-run', 'sh'))
  assert.is(code, 0, err)
  project.write('clients.json', guide.take('install-and-run', 'json'))
  const game = new Koa().use((ctx) => {
    ctx.body = { jsonrpc: '2.0', id: 1, result: { session_id: 's', player: { id: 7 } } }
  })
  const command = guide.take('install-and-run', 'sh').trim()
  await serve(game, async (url) => {
    const gateway = project.start(`exec ${command.replace('http://127.0.0.1:5000', url)} --port 0`)
    const own = await gateway.says(/The gateway: +(\S+)/)
    assert.match(await (await fetch(`${own}/apikey`)).text(), 'My game')
    const login = { jsonrpc: '2.0', id: 1, method: 'login', params: ['ada', 'secret', 'my client'] }
    const answer = await fetch(`${own}/rpc`, { method: 'POST', body: JSON.stringify(login) })
    assert.match(await answer.text(), '"session_id":"s"')
    assert.is((await gateway.stop()).code, 0)
  })
  const listed = await project.sh('npx clientele list --store sqlite:clients.sqlite')
  assert.match(listed.out, /my client +unregistered +1 +1 +0/)
})

guide.allRun()
test.run()
