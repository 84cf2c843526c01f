/**
 * API keys for an existing game server: Koa middleware that counts which clients are used for what, and a console for
 * their developers. Begin at {@link clientele}.
 *
 * @module clientele
 */
export { type Clientele, clientele } from './clientele.js'
export type { MailMessage, MailOptions, MailTransport } from './console/client/mail.js'
export type { ConsoleOptions } from './console/console-options.js'
export type { ConsoleContext, ConsoleMiddleware } from './console/web/context.js'
export { ClienteleError, type ErrorCode } from './errors.js'
export type { ClientDetails } from './keys/client-details.js'
export type { Client, ClientRegistry, RetiredBy } from './keys/client-registry.js'
export type { KeyPair } from './keys/key-format.js'
export type { GameContext } from './middleware/koa-context.js'
export type { Middleware } from './middleware/middleware.js'
export type { ClienteleOptions } from './options.js'
export { jsonRpc } from './protocols/json-rpc/json-rpc.js'
export type { JsonRpcOptions, ParamPlace } from './protocols/json-rpc/options.js'
export { lacuna } from './protocols/lacuna.js'
export type { AnswerPlace, RequestPlace } from './protocols/places.js'
export type {
  BatchRest,
  Call,
  CallOutcome,
  ExampleCall,
  GameAnswer,
  GameRequest,
  HandedOut,
  MissingSession,
  Protocol,
  Refusal,
} from './protocols/protocol.js'
export type { RestAnswer, RestOptions } from './protocols/rest/options.js'
export { rest } from './protocols/rest/rest.js'
export type { RefusalReason } from './refusals.js'
export type { ClientState } from './sessions/client-state.js'
export type { Enforcement } from './sessions/decision.js'
export type { Durability, OpenedSession, TrackedCall, Verdict } from './sessions/tracker.js'
export type { Health } from './storage/health.js'
export type { KeyvLike, StoreState } from './storage/store.js'
export type { ClientTotals, Totals } from './usage/recording/live-totals.js'
export {
  type ClientSummary,
  playersError,
  type Range,
  type Sums,
  type UsageReader,
  type UsageReport,
} from './usage/report.js'
