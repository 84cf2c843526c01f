// The README, done as it stands.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { freePort } from '../helpers/servers.js'
import { openGuide } from './guide.js'
import { openProject, served } from './project.js'

const guide = openGuide('README.md')
const project = openProject()
test.after(() => project.remove())

test('the first command serves the console and the game', async () => {
  const environment = { PORT: '0', EMPIRE_DATA: project.folder }
  const server = project.start(guide.take('try-it', 'sh'), environment, '.')
  const console = await server.says(/The console: +(\S+)/)
  assert.is((await fetch(console)).status, 200)
  const [, address = '', body = ''] = /curl -s (\S+) -d '([^']+)'/.exec(server.said()) ?? []
  const answer = await fetch(address, { method: 'POST', body })
  assert.match(await answer.text(), 'session_id')
  await server.stop()
})

test('the second command runs tests', async () => {
  const { code, out } = await project.start(guide.take('try-it', 'sh'), {}, '.').ended
  assert.match(out, /[1-9]\d* passed, 0 failed/)
  assert.is(code, 0)
})

test('what it mounts serves the console and the game, and ends by itself', async () => {
  project.write('server.js', guide.take('mount-it', 'js'))
  const port = await freePort()
  const server = project.start('exec node server.js', { PORT: String(port) })
  const url = `http://127.0.0.1:${port}`
  await served(url)
  assert.match(await (await fetch(`${url}/apikey`)).text(), '<h1')
  assert.is(await (await fetch(url)).text(), 'the game')
  assert.is((await server.stop()).code, 0)
})

test('its protocol reads what it says', async () => {
  const { protocol } = await project.load(guide.take('mount-it', 'js'))
  for (const params of [['a', 'b', 'K'], { api_key: 'K' }, [{ api_key: 'K' }]]) {
    const parsed = { jsonrpc: '2.0', id: 1, method: 'login', params }
    const [call] = protocol.read({ method: 'POST', path: '/rpc', query: '', headers: {}, parsed })
    assert.equal([call.feature, call.createsSession, call.publicKey], ['login', true, 'K'])
  }
})

guide.allRun()
test.run()
