// The gateway as an operator starts it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele, lacuna } from '../../src/index.js'
import { rpc, secret } from '../helpers/serve.js'
import { temporaryFile } from '../helpers/temporary.js'
import { exchange, startGateway, startUpstream, until } from './harness.js'

const upstream = await startUpstream()
test.after(async () => upstream?.kill())

interface Started {
  child: ChildProcess
  url: string
  /** All that it has said so far. */
  said(): string
  ended: Promise<number>
}

/** Resolves when it listens, or when it has ended. */
async function start(words: string[], folder = '.', environment: Record<string, string> = {}): Promise<Started> {
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), 'src/cli/main.ts', 'gateway', ...words],
    {
      cwd: folder,
      env: { ...process.env, CLIENTELE_STORE: '', CLIENTELE_SECRET: secret, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let text = ''
  child.stderr.on('data', (part) => (text += part))
  const ended = once(child, 'close').then(([code]) => code as number)
  const listens = new Promise<void>((listening) => {
    child.stdout.on('data', (part) => {
      text += part
      if (text.includes('The store')) listening()
    })
  })
  await Promise.race([listens, ended])
  return { child, url: /The gateway: +(\S+)/.exec(text)?.[1] ?? '', said: () => text, ended }
}

const login = { jsonrpc: '2.0', id: 1, method: 'login', params: ['a', 'b', 'iOS'] }
const config = {
  store: 'sqlite:clients.sqlite',
  protocol: { lacuna: {} },
  enforce: 'off',
  console: { prefix: '/keys' },
}

if (upstream) {
  test('it says where everything is, and a stop loses neither a request nor a count', async () => {
    await using file = await temporaryFile('clients.json')
    await writeFile(file.path, JSON.stringify(config))
    const storeFile = join(dirname(file.path), 'clients.sqlite')
    const gateway = await start(['--upstream', upstream.url, '--config', file.path, '--port', '0'])
    const { url } = gateway
    assert.is(
      gateway.said(),
      `The gateway:  ${url}\nThe game:     ${upstream.url}\nThe console:  ${url}/keys\nThe store:    sqlite:${storeFile}\n`,
    )
    assert.is((await fetch(`${url}/keys`)).status, 200)
    assert.is((await rpc(`${url}/empire`, login)).json.result.session_id, 'session-1')
    const running = fetch(`${url}/_later?0.6`)
    await wait(200)
    gateway.child.kill('SIGTERM')
    await wait(100)
    await fetch(url).then(
      () => assert.unreachable(),
      () => undefined,
    )
    const answer = await running
    assert.equal([await answer.text(), answer.headers.get('connection')], ['news', 'close'])
    assert.is(await gateway.ended, 0, gateway.said())
    const store = sqlite(storeFile)
    const clients = clientele({ store, protocol: lacuna(), secret })
    assert.is((await clients.usage.read('iOS')).sessions, 1)
    await clients.close()
    await store.disconnect()
  })

  test('it starts before its store and its game server do, and says what it lacks', async () => {
    await using file = await temporaryFile('clients.json')
    await writeFile(
      file.path,
      JSON.stringify({ ...config, store: 'sqlite:no/such/folder.sqlite', storeTimeoutMs: 200 }),
    )
    const gateway = await start(['--upstream', 'http://127.0.0.1:1', '--config', file.path, '--port', '0'])
    for (let round = 0; round < 3; round++) assert.is((await rpc(`${gateway.url}/empire`, login)).status, 502)
    gateway.child.kill('SIGINT')
    assert.is(await gateway.ended, 1, gateway.said())
    assert.match(gateway.said(), 'connect ECONNREFUSED 127.0.0.1:1')
    assert.is(gateway.said().match(/A request failed/g)?.length, 1)
    assert.match(gateway.said(), /Closed with \d+ records that the store did not take/)
  })

  test('what strangers do wrong is not told, and one kind of failure does not keep another from being told', async () => {
    await using file = await temporaryFile('clients.json')
    await writeFile(file.path, JSON.stringify(config))
    const own = await startUpstream()
    const words = ['--upstream', own?.url ?? '', '--config', file.path, '--port', '0', '--max-connections', '5']
    const gateway = await start(words)
    const port = Number(new URL(gateway.url).port)
    for (const bad of [
      'GET /x HTTP/1.1\r\nHost: a\r\nHost: b',
      'CONNECT x:1 HTTP/1.1\r\nHost: a',
      'GET http://[x HTTP/1.1',
    ]) {
      for (let round = 0; round < 3; round++)
        assert.match(await exchange(port, `${bad}\r\n\r\n`), /^HTTP\/1.1 [45]0[01]/)
    }
    assert.not.match(gateway.said(), 'A request failed')
    for (let round = 0; round < 3; round++) assert.is((await fetch(`${gateway.url}/_hangup`)).status, 502)
    await own?.kill()
    for (let round = 0; round < 3; round++) assert.is((await rpc(`${gateway.url}/empire`, login)).status, 502)
    const sockets = Array.from({ length: 12 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    await until(() => gateway.said().includes('--max-connections'))
    for (const socket of sockets) socket.destroy()
    gateway.child.kill('SIGTERM')
    assert.is(await gateway.ended, 0, gateway.said())
    const told = gateway.said().match(/A request failed: .*/g) ?? []
    assert.is(told.length, 3, told.join('\n'))
    for (const kind of ['socket hang up', 'ECONNREFUSED', 'connections'])
      assert.ok(
        told.some((line) => line.includes(kind)),
        kind,
      )
  })

  test('a stop does not wait for who never comes to an end', async () => {
    await using gateway = await startGateway(upstream.url)
    const endless = fetch(`${gateway.url}/_later?30`).then(
      () => 'answered',
      () => 'cut',
    )
    await wait(100)
    const startMs = performance.now()
    await gateway.close()
    const tookMs = performance.now() - startMs
    assert.ok(tookMs > 4_500 && tookMs < 6_500, `${tookMs} ms`)
    assert.is(await endless, 'cut')
  })
}

test('what cannot be done is said in one sentence, with the right exit code', async () => {
  await using file = await temporaryFile('clients.json')
  await writeFile(file.path, JSON.stringify(config))
  await using bare = await temporaryFile('bare.json')
  await writeFile(bare.path, JSON.stringify({ protocol: config.protocol }))
  const game = ['--upstream', 'http://127.0.0.1:5000']
  const table: [code: number, says: RegExp, ...words: string[]][] = [
    [2, /required option '--upstream/, '--config', file.path],
    [2, /required option '--config/, ...game],
    [2, /There is no file none.json/, ...game, '--config', 'none.json'],
    [2, /the option `store` is missing; give it an address: sqlite:FILE/, ...game, '--config', bare.path],
    [2, /from 0 to 65535/, ...game, '--config', file.path, '--port', '70000'],
    [2, /whole number from 1/, ...game, '--config', file.path, '--max-connections', '0'],
    [2, /without a path/, '--upstream', 'http://127.0.0.1:5000/game', '--config', file.path],
    [2, /without a path/, '--upstream', '127.0.0.1:5000', '--config', file.path],
    [2, /the gateway itself/, ...game, '--config', file.path, '--port', '5000'],
    [1, /EADDRNOTAVAIL/, ...game, '--config', file.path, '--host', '192.0.2.1'],
  ]
  await Promise.all(
    table.map(async ([code, says, ...words]) => {
      const { ended, said } = await start(words)
      const told = `${words.join(' ')}: ${said()}`
      assert.is(await ended, code, told)
      assert.match(said(), says)
      assert.not.match(said(), /\n {4}at /, told)
    }),
  )
})

test('without its proxy library it says what to install', async () => {
  await using file = await temporaryFile('clients.json')
  const folder = dirname(file.path)
  await writeFile(file.path, JSON.stringify(config))
  for (const name of ['src', 'adapters', 'templates', 'package.json'])
    cpSync(name, join(folder, name), { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync('node_modules')) {
    if (name !== 'httpxy') symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
  }
  const { ended, said } = await start(['--upstream', 'http://127.0.0.1:5000', '--config', file.path], folder)
  assert.is(await ended, 1)
  assert.is(
    said(),
    'The gateway needs the package httpxy, which is not installed. Install it: npm install httpxy@0.5\n',
  )
})

test.run()
