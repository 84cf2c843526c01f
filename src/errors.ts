/**
 * The one error type of this package. Branch on `code`, never on the text of `message`:
 * codes are part of the public surface, messages are for people.
 *
 * - `option_invalid`, `option_unknown`: thrown by `clientele()`, `console()` and the protocol factories at construction. The first
 *   also rejects a range that is none, and tells `onError` of a verb that was given what cannot be counted.
 * - `details_invalid`: a client's name, address or contact was refused; `field` says which.
 * - `client_unknown`, `client_exists`: the registry was asked for a public key it does not hold, or already holds.
 * - `client_changed`: somebody else changed the client at the same time, and this change was not made.
 * - `client_retired`: an owner is to restore what an operator retired.
 * - `store_failed`, `store_timeout`, `store_down`, `record_too_large`: the store did not do what it was asked.
 * - `closed`: `close()` ended before everything was saved.
 * - `session_unlearned`: logins of a feature go well and show no session where the protocol says it is; told once a feature.
 * - `session_unread`: a session was handed out to a request that nobody could read; once an hour for each way to send one.
 * - `session_unexpected`: a call that is no login was answered with a session id; once a feature.
 * - `session_not_unique`: a session was renewed under an id that is another client's.
 * - `protocol_failed`: a protocol threw; `cause` says what.
 * - `middleware_failed`, `console_failed`, `housekeeping_failed`: something of ours threw; `cause` says what.
 */
export class ClienteleError extends Error {
  /** Always `ClienteleError`. */
  override readonly name = 'ClienteleError'
  /** What to branch on. */
  readonly code: ErrorCode
  /** The option or form field that the error is about. */
  readonly field?: string

  /** `more.cause` is what went wrong below; its words may name an address or a password, ours never do. */
  constructor(code: ErrorCode, message: string, more: { cause?: unknown; field?: string } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    if (more.field !== undefined) this.field = more.field
  }
}

/** The codes of {@link ClienteleError}; a new one may come with a minor version. */
export type ErrorCode =
  | 'option_invalid'
  | 'option_unknown'
  | 'details_invalid'
  | 'client_unknown'
  | 'client_exists'
  | 'client_changed'
  | 'client_retired'
  | 'store_failed'
  | 'store_timeout'
  | 'store_down'
  | 'record_too_large'
  | 'closed'
  | 'session_unlearned'
  | 'session_unread'
  | 'session_unexpected'
  | 'session_not_unique'
  | 'protocol_failed'
  | 'middleware_failed'
  | 'console_failed'
  | 'housekeeping_failed'
