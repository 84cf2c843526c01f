import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** Names as they were written, several values of one name as an array. */
export type Headers = Record<string, string | string[]>

/** What two neighbours say to each other and nobody further on (RFC 9110, 7.6.1). */
const betweenNeighbours = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** What only a proxy may say of the client. */
const claims = /^(x-forwarded-.*|x-real-ip|forwarded)$/

/** What goes on of a message's headers, as it was written. */
export function endToEnd(message: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): Headers {
  const { headers, rawHeaders } = message
  const dropped = new Set([...betweenNeighbours, ...tokensOf(headers.connection)])
  // Who names it there must not get a body whose end the next one sees elsewhere.
  dropped.delete('content-length')
  const kept = new Map<string, { name: string; values: string[] }>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2)
    const known = name.toLowerCase()
    // The middleware may have put another body in this one's place.
    const actual = known === 'content-length' ? headers['content-length'] : value
    if (dropped.has(known) || headers[known] === undefined || actual === undefined) continue
    const before = kept.get(known)
    if (before) before.values.push(actual)
    else kept.set(known, { name, values: [actual] })
  }
  return Object.fromEntries(
    Array.from(kept.values(), ({ name, values }) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

/**
 * What the game server is told: what the client sent, and from where it came. Unless another proxy stands in front, what a
 * request says of that itself is a client's invention.
 */
export function towardsGame(request: IncomingMessage, trustProxy: boolean): Headers {
  const { headers, socket } = request
  const claimed: IncomingHttpHeaders = trustProxy ? headers : {}
  // What listens on both families sees IPv4 inside of IPv6.
  const address = socket.remoteAddress?.replace(/^::ffff:/, '')
  const before = claimed['x-forwarded-for']
  const told = {
    'X-Forwarded-For': [before ?? [], address ?? []].flat().join(', '),
    'X-Forwarded-Proto': claimed['x-forwarded-proto'] ?? 'http',
    // Of an empty array Node writes nothing.
    'X-Forwarded-Host': claimed['x-forwarded-host'] ?? headers.host ?? [],
  }
  const names = Object.keys(told).map((name) => name.toLowerCase())
  const sent = Object.entries(endToEnd(request)).filter(([name]) => {
    // To a server of WSGI or CGI both are the same letter.
    const known = name.toLowerCase().replaceAll('_', '-')
    // Node has answered `Expect: 100-continue` itself.
    return known !== 'expect' && !names.includes(known) && (trustProxy || !claims.test(known))
  })
  return { ...Object.fromEntries(sent), ...told }
}

function tokensOf(list: string | undefined): string[] {
  return (list ?? '').split(',').map((token) => token.trim().toLowerCase())
}
