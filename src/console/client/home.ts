import type { ClientDetails } from '../../keys/client-details.js'
import type { Client } from '../../keys/client-registry.js'
import { hashPrivateKey } from '../../keys/key-format.js'
import type { StoredClients } from '../../keys/stored-clients.js'
import type { ExampleCall } from '../../protocols/protocol.js'
import { readShown, type ShownUsage } from '../../usage/disclosure/suppression.js'
import type { UsageReader } from '../../usage/report.js'
import type { RateLimits } from '../access/rate-limits.js'
import type { ConsoleSettings } from '../console-options.js'
import type { Messages } from '../messages/en/en.js'
import type { OperatorParts } from '../operator/numbers.js'
import { chartModel } from '../stats/chart-model.js'
import { statsCsv, statsJson } from '../stats/files.js'
import { statsModel } from '../stats/model.js'
import { rangeNamed } from '../stats/time-series.js'
import type { Links } from '../web/links.js'
import { NOT_SIGNED_IN, type PageAnswer, type PageResponse, problemAnswer, signInPage } from '../web/responses.js'
import { savedFile, slug } from '../web/saved-file.js'
import { type FieldProblem, type Fields, fieldProblem, NO_FIELDS, readClientForm, typedDetails } from './client-form.js'
import { exampleCommand } from './example-command.js'
import { isMailAddress, sendPair } from './mail.js'

/** What the console needs of the rest. */
export interface ConsoleParts {
  registry: Pick<
    StoredClients,
    'register' | 'findWithHash' | 'authenticate' | 'rotate' | 'retire' | 'restore' | 'update' | 'remove'
  >
  usage: Pick<UsageReader, 'read' | 'readMany'>
  /** Signs the cookie, and nothing else does; resolves late when the secret has to be made first. */
  secret(): Promise<string>
  /** A session-creating call with this public key in it; undefined when the protocol offers none. */
  example(publicKey: string): ExampleCall | undefined
  /** What starts every key that this server issues. */
  keyPrefix: string
  /** What only the operator's pages read. */
  operator: OperatorParts
  /** Numbers that fewer players share are withheld. */
  smallestCrowd: number
  /** Told of our own failures; a page never shows them. */
  onError(error: unknown): void
}

/** A request as the pages see it: plain data. */
export interface PageContext {
  links: Links
  /** Of the language that the browser prefers. */
  messages: Messages
  /** Of the game's API, as the browser sees it: scheme, host and what is above the mount point. */
  apiBase: string
  fields: Fields
  /** Of the address. */
  query: URLSearchParams
  /** Of whoever asks; for the limits, and nothing else. */
  address: string
  /** What the host says of a registration: a text refuses it. */
  approve(details: ClientDetails): Promise<true | string>
  /** Who is signed in, or whose private key came as a bearer token. Only asked for where a page is about a client. */
  client?: Client
}
export type Page = (context: PageContext) => PageResponse | Promise<PageResponse>
export type PageSettings = Pick<ConsoleSettings, 'title' | 'mail'>

/** Every page by name. They ask the registry and the usage reader, write nothing else and know no framework. */
export function createPages(parts: ConsoleParts, limits: RateLimits, { title, mail }: PageSettings) {
  const { registry, usage, keyPrefix, smallestCrowd } = parts

  function home(status: number, fields: Fields, problems: readonly FieldProblem[]): PageAnswer {
    // The private key is never sent back, right or wrong.
    const form = { ...typedDetails(fields), mail: fields.mail }
    return { status, view: 'home', model: { form, problems, keyPrefix, offersMail: mail !== undefined } }
  }

  function command(context: PageContext, publicKey: string): string | undefined {
    try {
      const call = parts.example(publicKey)
      return call && exampleCommand(context.apiBase, call)
    } catch (error) {
      // A private key that was just made must still be shown.
      parts.onError(error)
      return undefined
    }
  }

  async function register(context: PageContext): Promise<PageResponse> {
    const { messages } = context
    const read = readClientForm(context.fields, messages)
    if ('problems' in read) return home(422, context.fields, read.problems)
    const { name, contact = '' } = read.details
    const wantsMail = mail !== undefined && context.fields.mail !== ''
    if (wantsMail && !isMailAddress(contact)) {
      return home(422, context.fields, [{ field: 'contact', message: messages.mail.contactOdd }])
    }
    const inTurn = await limits.registration(context.address)
    const verdict = await context.approve(read.details)
    if (verdict !== true) return home(422, context.fields, [{ message: verdict }])
    const pair = await inTurn(() => registry.register(read.details)).catch((error: unknown) => {
      const problem = fieldProblem(error)
      if (problem) return { problem }
      throw error
    })
    if ('problem' in pair) return home(422, context.fields, [pair.problem])
    const saved = savedFile(messages, title, { name, ...pair })
    const game = title ?? messages.layout.thisServer
    const mailed = wantsMail ? await sendMail(mail, contact, pair, game, messages) : undefined
    const model = { name, ...pair, command: command(context, pair.publicKey), saved, mailed, contact }
    const signIn = { publicKey: pair.publicKey, privateKeyHash: hashPrivateKey(pair.privateKey) }
    return { status: 201, view: 'registered', model, signIn }
  }

  /** Whether it was sent. There is a key pair already, so a transport that fails is told to the person and fails nothing. */
  async function sendMail(...mailing: Parameters<typeof sendPair>): Promise<boolean> {
    try {
      if (!(await limits.mail(mailing[1]))) return false
      await sendPair(...mailing)
      return true
    } catch (error) {
      parts.onError(error)
      return false
    }
  }

  async function signIn(context: PageContext): Promise<PageResponse> {
    const privateKey = context.fields.private_key.trim()
    const authenticate = () => registry.authenticate(privateKey)
    const client = privateKey === '' ? undefined : await limits.privateKey(context.address, authenticate)
    if (client) {
      const signIn = { publicKey: client.publicKey, privateKeyHash: hashPrivateKey(privateKey) }
      return { status: 303, location: context.links.stats, signIn }
    }
    const { privateKeyMissing, privateKeyWrong } = context.messages.forms
    const message = privateKey === '' ? privateKeyMissing : privateKeyWrong
    return signInPage(keyPrefix, [{ field: 'private_key', message }])
  }

  function read({ publicKey }: Client): Promise<ShownUsage> {
    return readShown(usage, publicKey, smallestCrowd)
  }

  async function stats(context: PageContext): Promise<PageResponse> {
    const { client, messages } = context
    if (!client) return { ...signInPage(keyPrefix, []), signOut: true }
    const shown = await read(client)
    const numbers = statsModel(shown, smallestCrowd, messages)
    const retired = client.retiredAtMs === undefined ? undefined : messages.format.day(client.retiredAtMs)
    const model = { name: client.name, publicKey: client.publicKey, retired }
    if (numbers) {
      const chart = chartModel(shown, rangeNamed(context.query.get('range')), messages)
      return { status: 200, view: 'stats', model: { ...model, numbers, chart } }
    }
    return { status: 200, view: 'no-numbers', model: { ...model, command: command(context, client.publicKey) } }
  }

  return {
    home: () => home(200, NO_FIELDS, []),
    register,
    signIn,
    signOut: (context: PageContext): PageResponse => ({ status: 303, location: context.links.home, signOut: true }),
    stats,
    faq: (): PageResponse => ({ status: 200, view: 'faq', model: { keyPrefix } }),

    async statsJson({ client }: PageContext): Promise<PageResponse> {
      if (!client) return problemAnswer(NOT_SIGNED_IN, 'json')
      return {
        status: 200,
        contentType: 'application/json',
        text: statsJson(client, await read(client), smallestCrowd),
      }
    },

    async statsCsv({ client }: PageContext): Promise<PageResponse> {
      if (!client) return problemAnswer(NOT_SIGNED_IN, 'csv')
      const headers = { 'Content-Disposition': `attachment; filename="stats-${slug(client.name)}.csv"` }
      const text = statsCsv(await read(client), smallestCrowd)
      return { status: 200, contentType: 'text/csv; charset=utf-8; header=present', text, headers }
    },
  }
}
