import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import Cookies from 'cookies'
import Keygrip from 'keygrip'

/** What every answer of the console carries. `logoUrl` may add one origin for pictures, and nothing else. */
export function securityHeaders(logoUrl?: string): Readonly<Record<string, string>> {
  const pictures = logoUrl && /^https?:/i.test(logoUrl) ? ` ${new URL(logoUrl).origin}` : ''
  return {
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      `default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:${pictures}; ` +
      `form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    // Not no-referrer: under it some browsers send `Origin: null` with our own forms.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  }
}

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

/** How long a sign-in lasts: a working day, and never renewed. */
export const SIGN_IN_MS = 12 * 60 * 60 * 1000

/** Who signs in: a client, for as long as its private key is the one that it is now. */
export interface SignIn {
  publicKey: string
  privateKeyHash: string
}

/** What a cookie claims. */
export interface SignedIn {
  publicKey: string
  isWith(privateKeyHash: string): boolean
}

/** The request and the answer that a cookie is read from and written to. */
export interface Exchange {
  req: IncomingMessage
  res: ServerResponse
  isSecure: boolean
}

/** Being signed in: a signed cookie that names the client and, by a keyed hash of its hash, the private key. */
export class SignInCookie {
  readonly #name: string
  readonly #secret: string
  readonly #keygrip: Keygrip

  constructor(secret: string, keyPrefix: string) {
    this.#name = cookieName(keyPrefix)
    this.#secret = secret
    this.#keygrip = new Keygrip([secret], 'sha256')
  }

  read(exchange: Exchange, nowMs: number): SignedIn | undefined {
    const cookies = this.#cookies(exchange)
    const value = cookies.get(this.#name, { signed: false })
    const signature = cookies.get(`${this.#name}.sig`, { signed: false })
    // Not `get({ signed: true })`, which answers a bad signature with a cookie of its own, without our flags.
    if (!value || !signature || !this.#keygrip.verify(`${this.#name}=${value}`, signature)) return undefined
    const [mark, endMs, publicKey] = value.split('.')
    if (publicKey === undefined || !(Number(endMs) > nowMs)) return undefined
    return {
      publicKey: Buffer.from(publicKey, 'base64url').toString('utf8'),
      isWith: (privateKeyHash) => mark === this.#markOf(privateKeyHash),
    }
  }

  /** `path`: the cookie's Path; empty for the folder of the address that the browser asked for. */
  write(exchange: Exchange, signIn: SignIn, nowMs: number, path: string): void {
    // Encoded, because an adopted public key may hold any character.
    const publicKey = Buffer.from(signIn.publicKey, 'utf8').toString('base64url')
    const value = `${this.#markOf(signIn.privateKeyHash)}.${nowMs + SIGN_IN_MS}.${publicKey}`
    this.#cookies(exchange).set(this.#name, value, { ...FLAGS, signed: true, path, maxAge: SIGN_IN_MS })
  }

  // 128 bits. Not the hash itself, which is in the store and nowhere else.
  #markOf(privateKeyHash: string): string {
    return createHmac('sha256', this.#secret)
      .update(`private key ${privateKeyHash}`)
      .digest()
      .subarray(0, 16)
      .toString('base64url')
  }

  #cookies({ req, res, isSecure }: Exchange): Cookies {
    return new Cookies(req, res, { keys: this.#keygrip, secure: isSecure })
  }
}

/** Signs out: takes no secret, so that it works in any state. */
export function clearSignIn({ req, res, isSecure }: Exchange, keyPrefix: string, path: string): void {
  const cookies = new Cookies(req, res, { secure: isSecure })
  const name = cookieName(keyPrefix)
  for (const each of [name, `${name}.sig`]) cookies.set(each, null, { ...FLAGS, signed: false, path })
}

const FLAGS = { httpOnly: true, sameSite: 'strict', overwrite: true } as const

/** Two servers on one host, at two ports, share their cookies; their key prefixes differ. */
function cookieName(keyPrefix: string): string {
  return `${keyPrefix}_console`
}
