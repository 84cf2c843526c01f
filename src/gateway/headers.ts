import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** Names as they were written, several values of one name as an array. */
export type Headers = Record<string, string | string[]>

/** What two neighbours say to each other and nobody further on (RFC 9110, 7.6.1; RFC 7540, 3.2.1). */
const betweenNeighbours = [
  'connection',
  'http2-settings',
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

/** What goes on of an answer's headers, as it was written. */
export function towardsClient(answer: IncomingMessage): Headers {
  const dropped = new Set([...betweenNeighbours, ...tokensOf(answer.headers.connection)])
  // Else the client would see the end of the body elsewhere.
  dropped.delete('content-length')
  return without(dropped, answer)
}

function without(dropped: ReadonlySet<string>, message: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): Headers {
  const { headers, rawHeaders } = message
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
  // What a client names in `Connection` goes on all the same: any header may be what the middleware judged by, or what says whose
  // request it is, and the game server must not see another request than we did.
  const sent = Object.entries(without(new Set(betweenNeighbours), request)).filter(([name]) => {
    // To a server of WSGI or CGI both are the same letter.
    const known = name.toLowerCase().replaceAll('_', '-')
    // Node has answered `Expect: 100-continue` itself.
    return known !== 'expect' && !names.includes(known) && (trustProxy || !claims.test(known))
  })
  // Of some names, `Authorization` among them, Node knows the first only; another server might know the last.
  const seen = sent.map(([name, value]) => {
    const isFirstOnly = Array.isArray(value) && headers[name.toLowerCase()] === value[0]
    return [name, isFirstOnly ? value[0] : value]
  })
  return { ...Object.fromEntries(seen), ...told }
}

function tokensOf(list: string | undefined): string[] {
  return (list ?? '').split(',').map((token) => token.trim().toLowerCase())
}
