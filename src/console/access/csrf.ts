import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a form may have come from one of our own pages; refused on evidence of another site only.
 *
 * `Sec-Fetch-Site` decides where it is sent, which is over https and on localhost: no page can forge it, and it holds
 * behind a proxy that changes the host. Otherwise `Origin`, then `Referer`, must name the host that was asked. With none
 * of the three it is no browser of today but a program, which has no cookie that another site could misuse: sign-in
 * and registration need none, and the cookie itself is SameSite=Strict.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, host: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const claimed = headers.origin ?? headers.referer
  if (claimed === undefined) return true
  if (!URL.canParse(claimed)) return false
  const from = new URL(claimed)
  // Through URL as well, so that a default port or capitals make no difference.
  const own = `${from.protocol}//${host}`
  return URL.canParse(own) && new URL(own).host === from.host
}
