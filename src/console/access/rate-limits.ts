import { createHmac, randomBytes } from 'node:crypto'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { ipSubnet } from './ip-subnet.js'

const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S
const DAY_S = 24 * HOUR_S

/** A classroom's worth. Nobody writes ten clients in an hour. */
export const CLIENTS_OF_BLOCK = 10
/**
 * In total there are two limits, so that a few blocks cannot use up everybody's. What a block registers after its first client
 * shares 100 an hour. The first client of each block has a limit of its own, of 20 a minute: to keep newcomers out takes 20
 * blocks that have registered nothing in the past hour, each minute anew, and ends within a minute of the last of them.
 */
export const FURTHER_CLIENTS = 100
export const FIRST_CLIENTS = 20
/**
 * Nobody guesses 160 bits; this bounds what guessing costs the store. As many right private keys may be on their way at once, as
 * from a page that asks for the stats of many clients: each counts until it was found to be right.
 */
export const WRONG_PRIVATE_KEYS = 50
/** One for the first client, one for a second; whoever's address a stranger types in gets no more. */
export const MAILS_OF_ADDRESS = 2
/** What a mail provider takes from an unknown sender without calling it spam. */
export const MAILS = 60

/** The registration or the private key was not looked at, because there were too many. */
export class TooMany extends Error {
  readonly what: 'register' | 'sign-in'
  readonly waitMs: number

  constructor(what: 'register' | 'sign-in', waitMs: number) {
    super(`There were too many: ${what}.`)
    this.what = what
    this.waitMs = waitMs
  }
}

/**
 * How often what may be done, in this process. All of it is in memory, under hashes whose secret ends with the process, in as many
 * records as are stated here, however many addresses there are.
 */
export class RateLimits {
  readonly #secret = randomBytes(32)
  readonly #clientsOfBlock = limiter(CLIENTS_OF_BLOCK, HOUR_S)
  readonly #furtherClients = limiter(FURTHER_CLIENTS, HOUR_S)
  readonly #firstClients = limiter(FIRST_CLIENTS, MINUTE_S)
  readonly #wrongPrivateKeys = limiter(WRONG_PRIVATE_KEYS, 15 * MINUTE_S)
  readonly #mailsOfAddress = limiter(MAILS_OF_ADDRESS, DAY_S)
  readonly #mails = limiter(MAILS, HOUR_S)

  /**
   * Takes one of the block's registrations. Its answer runs the registration, which only then counts in total, so that whom
   * the host turns away takes no place from others.
   *
   * @throws TooMany, and so does the answer
   */
  async registration(address: string): Promise<<Value>(register: () => Promise<Value>) => Promise<Value>> {
    const block = this.#blockOf(address)
    const taken = await take(this.#clientsOfBlock, block, 'register')
    const total = taken.consumedPoints === 1 ? this.#firstClients : this.#furtherClients
    return async (register) => {
      try {
        await take(total, 'all', 'register')
        return await register()
      } catch (error) {
        // Neither a full total nor an outage is the block's doing.
        await this.#clientsOfBlock.reward(block)
        throw error
      }
    }
  }

  /**
   * Whose private key it is, by `authenticate`. Only a wrong one counts.
   *
   * @throws TooMany
   */
  async privateKey<Found>(address: string, authenticate: () => Promise<Found | undefined>): Promise<Found | undefined> {
    const block = this.#blockOf(address)
    await take(this.#wrongPrivateKeys, block, 'sign-in')
    let isWrong = false
    try {
      const found = await authenticate()
      isWrong = found === undefined
      return found
    } finally {
      if (!isWrong) await this.#wrongPrivateKeys.reward(block)
    }
  }

  /** Whether one more mail may go to this address. */
  async mail(mailAddress: string): Promise<boolean> {
    // What follows a plus sign is the same mailbox.
    const mailbox = mailAddress.toLowerCase().replace(/\+[^@]*/, '')
    try {
      // The total first: it bounds how many addresses are remembered.
      await this.#mails.consume('all')
      await this.#mailsOfAddress.consume(this.#hash(mailbox))
      return true
    } catch {
      return false
    }
  }

  /** At most 65,536 of them, some 20 MB, whoever sends what. With the secret unknown, nobody can pick whom to share one with. */
  #blockOf(address: string): string {
    return this.#hash(ipSubnet(address)).slice(0, 4)
  }

  #hash(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('hex')
  }
}

function limiter(points: number, duration: number): RateLimiterMemory {
  return new RateLimiterMemory({ points, duration })
}

async function take(from: RateLimiterMemory, name: string, what: TooMany['what']): Promise<RateLimiterRes> {
  return from.consume(name).catch((full: RateLimiterRes) => {
    throw new TooMany(what, full.msBeforeNext)
  })
}
