import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { rpc } from '../helpers/serve.js'
import { exchange, startGateway, startUpstream, until } from './harness.js'

const upstream = await startUpstream()
test.after(async () => upstream?.kill())

const megabyte = 2 ** 20
/** More than the system itself keeps on the way, which is up to some 20 MB. */
const large = 64 * megabyte

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

async function held(): Promise<number> {
  collectGarbage()
  // What was collected is freed somewhat later.
  await wait(20)
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

if (upstream) {
  test('a large download waits for a slow reader, and nothing piles up', async () => {
    await using gateway = await startGateway(upstream.url)
    const socket = connect(gateway.port, '127.0.0.1')
    const before = await held()
    socket.write(`GET /_download?${large} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
    let size = 0
    let most = 0
    for await (const chunk of socket) {
      if (size === 0) await wait(300)
      const isLook = Math.floor(size / (8 * megabyte)) !== Math.floor((size + chunk.length) / (8 * megabyte))
      if (size === 0 || isLook) most = Math.max(most, (await held()) - before)
      size += chunk.length
    }
    assert.ok(size > large)
    assert.ok(most < 32 * megabyte, `${most} bytes were held`)
    console.log(`FIGURE a download of 64 MB held ${(most / megabyte).toFixed(1)} MB at most`)
  })

  test('a large upload waits for a slow game server, and arrives whole', async () => {
    await using gateway = await startGateway(upstream.url)
    const size = 20 * megabyte
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const digest = createHash('sha256')
    const sent = request(`${gateway.url}/_upload?0.002`, { method: 'POST', headers: { 'content-length': size } })
    const before = await held()
    let most = 0
    for (let written = 0; written < size; written += chunk.length) {
      digest.update(chunk)
      if (!sent.write(chunk)) await once(sent, 'drain')
      if (written % megabyte === 0) most = Math.max(most, (await held()) - before)
    }
    sent.end()
    const [answer] = await once(sent, 'response')
    let text = ''
    for await (const part of answer) text += part
    assert.is(text, digest.digest('hex'))
    assert.ok(most < 10 * megabyte, `${most} bytes were held`)
    console.log(`FIGURE an upload of 20 MB held ${(most / megabyte).toFixed(1)} MB at most`)
  })

  test('a client that hangs up takes its request with it, and the game server one of its own', async () => {
    await using gateway = await startGateway(upstream.url)
    await upstream.notes()
    const table: [sent: string, event: RegExp][] = [
      ['GET /_events HTTP/1.1\r\nHost: h\r\n\r\n', /client of events gone/],
      [`GET /_download?${large} HTTP/1.1\r\nHost: h\r\n\r\n`, /download broken off/],
      [`POST /_upload HTTP/1.1\r\nHost: h\r\nContent-Length: ${large}\r\n\r\n${'x'.repeat(2e6)}`, /upload broken off/],
    ]
    for (const [sent, event] of table) {
      const socket = connect(gateway.port, '127.0.0.1')
      socket.write(sent)
      await wait(150)
      socket.destroy()
      const events: string[] = []
      await until(async () => {
        events.push(...(await upstream.notes()).events)
        return events.some((text) => event.test(text))
      })
    }
    // It never sent what the middleware waits for, so the game server hears nothing of it.
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write('POST /empire HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{"id"')
    await wait(100)
    socket.destroy()
    await wait(100)
    assert.equal((await upstream.notes()).seen, [])
    assert.equal(gateway.errors, [])
  })

  test('an answer that breaks off breaks off for the client too', async () => {
    await using gateway = await startGateway(upstream.url)
    for (const query of ['length', 'chunked']) {
      const answer = await exchange(gateway.port, `GET /_half?${query} HTTP/1.1\r\nHost: h\r\n\r\n`)
      assert.match(answer, /^HTTP\/1.1 200 OK\r\n.*hello\r\n$/s)
      assert.not.match(answer, '0\r\n\r\n')
    }
    assert.is(gateway.errors.length, 2)
  })

  test('an answer that comes before the body has been read arrives', async () => {
    await using gateway = await startGateway(upstream.url)
    const body = 'x'.repeat(3e6)
    const sent = `POST /_early HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    assert.match(await exchange(gateway.port, sent), /^HTTP\/1.1 413 .*too large$/s)
  })

  test('who waits for news gets them when there are some, and events as they come', async () => {
    await using gateway = await startGateway(upstream.url)
    // Longer than the gateway keeps an idle connection.
    const news = exchange(gateway.port, 'GET /_later?1.6 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
    // The head, long before the first event.
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write('GET /_events HTTP/1.1\r\nHost: h\r\n\r\n')
    const [head] = await once(socket, 'data')
    assert.match(String(head), /text\/event-stream/)
    socket.destroy()
    assert.match(await news, /news$/)
  })

  test('a WebSocket echoes, and its end is told in both directions', async () => {
    await using gateway = await startGateway(upstream.url)
    await upstream.notes()
    const open = async () => {
      const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/_ws?a=b`, {
        headers: { 'X-Forwarded-For': '6.6.6.6' },
      })
      const [[upgrade]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])
      return { socket, upgrade }
    }
    const { socket, upgrade } = await open()
    assert.equal(upgrade.headers['set-cookie'], ['a=1', 'b=2'])
    for (const message of ['hello', 'and again', 'ä'.repeat(60)]) {
      socket.send(message)
      assert.is(String((await once(socket, 'message'))[0]), message)
    }
    const { seen } = await upstream.notes()
    const told = Object.fromEntries(seen[0]?.headers.map(([name, value]) => [name.toLowerCase(), value]) ?? [])
    assert.equal(
      [seen[0]?.line, told.host, told['x-forwarded-for'], told['x-forwarded-proto'], told.connection, told.upgrade],
      ['GET /_ws?a=b HTTP/1.1', `127.0.0.1:${gateway.port}`, '127.0.0.1', 'http', 'Upgrade', 'websocket'],
    )
    socket.close()
    await once(socket, 'close')
    await until(async () => (await upstream.notes()).events.includes('websocket closed'))

    const abrupt = await open()
    abrupt.socket.terminate()
    await until(async () => (await upstream.notes()).events.includes('websocket gone'))

    // Where there is no WebSocket the answer says so.
    const refused = new WebSocket(`${gateway.url.replace('http', 'ws')}/nothing`)
    const [, answer] = await once(refused, 'unexpected-response')
    assert.is(answer.statusCode, 200)

    for (const end of ['reset', 'die']) {
      const last = await open()
      last.socket.send(end)
      const [code] = await once(last.socket, 'close')
      assert.is(code, 1006, 'without a closing frame, and without anything else')
    }
    const dead = new WebSocket(`${gateway.url.replace('http', 'ws')}/_ws`)
    const [, bad] = await once(dead, 'unexpected-response')
    assert.is(bad.statusCode, 502)
    dead.on('error', () => undefined)
    await upstream.restart()
    const { json } = await rpc(`${gateway.url}/empire`, { id: 1, method: 'x', params: [] })
    assert.is(json.result, 'x')
  })
}

test.run()
