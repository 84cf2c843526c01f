import type { IncomingMessage } from 'node:http'

/**
 * Makes of a target with a host in it, as it is sent to a proxy, what is sent to a server: the address, and that host in the place of
 * the header's (RFC 9112, 3.2.2 and 3.2.4). So the middleware judges what the game server gets.
 *
 * `false`: no two readers would take this request for the same, because it has several hosts or one that is none.
 */
export function readTarget(req: IncomingMessage): boolean {
  const { rawHeaders, method, url = '' } = req
  const hosts = rawHeaders.flatMap((name, index) => (index % 2 === 0 && name.toLowerCase() === 'host' ? [index] : []))
  if (hosts.length > 1) return false
  const [, said, address = ''] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)(.*)$/is.exec(url) ?? []
  if (said === undefined) return true
  const host = said.replace(/^.*@/, '')
  if (host === '' || !URL.canParse(`http://${host}`)) return false
  if (address === '') req.url = method === 'OPTIONS' ? '*' : '/'
  else req.url = address.startsWith('/') ? address : `/${address}`
  const [at = rawHeaders.length] = hosts
  rawHeaders.splice(at, 2, rawHeaders[at] ?? 'Host', host)
  req.headers.host = host
  return true
}
