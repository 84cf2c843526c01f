import type { Client } from '../../keys/client-registry.js'
import type { ConsoleParts } from '../client/home.js'
import { withTimeout } from '../web/with-timeout.js'
import type { RateLimits } from './rate-limits.js'
import { clearSignIn, type Exchange, type SignIn, SignInCookie } from './security.js'

/** A secret that has to be made first takes as long as a store call may take, twice; after that it is an outage. */
const SECRET_WAIT_MS = 5_000
/** A page that would only show another link does not wait for it. */
const PEEK_WAIT_MS = 100

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
  async client(exchange: Exchange, address: string): Promise<Client | undefined> {
    const privateKey = bearerToken(exchange.req.headers.authorization)
    if (privateKey !== undefined) {
      return this.#limits.privateKey(address, () => this.#parts.registry.authenticate(privateKey))
    }
    if (exchange.req.headers.cookie === undefined) return undefined
    const signIn = (await this.#cookie(SECRET_WAIT_MS)).read(exchange, Date.now())
    if (!signIn) return undefined
    // Not `find`: another process may have given out a new private key a second ago, and the old cookie is dead at once.
    const found = await this.#parts.registry.findWithHash(signIn.publicKey)
    return found && signIn.isWith(found.privateKeyHash) ? found.client : undefined
  }

  /** Whether the cookie is good by itself. Asks no store: this only chooses which links a page shows. */
  async peek(exchange: Exchange): Promise<boolean> {
    if (exchange.req.headers.cookie === undefined) return false
    const cookie = await this.#cookie(PEEK_WAIT_MS).catch(() => undefined)
    return cookie?.read(exchange, Date.now()) !== undefined
  }

  /** @throws when there is no secret yet */
  async write(exchange: Exchange, signIn: SignIn, path: string): Promise<void> {
    const cookie = await this.#cookie(SECRET_WAIT_MS)
    cookie.write(exchange, signIn, Date.now(), path)
  }

  clear(exchange: Exchange, path: string): void {
    if (exchange.req.headers.cookie !== undefined) clearSignIn(exchange, this.#parts.keyPrefix, path)
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
