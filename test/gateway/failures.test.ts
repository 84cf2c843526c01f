import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { rpc } from '../helpers/serve.js'
import { exchange, startGateway, startUpstream, until } from './harness.js'

const upstream = await startUpstream()
test.after(async () => upstream?.kill())

const login = { jsonrpc: '2.0', id: 1, method: 'login', params: ['a', 'b', 'iOS'] }
const view = { jsonrpc: '2.0', id: 2, method: 'view', params: ['session-1'] }

/** Has a port, and room for one connection that nobody takes. */
const deafServer = `
import socket, sys
server = socket.socket()
server.bind(('127.0.0.1', 0))
server.listen(0)
print(server.getsockname()[1], flush=True)
sys.stdin.read()`

if (upstream) {
  test('a dead game server is a 502 and no more, and when it is back everything goes on', async () => {
    await using gateway = await startGateway(upstream.url)
    assert.is((await rpc(`${gateway.url}/empire`, login)).json.result.session_id, 'session-1')
    await upstream.kill()
    for (const round of [1, 2, 3]) {
      const { status, type, json } = await rpc(`${gateway.url}/empire`, round === 1 ? login : view)
      assert.equal([status, type], [502, 'application/problem+json'])
      assert.equal(json, {
        type: 'about:blank',
        title: 'Bad Gateway',
        status: 502,
        detail: 'The game server cannot be reached at the moment.',
      })
      assert.is((await fetch(`${gateway.url}/apikey`)).status, 200)
    }
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/_ws`)
    const [, answer] = await once(socket, 'unexpected-response')
    assert.is(answer.statusCode, 502)
    assert.match(gateway.errors.map(({ message }) => message).join(), /ECONNREFUSED/)

    await upstream.restart()
    assert.is((await rpc(`${gateway.url}/empire`, view)).json.result, 'view')
    assert.is((await rpc(`${gateway.url}/empire`, { ...login, id: 3 })).json.result.session_id, 'session-3')
    await until(async () => (await gateway.clients.usage.read('iOS')).calls === 6)
    const { sessions, errors } = await gateway.clients.usage.read('iOS')
    assert.equal({ sessions, errors }, { sessions: 2, errors: 3 })
  })

  test('while the game server is killed and started again no request is left without an answer', async () => {
    await using gateway = await startGateway(upstream.url)
    const statuses = new Map<number, number>()
    let isOver = false
    const clients = Array.from({ length: 16 }, async () => {
      while (!isOver) {
        const { status } = await rpc(`${gateway.url}/empire`, view)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    })
    for (let round = 0; round < 2; round++) {
      await wait(200)
      await upstream.kill()
      await wait(50)
      await upstream.restart()
    }
    await wait(200)
    isOver = true
    await Promise.all(clients)
    assert.equal([...statuses.keys()].sort(), [200, 502])
    const sum = [...statuses.values()].reduce((one, another) => one + another)
    await until(async () => (await gateway.clients.usage.read('(none)')).calls === sum)
  })

  test('what may have been executed is not sent again', async () => {
    await using gateway = await startGateway(upstream.url)
    await upstream.notes()
    for (const method of ['GET', 'POST']) {
      assert.is((await fetch(`${gateway.url}/_hangup`, { method })).status, 502)
    }
    assert.equal((await upstream.notes()).events, ['hung up on GET', 'hung up on POST'])
  })

  test('a game server that closes connections without a word gets a new one for each request', async () => {
    let connections = 0
    const rude = createServer((socket) => {
      connections++
      socket.on('error', () => undefined)
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    })
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve))
    await using gateway = await startGateway(`http://127.0.0.1:${(rude.address() as { port: number }).port}`, {
      keepAlive: false,
    })
    for (let round = 0; round < 50; round++)
      assert.is((await fetch(`${gateway.url}/a`, { method: 'POST' })).status, 200)
    assert.is(connections, 50)
    rude.close()
  })

  test('a game server that speaks another language is a 502', async () => {
    await using gateway = await startGateway(upstream.url)
    for (const nonsense of ['SSH-2.0-OpenSSH\r\n\r\n', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n', '']) {
      const lines = ['POST /_raw HTTP/1.1', 'Host: h', 'Connection: close', `Content-Length: ${nonsense.length}`]
      const answer = await exchange(gateway.port, `${lines.join('\r\n')}\r\n\r\n${nonsense}`)
      assert.match(answer, /^HTTP\/1.1 502 Bad Gateway\r\n.*"status":502/s)
    }
    assert.is(gateway.errors.length, 3)
  })

  test('a call is counted also if its client does not wait for the answer', async () => {
    await using gateway = await startGateway(upstream.url)
    await rpc(`${gateway.url}/empire`, login)
    const body = JSON.stringify(view)
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write(`POST /_later?0.3 HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    await wait(100)
    socket.destroy()
    await until(async () => (await gateway.clients.usage.read('iOS')).calls === 2)
    assert.equal({ ...(await gateway.clients.usage.read('iOS')).features }['(unknown)'], { calls: 1, errors: 1 })
  })

  test('a connection that is never accepted is a 504', async () => {
    const deaf = spawn('python3', ['-c', deafServer], { stdio: ['pipe', 'pipe', 'inherit'] })
    const port = Number(await once(deaf.stdout, 'data'))
    const first = connect(port, '127.0.0.1')
    await once(first, 'connect')
    await using gateway = await startGateway(`http://127.0.0.1:${port}`)
    const { status, json } = await rpc(`${gateway.url}/empire`, view)
    first.destroy()
    deaf.kill()
    assert.equal([status, json.title], [504, 'Gateway Timeout'])
  })
}

test.run()
