import type { Client, ClientRegistry } from '../keys/client-registry.js'
import type { ExampleCall } from '../protocols/protocol.js'
import type { UsageReader } from '../usage/report.js'
import { type Answer, CHALLENGE, NOT_SIGNED_IN, type PageAnswer, problemAnswer } from './answers.js'
import { type FieldProblem, type Fields, fieldProblem, NO_FIELDS, readClientForm } from './client-form.js'
import { exampleCommand } from './example-command.js'
import type { Links } from './links.js'
import type { Messages } from './messages/en.js'
import { statsCsv, statsJson } from './stats-files.js'
import { type BothPeriods, statsModel } from './stats-model.js'

/** What the console needs of the rest. */
export interface ConsoleParts {
  registry: Pick<ClientRegistry, 'register' | 'find' | 'authenticate'>
  usage: Pick<UsageReader, 'read'>
  /** Signs the cookie, and nothing else does; resolves late when the secret has to be made first. */
  secret(): Promise<string>
  /** A session-creating call with this public key in it; undefined when the protocol offers none. */
  example(publicKey: string): ExampleCall | undefined
  /** What starts every key that this server issues. */
  keyPrefix: string
  /** Fewer distinct players than this are shown as "fewer than". */
  smallestCrowd: number
  /** Told of our own failures; a page never shows them. */
  onError(error: unknown): void
}

/** A request as the pages see it: plain data. */
export interface Visit {
  links: Links
  /** Of the language that the browser prefers. */
  messages: Messages
  /** Of the game's API, as the browser sees it: scheme, host and what is above the mount point. */
  apiBase: string
  fields: Fields
  /** Who is signed in, or whose private key came as a bearer token. Only asked for where a page is about a client. */
  client?: Client
}
export type Page = (visit: Visit) => Answer | Promise<Answer>

/** Every page by name. They ask the registry and the usage reader, write nothing else and know no framework. */
export function createPages(parts: ConsoleParts, title?: string) {
  const { registry, usage, keyPrefix, smallestCrowd } = parts

  function home(status: number, fields: Fields, problems: readonly FieldProblem[]): PageAnswer {
    // The private key is never sent back, right or wrong.
    const { name, url, contact } = fields
    return { status, view: 'home', model: { form: { name, url, contact }, problems, keyPrefix } }
  }

  function signInForm(problems: readonly FieldProblem[]): PageAnswer {
    return { status: 401, view: 'sign-in', model: { problems, keyPrefix }, headers: CHALLENGE }
  }

  function command(visit: Visit, publicKey: string): string | undefined {
    try {
      const call = parts.example(publicKey)
      return call && exampleCommand(visit.apiBase, call)
    } catch (error) {
      // A private key that was just made must still be shown.
      parts.onError(error)
      return undefined
    }
  }

  async function register(visit: Visit): Promise<Answer> {
    const { messages } = visit
    const read = readClientForm(visit.fields, messages)
    if ('problems' in read) return home(422, visit.fields, read.problems)
    const pair = await registry.register(read.details).catch((error: unknown) => {
      const problem = fieldProblem(error)
      if (problem) return { problem }
      throw error
    })
    if ('problem' in pair) return home(422, visit.fields, [pair.problem])
    const { name } = read.details
    const game = title ?? messages.layout.thisServer
    const file = messages.registered.file(name, game, pair.publicKey, pair.privateKey)
    const saved = { href: textLink(file), name: `api-key-${slug(name)}.txt` }
    const model = { name, ...pair, command: command(visit, pair.publicKey), saved }
    // A new private key is always the first of its client.
    return { status: 201, view: 'registered', model, signIn: { publicKey: pair.publicKey, generation: 1 } }
  }

  async function signIn(visit: Visit): Promise<Answer> {
    const privateKey = visit.fields.private_key.trim()
    const client = privateKey === '' ? undefined : await registry.authenticate(privateKey)
    if (client) return { status: 303, location: visit.links.stats, signIn: client }
    const { privateKeyMissing, privateKeyWrong } = visit.messages.forms
    const message = privateKey === '' ? privateKeyMissing : privateKeyWrong
    return signInForm([{ field: 'private_key', message }])
  }

  async function read({ publicKey }: Client): Promise<BothPeriods> {
    const [past30Days, allTime] = await Promise.all([usage.read(publicKey), usage.read(publicKey, 'all')])
    return { past30Days, allTime }
  }

  async function stats(visit: Visit): Promise<Answer> {
    const { client, messages } = visit
    if (!client) return { ...signInForm([]), signOut: true }
    const numbers = statsModel(await read(client), smallestCrowd, messages)
    const retired = client.retiredAtMs === undefined ? undefined : messages.format.day(client.retiredAtMs)
    const model = { name: client.name, publicKey: client.publicKey, retired }
    if (numbers) return { status: 200, view: 'stats', model: { ...model, numbers } }
    return { status: 200, view: 'no-numbers', model: { ...model, command: command(visit, client.publicKey) } }
  }

  return {
    home: () => home(200, NO_FIELDS, []),
    register,
    signIn,
    signOut: (visit: Visit): Answer => ({ status: 303, location: visit.links.home, signOut: true }),
    stats,
    faq: (): Answer => ({ status: 200, view: 'faq', model: { keyPrefix } }),

    async statsJson({ client }: Visit): Promise<Answer> {
      if (!client) return problemAnswer(NOT_SIGNED_IN, 'json')
      return {
        status: 200,
        contentType: 'application/json',
        text: statsJson(client, await read(client), smallestCrowd),
      }
    },

    async statsCsv({ client }: Visit): Promise<Answer> {
      if (!client) return problemAnswer(NOT_SIGNED_IN, 'csv')
      const headers = { 'Content-Disposition': `attachment; filename="stats-${slug(client.name)}.csv"` }
      const text = statsCsv(await read(client), smallestCrowd)
      return { status: 200, contentType: 'text/csv; charset=utf-8; header=present', text, headers }
    },
  }
}

/** A link that saves a text: no script, no second request, and the private key leaves the browser no second time. */
function textLink(text: string): string {
  return `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`
}

/** A client's name as a file's. */
function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-zA-Z0-9]+/g, '-')
  return plain.replace(/^-+|-+$/g, '').toLowerCase() || 'client'
}
