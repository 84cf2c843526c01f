import { Agent, request } from 'node:http'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { API_KEY } from '../examples/empire-host.js'
import { isKeyRefusal, loadRecording, RECORDINGS } from '../helpers/wire.js'
import { exchange, startGateway, startUpstream } from './harness.js'

const upstream = await startUpstream(...RECORDINGS.map((name) => `test/fixtures/wire/${name}.json`))
test.after(async () => upstream?.kill())

/** All that a proxy has to take out of these recordings. */
const betweenNeighbours = ['te', 'keep-alive', 'connection']

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index] ?? '', flat[2 * index + 1] ?? ''])
}

function isWhole(answer: string): boolean {
  const [head = '', body] = answer.split(/\r\n\r\n(.*)/s)
  return body !== undefined && body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
}

if (upstream) {
  test('recorded traffic passes as it is, in both directions, and is counted exactly', async () => {
    await using gateway = await startGateway(upstream.url, { enforce: 'registered' })
    await gateway.clients.registry.adopt(API_KEY, { name: 'Recorded client' })
    for (const name of RECORDINGS) {
      for (const recorded of loadRecording(name)) {
        const told = `${name} ${recorded.n}`
        const { method, url, rawHeaders, body } = recorded.request
        const lines = pairs(rawHeaders).map(([header, value]) => `${header}: ${value}\r\n`)
        const bytes = Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
        const answer = await exchange(gateway.port, bytes, isWhole)
        const { seen } = await upstream.notes()
        if (isKeyRefusal(recorded)) {
          assert.equal(seen, [], told)
          assert.match(
            answer,
            /^HTTP\/1.1 500 Internal Server Error\r\n(.*\r\n)*Content-Type: application\/json-rpc\r\n/i,
          )
          continue
        }
        assert.is(seen.length, 1, told)
        assert.is(seen[0]?.line, `${method} ${url} HTTP/1.1`, told)
        assert.is(Buffer.from(seen[0]?.body ?? '', 'base64').toString(), body, told)
        assert.equal(
          seen[0]?.headers,
          [
            ...pairs(rawHeaders).filter(([header]) => !betweenNeighbours.includes(header.toLowerCase())),
            ['X-Forwarded-For', '127.0.0.1'],
            ['X-Forwarded-Proto', 'http'],
            ['X-Forwarded-Host', pairs(rawHeaders).find(([header]) => header === 'Host')?.[1] ?? ''],
            ['Connection', 'keep-alive'],
          ],
          told,
        )
        const [head = '', text] = answer.split(/\r\n\r\n(.*)/s)
        const [status, ...headers] = head.split('\r\n')
        assert.match(status ?? '', `HTTP/1.1 ${recorded.response.status} `, told)
        assert.equal(
          headers.filter((line) => !/^(connection|keep-alive):/i.test(line)),
          Object.entries(recorded.response.headers).map(([header, value]) => `${header}: ${value}`),
          told,
        )
        assert.is(Buffer.from(text ?? '', 'latin1').toString(), recorded.response.body, told)
      }
    }
    const report = await gateway.clients.usage.read(API_KEY)
    assert.equal({ ...report.sessionsByMethod }, { 'empire.login': 5, 'empire.found': 2, 'empire.reset_password': 2 })
    assert.equal([report.sessions, report.calls, report.errors, report.players], [9, 28, 0, 1])
    const nobody = await gateway.clients.usage.read('(none)')
    assert.equal([nobody.calls, nobody.errors], [9, 3])
    const refused = await gateway.clients.usage.read('(refused)')
    assert.equal({ ...refused.refusals }, { unknown: 2, missing: 2 })
    assert.equal(gateway.errors, [])
  })

  test('of 10,000 requests on 64 connections none is lost, and each is counted', async () => {
    await using gateway = await startGateway(upstream.url)
    const agent = new Agent({ keepAlive: true, maxSockets: 64 })
    const connections = new Set()
    const call = (id: number) =>
      new Promise<string>((resolve, reject) => {
        // Each session begins with a login and has 49 more calls.
        const [method, params] =
          id % 50 === 0 ? ['login', ['a', 'b', 'iOS']] : ['get_status', [`session-${id - (id % 50)}`]]
        const message = JSON.stringify({ jsonrpc: '2.0', id, method, params })
        const sent = request(`${gateway.url}/empire`, { method: 'POST', agent }, (answer) => {
          let text = ''
          answer.setEncoding('utf8')
          answer.on('data', (part) => (text += part))
          answer.on('end', () => resolve(`${answer.statusCode} ${text}`))
          answer.on('error', reject)
        })
        sent.on('socket', (socket) => connections.add(socket))
        sent.on('error', reject)
        sent.end(message)
      })
    const ids = Array.from({ length: 200 }, (_, session) => session * 50).values()
    const startMs = performance.now()
    let answered = 0
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        for (const first of ids) {
          for (let id = first; id < first + 50; id++) {
            const answer = await call(id)
            assert.ok(answer.startsWith('200 ') && answer.includes(`"id": ${id},`), answer)
            answered++
          }
        }
      }),
    )
    const seconds = (performance.now() - startMs) / 1_000
    agent.destroy()
    const { seen } = await upstream.notes()
    assert.equal([answered, seen.length], [10_000, 10_000])
    assert.equal(new Set(seen.map(({ body }) => body)).size, 10_000, 'none was sent twice')
    const report = await gateway.clients.usage.read('iOS')
    assert.equal([report.sessions, report.calls, report.errors], [200, 10_000, 0])
    assert.equal([(await gateway.clients.usage.read('(none)')).calls, gateway.errors.length], [0, 0])
    assert.ok(connections.size <= 64, `${connections.size} connections`)
    console.log(`FIGURE 10,000 requests in ${seconds.toFixed(1)} s, ${Math.round(10_000 / seconds)} a second`)
  })
}

test.run()
