import { ClienteleError } from '../errors.js'

/** How a request was sent that nobody could read. */
export interface SentAs {
  method: string
  contentType: string | undefined
  contentEncoding: string | undefined
}

/** A feature whose logins go well and never show a session. */
export interface BlindSpot {
  feature: string
  /** Where the protocol looks for the session id, as the option says it. */
  place: string
  logins: number
}

/** So many answers that differ are no mistake of a player: each session id is another one. */
const loginsToTell = 12
const tellAgainAfterMs = 3_600_000
/** What strangers can send is told apart up to here. */
const [maxWays, maxFeatures] = [100, 256]

/** What this process could not see, and whom it told. */
export class BlindSpotMonitor {
  /** Requests at a protocol's address that nobody could read, and sessions that were handed out to calls that are no logins. */
  unread = 0
  /** Logins whose answer went well and showed no session, or could not be looked into. */
  unlearned = 0
  readonly #onError: (error: ClienteleError) => void
  readonly #toldAtMs = new Map<string, number>()
  readonly #unexpected = new Set<string>()
  /** By feature; none any more once it has shown a session. */
  readonly #blind = new Map<string, { place: string; logins: number; answers: Set<string> } | 'learned'>()

  constructor(onError: (error: ClienteleError) => void) {
    this.#onError = onError
  }

  /** A request that is no call of any protocol, and has a body. */
  requestUnread(): void {
    this.unread++
  }

  /** What nobody could read was answered with a session. `isKnown`: its request is counted already. */
  sessionUnread(sent: SentAs, isKnown: boolean): void {
    if (!isKnown) this.unread++
    const told = `${word(sent.method, 'a method')} as ${word(sent.contentType, 'no type')}${
      sent.contentEncoding === undefined ? '' : `, packed as ${word(sent.contentEncoding, 'nothing')}`
    }`
    const name = this.#toldAtMs.has(told) || this.#toldAtMs.size < maxWays ? told : ''
    const now = performance.now()
    if (now - (this.#toldAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < tellAgainAfterMs) return
    this.#toldAtMs.set(name, now)
    this.#tell(
      'session_unread',
      `A session was handed out to a request that nobody could read (${name || 'in one more way'}); it counts under (unread). With \`strict: true\` it is refused.`,
    )
  }

  /** A call that is no login was answered with something where logins have their session id. */
  sessionUnexpected(feature: string): void {
    this.unread++
    if (this.#unexpected.has(feature) || this.#unexpected.size >= maxFeatures) return
    this.#unexpected.add(feature)
    this.#tell(
      'session_unexpected',
      `${named(feature)} was answered with something in the place of a session id, and is no login; if it creates sessions, name it in \`sessions\`.`,
    )
  }

  learned(feature: string): void {
    this.#blind.set(feature, 'learned')
  }

  /** `digest`: of what was there instead. */
  sessionMissing(feature: string, place: string, digest: string): void {
    this.unlearned++
    const known = this.#blind.get(feature) ?? { place, logins: 0, answers: new Set<string>() }
    if (known === 'learned') return
    this.#blind.set(feature, known)
    known.logins++
    if (known.answers.size >= loginsToTell) return
    known.answers.add(digest)
    if (known.answers.size < loginsToTell) return
    this.#tell(
      'session_unlearned',
      `${known.logins} logins of ${named(feature)} were answered without anything at ${place}: their sessions are not counted. Say in the protocol where the answer has the session id, or \`session: false\` if it has none.`,
    )
  }

  /** Of a login, and there is nothing to be said of it. */
  unreadable(): void {
    this.unlearned++
  }

  /** The features of which enough logins went well to be sure. */
  blindSpots(): BlindSpot[] {
    return [...this.#blind].flatMap(([feature, known]) =>
      known === 'learned' || known.answers.size < loginsToTell
        ? []
        : [{ feature, place: known.place, logins: known.logins }],
    )
  }

  #tell(code: 'session_unread' | 'session_unexpected' | 'session_unlearned', message: string): void {
    this.#onError(new ClienteleError(code, message))
  }
}

// What a client sends, as far as it says something and nothing else.
function word(sent: string | undefined, none: string): string {
  if (sent === undefined) return none
  const [said = ''] = sent.split(';')
  return /^[\w.+/-]{1,64}$/.test(said.trim()) ? said.trim().toLowerCase() : 'another'
}

function named(feature: string): string {
  return /^[\w./: *{}-]{1,100}$/.test(feature) ? feature : 'A feature'
}
