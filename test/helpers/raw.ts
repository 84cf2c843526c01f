// Requests in all the manners of HTTP, over a socket or HTTP/2, and the answers as they came.
import { once } from 'node:events'
import http2 from 'node:http2'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RawRequest {
  /** By default `POST`. */
  method?: string
  body: string | Buffer
  headers?: Record<string, string>
  /** Sent without a length, in three pieces. */
  chunked?: boolean
  /** Hung up before the last byte; sent twice without waiting for the first answer; sent when the server asks for it. */
  manner?: 'aborted' | 'pipelined' | 'continue'
}

/** Sends a request to a path and gives all that came back, without what differs each time. */
export type Send = (port: number, path: string, request: RawRequest) => Promise<string>

const pauseMs = 2
const maxSilenceMs = 5_000

export const overSocket: Send = async (port, path, { method = 'POST', body, headers, chunked, manner }) => {
  const bytes = Buffer.from(body)
  const head = (connection: string) =>
    Object.entries({
      host: 'localhost',
      'content-type': 'application/json',
      connection,
      ...(manner === 'continue' ? { expect: '100-continue' } : {}),
      ...(chunked
        ? { 'transfer-encoding': 'chunked' }
        : { 'content-length': String(bytes.length + (manner === 'aborted' ? 1 : 0)) }),
      ...headers,
    }).reduce((lines, [name, value]) => `${lines}${name}: ${value}\r\n`, `${method} ${path} HTTP/1.1\r\n`)
  const socket = connect(port, '127.0.0.1').setNoDelay()
  await once(socket, 'connect')
  const answer = text(socket.setTimeout(maxSilenceMs, () => socket.destroy())).catch(() => 'none')
  if (manner === 'pipelined') socket.write(Buffer.concat([Buffer.from(`${head('keep-alive')}\r\n`), bytes]))
  socket.write(`${head('close')}\r\n`)
  if (manner === 'continue') await once(socket, 'data')
  if (chunked) {
    for (const piece of pieces(bytes)) {
      socket.write(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]))
      await sleep(pauseMs)
    }
    socket.write('0\r\n\r\n')
  } else socket.write(bytes)
  if (manner === 'aborted') {
    await sleep(pauseMs)
    socket.destroy()
    return ''
  }
  return (await answer).replaceAll(/^Date: .*\r\n/gm, '')
}

export const overHttp2: Send = async (port, path, { method = 'POST', body, headers, chunked, manner }) => {
  const bytes = Buffer.from(body)
  const session = http2.connect(`http://127.0.0.1:${port}`)
  await once(session, 'connect')
  const ask = async () => {
    const stream = session.request({
      ':method': method,
      ':path': path,
      'content-type': 'application/json',
      ...(manner === 'continue' ? { expect: '100-continue' } : {}),
      ...(chunked ? {} : { 'content-length': bytes.length + (manner === 'aborted' ? 1 : 0) }),
      ...headers,
    })
    const head = once(stream, 'response').catch(() => [])
    if (manner === 'continue') await once(stream, 'continue')
    if (chunked) {
      for (const piece of pieces(bytes)) {
        // A game that does not care for the body may have answered already.
        if (stream.writable) stream.write(piece)
        await sleep(pauseMs)
      }
    } else if (bytes.length > 0) stream.write(bytes)
    if (manner === 'aborted') {
      await sleep(pauseMs)
      stream.close(http2.constants.NGHTTP2_CANCEL)
      return ''
    }
    stream.end()
    stream.setTimeout(maxSilenceMs, () => stream.destroy())
    const answer = await text(stream).catch(() => 'none')
    const [{ date: _, ...told } = {}] = (await head) as Record<string, unknown>[]
    return JSON.stringify(told) + answer
  }
  const answers = await Promise.all(manner === 'pipelined' ? [ask(), ask()] : [ask()])
  session.destroy()
  return answers.join('\n')
}

function pieces(bytes: Buffer): Buffer[] {
  const third = Math.ceil(bytes.length / 3)
  return [bytes.subarray(0, third), bytes.subarray(third, 2 * third), bytes.subarray(2 * third)].filter(
    ({ length }) => length > 0,
  )
}
