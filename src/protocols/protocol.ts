import type { RefusalReason } from '../refusals.js'

/** A request as a protocol sees it: plain data, no framework. */
export interface GameRequest {
  /** Upper case: `GET`, `POST`. */
  method: string
  /** Without the query, as the host's router sees it (below a mount point). */
  path: string
  /** Without the question mark; empty when there is none. */
  query: string
  /** By lower-case name, as Node gives them. */
  headers: Readonly<Record<string, string | string[] | undefined>>
  /**
   * The body's bytes, already inflated; where the host's parser came first, the text that it kept. Absent when it kept none or
   * the body could not be read.
   */
  body?: Uint8Array | string
  /** What the host's body parser made of the body. Used instead of `body` where it is given; `body` tells what was written. */
  parsed?: unknown
}

/** An answer as plain data: what a protocol refuses with, and what it learns from. */
export interface GameAnswer {
  /** The HTTP status. */
  status: number
  /** By lower-case name; several of one name are an array. */
  headers: Readonly<Record<string, string | string[] | number | undefined>>
  /** Text or bytes as sent, or the value that the game handed to Koa to be sent as JSON. */
  body: unknown
}

/** One method call in a request; a batch has several. */
export interface Call {
  /** The call's place in its request, from 0. */
  index: number
  /** What the call uses: `empire.login`, `POST /games/:name/create`. */
  feature: string
  /** Whether it needs a public key. It is a session when {@link Protocol.learn} finds a session id in the answer. */
  createsSession: boolean
  /** Whether its session is over when it succeeds. */
  endsSession: boolean
  /** As the client sent it, of whatever type; looked at only where `createsSession` is true. */
  publicKey?: unknown
  /** The session that the call is made in. Without one it counts under `(none)`. */
  sessionId?: string
  /**
   * Its answer may have the session under a new id: `'body'` where the body is to be read for that, so that the answer waits
   * until it is whole; `'head'` where the headers say it.
   */
  renews?: 'head' | 'body'
}

/** A call that was not admitted. */
export interface Refusal {
  /** As {@link Protocol.read} gave it. */
  call: Call
  /** For programs. */
  reason: RefusalReason
  /** One plain sentence or two for the client's developer. */
  message: string
}

/** What an answer tells of a call. */
export interface CallOutcome {
  /** The session that the call created; of a call that is in a session and creates none, the same session under a new id. */
  sessionId?: string
  /** More ids of the same session, such as a bearer token beside a cookie. */
  otherIds?: readonly string[]
  /** The player whose session it is; only ever hashed. */
  playerId?: string
  /** The game answered with an error. */
  failed?: boolean
  /** The game knows no such method: the call counts under `(unknown)`, if it never did. */
  unknown?: boolean
}

/** Where a protocol looked for a session id in vain. */
export interface MissingSession {
  /** As the option says it: `/session_id`. */
  place: string
  /** The answer as text. It is only compared: a game that says the same to every login says no session id. */
  shown: string
}

/** A session id that an answer shows where the protocol has such ids, whatever was asked for. */
export interface HandedOut {
  /** What stands in the place of one. */
  sessionId: string
  /** Whose session it seems to be; only ever hashed. */
  playerId?: string
  /** Of the request, where several calls are in it: the feature whose answer shows the id. */
  feature?: string
  /** Nobody could read what was asked for: the request, or some of its batch, is no call of this protocol. */
  unread: boolean
}

/** What of a batch goes on to the game. */
export interface BatchRest {
  /** As a parser would have it. */
  parsed: unknown
  /** As the client wrote it, in the client's encoding. */
  body: Uint8Array | string
}

/** A request that a client developer can paste into a terminal. */
export interface ExampleCall {
  /** Upper case: `POST`. */
  method: string
  /** From the root of the API, with a query where there is one. */
  path: string
  /** By name; none is added. */
  headers: Readonly<Record<string, string>>
  /** As it is sent. */
  body?: string
}

/**
 * The plug point: how one kind of API says "this creates a session", where the key and the session id are, and how a
 * refusal looks. Pure functions that never throw, whatever a client sends.
 */
export interface Protocol {
  /** Whether a request could be this protocol's, by a method or a spelling of the address that a host may take: all that a foreign request costs. */
  matches(method: string, path: string): boolean
  /**
   * Whether there may be anything to read in the body of a request: asked without one, and where that says yes again with the first
   * bytes of one that is not whole yet, 4 to 32 of them. Where it says no the game has the request at once, and `read` is given as
   * much as this function was. Without it every body may.
   */
  readsBody?(request: GameRequest): boolean
  /** The calls of a request, in order; none when it is not this protocol's after all. */
  read(request: GameRequest): readonly Call[]
  /** The answer to a request whose calls were all refused. */
  refuse(request: GameRequest, refusals: readonly Refusal[]): GameAnswer
  /** What an answer tells of one of its calls; asked for every call that went on to the game. */
  learn(call: Call, answer: GameAnswer): CallOutcome
  /**
   * Whether a call's feature is one: because it is declared, or because this answer could not be if the game did not know it. Asked only
   * for features of which that is not known yet; until then their calls count under `(unknown)`. Without this function every call that
   * did not fail has a feature.
   */
  isFeature?(call: Call, answer: GameAnswer): boolean
  /** Of a login whose answer went well and showed no session; without it nobody notices that the protocol looks in a wrong place. */
  misses?(call: Call, answer: GameAnswer): MissingSession | undefined
  /**
   * All session ids that an answer shows; `calls` are those of the request that went on to the game, none where nobody could
   * read it. Without this function nobody notices a login that {@link Protocol.read} took for something else.
   */
  handsOut?(request: GameRequest, calls: readonly Call[], answer: GameAnswer): readonly HandedOut[]
  /**
   * Whether the answer to these calls at this address may show a session id, because logins are declared there; without it that to
   * any.
   */
  mayHandOut?(path: string, calls: readonly Call[]): boolean
  /** For requests with several calls of which some are refused; without it such a request goes to the game whole. */
  batch?: {
    /** The body without the refused calls; undefined when there is nothing left to send. */
    without(request: GameRequest, refusals: readonly Refusal[]): BatchRest | undefined
    /** What we refused and what the game answered to the rest, together and in order. */
    join(request: GameRequest, refusals: readonly Refusal[], answer: GameAnswer): GameAnswer
  }
  /** A session-creating call with this public key in it, for the console. */
  example?(publicKey: string): ExampleCall
}
