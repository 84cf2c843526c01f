// What a stranger with a socket does to a game server. Each attack is played again and again until it is stopped.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { issueKeyPair } from '../../../src/keys/key-format.js'

/** One round; `played` counts the requests that were sent. */
export type Attack = (port: number, round: number) => Promise<unknown>

const post = (port: number, path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers }).then((answer) => answer.arrayBuffer())

const json = (value: unknown) => JSON.stringify(value)
const word = () => randomBytes(6).toString('hex')

/** On a busy machine. */
const maxWaitMs = 20_000

/** Writes pieces with pauses, and gives what came back until it has `awaited` in it, at most for some time. */
async function overSocket(
  port: number,
  pieces: (string | Buffer)[],
  pauseMs: number,
  awaited?: string,
): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1').setNoDelay()
  let got = ''
  socket.on('data', (bytes) => {
    got += bytes
  })
  socket.on('error', () => {})
  for (const piece of pieces) {
    if (socket.destroyed) break
    socket.write(piece)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  for (
    let waitedMs = 0;
    awaited && !got.includes(awaited) && !socket.destroyed && waitedMs < maxWaitMs;
    waitedMs += 20
  ) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  socket.destroy()
  return got
}

const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
const head = (path: string, headers: string[]) => `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers.join('\r\n')}\r\n\r\n`

export const attacks: Record<string, { everyMs: number; play: Attack }> = {
  'invented notifications': {
    everyMs: 100,
    play: (port) => post(port, '/empire', json(Array.from({ length: 300 }, () => ({ method: `n${word()}` })))),
  },
  'invented methods': {
    everyMs: 20,
    play: (port) => post(port, '/empire', json({ id: 1, method: `m ${word()} \x1b]0;owned\x07\u202e@example.com` })),
  },
  'somebody’s private key as a method': {
    everyMs: 50,
    play: (port) => post(port, '/empire', json({ id: 1, method: issueKeyPair('ck').privateKey })),
  },
  'invented addresses': {
    everyMs: 20,
    play: (port) => post(port, `/a${word()}`, json({ id: 1, method: 'view' })),
  },
  'made-up public keys': {
    everyMs: 20,
    play: (port) => post(port, '/empire', json({ id: 1, method: 'login', params: ['me', 'x', `made up ${word()}`] })),
  },
  'private keys as public ones': {
    everyMs: 50,
    play: (port) =>
      post(port, '/empire', json({ id: 1, method: 'login', params: ['', '', issueKeyPair('ck').privateKey] })),
  },
  'a batch of logins': {
    everyMs: 2_000,
    play: (port) =>
      post(
        port,
        '/empire',
        json(Array.from({ length: 15_000 }, (_, id) => ({ id, method: 'login', params: ['', 'guessed', `b${id}`] }))),
      ),
  },
  'an unread upload, and a request behind it': {
    everyMs: 100,
    async play(port) {
      const pieces = [
        head('/upload', ['Transfer-Encoding: chunked']),
        ...Array.from({ length: 20 }, () => chunk(randomBytes(65_536))),
        '0\r\n\r\n',
        head('/empire', ['Content-Length: 26']) + json({ id: 1, method: 'view0' }).padEnd(26),
      ]
      const got = await overSocket(port, pieces, 1, '-32601')
      if (got !== '' && !got.includes('-32601'))
        throw new Error(`the next request on the connection: ${got.slice(-300)}`)
    },
  },
  'slow uploads': {
    everyMs: 200,
    play: (port) =>
      overSocket(
        port,
        [head('/empire', ['Content-Length: 900000']), ...Array.from({ length: 20 }, () => randomBytes(4_000))],
        250,
      ),
  },
  'letters in two pieces, where the host has set an encoding': {
    everyMs: 100,
    play(port) {
      const body = Buffer.from(json({ id: 1, method: 'märchen' }))
      const cut = body.indexOf('ä') + 1
      const start = head('/encoded', [`Content-Length: ${body.length}`])
      return overSocket(port, [start, body.subarray(0, cut), body.subarray(cut)], 10, 'HTTP/1.1')
    },
  },
  'what is hung up': {
    everyMs: 50,
    play: (port) => overSocket(port, [head('/empire', ['Content-Length: 900']), '{"id":1,"method":"x'], 5),
  },
  'deep and broken texts': {
    everyMs: 200,
    play: (port, round) => {
      const deep = '['.repeat(100_000)
      const texts = [
        deep,
        deep + ']'.repeat(100_000),
        '{"method":'.repeat(50_000),
        randomBytes(200_000),
        '{"id":1,"method":"view"',
      ]
      return post(port, '/empire', texts[round % texts.length] ?? '')
    },
  },
  'odd types and encodings': {
    everyMs: 50,
    play: (port, round) => {
      const headers: Record<string, string>[] = [
        { 'content-encoding': 'gzip' },
        { 'content-encoding': 'br, gzip, deflate' },
        { 'content-type': 'text/plain; charset=utf-16' },
        { 'content-type': 'multipart/form-data; boundary=x' },
        { 'content-type': `x/${word()}` },
      ]
      return post(
        port,
        '/empire',
        json({ id: 1, method: 'login', params: ['', '', ''] }),
        headers[round % headers.length],
      )
    },
  },
  'queries of thousands of members': {
    everyMs: 200,
    play: (port) =>
      fetch(`http://127.0.0.1:${port}/empire?${'method=login&'.repeat(1_000)}id=1`).then((answer) => answer.text()),
  },
  'wrong private keys on the console': {
    everyMs: 100,
    play: (port) =>
      post(port, '/apikey/sign-in', `private_key=${issueKeyPair('ck').privateKey}`, {
        'content-type': 'application/x-www-form-urlencoded',
      }),
  },
}
