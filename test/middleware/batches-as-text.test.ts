// Batches over HTTP with refused logins in between: the game gets the client's own text of the other messages, and the client the
// game's own text of their replies, in the order of its messages.
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import type Koa from 'koa'
import koaBodyParser from 'koa-bodyparser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jsonRpc, lacuna, type Protocol } from '../../src/index.js'
import { numberText } from '../../src/protocols/text/json-pointer.js'
import { koas } from '../console/harness.js'
import { numberTexts, values } from '../protocols/text/json-texts.js'
import type { Game } from './games.js'
import { freshClients, type Host, type KoaName, type Mount, mountsOf, openHost } from './ways-harness.js'

const numRuns = Number(process.env.BATCH_RUNS ?? 25)

const protocol = jsonRpc({
  path: '/rpc',
  sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id' },
})

/** What the game is to answer, and what it was sent, by the number of the request. */
const toAnswer = new Map<string, Buffer>()
const received = new Map<string, { bytes?: Buffer; parsed?: unknown }>()

const handler: Koa.Middleware = async (ctx) => {
  const { body, rawBody } = ctx.request as { body?: unknown; rawBody?: string }
  const cell = ctx.get('x-cell')
  if (body === undefined) received.set(cell, { bytes: await buffer(ctx.req) })
  else received.set(cell, { parsed: body, ...(rawBody === undefined ? {} : { bytes: Buffer.from(rawBody) }) })
  const answer = toAnswer.get(cell) ?? Buffer.alloc(0)
  ctx.type = 'application/json'
  if (answer.length === 0) ctx.status = 204
  else ctx.body = answer
}

const hosts: Record<string, Game> = {
  raw: { path: '/rpc', protocol, handler },
  'koa-bodyparser, which keeps the text': { path: '/rpc', protocol, parser: koaBodyParser(), handler },
}

interface Entry {
  text: string
  /** As it is written; a notification has none. */
  id: string | undefined
  kind: 'refused' | 'login' | 'view'
  /** The game's own text for `result`. */
  result: string
}

const blank = fc.constantFrom('', ' ', '\n', '\t ')
/** Ids of all forms; no two of a batch are equal, not as text either. */
const idForms: ((index: number) => string)[] = [
  (index) => `${index}`,
  (index) => `900719925474099${index}`,
  (index) => `"\\u004${index}"`,
  (index) => `${index}.0`,
  (index) => `1e40${index}`,
  (index) => `"id ${index}"`,
  (index) => `-1${index}.50`,
  (index) => (index === 0 ? '-0' : `-${index}`),
  (index) => (index === 1 ? '""' : `"\\ud83d\\ude0${index}"`),
  (index) => (index === 2 ? 'null' : `"é${index}"`),
]

const parts = fc.record({
  kind: fc.constantFrom<Entry['kind']>('refused', 'refused', 'login', 'view', 'view'),
  form: fc.constantFrom(...idForms),
  isNotification: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
  spaces: fc.tuple(blank, blank, blank, blank),
  // This name the parsers refuse.
  more: values.filter(({ text }) => !text.includes('__proto__')),
  number: numberTexts,
})

const batch = fc.array(parts, { minLength: 2, maxLength: 7 }).map((all) =>
  all.map(({ kind, form, isNotification, spaces, more, number }, index): Entry => {
    const [a, b, c, d] = spaces
    const id = isNotification ? undefined : form(index)
    const params = {
      refused: `["me",${a}"right"]`,
      login: `{"name":"me",${a}"api_key":"anonymous","more":${more.text}}`,
      view: `[${a}"S1", ${number},${more.text}]`,
    }[kind]
    const members = [
      `"jsonrpc"${a}:"2.0"`,
      ...(id === undefined ? [] : [`"id":${b}${id}`]),
      `"method"${c}:"${kind === 'view' ? 'view' : 'login'}"`,
      `${d}"params":${params}`,
      `"x":${more.text}`,
    ]
    const result = kind === 'login' ? `{"session_id"${a}:"of ${index}", "n":${number}}` : `{"n":${number}${b}}`
    return { id, kind, result, text: `{${a}${members.join(`${b},${c}`)}${d}}` }
  }),
)

const isNumber = (id: string) => /^[-\d]/.test(id)

/** How games name the message that they reply to. */
const manners: Record<string, { id(id: string): string; isShuffled?: true }> = {
  'as it was written': { id: (id) => `, "id" : ${id}` },
  shuffled: { id: (id) => `, "id" : ${id}`, isShuffled: true },
  'another type': { id: (id) => `,"id":${isNumber(id) ? `"${numberText(id)}"` : id}`, isShuffled: true },
  'no ids': { id: () => '' },
  'as a parser has it': { id: (id) => `,"id": ${JSON.stringify(JSON.parse(id))}` },
}

const replyTo = (entry: Entry, manner: string) =>
  `{"jsonrpc": "2.0"${manners[manner]?.id(entry.id ?? '')} ,"result": ${entry.result}\n}`
const refusalOf = ({ id }: Entry) =>
  `{"jsonrpc":"2.0","id":${id},"error":{"code":-32001,"message":"You need an API Key.","data":null}}`

let requests = 0
interface Sent {
  status: number
  body: Buffer
  game: { bytes?: Buffer; parsed?: unknown } | undefined
}

async function send(
  host: Host,
  mount: Mount,
  clients: Parameters<Host['send']>[2],
  body: Buffer | string,
  answer: Buffer | string,
): Promise<Sent> {
  const cell = String(++requests)
  toAnswer.set(cell, Buffer.from(answer))
  const headers: [string, string][] = [
    ['X-Cell', cell],
    ['Content-Type', 'application/json'],
  ]
  const { status, body: given } = await host.send(mount, { target: '/rpc', headers, body }, clients)
  const game = received.get(cell)
  received.delete(cell)
  toAnswer.delete(cell)
  return { status, body: given, game }
}

const charsets: ((text: string) => Buffer)[] = [
  Buffer.from,
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  (text) => Buffer.from(text, 'utf16le').swap16(),
]

const cases = fc.record({
  entries: batch,
  manner: fc.constantFrom(...Object.keys(manners)),
  encode: fc.constantFrom(0, 0, 1, 2),
  gap: blank,
  turn: fc.nat(6),
})

async function tryBatches(host: Host, mount: Mount): Promise<void> {
  const { clients, told } = freshClients(host.game, { handOver: mount === 'handing over' })
  let sessions = 0
  const property = fc.asyncProperty(cases, async ({ entries, manner, encode: which, gap, turn }) => {
    // Parsers take UTF-8 only.
    const encode = (host.game.parser === undefined ? charsets[which] : charsets[0]) as (text: string) => Buffer
    const text = `${gap}[${gap}${entries.map((entry) => entry.text).join(`${gap},`)}]${gap}`
    const played = entries.filter(({ kind }) => kind !== 'refused')
    const refused = entries.filter(({ kind }) => kind === 'refused')
    const replies = played.filter(({ id }) => id !== undefined).map((entry) => replyTo(entry, manner))
    if (manners[manner]?.isShuffled) replies.push(...replies.splice(0, turn % (replies.length + 1)))
    const list = `[ ${replies.join('  ,')}]`
    const answer = replies.length === 0 ? Buffer.alloc(0) : encode(list)
    const sent = await send(host, mount, clients, encode(text), answer)

    const isWhole = refused.length === 0
    const onward = isWhole ? text : `[${played.map((entry) => entry.text).join(',')}]`
    if (played.length === 0) assert.is(sent.game, undefined)
    else {
      // As the parser takes it: without what is around it; who hands over gives a value only.
      if (sent.game?.bytes) assert.equal(sent.game.bytes, encode(onward))
      if (sent.game?.parsed !== undefined) assert.equal(sent.game.parsed, JSON.parse(onward))
      assert.ok(sent.game)
    }
    const answered = entries.filter(({ id }) => id !== undefined)
    const joined = answered.map((entry) => (entry.kind === 'refused' ? refusalOf(entry) : replyTo(entry, manner)))
    if (isWhole) assert.equal(sent.body, answer)
    else if (answered.length === 0) assert.equal([sent.status, sent.body.length], [204, 0])
    // Nobody has said in which encoding it would like to have what is ours alone.
    else if (replies.length === 0) assert.is(String(sent.body), `[${joined.join(',')}]`)
    else assert.is(sent.body.toString('latin1'), encode(`[${joined.join(',')}]`).toString('latin1'))
    sessions += played.filter(({ id, kind }) => kind === 'login' && id !== undefined).length
  })
  const details = await fc.check(property, { numRuns })
  assert.not.ok(details.failed, `${mount}: ${fc.defaultReportMessage(details)}`)
  assert.is((await clients.usage.read('anonymous')).sessions, sessions)
  assert.equal(told, [])
  await clients.close()
}

for (const koa of Object.keys(koas) as KoaName[]) {
  for (const [name, game] of Object.entries(hosts)) {
    for (const mount of mountsOf(game)) {
      test(`${koa}, ${name}, ${mount}`, async () => {
        await using host = await openHost(game, koa)
        await tryBatches(host, mount)
      })
    }
  }

  test(`${koa}, a refusal has the id as the client wrote it, alone too`, async () => {
    for (const game of Object.values(hosts)) {
      await using host = await openHost(game, koa)
      for (const mount of mountsOf(game)) {
        const { clients } = freshClients(game, { handOver: mount === 'handing over' })
        for (const id of ['9007199254740993', '"\\u0041"', '1.0', '-0', '1e400', 'null', '""', '"é"', '[1]', 'true']) {
          const message = `{"method":"login" ,"params":[1.0], "id" : ${id} }`
          const alone = await send(host, mount, clients, message, '')
          const refusal = refusalOf({ id } as Entry)
          assert.equal([String(alone.body), alone.game], [refusal, undefined])
          const reply = '{"result":1.00,"id":7}'
          const beside = await send(host, mount, clients, `[{"id":7,"method":"view"},${message}]`, `[${reply}]`)
          assert.is(String(beside.body), `[${reply},${refusal}]`)
        }
        await clients.close()
      }
    }
  })

  test(`${koa}, ids of null and of nothing are ids, and to the original server they are none`, async () => {
    const bodies = ['null', '""'].map((id) => `{"id":${id},"method":"login","params":["me","right"]}`)
    for (const [isOriginal, spoken] of [
      [false, protocol],
      [true, { ...lacuna(), matches: (_: string, path: string) => path === '/empire' } satisfies Protocol],
    ] as const) {
      const game: Game = { path: '/rpc', protocol: spoken, handler, front: isOriginal ? asEmpire : undefined } as Game
      await using host = await openHost(game, koa)
      const { clients } = freshClients(game)
      for (const body of bodies) {
        const { status, body: given } = await send(host, 'first', clients, body, '')
        if (isOriginal) assert.equal([status, String(given)], [204, ''])
        else assert.equal([status, JSON.parse(String(given)).error.code], [200, -32001])
      }
      await clients.close()
    }
  })
}

/** The game of the original has another address. */
const asEmpire: Koa.Middleware = (ctx, next) => {
  ctx.req.url = '/empire'
  return next()
}

test.run()
