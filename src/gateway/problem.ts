import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

const details = {
  400: 'A request has one Host, and an address that can be read.',
  408: 'The body of the request did not come in time.',
  501: 'This server is no tunnel to others.',
  502: 'The game server cannot be reached at the moment.',
  504: 'The game server cannot be reached at the moment.',
}

/** An answer of the gateway's own. */
export type ProblemStatus = keyof typeof details

/** As RFC 9457 has it. */
export function answerProblem(res: ServerResponse, status: ProblemStatus): void {
  const { headers, body } = problem(status)
  for (const name of res.getHeaderNames()) res.removeHeader(name)
  res.writeHead(status, STATUS_CODES[status], headers)
  res.end(body)
}

/** The same on a bare connection, which it ends. */
export function endWithProblem(socket: Socket, status: ProblemStatus): void {
  const { headers, body } = problem(status)
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  socket.destroySoon()
}

function problem(status: ProblemStatus): { headers: Record<string, string>; body: string } {
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail: details[status] })
  return {
    headers: {
      'Content-Type': 'application/problem+json',
      'Content-Length': String(Buffer.byteLength(body)),
      'Cache-Control': 'no-store',
    },
    body,
  }
}
