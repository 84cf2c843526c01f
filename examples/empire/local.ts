/** What a Koa context says of who asks. */
interface Asker {
  ip: string
  host: string
  headers: Readonly<Record<string, unknown>>
}

/**
 * Whether a browser on this very machine asks. Behind a proxy everybody has the proxy's address, and a page from elsewhere may
 * lead its own name to this machine: so there must be no trace of a proxy, and the name that was asked for must be local too.
 */
export function isLocal({ ip, host, headers }: Asker): boolean {
  const isForwarded = Object.keys(headers).some((name) => /^(x-)?forwarded|^via$|^x-real-ip$/.test(name))
  return /^(::ffff:)?127\.|^::1$/.test(ip) && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host) && !isForwarded
}
