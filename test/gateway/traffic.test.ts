import { gunzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jsonRpc } from '../../src/index.js'
import { rpc } from '../helpers/serve.js'
import { exchange, startGateway, startUpstream, until } from './harness.js'

const upstream = await startUpstream()
test.after(async () => upstream?.kill())

const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`

if (upstream) {
  test('what the game server is told of the client', async () => {
    const forwarded = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host']
    const edge = ['127.0.0.1', 'http', 'game.example']
    const table: [trustProxy: boolean, sent: string[], told: string[], others?: string[]][] = [
      [false, [], edge],
      [false, ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil'], edge],
      [false, ['Forwarded: for=6.6.6.6', 'X-Real-IP: 6.6.6.6', 'X-Forwarded-Port: 1', 'x-forwarded-ssl: on'], edge],
      [true, [], edge],
      [true, ['x-forwarded-for: 1.2.3.4'], ['1.2.3.4, 127.0.0.1', 'http', 'game.example']],
      [
        true,
        ['X-Forwarded-For: 9.9.9.9', 'X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: a.b'],
        ['9.9.9.9, 1.2.3.4, 127.0.0.1', 'https', 'a.b'],
      ],
      [true, ['X-Real-IP: 1.2.3.4', 'X-Forwarded-Port: 443'], edge, ['X-Real-IP: 1.2.3.4', 'X-Forwarded-Port: 443']],
      [
        true,
        ['Connection: X-Forwarded-For', 'X-Forwarded-For: 1.2.3.4'],
        ['1.2.3.4, 127.0.0.1', 'http', 'game.example'],
      ],
    ]
    for (const trustProxy of [false, true]) {
      await using gateway = await startGateway(upstream.url, { trustProxy })
      for (const [, sent, told, others = []] of table.filter(([trusted]) => trusted === trustProxy)) {
        await exchange(gateway.port, head('GET / HTTP/1.1', 'Host: game.example', ...sent, 'Connection: close'))
        const lines = (await upstream.notes()).seen[0]?.headers.map(([name, value]) => `${name}: ${value}`) ?? []
        assert.equal(
          lines.filter((line) => /forwarded|x-real/i.test(line)),
          [...others, ...forwarded.map((name, index) => `${name}: ${told[index]}`)],
          `${trustProxy} ${sent}`,
        )
        assert.is(lines[0], 'Host: game.example')
      }
    }
  })

  test('a request arrives as it was sent', async () => {
    await using gateway = await startGateway(upstream.url)
    const table: [sent: string, line: string, headers: string[], body?: string][] = [
      [
        head(
          'GET /a%2fb/../c?x=%20#y HTTP/1.1',
          'hOST: h',
          'X-Twice: 1',
          'X-Other: \xe4',
          'x-twice: 2',
          'Cookie: a=b; c=d',
        ),
        'GET /a%2fb/../c?x=%20#y',
        ['hOST: h', 'X-Twice: 1', 'X-Twice: 2', 'X-Other: \xe4', 'Cookie: a=b; c=d'],
      ],
      [head('GET http://h/x?y HTTP/1.1', 'Host: h'), 'GET /x?y', ['Host: h']],
      [head('GET http://h HTTP/1.1', 'Host: h'), 'GET /', ['Host: h']],
      [
        `${head(
          'PUT /x HTTP/1.1',
          'Host: h',
          'Proxy-Authorization: me',
          'TE: trailers',
          'Trailer: X',
          'Content-Length: 3',
        )}abc`,
        'PUT /x',
        ['Host: h', 'Content-Length: 3'],
        'abc',
      ],
      // Neither may lose its end, or the next request begins in the middle of it.
      [
        `${head('DELETE /x HTTP/1.1', 'Host: h', 'Connection: keep-alive, Content-Length', 'Content-Length: 3')}abc`,
        'DELETE /x',
        ['Host: h', 'Content-Length: 3'],
        'abc',
      ],
      [
        `${head('DELETE /x HTTP/1.1', 'Host: h', 'Connection: transfer-encoding', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`,
        'DELETE /x',
        ['Host: h', 'transfer-encoding: chunked'],
        'abc',
      ],
      [
        `${head('POST /x HTTP/1.1', 'Host: h', 'Expect: 100-continue', 'Content-Length: 3')}abc`,
        'POST /x',
        ['Host: h', 'Content-Length: 3'],
        'abc',
      ],
      // As Java's client begins; Node would hand over the bare connection.
      [
        `${head('POST /x HTTP/1.1', 'Host: h', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA', 'Content-Length: 3')}abc`,
        'POST /x',
        ['Host: h', 'Content-Length: 3'],
        'abc',
      ],
      [
        `${head('GET /x HTTP/1.1', 'Host: h', 'Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 3')}abc`,
        'GET /x',
        ['Host: h', 'Content-Length: 3'],
        'abc',
      ],
    ]
    for (const [sent, line, headers, body = ''] of table) {
      const answer = await exchange(gateway.port, sent, (text) => text.endsWith(`echo ${body}`))
      // On the same connection to the game server, if that is well.
      await exchange(gateway.port, head('GET /next HTTP/1.1', 'Host: h', 'Connection: close'))
      const { seen } = await upstream.notes()
      assert.equal(
        seen.map((one) => one.line),
        [`${line} HTTP/1.1`, 'GET /next HTTP/1.1'],
      )
      assert.is(Buffer.from(seen[0]?.body ?? '', 'base64').toString(), body, line)
      const lines = seen[0]?.headers.map(([name, value]) => `${name}: ${value}`) ?? []
      assert.equal(
        lines.filter((text) => !/^(x-forwarded-\w+|connection):/i.test(text)),
        headers,
        line,
      )
      assert.is(answer.startsWith('HTTP/1.1 100 Continue\r\n\r\n'), sent.includes('Expect'), line)
      assert.match(answer, `echo ${body}`)
    }
    const bare = await exchange(gateway.port, head('GET / HTTP/1.0'))
    assert.match(bare, /^HTTP\/1.1 200 OK\r\n.*\r\n\r\necho $/s)
    assert.equal(gateway.errors, [])
  })

  test('an answer arrives as it was sent', async () => {
    await using gateway = await startGateway(upstream.url)
    const table: [sent: string, arrives: string, method?: string][] = [
      [`${head('HTTP/1.1 201 Gr\xfc\xdfe', 'Server: x', 'X-L: \xe4', 'content-LENGTH: 2')}ok`, ''],
      [`${head('HTTP/1.1 200 ', 'Content-Length: 2')}ok`, ''],
      [
        head(
          'HTTP/1.1 200 OK',
          'Set-Cookie: a=1',
          'X-A: 1',
          'Set-Cookie: b=2',
          'X-A: 2',
          'X-A: 2',
          'Content-Length: 0',
        ),
        head(
          'HTTP/1.1 200 OK',
          'Set-Cookie: a=1',
          'Set-Cookie: b=2',
          'X-A: 1',
          'X-A: 2',
          'X-A: 2',
          'Content-Length: 0',
        ),
      ],
      [
        `${head('HTTP/1.1 200 OK', 'Keep-Alive: timeout=1', 'Connection: X-Hop', 'X-Hop: 1', 'Content-Length: 2')}ok`,
        `${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`,
      ],
      [
        `${head('HTTP/1.1 200 OK', 'X-A: b', 'Trailer: X-T', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\nX-T: 1\r\n\r\n`,
        `${head('HTTP/1.1 200 OK', 'X-A: b', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`,
      ],
      [
        `${head('HTTP/1.0 200 OK', 'X-A: b')}ok`,
        `${head('HTTP/1.1 200 OK', 'X-A: b', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`,
      ],
      [head('HTTP/1.1 204 No Content', 'X-A: b'), ''],
      [head('HTTP/1.1 304 Not Modified', 'ETag: "a"', 'Content-Length: 500'), ''],
      [head('HTTP/1.1 302 Found', 'Location: http://127.0.0.1:5000/x', 'Content-Length: 0'), ''],
      [head('HTTP/1.1 200 OK', 'Content-Length: 500'), '', 'HEAD'],
      [
        head('HTTP/1.1 103 Early Hints', 'Link: </a>') + head('HTTP/1.1 200 OK', 'Content-Length: 0'),
        head('HTTP/1.1 200 OK', 'Content-Length: 0'),
      ],
    ]
    for (const [sent, arrives, method = 'POST'] of table) {
      const asked = head(`${method} /_raw HTTP/1.1`, 'Host: h', 'Connection: close', `Content-Length: ${sent.length}`)
      const answer = await exchange(gateway.port, asked + sent)
      // The gateway's own connection to the client.
      assert.is(answer.replace('Connection: close\r\n', ''), arrives || sent)
    }
  })

  test('a session is learned from an answer that was packed for its client', async () => {
    await using gateway = await startGateway(upstream.url)
    const login = { jsonrpc: '2.0', id: 7, method: 'login', params: ['a', 'b', 'iOS'] }
    const body = JSON.stringify(login)
    const lines = ['Host: h', 'Connection: close', 'Accept-Encoding: gzip', `Content-Length: ${body.length}`]
    const answer = await exchange(gateway.port, head('POST /empire HTTP/1.1', ...lines) + body)
    assert.match(answer, /content-encoding: gzip/i)
    const packed = Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1')
    assert.is(JSON.parse(gunzipSync(packed).toString()).result.session_id, 'session-7')
    await rpc(`${gateway.url}/body`, { id: 1, method: 'get_status', params: ['session-7'] })
    await until(async () => (await gateway.clients.usage.read('iOS')).calls === 2)
    const report = await gateway.clients.usage.read('iOS')
    assert.equal([report.sessions, report.players], [1, 1])
  })

  test('of a batch the game server gets what is admitted, and the client one answer to all', async () => {
    const protocol = jsonRpc({
      path: '/:module',
      sessions: { 'empire.login': { apiKey: { index: 2, name: 'api_key' } } },
      sessionId: { index: 0, name: 'session_id' },
      answer: { sessionId: '/session_id' },
    })
    await using gateway = await startGateway(upstream.url, { enforce: 'registered', protocol })
    const { publicKey } = await gateway.clients.registry.register({ name: 'A' })
    await upstream.notes()
    for (const encoding of ['gzip', 'identity']) {
      const login = (id: number, apiKey?: string) => ({
        jsonrpc: '2.0',
        id,
        method: 'login',
        params: ['a', 'b', apiKey],
      })
      const batch = [login(1), login(2, publicKey), { jsonrpc: '2.0', id: 3, method: 'view', params: [] }]
      const { status, json } = await rpc(`${gateway.url}/empire`, batch, { 'accept-encoding': encoding })
      assert.is(status, 200)
      assert.equal(
        json.map((one: { id: number; error?: { code: number }; result?: unknown }) => [one.id, one.error?.code]),
        [
          [1, -32001],
          [2, undefined],
          [3, undefined],
        ],
      )
      const [arrived] = (await upstream.notes()).seen
      assert.equal(JSON.parse(Buffer.from(arrived?.body ?? '', 'base64').toString()), batch.slice(1))
      const length = arrived?.headers.filter(([name]) => name.toLowerCase() === 'content-length')
      assert.equal(length, [[length?.[0]?.[0], String(JSON.stringify(batch.slice(1)).length)]])
    }
    assert.is((await gateway.clients.usage.read(publicKey)).sessions, 2)
  })
}

test.run()
