// A batch gives each of its calls the answer that the call would have got alone, in order, and counts what they would count.
import { buffer } from 'node:stream/consumers'
import { bodyParser } from '@koa/bodyparser'
import fc from 'fast-check'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { type Call, type Clientele, clientele, lacuna, type UsageReport } from '../../src/index.js'
import { issueKeyPair } from '../../src/keys/key-format.js'
import { rpc, secret, serve } from '../helpers/serve.js'

interface Message {
  id?: unknown
  method?: unknown
  params?: unknown
}

/** What games disagree about. */
const features = ['empire.view', 'empire.is_name_available', 'empire.login']
const protocol = { ...lacuna(), isFeature: ({ feature }: Call) => features.includes(feature) }

interface Dialect {
  /** Whether a call with this id is not answered. */
  isNotification(id: unknown): boolean
  /** What a reply to something that is no call has for an id. */
  invalidId(message: Message): unknown
  errorStatus: number
  /** Whether the answer to a batch with one reply is that reply, and not an array. */
  unwraps: boolean
}
const dialects: Record<string, Dialect> = {
  'the specification': {
    isNotification: (id) => id === undefined,
    invalidId: () => null,
    errorStatus: 200,
    unwraps: false,
  },
  'the original': {
    isNotification: (id) => id === undefined || id === null || id === '',
    invalidId: ({ id }) => id,
    errorStatus: 500,
    unwraps: true,
  },
}

function reply(dialect: Dialect, message: Message): object | undefined {
  const { id, method, params } = message
  if (typeof method !== 'string')
    return { jsonrpc: '2.0', id: dialect.invalidId(message), error: { code: -32600, message: 'Invalid.' } }
  if (dialect.isNotification(id)) return undefined
  const envelope = { jsonrpc: '2.0', id }
  const [, password, publicKey] = params as string[]
  if (method === 'view' || method === 'is_name_available') return { ...envelope, result: params }
  if (method !== 'login') return { ...envelope, error: { code: -32601, message: 'Method not found.' } }
  if (password !== 'right') return { ...envelope, error: { code: 1004, message: 'Password incorrect.' } }
  return { ...envelope, result: { session_id: `session of ${publicKey}` } }
}

const gameOf =
  (dialect: Dialect): Koa.Middleware =>
  async (ctx) => {
    const sent = ctx.request.body ?? JSON.parse(String(await buffer(ctx.req)))
    const replies = [sent].flat().flatMap((message: Message) => reply(dialect, message) ?? [])
    if (ctx.query.reversed) replies.reverse()
    const isSingle = !Array.isArray(sent) || (dialect.unwraps && replies.length === 1)
    if (replies.length === 0) ctx.status = 204
    else ctx.body = JSON.stringify(isSingle ? replies[0] : replies)
    if (isSingle && replies.some((one) => 'error' in one)) ctx.status = dialect.errorStatus
  }

/** Where the host has its parser. */
const parsers: ((ours: Koa.Middleware) => Koa.Middleware[])[] = [
  (ours) => [ours],
  (ours) => [bodyParser() as Koa.Middleware, ours],
  (ours) => [ours, bodyParser() as Koa.Middleware],
]

/** A call, and what it counts, for whom. */
interface Counted {
  message: Message
  publicKey?: string
  feature?: string
  isLogin?: true
  fails?: true
  isUnknown?: true
  reason?: string
}

const stranger = issueKeyPair('ck')
const typo = stranger.publicKey.slice(0, -1) + (stranger.publicKey.endsWith('0') ? '1' : '0')
const refused: [publicKey: unknown, reason: string][] = [
  [null, 'missing'],
  ['', 'missing'],
  ['0', 'missing'],
  [17, 'malformed'],
  [typo, 'mistyped'],
  [stranger.publicKey, 'unknown'],
  ['iOS', 'unknown'],
  [issueKeyPair('other').publicKey, 'foreign'],
  [stranger.privateKey, 'reserved'],
]

const id = fc.oneof(
  fc.nat(2),
  fc.constantFrom<unknown>('0', '1', 'a b', 1.5, -1, 1e300, true, null, '', { a: [1] }, [], [2, 'x']),
  fc.uuid({ version: 4 }),
)
/** A notification has no id. */
const envelope = fc.oneof(
  { weight: 6, arbitrary: fc.record({ jsonrpc: fc.constant('2.0'), id }) },
  { weight: 1, arbitrary: fc.constant({ jsonrpc: '2.0' }) },
)

function calls(registered: string[], retired: string): fc.Arbitrary<Counted> {
  const client = fc.constantFrom(...registered, 'anonymous')
  const session = fc.option(client, { nil: undefined })
  return fc.oneof(
    fc.tuple(envelope, client, fc.constantFrom('right', 'wrong')).map(
      ([start, publicKey, password]): Counted => ({
        message: { ...start, method: 'login', params: ['me', password, publicKey] },
        publicKey,
        feature: 'empire.login',
        ...(password === 'right' ? { isLogin: true } : { fails: true }),
      }),
    ),
    fc
      .tuple(envelope, fc.constantFrom<[unknown, string]>(...refused, [retired, 'retired']))
      .map(([start, [publicKey, reason]]) => ({
        message: { ...start, method: 'login', params: ['me', 'right', publicKey] },
        reason,
        ...(reason === 'retired' ? { publicKey: retired } : {}),
      })),
    fc.tuple(envelope, session, fc.constantFrom('view', 'is_name_available', 'no_such_method')).map(
      ([start, publicKey, method]): Counted => ({
        message: { ...start, method, params: [publicKey === undefined ? 'nobody knows' : `session of ${publicKey}`] },
        publicKey: publicKey ?? '(none)',
        feature: `empire.${method}`,
        ...(method === 'no_such_method' ? { fails: true, isUnknown: true } : {}),
      }),
    ),
    fc.constant<Counted>({ message: { id: 'no call', method: 5 } }),
  )
}

type LiveTotals = Record<string, number>

function add(tally: LiveTotals, name: string): void {
  tally[name] = (tally[name] ?? 0) + 1
}

function expected({ isNotification }: Dialect, counted: readonly Counted[]): LiveTotals {
  const tally: LiveTotals = {}
  for (const { message, publicKey, feature, isLogin, fails, isUnknown, reason } of counted) {
    const isAnswered = !isNotification(message.id)
    const name = isUnknown ? '(unknown)' : feature
    if (reason !== undefined) add(tally, `(refused): ${reason}`)
    if (reason === 'retired') add(tally, `${publicKey}: retired`)
    if (feature === undefined) continue
    add(tally, `${publicKey}: calls of ${name}`)
    if (isLogin && isAnswered) add(tally, `${publicKey}: sessions`)
    if (fails && isAnswered) add(tally, `${publicKey}: errors of ${name}`)
  }
  return tally
}

function told({ publicKey, sessions, features, refusals }: UsageReport): [string, number][] {
  const counts: [string, number][] = [
    ['sessions', sessions],
    ...Object.entries(features).flatMap(([feature, { calls, errors }]): [string, number][] => [
      [`calls of ${feature}`, calls],
      [`errors of ${feature}`, errors],
    ]),
    ...Object.entries(refusals),
  ]
  return counts.map(([name, count]) => [`${publicKey}: ${name}`, count])
}

/** What is counted while this goes on. */
async function countedBy(
  clients: Clientele,
  publicKeys: readonly string[],
  work: () => Promise<void>,
): Promise<LiveTotals> {
  const read = async () =>
    (await Promise.all(publicKeys.map((publicKey) => clients.usage.read(publicKey)))).flatMap(told)
  const before = new Map(await read())
  await work()
  const differences = (await read()).map(([name, count]): [string, number] => [name, count - (before.get(name) ?? 0)])
  return Object.fromEntries(differences.filter(([, count]) => count !== 0))
}

const sorted = (replies: unknown[]) => replies.map((one) => JSON.stringify(one)).sort()

for (const [name, dialect] of Object.entries(dialects)) {
  test(`of a game that speaks ${name}`, async () => {
    const clients = clientele({ store: memory(), protocol, secret })
    const register = async (what: string) => (await clients.registry.register({ name: what })).publicKey
    const [one, another, retired] = [await register('One'), await register('Another'), await register('Retired')]
    await clients.registry.retire(retired)
    const publicKeys = [one, another, retired, 'anonymous', '(none)', '(refused)']
    for (const publicKey of [one, another, 'anonymous'])
      await clients.openSession({ sessionId: `session of ${publicKey}`, publicKey, method: 'empire.login' })

    const app = new Koa()
    const game = gameOf(dialect)
    const hosts = parsers.map((place) => place(clients.middleware()))
    app.use((ctx, next) => {
      const middleware = [...(hosts[Number(ctx.query.host)] ?? []), game]
      const go = async (): Promise<unknown> => middleware.shift()?.(ctx, go as Koa.Next)
      return go().then(next)
    })
    await serve(app, async (url) => {
      const ask = async (message: unknown, host: number, reversed: boolean) => {
        const address = `${url}/empire?host=${host}${reversed ? '&reversed=1' : ''}`
        const { json } = await rpc(address, message, { 'content-type': 'application/json' })
        return json === undefined ? [] : [json].flat()
      }
      const batch = fc.array(calls([one, another], retired), { minLength: 1, maxLength: 8 })
      let sent = 0
      const host = fc.nat(parsers.length - 1)
      const property = fc.asyncProperty(batch, host, fc.boolean(), async (some, host, reversed) => {
        sent += some.length
        // Of equal ids only the order says which reply is whose.
        const all = some.map((counted, index) =>
          reversed && 'id' in counted.message ? { ...counted, message: { ...counted.message, id: index } } : counted,
        )
        const messages = all.map(({ message }) => message)
        const alone: unknown[] = []
        const countedAlone = await countedBy(clients, publicKeys, async () => {
          for (const message of messages) alone.push(...(await ask(message, host, false)))
        })
        let together: unknown[] = []
        const counted = await countedBy(clients, publicKeys, async () => {
          together = await ask(messages, host, reversed)
        })
        // Where we put an answer together, it is in order whatever the game's is.
        if (reversed && all.every(({ reason }) => reason === undefined)) assert.equal(sorted(together), sorted(alone))
        else assert.equal(together, alone)
        const right = expected(dialect, all)
        assert.equal(countedAlone, right)
        assert.equal(counted, right)
      })
      const result = await fc.check(property, { numRuns: Number(process.env.BATCH_RUNS ?? 60) })
      console.log(
        `FIGURE batches, ${name}: ${result.numRuns} tried with ${sent} calls, ${result.failed ? 1 : 0} failed, ` +
          `${result.numShrinks} shrinks`,
      )
      assert.not.ok(result.failed, fc.defaultReportMessage(result))
    })
    await clients.close()
  })
}

test.run()
