import { createHmac } from 'node:crypto'
import Cookies from 'cookies'
import Keygrip from 'keygrip'
import type { Client } from '../../keys/client-registry.js'
import type { ConsoleParts } from '../web/console-parts.js'
import { type ConsoleContext, isSecure } from '../web/context.js'
import type { SignIn } from '../web/page.js'
import { withTimeout } from '../web/with-timeout.js'
import type { RateLimits } from './rate-limits.js'

/** A secret that has to be made first takes as long as a store call may take, twice; after that it is an outage. */
const secretWaitMs = 5_000
/** A page that would only show another link does not wait for it. */
const peekWaitMs = 100

/** Who is signed in: what the cookie or a bearer token claims, held against the registry. */
export class SignIns {
  readonly #parts: Pick<ConsoleParts, 'registry' | 'secret' | 'keyPrefix'>
  readonly #limits: RateLimits
  #made?: { secret: string; cookie: SignInCookie }

  constructor(parts: Pick<ConsoleParts, 'registry' | 'secret' | 'keyPrefix'>, limits: RateLimits) {
    this.#parts = parts
    this.#limits = limits
  }

  /**
   * The client that a request is about. A bearer token is looked at alone, whatever cookie came with it.
   *
   * @throws TooMany, or when the registry or the secret cannot be had: an outage is not "nobody"
   */
  async clientOf(ctx: ConsoleContext): Promise<Client | undefined> {
    const privateKey = bearerToken(ctx.headers.authorization)
    if (privateKey !== undefined) {
      return this.#limits.privateKey(ctx.ip, () => this.#parts.registry.authenticate(privateKey))
    }
    if (ctx.headers.cookie === undefined) return undefined
    const signIn = (await this.#cookie(secretWaitMs)).read(ctx, Date.now())
    if (!signIn) return undefined
    // Not `find`: another process may have given out a new private key a second ago, and the old cookie is dead at once.
    const found = await this.#parts.registry.findWithHash(signIn.publicKey)
    return found && signIn.isWith(found.privateKeyHash) ? found.client : undefined
  }

  /** Whether the cookie is good by itself. Asks no store: this only chooses which links a page shows. */
  async peek(ctx: ConsoleContext): Promise<boolean> {
    if (ctx.headers.cookie === undefined) return false
    const cookie = await this.#cookie(peekWaitMs).catch(() => undefined)
    return cookie?.read(ctx, Date.now()) !== undefined
  }

  /** @throws when there is no secret yet */
  async write(ctx: ConsoleContext, signIn: SignIn, path: string): Promise<void> {
    const cookie = await this.#cookie(secretWaitMs)
    cookie.write(ctx, signIn, Date.now(), path)
  }

  clear(ctx: ConsoleContext, path: string): void {
    if (ctx.headers.cookie !== undefined) clearSignIn(ctx, this.#parts.keyPrefix, path)
  }

  async #cookie(waitMs: number): Promise<SignInCookie> {
    const secret = await withTimeout(waitMs, 'secret', this.#parts.secret())
    if (this.#made?.secret !== secret) {
      this.#made = { secret, cookie: new SignInCookie(secret, this.#parts.keyPrefix) }
    }
    return this.#made.cookie
  }
}

/** Only the Bearer scheme: a proxy in front may have a Basic of its own. */
function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer(?: +|$)(.*)/i.exec(authorization ?? '')?.[1]?.trim()
}

/** How long a sign-in lasts: a working day, and never renewed. */
const signInMs = 12 * 60 * 60 * 1000

/** What a cookie claims. */
interface SignedIn {
  publicKey: string
  isWith(privateKeyHash: string): boolean
}

/** Being signed in: a signed cookie that names the client and, by a keyed hash of its hash, the private key. */
class SignInCookie {
  readonly #name: string
  readonly #secret: string
  readonly #keygrip: Keygrip

  constructor(secret: string, keyPrefix: string) {
    this.#name = cookieName(keyPrefix)
    this.#secret = secret
    this.#keygrip = new Keygrip([secret], 'sha256')
  }

  read(ctx: ConsoleContext, nowMs: number): SignedIn | undefined {
    const cookies = this.#cookies(ctx)
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
  write(ctx: ConsoleContext, signIn: SignIn, nowMs: number, path: string): void {
    // Encoded, because an adopted public key may hold any character.
    const publicKey = Buffer.from(signIn.publicKey, 'utf8').toString('base64url')
    const value = `${this.#markOf(signIn.privateKeyHash)}.${nowMs + signInMs}.${publicKey}`
    this.#cookies(ctx).set(this.#name, value, { ...cookieFlags, signed: true, path, maxAge: signInMs })
  }

  // 128 bits. Not the hash itself, which is in the store and nowhere else.
  #markOf(privateKeyHash: string): string {
    return createHmac('sha256', this.#secret)
      .update(`private key ${privateKeyHash}`)
      .digest()
      .subarray(0, 16)
      .toString('base64url')
  }

  #cookies(ctx: ConsoleContext): Cookies {
    return new Cookies(ctx.req, ctx.res, { keys: this.#keygrip, secure: isSecure(ctx) })
  }
}

/** Signs out: takes no secret, so that it works in any state. */
function clearSignIn(ctx: ConsoleContext, keyPrefix: string, path: string): void {
  const cookies = new Cookies(ctx.req, ctx.res, { secure: isSecure(ctx) })
  const name = cookieName(keyPrefix)
  for (const each of [name, `${name}.sig`]) cookies.set(each, null, { ...cookieFlags, signed: false, path })
}

const cookieFlags = { httpOnly: true, sameSite: 'strict', overwrite: true } as const

/** Two servers on one host, at two ports, share their cookies; their key prefixes differ. */
function cookieName(keyPrefix: string): string {
  return `${keyPrefix}_console`
}
