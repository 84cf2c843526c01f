import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textCommands } from '../../examples/own-protocol/text-commands.js'
import type { UsageReport } from '../../src/index.js'
import { Browser, keysOn } from '../console/harness.js'

let child: ChildProcess | undefined
test.after(() => {
  child?.kill('SIGKILL')
})

async function start(): Promise<string> {
  child = spawn(process.execPath, ['--import', 'tsx', 'examples/own-protocol/server.ts'], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const text of child.stdout ?? []) {
    printed += text
    if (printed.includes('x-api-key')) break
  }
  return /http:\/\/localhost:\d+/.exec(printed)?.[0] ?? ''
}

test('a client of both APIs sees in the console what it did in each', async () => {
  const url = await start()
  const page = await new Browser(`${url}/apikey`).submit('/apikey/register', { name: 'Guesser' })
  const { publicKey, privateKey } = keysOn(page.text)
  const command = async (body: string) => (await fetch(`${url}/command`, { method: 'POST', body })).text()
  const send = (method: string, path: string, headers: Record<string, string>) =>
    fetch(`${url}${path}`, { method, headers })

  assert.is(await command('LOGIN ada made-up'), 'ERR This API Key is not registered here.\n')
  assert.is(await command('LOGIN ada'), 'ERR You need an API Key.\n')
  const [, session] = (await command(`login ada ${publicKey}`)).trim().split(' ')
  assert.match(await command(`GUESS ${session} 0`), 'OK higher')
  assert.match(await command(`GUESS ${session} 101`), 'OK lower')
  assert.match(await command('GUESS nobody 1'), 'ERR no such session')
  assert.match(await command(`FLY ${session}`), 'ERR no such command')
  assert.match(await command(`QUIT ${session}`), 'OK bye')
  assert.match(await command(`QUIT ${session}`), 'ERR no such session')

  const refused = await send('POST', '/sessions', { 'x-api-key': 'made-up' })
  assert.equal([refused.status, refused.headers.get('content-type')], [403, 'application/problem+json'])
  const created = await send('POST', '/sessions', { 'x-api-key': publicKey })
  const authorization = `Bearer ${((await created.json()) as { session: string }).session}`
  assert.is(created.status, 201)
  for (const number of [0, 101]) assert.is((await send('PUT', `/guesses/${number}`, { authorization })).status, 200)
  assert.is((await send('DELETE', '/sessions/current', { authorization })).status, 204)
  assert.is((await send('PUT', '/guesses/1', { authorization })).status, 401)

  const stats = await send('GET', '/apikey/stats.json', { authorization: `Bearer ${privateKey}` })
  const { allTime } = (await stats.json()) as { allTime: UsageReport }
  assert.equal(allTime.sessionsByMethod, { LOGIN: 1, 'POST /sessions': 1 })
  assert.equal(allTime.features, {
    LOGIN: { calls: 1, errors: 0 },
    GUESS: { calls: 2, errors: 0 },
    QUIT: { calls: 1, errors: 0 },
    '(unknown)': { calls: 1, errors: 1 },
    'POST /sessions': { calls: 1, errors: 0 },
    'PUT /guesses/:number': { calls: 2, errors: 0 },
    'DELETE /sessions/current': { calls: 1, errors: 0 },
  })

  child?.kill('SIGTERM')
  assert.equal(await once(child as ChildProcess, 'exit'), [0, null])
})

test('the example of the text API has the public key in its place', () => {
  const { method = '', path = '', headers = {}, body = '' } = textCommands.example?.('ck_pub_x') ?? {}
  const [call] = textCommands.read({ method, path, query: '', headers, body: Buffer.from(body) })
  assert.equal([textCommands.matches(method, path), call?.publicKey], [true, 'ck_pub_x'])
})

test.run()
