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
  /** The body's bytes, already inflated. Absent when the host's parser came first or the body could not be read. */
  body?: Uint8Array
  /** What the host's body parser made of the body. Used instead of `body` where it is given. */
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
}

/**
 * Why a public key was not admitted: it is `missing`; no text or too long (`malformed`); has a typo (`mistyped`); has another
 * server's prefix (`foreign`); nobody registered it (`unknown`); it was `retired`; or it can be nobody's, such as a private key
 * (`reserved`).
 */
export type RefusalReason = 'missing' | 'malformed' | 'mistyped' | 'foreign' | 'unknown' | 'retired' | 'reserved'

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
export interface Lesson {
  /** The session that the call created. */
  sessionId?: string
  /** The player whose session it is; only ever hashed. */
  playerId?: string
  /** The game answered with an error. */
  failed?: boolean
  /** The game knows no such method: the call counts under `(unknown)`. */
  unknown?: boolean
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
  /** Whether a request could be this protocol's: all that a foreign request costs. */
  matches(method: string, path: string): boolean
  /** The calls of a request, in order; none when it is not this protocol's after all. */
  read(request: GameRequest): readonly Call[]
  /** The answer to a request whose calls were all refused. */
  refuse(request: GameRequest, refusals: readonly Refusal[]): GameAnswer
  /** What an answer tells of one of its calls; asked for every call that went on to the game. */
  learn(call: Call, answer: GameAnswer): Lesson
  /** For requests with several calls of which some are refused; without it such a request goes to the game whole. */
  batch?: {
    /** The body without the refused calls, to be sent on as JSON; undefined when there is nothing left to send. */
    without(request: GameRequest, refusals: readonly Refusal[]): unknown
    /** What we refused and what the game answered to the rest, together and in order. */
    join(request: GameRequest, refusals: readonly Refusal[], answer: GameAnswer): GameAnswer
  }
  /** A session-creating call with this public key in it, for the console. */
  example?(publicKey: string): ExampleCall
}
