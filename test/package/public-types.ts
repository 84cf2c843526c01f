// What the public types allow and what they refuse. Nothing here runs: `npm run check` compiles it against the source, and
// package.test.ts against the packed types, as the strict projects of strangers. A line under @ts-expect-error that compiles is
// an error itself, so each of them says what must stay refused.

import { Keyv } from 'keyv'
import Koa from 'koa'
import { memory } from '../../adapters/memory.js'
import { mysql } from '../../adapters/mysql.js'
import { postgres } from '../../adapters/postgres.js'
import { redis } from '../../adapters/redis.js'
import { sqlite } from '../../adapters/sqlite.js'
import {
  type Call,
  type Client,
  type ClientDetails,
  type Clientele,
  ClienteleError,
  type ClienteleOptions,
  type ClientRegistry,
  type ClientState,
  type ClientSummary,
  type ConsoleMiddleware,
  type ConsoleOptions,
  clientele,
  type ErrorCode,
  type GameAnswer,
  type Health,
  type JsonRpcOptions,
  jsonRpc,
  type KeyPair,
  type KeyvLike,
  lacuna,
  type MailTransport,
  type Middleware,
  type Protocol,
  playersError,
  type Range,
  type RefusalReason,
  type RestOptions,
  rest,
  type TrackedCall,
  type UsageReport,
  type Verdict,
} from '../../src/index.js'

/** Compiles only where both types are the same. */
type Same<One, Another> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Another ? 1 : 2 ? true : false
const same = <_Same extends true>(): void => undefined

export function stores(): KeyvLike[] {
  // @ts-expect-error: a file has a name
  sqlite()
  // @ts-expect-error: the prefix is text
  sqlite('clients.sqlite', { prefix: 1 })
  // @ts-expect-error: it is called prefix
  redis('redis://localhost', { namespace: 'game' })
  // @ts-expect-error: an address, no options of a driver
  postgres({ connectionString: 'postgres://localhost/game' })
  // @ts-expect-error: it has nothing to be told
  memory({ prefix: 'game' })
  // @ts-expect-error: a Map is no Keyv
  const map: KeyvLike = new Map<string, string>()
  const halfKeyv = { get: async () => undefined, set: async () => true, delete: async () => true, on: () => undefined }
  // @ts-expect-error: getMany, setMany and deleteMany are missing
  const half: KeyvLike = halfKeyv
  return [
    sqlite('clients.sqlite', { prefix: 'game' }),
    redis('redis://localhost'),
    postgres('postgres://localhost/game'),
    mysql('mysql://localhost/game'),
    memory(),
    new Keyv(),
    map,
    half,
  ]
}

export function options(store: Keyv, protocol: Protocol): Clientele[] {
  // @ts-expect-error: options are needed
  clientele()
  // @ts-expect-error: a store is needed
  clientele({ protocol })
  // @ts-expect-error: a protocol is needed
  clientele({ store })
  // @ts-expect-error: the adapter is called, not named
  clientele({ store: 'sqlite', protocol })
  // @ts-expect-error: the adapter is called, not handed over
  clientele({ store: sqlite, protocol })
  // @ts-expect-error: the preset is called, not handed over
  clientele({ store, protocol: lacuna })
  // @ts-expect-error: names of options are checked
  clientele({ store, protocol, enforced: 'off' })
  // @ts-expect-error: one of three words
  clientele({ store, protocol, enforce: 'strict' })
  // @ts-expect-error: one of three words
  clientele({ store, protocol, enforce: false })
  // @ts-expect-error: one of three words
  clientele({ store, protocol, durability: 'calls' })
  // @ts-expect-error: milliseconds, a number
  clientele({ store, protocol, flushIntervalMs: '1s' })
  // @ts-expect-error: the unit is in the name
  clientele({ store, protocol, flushInterval: 1_000 })
  // @ts-expect-error: the unit is in the name
  clientele({ store, protocol, sessionTtl: 1_000 })
  // @ts-expect-error: text
  clientele({ store, protocol, secret: Buffer.alloc(32) })
  // @ts-expect-error: an object, in case months get a number too
  clientele({ store, protocol, retention: 400 })
  // @ts-expect-error: months stay for ever
  clientele({ store, protocol, retention: { months: 12 } })
  // @ts-expect-error: entries, a number
  clientele({ store, protocol, memory: { sessions: '100k' } })
  // @ts-expect-error: true or false
  clientele({ store, protocol, handOver: 'yes' })
  // @ts-expect-error: what it is told is a ClienteleError
  clientele({ store, protocol, onError: (error: string) => error })
  const all: Required<ClienteleOptions> = {
    store,
    protocol: [protocol, lacuna()],
    enforce: 'registered',
    keyPrefix: 'game',
    flushIntervalMs: 1_000,
    durability: 'sessions',
    sessionTtlMs: 14_400_000,
    storeTimeoutMs: 2_000,
    secret: 'x'.repeat(32),
    smallestCrowd: 5,
    retention: { days: 400 },
    memory: { sessions: 1, clients: 1 },
    bodyLimitBytes: 1_048_576,
    handOver: true,
    strict: ['empire.view'],
    onError: ({ code, field, message, cause }) => console.warn(code, field?.length, message, cause),
  }
  return [clientele({ store, protocol }), clientele(all)]
}

export function mounted(clients: Clientele, transport: MailTransport): Koa {
  const app = new Koa()
  app.use(clients.console())
  app.use(clients.middleware())
  const middleware: Middleware = clients.middleware()
  const page: ConsoleMiddleware = clients.console({})
  const complete: Required<ConsoleOptions> = {
    prefix: '/clients',
    title: 'Lacuna',
    homeUrl: '/',
    feedbackUrl: 'mailto:game@example.com',
    accent: '#1d5c4f',
    logoUrl: '/logo.svg',
    operator: (ctx) => ctx.state.user?.isAdmin === true,
    onRegister: async ({ name }, ctx) => (ctx.ip === '' ? `Not you, ${name}.` : true),
    mail: { transport, from: 'Lacuna <game@example.com>' },
    templates: 'pages',
  }
  app.use(clients.console(complete))
  // @ts-expect-error: names of options are checked
  clients.console({ path: '/clients' })
  // @ts-expect-error: a function that is asked each time
  clients.console({ operator: true })
  // @ts-expect-error: true or false, no name
  clients.console({ operator: () => 'admin' })
  // @ts-expect-error: only a text refuses, so that a person is told why
  clients.console({ onRegister: () => false })
  // @ts-expect-error: a mail has a sender
  clients.console({ mail: { transport } })
  // @ts-expect-error: a transport sends
  clients.console({ mail: { transport: {}, from: 'game@example.com' } })
  // @ts-expect-error: middleware takes a context
  middleware()
  // @ts-expect-error: the middleware takes no options
  clients.middleware({ path: '/' })
  app.use(page)
  return app
}

export const jsonRpcOptions: JsonRpcOptions = {
  path: '/:module',
  sessions: { 'empire.login': { apiKey: { index: 2, name: 'api_key' } } },
  ends: ['empire.logout'],
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id', playerId: '/status/empire/id' },
  refusal: { code: 1002, message: 'You need an API Key.', status: 500, contentType: 'application/json-rpc' },
}
const { path, sessions, sessionId, answer } = jsonRpcOptions
// @ts-expect-error: where the API lives is needed
jsonRpc({ sessions, sessionId, answer })
// @ts-expect-error: so is where a login answers with the session id
jsonRpc({ path, sessions, sessionId, answer: { playerId: '/id' } })
// @ts-expect-error: a place has a name too, for params that are named
jsonRpc({ path, sessions, sessionId: { index: 0 }, answer })
// @ts-expect-error: a list of names does not say where the public key is
jsonRpc({ path, sessions: ['empire.login'], sessionId, answer })
// @ts-expect-error: a code is a number
jsonRpc({ path, sessions, sessionId, answer, refusal: { code: '1002' } })
// @ts-expect-error: it is `ends`
jsonRpc({ path, sessions, sessionId, answer, end: ['logout'] })
// @ts-expect-error: the preset has no options
lacuna({ path: '/rpc' })

export const restOptions: RestOptions = {
  sessions: {
    'POST /join': { answer: { sessionId: [{ cookie: 'sid' }, { body: '/id' }], playerId: { header: 'x' } } },
  },
  apiKey: [{ header: 'x-api-key' }, { query: 'api_key' }, { bearer: true }],
  sessionId: { body: '/credentials' },
  ends: ['POST /leave'],
  features: ['GET /games'],
}
const { apiKey } = restOptions
// @ts-expect-error: a place, not a name
rest({ ...restOptions, apiKey: 'x-api-key' })
// @ts-expect-error: there is no such place
rest({ ...restOptions, apiKey: { param: 'api_key' } })
// @ts-expect-error: only ever true
rest({ ...restOptions, apiKey: { bearer: 'token' } })
// @ts-expect-error: an answer has no query
rest({ ...restOptions, sessions: { 'POST /join': { answer: { sessionId: { query: 'id' } } } } })
// @ts-expect-error: an answer with a player has a session id
rest({ ...restOptions, sessions: { 'POST /join': { answer: { playerId: { body: '/id' } } } } })
// @ts-expect-error: where later requests have the session id is needed
rest({ sessions: restOptions.sessions, apiKey })

const refused: GameAnswer = { status: 400, headers: {}, body: '' }
export const protocols: Protocol[] = [
  lacuna(),
  { ...rest(restOptions), refuse: () => refused },
  { matches: () => true, read: () => [], refuse: () => refused, learn: () => ({ sessionId: 'a', playerId: 'b' }) },
  // @ts-expect-error: learn is missing
  { matches: () => true, read: () => [], refuse: () => refused },
  // @ts-expect-error: protocols are not asynchronous
  { matches: () => true, read: async () => [], refuse: () => refused, learn: () => ({}) },
  // @ts-expect-error: a call says whether it creates or ends a session
  { matches: () => true, read: () => [{ index: 0, feature: 'login' }], refuse: () => refused, learn: () => ({}) },
  // @ts-expect-error: an answer has headers
  { matches: () => true, read: () => [], refuse: () => ({ status: 400, body: '' }), learn: () => ({}) },
  // @ts-expect-error: a session id is text
  { matches: () => true, read: () => [], refuse: () => refused, learn: () => ({ sessionId: 7 }) },
  // @ts-expect-error: what takes batches apart puts them together too
  { ...lacuna(), batch: { without: () => undefined } },
]
same<Same<Call['publicKey'], unknown>>()

export async function verbs(clients: Clientele): Promise<void> {
  const verdict: Verdict = await clients.check(['of', 'any', 'type'])
  // @ts-expect-error: only an admitted one has a client
  verdict.client
  // @ts-expect-error: only a refused one has a reason
  verdict.reason
  if (verdict.admitted) same<Same<typeof verdict.client, ClientState>>()
  else same<Same<typeof verdict.reason, RefusalReason>>()

  await clients.openSession({ sessionId: 'a', publicKey: 'ck_pub_', method: 'login', playerId: 'b' })
  // @ts-expect-error: the feature that created the session is needed
  await clients.openSession({ sessionId: 'a', publicKey: 'ck_pub_' })
  // @ts-expect-error: what creates no session is a call
  await clients.openSession({ publicKey: 'ck_pub_', method: 'login' })
  // @ts-expect-error: ids are text
  await clients.openSession({ sessionId: 'a', publicKey: 'ck_pub_', method: 'login', playerId: 7 })

  const calls: TrackedCall[] = [
    { feature: 'move', sessionId: 'a' },
    { feature: 'move', publicKey: 'ck_pub_', failed: true },
    // @ts-expect-error: whose call it is must be said
    { feature: 'move' },
    // @ts-expect-error: what it uses must be said
    { sessionId: 'a' },
    // @ts-expect-error: it did or it did not
    { feature: 'move', sessionId: 'a', failed: 'no' },
    // @ts-expect-error: a call is not a session
    { feature: 'move', sessionId: 'a', playerId: 'b' },
  ]
  for (const call of calls) await clients.track(call)
  await clients.count('a', 'essentia spent')
  await clients.count('a', 'essentia spent', 5)
  // @ts-expect-error: a number
  await clients.count('a', 'essentia spent', '5')
  // @ts-expect-error: a metric has a name
  await clients.count('a')
  // @ts-expect-error: which session is over
  await clients.endSession()
  await clients.close()
}

/** A host's tests need no store. */
export const fakeRegistry: ClientRegistry = {
  register: async () => ({ publicKey: 'iOS', privateKey: 'of iOS' }),
  find: async () => undefined,
  authenticate: async () => undefined,
  rotate: async () => ({ privateKey: 'of iOS' }),
  update: async () => {},
  retire: async () => {},
  restore: async () => {},
  remove: async () => {},
  adopt: async () => ({ privateKey: 'of iOS' }),
  async *list() {},
}

export async function registry(clients: Clientele): Promise<void> {
  const { registry } = clients
  same<Same<typeof registry, ClientRegistry>>()
  // @ts-expect-error: there is one registry
  clients.registry = registry
  const details: ClientDetails = { name: 'A client', url: 'https://example.com', contact: 'me', official: true }
  same<Same<Awaited<ReturnType<typeof registry.register>>, KeyPair>>()
  const { privateKey } = await registry.register(details)
  // @ts-expect-error: a client has a name
  await registry.register({ url: 'https://example.com' })
  // @ts-expect-error: it is `contact`
  await registry.register({ name: 'A client', email: 'me@example.com' })
  const found = await registry.authenticate(privateKey)
  // @ts-expect-error: there may be none
  found.name
  const client: Client | undefined = await registry.find('ck_pub_')
  // @ts-expect-error: nobody has the private key
  client?.privateKey
  await registry.update('ck_pub_', { contact: 'me' })
  // @ts-expect-error: the public key stays
  await registry.update('ck_pub_', { publicKey: 'iOS' })
  // @ts-expect-error: the rotated key is in the answer
  const rotated: string = await registry.rotate('ck_pub_')
  const adopted: { privateKey: string } = await registry.adopt('iOS', { name: `iOS, not ${rotated}` })
  // @ts-expect-error: who adopts says whose it is
  await registry.adopt('iOS')
  await registry.retire(adopted.privateKey)
  await registry.restore('ck_pub_', 'owner')
  // @ts-expect-error: the owner or the operator
  await registry.retire('ck_pub_', 'me')
  await registry.remove('ck_pub_')
  for await (const one of registry.list()) same<Same<typeof one, Client>>()
  // @ts-expect-error: a list is read as it comes
  registry.list().length
}

export const ranges: Range[] = [
  'all',
  { days: 30 },
  { from: '2026-01-01', to: '2026-01-31' },
  // @ts-expect-error: the only word is 'all'
  'month',
  // @ts-expect-error: days are a number
  { days: '30' },
  // @ts-expect-error: both ends
  { from: '2026-01-01' },
  // @ts-expect-error: days are text, without a time
  { from: new Date(), to: new Date() },
  // @ts-expect-error: years are 'all'
  { years: 1 },
]

export async function usage({ usage, health }: Clientele): Promise<number> {
  const report: UsageReport = await usage.read('ck_pub_', 'all')
  const summaries: ClientSummary[] = await usage.overview({ days: 7 })
  const several: UsageReport[] = await usage.readMany(['ck_pub_', 'iOS'] as const)
  // @ts-expect-error: which client
  await usage.read()
  // @ts-expect-error: a range, not a number of days
  await usage.read('ck_pub_', 30)
  // @ts-expect-error: a report knows numbers of players, never who they are
  report.playerIds
  // @ts-expect-error: players of all clients cannot be added up
  summaries[0]?.players
  const errors: number = report.features['empire.login']?.errors ?? 0
  const [day] = report.days
  return errors + playersError(report.players) + several.length + (day?.sessions ?? 0) + health().waiting
}

export function told(error: unknown, { store, secret, lastError }: Health): ErrorCode | undefined {
  same<Same<typeof store, 'starting' | 'up' | 'down'>>()
  same<Same<typeof secret, 'given' | 'made'>>()
  // @ts-expect-error: there need not have been one
  lastError.code
  if (!(error instanceof ClienteleError)) return undefined
  // @ts-expect-error: no such code
  if (error.code === 'store_lost') return undefined
  // @ts-expect-error: it is read, not written
  error.code = 'closed'
  return error.code
}

export function state({ publicKey, name, anonymous, registered, count }: ClientState): string {
  count('essentia spent')
  // @ts-expect-error: a number
  count('essentia spent', true)
  // @ts-expect-error: only a registered client has a name
  const text: string = name
  return `${publicKey} ${text} ${anonymous && registered}`
}
