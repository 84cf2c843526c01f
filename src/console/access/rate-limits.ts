import { createHmac, randomBytes } from 'node:crypto'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import type { Messages } from '../messages/en/en.js'
import type { Problem } from '../web/problems.js'
import { ipSubnet } from './ip-subnet.js'

const minuteS = 60
const hourS = 60 * minuteS
const dayS = 24 * hourS

/** A classroom's worth. Nobody writes ten clients in an hour. */
export const maxClientsOfSubnet = 10
/**
 * In total there are two limits, so that a few subnets cannot use up everybody's. What a subnet registers after its first client
 * shares 100 an hour. The first client of each subnet has a limit of its own, of 20 a minute: to keep newcomers out takes 20
 * subnets that have registered nothing in the past hour, each minute anew, and ends within a minute of the last of them.
 */
export const maxFurtherClients = 100
export const maxFirstClients = 20
/**
 * Nobody guesses 160 bits; this bounds what guessing costs the store. As many right private keys may be on their way at once, as
 * from a page that asks for the stats of many clients: each counts until it was found to be right.
 */
export const maxWrongPrivateKeys = 50
/** One for the first client, one for a second; whoever's address a stranger types in gets no more. */
export const maxMailsOfAddress = 2
/** What a mail provider takes from an unknown sender without calling it spam. */
export const maxMails = 60

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

/** What a page, or a program, is told then. */
export function tooMany({ what, waitMs }: TooMany, { problems }: Messages): Problem {
  const { again, [what]: said } = problems.tooMany
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  const detail = [...said.detail, again(Math.ceil(seconds / 60))]
  return { status: 429, title: said.title, detail, headers: { 'Retry-After': String(seconds) } }
}

/**
 * How often what may be done, in this process. All of it is in memory, under hashes whose secret ends with the process, in as many
 * records as are stated here, however many addresses there are.
 */
export class RateLimits {
  readonly #secret = randomBytes(32)
  readonly #clientsOfSubnet = limiter(maxClientsOfSubnet, hourS)
  readonly #furtherClients = limiter(maxFurtherClients, hourS)
  readonly #firstClients = limiter(maxFirstClients, minuteS)
  readonly #wrongPrivateKeys = limiter(maxWrongPrivateKeys, 15 * minuteS)
  readonly #mailsOfAddress = limiter(maxMailsOfAddress, dayS)
  readonly #mails = limiter(maxMails, hourS)

  /**
   * Takes one of the subnet's registrations. What it resolves to runs the registration, which only then counts in total, so that whom
   * the host turns away takes no place from others.
   *
   * @throws TooMany, and so does what it resolves to
   */
  async registration(address: string): Promise<<Value>(register: () => Promise<Value>) => Promise<Value>> {
    const subnet = this.#subnetOf(address)
    const taken = await take(this.#clientsOfSubnet, subnet, 'register')
    const total = taken.consumedPoints === 1 ? this.#firstClients : this.#furtherClients
    return async (register) => {
      try {
        await take(total, 'all', 'register')
        return await register()
      } catch (error) {
        // Neither a full total nor an outage is the subnet's doing.
        await this.#clientsOfSubnet.reward(subnet)
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
    const subnet = this.#subnetOf(address)
    await take(this.#wrongPrivateKeys, subnet, 'sign-in')
    let isWrong = false
    try {
      const found = await authenticate()
      isWrong = found === undefined
      return found
    } finally {
      if (!isWrong) await this.#wrongPrivateKeys.reward(subnet)
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
  #subnetOf(address: string): string {
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
