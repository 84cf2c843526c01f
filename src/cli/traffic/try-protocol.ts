import { parsePublicKey } from '../../keys/key-format.js'
import { likeliestReading } from '../../middleware/reading.js'
import type { Call, CallOutcome, GameAnswer, GameRequest, Protocol } from '../../protocols/protocol.js'
import type { Exchange } from './traffic.js'

/** What became of a call, or of a request that is none. */
export type Outcome =
  | 'session learned'
  | 'no session'
  | 'refused'
  | 'answer missing'
  | 'needs no session'
  | 'in a session'
  | 'session renewed'
  | 'in an unknown session'
  | 'in no session'
  | 'not read'
  | 'no call'

/** A call as the protocol sees it; where it sees none, the request. */
export interface Seen {
  /** The exchange's place in the file, from 0. */
  at: number
  exchange: Exchange
  call?: Call
  outcome: Outcome
  /** Of a login: where the protocol looks for the session id. */
  place?: string
  /** The game answered with an error. */
  failed: boolean
  /** Session ids that the call was answered with: its own, or what no login accounts for. */
  learned: readonly string[]
  isStray: boolean
}

/** What a protocol makes of recorded traffic. It only asks what the middleware asks. */
export function tryProtocol(protocols: readonly Protocol[], exchanges: readonly Exchange[]): Seen[] {
  /** Session ids that logins of the file handed out. */
  const known = new Set<string>()
  return exchanges.flatMap((exchange, at) => {
    const { request, answer } = exchange
    const matching = protocols.filter((one) => one.matches(request.method, request.path))
    const found = request.method === 'OPTIONS' ? undefined : likeliestReading(matching, [request])
    const seen = found
      ? found.calls.map((call) => seeCall(found.protocol, call, exchange, known))
      : [seeRequest(matching, request)]
    for (const { outcome, learned } of seen) {
      if (outcome === 'session learned' || outcome === 'session renewed') for (const id of learned) known.add(id)
    }
    const [first] = seen
    const strays = straysIn(matching, request, found?.calls ?? [], answer, (id) => isAccountedFor(id, seen))
    if (first && strays.length > 0) Object.assign(first, { isStray: true, learned: [...first.learned, ...strays] })
    return seen.map((one) => ({ ...one, at, exchange }))
  })
}

type Judgement = Omit<Seen, 'at' | 'exchange'>

function seeCall(protocol: Protocol, call: Call, { answer, hasBody }: Exchange, known: ReadonlySet<string>): Judgement {
  const outcome = protocol.learn(call, answer)
  const ids = [outcome.sessionId ?? [], outcome.otherIds ?? []].flat()
  const seen = { call, failed: outcome.failed === true, learned: ids, isStray: false }
  if (!call.createsSession) return { ...seen, outcome: inSession(call, outcome, known) }
  // What it says of nothing at all is where it looks, if it looks.
  const place = protocol.misses?.(call, { status: 200, headers: {}, body: '' })?.place
  return { ...seen, ...(place === undefined ? {} : { place }), outcome: ofLogin() }

  function ofLogin(): Outcome {
    if (ids.length > 0) return 'session learned'
    if (seen.failed || answer.status >= 400) return 'refused'
    if (answer.status === 0 || !hasBody) return 'answer missing'
    if (protocol.misses && place === undefined) return 'needs no session'
    return protocol.misses && !protocol.misses(call, answer) ? 'refused' : 'no session'
  }
}

function inSession({ sessionId }: Call, outcome: CallOutcome, known: ReadonlySet<string>): Outcome {
  if (sessionId === undefined) return 'in no session'
  if (!known.has(sessionId)) return 'in an unknown session'
  return outcome.sessionId === undefined ? 'in a session' : 'session renewed'
}

function seeRequest(matching: readonly Protocol[], { method, body, query }: GameRequest): Judgement {
  const isAsking = (body !== undefined && body.length > 0) || query !== ''
  const isNotRead = matching.length > 0 && method !== 'OPTIONS' && isAsking
  return { outcome: isNotRead ? 'not read' : 'no call', failed: false, learned: [], isStray: false }
}

function straysIn(
  protocols: readonly Protocol[],
  request: GameRequest,
  calls: readonly Call[],
  answer: GameAnswer,
  isKnown: (id: string) => boolean,
): string[] {
  return protocols.flatMap((one) => {
    if (!one.handsOut || one.mayHandOut?.(request.path, calls) === false) return []
    const ids = one.handsOut(request, calls, answer).map(({ sessionId }) => sessionId)
    return ids.filter((id) => !isKnown(id))
  })
}

// A session that is older than the recording goes on under its own id.
function isAccountedFor(id: string, seen: readonly Judgement[]): boolean {
  return seen.some(({ call, learned }) => learned.includes(id) || call?.sessionId === id)
}

/** Whether there was something for a public key; of a call that needs none, nothing. */
export function sentPublicKey({ call }: Seen): string | undefined {
  if (!call?.createsSession) return undefined
  // Whose it is, is for a server to say: here any prefix does.
  const { fault } = parsePublicKey(call.publicKey, '-')
  return fault === 'missing'
    ? 'no public key'
    : fault === 'malformed' || fault === 'reserved'
      ? 'no usable public key'
      : 'a public key'
}
