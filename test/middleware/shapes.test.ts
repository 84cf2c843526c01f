// Every shape of a call, of every content type, read by every kind of host and answered in every way, on Koa 2 and 3.
import { Agent, request } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { bodyParser } from '@koa/bodyparser'
import type Koa from 'koa'
import { koaBody } from 'koa-body'
import koaBodyParser from 'koa-bodyparser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, jsonRpc, type UsageReport } from '../../src/index.js'
import { koas } from '../console/harness.js'
import { digest } from '../helpers/readers.js'
import { secret, serve } from '../helpers/serve.js'

/** The params of a login, and of the calls that follow it with the session that it gave. */
const shapes: Record<string, { login(password: string, publicKey: string): unknown; later(id: string): unknown[] }> = {
  positional: {
    login: (password, publicKey) => ['me', password, publicKey],
    later: (id) => [[id], [id, { page: 1 }]],
  },
  named: {
    login: (password, publicKey) => ({ name: 'me', password, api_key: publicKey }),
    later: (id) => [{ session_id: id }],
  },
  'object in an array': {
    login: (password, publicKey) => [{ name: 'me', password, api_key: publicKey }],
    later: (id) => [[{ session_id: id }]],
  },
}
const form = 'application/x-www-form-urlencoded'
const types = ['application/json', 'application/json-rpc', 'no type', form, 'GET']

/** As the game gives it to Koa. Each is an address of its own. */
const answers: Record<string, (text: string) => unknown> = {
  object: JSON.parse,
  string: (text) => text,
  buffer: (text) => Buffer.from(text),
  stream: (text) => Readable.from([text.slice(0, 20), text.slice(20)], { objectMode: false }),
}

const cells = Object.keys(shapes).flatMap((shape) =>
  types.flatMap((type) => Object.keys(answers).map((answer) => ({ shape, type, answer, name: `${shape}, ${type}` }))),
)
type Cell = (typeof cells)[number]

const agent = new Agent({ keepAlive: true })

const textOf = async ({ req }: Koa.Context) => String(await buffer(req))

interface Host {
  parser?: Koa.Middleware
  isInFront?: true
  /** The content type of which nothing that can be read is left, for the game neither. */
  spoils?: string
  /** Nobody but the game knows where the body is, so that only what came by GET is counted. */
  isHidden?: true
}
const leavesText: Koa.Middleware = async (ctx, next) => {
  if (ctx.method === 'POST') ctx.request.body = await textOf(ctx)
  return next()
}
const hides: Koa.Middleware = async (ctx, next) => {
  if (ctx.method === 'POST') ctx.state.hidden = await textOf(ctx)
  return next()
}
const hosts: Record<string, Host> = {
  'the raw stream': {},
  '@koa/bodyparser in front': { parser: bodyParser() as Koa.Middleware, isInFront: true },
  '@koa/bodyparser behind': { parser: bodyParser() as Koa.Middleware },
  'koa-bodyparser in front': { parser: koaBodyParser(), isInFront: true },
  'koa-bodyparser behind': { parser: koaBodyParser() },
  'koa-body in front': { parser: koaBody(), isInFront: true, spoils: form },
  'koa-body behind': { parser: koaBody(), spoils: form },
  'koa-body in front, keeping the text': { parser: koaBody({ includeUnparsed: true }), isInFront: true },
  'text in front': { parser: leavesText, isInFront: true },
  'text hidden in front': { parser: hides, isInFront: true, isHidden: true },
}

/** Takes a call from wherever the host left it, and tells all that it was given. */
const game: Koa.Middleware = async (ctx) => {
  const { body, rawBody } = ctx.request as { body?: unknown; rawBody?: string }
  const { hidden } = ctx.state
  const left = ctx.req.readableEnded ? '' : await textOf(ctx)
  const message = [queryOf(ctx), body, ...[rawBody, hidden, left, body].map(parse)].find(isCall)
  ctx.set('x-saw', digest(JSON.stringify([body, rawBody, hidden, left])))
  ctx.type = 'application/json'
  ctx.body = answers[ctx.path.slice(1)]?.(JSON.stringify(reply(message)))
}

interface Message {
  id: unknown
  method: string
  params: unknown
}
const isCall = (value: unknown): value is Message => typeof (value as Partial<Message> | undefined)?.method === 'string'

function reply(message: Message | undefined): object {
  const envelope = { jsonrpc: '2.0', id: message?.id ?? null }
  const error = (code: number) => ({ ...envelope, error: { code, message: 'No.', data: null } })
  if (!message) return error(-32600)
  if (message.method === 'view') return { ...envelope, result: 1 }
  const { password, publicKey } = fieldsOf(message.params)
  return password === 'right' ? { ...envelope, result: { session_id: `of ${publicKey}` } } : error(1004)
}

function fieldsOf(params: unknown): { password: unknown; publicKey: unknown } {
  const [first, password, publicKey] = [params].flat()
  if (typeof first !== 'object' || first === null) return { password, publicKey }
  const { password: named, api_key } = first as Record<string, unknown>
  return { password: named, publicKey: api_key }
}

const queryOf = ({ query }: Koa.Context) => ({ ...query, params: parse(query.params) })

function parse(text: unknown): unknown {
  try {
    return typeof text === 'string' && text !== '' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

const protocol = jsonRpc({
  path: '/:answer',
  sessions: Object.fromEntries(
    Object.keys(answers).map((answer) => [`${answer}.login`, { apiKey: { index: 2, name: 'api_key' } }]),
  ),
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id' },
})

/** Two logins, one of them with a wrong password, and then a call of each shape that a session id may have. */
async function play(url: string, { shape, type, answer, name }: Cell): Promise<string> {
  const { login, later } = shapes[shape] as (typeof shapes)[string]
  const calls = [
    ['login', login('right', name)],
    ['login', login('wrong', name)],
    ...later(`of ${name}`).map((params) => ['view', params]),
  ] as [string, unknown][]
  let told = ''
  for (const [method, params] of calls) {
    const message = { jsonrpc: '2.0', id: 1, method, params }
    const query = new URLSearchParams({ method, params: JSON.stringify(params), id: '1' })
    told += await (type === 'GET'
      ? ask(`${url}/${answer}?${query}`)
      : ask(`${url}/${answer}`, JSON.stringify(message), type === 'no type' ? {} : { 'content-type': type }))
  }
  return told
}

function ask(url: string, body?: string, headers = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }, (answer) => {
      const { statusCode, headers } = answer
      buffer(answer).then(
        (bytes) => resolve(`${statusCode} ${headers['content-type']} ${headers['x-saw']} ${bytes}\n`),
        reject,
      )
    })
    sent.on('error', reject).end(body)
  })
}

async function playAll(url: string, some: readonly Cell[]): Promise<string[]> {
  const told: string[] = []
  for (let start = 0; start < some.length; start += 10)
    told.push(...(await Promise.all(some.slice(start, start + 10).map((cell) => play(url, cell)))))
  return told
}

function appOf(KoaClass: typeof Koa, { parser, isInFront }: Host, ours?: Koa.Middleware): Koa {
  const app = new KoaClass()
  for (const middleware of isInFront ? [parser, ours] : [ours, parser]) if (middleware) app.use(middleware)
  app.use(game)
  return app
}

/** Sessions, calls and errors of `login`, and calls of what came later. */
function countsFor({ shape, type }: Cell, { isInFront, isHidden, spoils }: Host): (number | undefined)[] {
  if ((isHidden && type !== 'GET') || (isInFront && spoils === type))
    return [undefined, undefined, undefined, undefined]
  // We could read it; the game could not, and said so.
  if (spoils === type) return [undefined, 2, 2, undefined]
  return [1, 2, 1, shapes[shape]?.later('').length]
}

const sums = { right: 0, total: 0 }
for (const [version, KoaClass] of Object.entries(koas)) {
  for (const [what, host] of Object.entries(hosts)) {
    test(`${version}, ${what}`, async () => {
      const clients = clientele({ store: memory(), protocol, secret, enforce: 'present' })
      // The bytes of an answer are the same, in whatever way the game gives them to Koa.
      const once = cells.filter(({ answer }) => answer === 'string')
      const told = await serve(appOf(KoaClass, host), (url) => playAll(url, once))
      const expected = new Map(once.map(({ name }, index) => [name, told[index]]))
      const actual = await serve(appOf(KoaClass, host, clients.middleware()), (url) => playAll(url, cells))
      const reports = new Map<string, UsageReport>()
      for (const { name } of once) reports.set(name, await clients.usage.read(name))
      const wrong = cells.filter((cell, index) => {
        const { sessionsByMethod, features } = reports.get(cell.name) as UsageReport
        const [login, view] = [features[`${cell.answer}.login`], features[`${cell.answer}.view`]]
        const counts = [sessionsByMethod[`${cell.answer}.login`], login?.calls, login?.errors, view?.calls]
        return actual[index] !== expected.get(cell.name) || String(counts) !== String(countsFor(cell, host))
      })
      sums.total += cells.length
      sums.right += cells.length - wrong.length
      assert.equal(wrong, [])
      // What a parser left nothing of, or mangled.
      const hidden = cells.filter(({ type }) =>
        host.isHidden ? type !== 'GET' : host.isInFront && host.spoils === type,
      )
      assert.is(
        clients.health().unread,
        hidden.reduce((sum, { shape }) => sum + 2 + (shapes[shape]?.later('').length ?? 0), 0),
      )
      await clients.close()
    })
  }
}

test.after(() => {
  agent.destroy()
  console.log(`FIGURE shapes: ${sums.right} of ${sums.total}`)
})

test.run()
