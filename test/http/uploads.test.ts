// What strangers upload: it must not break the next request on its connection, nor fill the memory.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { secret } from '../helpers/serve.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** In MiB, without what nobody holds any more. */
async function buffersHeld(): Promise<number> {
  await wait(100)
  collectGarbage()
  await wait(100)
  collectGarbage()
  return process.memoryUsage().arrayBuffers / 2 ** 20
}

const bodyLimitBytes = 100_000
const login = JSON.stringify({ id: 1, method: 'login', params: ['a', 'b', 'anonymous'] })
const answer = JSON.stringify({ id: 1, result: { session_id: 's' } })

/** A game that answers uploads from their headers alone, and some that read them late. */
const game: Koa.Middleware = async (ctx) => {
  if (ctx.get('x-late')) {
    await wait(50)
    let size = 0
    for await (const chunk of ctx.req) size += (chunk as Buffer).length
    ctx.body = String(size)
  } else ctx.body = answer
}

async function play(KoaClass: typeof Koa, options: object, use: (port: number) => Promise<void>) {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, bodyLimitBytes, ...options })
  const app = new KoaClass()
  app.silent = true
  app.use(clients.middleware()).use(game)
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
    await clients.close()
  }
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

const head = (more: string) => `POST /empire HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n${more}\r\n`
const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`

/** What comes until there are so many answers, or until it has been silent for too long. */
async function answersOn(socket: Socket, count: number): Promise<string> {
  let received = ''
  const isWhole = () => received.split('HTTP/1.1 200').length > count && /(\}|\d)\s*(0\r\n\r\n)?$/.test(received)
  const late = setTimeout(() => socket.destroy(), 5_000)
  socket.on('data', (data) => {
    received += data
  })
  while (!isWhole() && !socket.destroyed) await wait(2)
  clearTimeout(late)
  return received
}

for (const [version, KoaClass] of Object.entries(koas)) {
  test(`${version}: after an upload that the game did not read the next request is answered`, async () => {
    await play(KoaClass, {}, async (port) => {
      for (const bytes of [150_000, 3_000_000]) {
        const socket = await opened(port)
        const answered = answersOn(socket, 2)
        socket.write(head('Transfer-Encoding: chunked\r\n'))
        for (let sent = 0; sent < bytes; sent += 50_000) socket.write(chunk(50_000))
        socket.write('0\r\n\r\n')
        socket.write(head(`Content-Length: ${login.length}\r\n`) + login)
        assert.is((await answered).split('HTTP/1.1 200').length - 1, 2, `${bytes} bytes`)
        socket.destroy()
      }
    })
  })

  test(`${version}: a game that reads late still gets every byte`, async () => {
    await play(KoaClass, {}, async (port) => {
      const socket = await opened(port)
      const answered = answersOn(socket, 1)
      socket.write(head('Transfer-Encoding: chunked\r\nX-Late: 1\r\n'))
      for (let sent = 0; sent < 1_000_000; sent += 50_000) socket.write(chunk(50_000))
      socket.write('0\r\n\r\n')
      assert.match(await answered, /1000000/)
      socket.destroy()
    })
  })
}

test('slow uploads hold so much together and no more', async () => {
  // Each within its own limit, and none of them ends.
  await play(koas['Koa 3'] as typeof Koa, { bodyLimitBytes: 2_000_000 }, async (port) => {
    const before = process.memoryUsage().arrayBuffers
    const sockets = await Promise.all(Array.from({ length: 100 }, () => opened(port)))
    for (const socket of sockets) {
      socket.on('error', () => {})
      socket.write(head('Transfer-Encoding: chunked\r\n') + chunk(1_500_000))
    }
    await wait(1_500)
    const held = (process.memoryUsage().arrayBuffers - before) / 2 ** 20
    console.log(`FIGURE 100 uploads of 1.5 MB that do not end hold ${held.toFixed(0)} MiB`)
    assert.ok(held < 110, `${held} MiB`)
    const socket = await opened(port)
    const answered = answersOn(socket, 1)
    socket.write(head(`Content-Length: ${login.length}\r\n`) + login)
    assert.match(await answered, 'session_id')
    for (const one of [...sockets, socket]) one.destroy()
  })
})

test('an upload that was answered and does not end holds nothing beyond the bound, as without us', async () => {
  await play(koas['Koa 3'] as typeof Koa, { bodyLimitBytes: 2_000_000 }, async (port) => {
    const before = await buffersHeld()
    const sockets: Socket[] = []
    const upload = async (start: string) => {
      const socket = await opened(port)
      socket.on('error', () => {})
      const answered = once(socket, 'data')
      socket.write(head('Content-Length: 200100\r\n') + start.padEnd(200_000, ' '))
      sockets.push(socket)
      return answered
    }
    const figures: string[] = []
    // The one can be no call, so that only its start is looked at; of the other as much is held as there is room.
    for (const [what, start, count, bound] of [
      ['pictures', '\x89PNG\r\n', 600, 8],
      ['logins', login, 1_200, 72],
    ] as const) {
      // A hundred at a time: more connections at once than a server lets wait are reset.
      for (let opened = 0; opened < count; opened += 100) {
        await Promise.all(Array.from({ length: 100 }, () => upload(start)))
      }
      const held = (await buffersHeld()) - before
      figures.push(`${count} ${what} ${held.toFixed(0)} MiB`)
      assert.ok(held < bound, `${what}: ${held} MiB`)
    }
    console.log(`FIGURE answered uploads of 200 KB that do not end hold: ${figures.join(', ')}`)
    for (const socket of sockets) socket.destroy()
    await wait(100)
    assert.ok((await buffersHeld()) - before < 8)
  })
})

test('a login that was refused, or an upload whose connection was closed, holds nothing any more', async () => {
  await play(koas['Koa 3'] as typeof Koa, { bodyLimitBytes: 2_000_000 }, async (port) => {
    const large = JSON.stringify({ id: 1, method: 'login', params: ['a', 'b', 'nobody', 'x'.repeat(1_500_000)] })
    for (let sent = 0; sent < 60; sent++) {
      const refused = await fetch(`http://127.0.0.1:${port}/empire`, { method: 'POST', body: large })
      assert.match(await refused.text(), '1002', `after ${sent}`)
      const socket = await opened(port)
      const answered = answersOn(socket, 1)
      socket.write(head('Connection: close\r\nTransfer-Encoding: chunked\r\n') + chunk(2_100_000))
      await answered
      socket.destroy()
    }
  })
})

test.run()
