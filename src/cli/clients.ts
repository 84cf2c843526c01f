import type { Clientele } from '../clientele.js'
import type { ClientDetails } from '../keys/client-details.js'
import type { Client } from '../keys/client-registry.js'
import { anonymous, keyPrefixOf } from '../keys/key-format.js'
import { noClient, other, refused, unread } from '../row-names.js'
import { reportShown } from '../usage/disclosure/shown-report.js'
import { readShown } from '../usage/disclosure/suppression.js'
import type { ClientSummary } from '../usage/report.js'
import { Failure, table, UsageError, write, writeJson } from './output.js'
import { type StoreOptions, withClients } from './session.js'
import { sayShown } from './show-report.js'

type DetailOptions = StoreOptions & ClientDetails & { keyPrefix?: string }

const once =
  'The private key is shown this once, because the store keeps only a hash of it. Hand it over, and keep no copy.'

export async function list(options: StoreOptions): Promise<void> {
  const rows = await withClients(options, async ({ registry, usage }) => {
    const counted = new Map((await usage.overview()).map((summary) => [summary.publicKey, summary]))
    const registered: Client[] = []
    for await (const client of registry.list()) registered.push(client)
    registered.sort((one, another) => one.registeredAtMs - another.registeredAtMs)
    const rows = registered.map((client) => rowOf(client.publicKey, counted.get(client.publicKey), client))
    const known = new Set(registered.map(({ publicKey }) => publicKey))
    for (const summary of counted.values()) {
      if (!known.has(summary.publicKey)) rows.push(rowOf(summary.publicKey, summary))
    }
    return rows
  })
  if (options.json) return writeJson(rows)
  if (rows.length === 0) return write('No client is registered, and none was counted in the past 30 days.')
  const cells = rows.map((row) => [row.publicKey, row.name ?? '', row.state, row.sessions, row.calls, row.errors])
  write(table(['PUBLIC KEY', 'NAME', 'STATE', 'SESSIONS', 'CALLS', 'ERRORS'], cells))
}

function rowOf(publicKey: string, summary?: ClientSummary, client?: Client) {
  const { sessions = 0, calls = 0, errors = 0 } = summary ?? {}
  return { publicKey, ...aboutOf(publicKey, client), sessions, calls, errors }
}

/** Rows of no one client: whoever sent no public key, the word that everyone may send, or what nobody could read. */
const shared = new Set([anonymous, noClient, other, refused, unread])

function aboutOf(publicKey: string, client: Client | undefined) {
  if (!client) return { name: undefined, state: shared.has(publicKey) ? 'shared' : 'unregistered' }
  const { name, url, contact, official = false, registeredAtMs, retiredAtMs, retiredBy } = client
  return {
    name,
    state: retiredAtMs === undefined ? 'registered' : 'retired',
    official,
    ...(url === undefined ? {} : { url }),
    ...(contact === undefined ? {} : { contact }),
    registeredAt: new Date(registeredAtMs).toISOString(),
    ...(retiredAtMs === undefined ? {} : { retiredAt: new Date(retiredAtMs).toISOString(), retiredBy }),
  }
}

export async function show(publicKey: string, options: StoreOptions & { smallestCrowd: number }): Promise<void> {
  checkPublic(publicKey)
  const { client, shown } = await withClients(options, async ({ registry, usage }) => ({
    client: await registry.find(publicKey),
    shown: await readShown(usage, publicKey, options.smallestCrowd),
  }))
  if (!client && shown.days.length === 0 && shown.months.length === 0) {
    throw new Failure(`${publicKey} is not registered, and nothing was ever counted for it.`)
  }
  const about = { publicKey, ...aboutOf(publicKey, client) }
  if (options.json) {
    const past30Days = reportShown(shown, 'recent')
    const previous30Days = reportShown(shown, 'before')
    return writeJson({ ...about, past30Days, previous30Days, allTime: reportShown(shown, 'all') })
  }
  const lines = Object.entries(about).filter(([, value]) => value !== false && value !== undefined)
  write(lines.map(([name, value]) => `${name.padEnd(14)}${value}`).join('\n'))
  write(sayShown(shown, options.smallestCrowd))
}

export async function register(options: DetailOptions): Promise<void> {
  const pair = await withClients(
    { ...options, keyPrefix: await keyPrefixFor(options), mayCreate: true },
    ({ registry }) => registry.register(detailsOf(options)),
  )
  tell(options, `Registered "${options.name.trim()}".`, pair)
}

export async function adopt(publicKey: string, options: DetailOptions): Promise<void> {
  checkPublic(publicKey)
  const keyPrefix = await keyPrefixFor(options)
  const { privateKey } = await withClients({ ...options, keyPrefix }, ({ registry }) =>
    registry.adopt(publicKey, detailsOf(options)),
  )
  tell(options, `${publicKey} belongs to "${options.name.trim()}" now, with all that was counted for it.`, {
    publicKey,
    privateKey,
  })
}

export async function rotate(publicKey: string, options: StoreOptions & { keyPrefix?: string }): Promise<void> {
  checkPublic(publicKey)
  const keyPrefix = await keyPrefixFor(options, publicKey)
  const { privateKey } = await withClients({ ...options, keyPrefix }, ({ registry }) => registry.rotate(publicKey))
  tell(options, `${publicKey} has a new private key; the old one is dead.`, { publicKey, privateKey })
}

export async function retire(publicKey: string, options: StoreOptions): Promise<void> {
  checkPublic(publicKey)
  await withClients(options, ({ registry }) => registry.retire(publicKey))
  if (options.json) writeJson({ publicKey, state: 'retired' })
  else write(`${publicKey} is retired: servers refuse it within ten seconds. Its numbers stay.`)
}

export async function restore(publicKey: string, options: StoreOptions): Promise<void> {
  checkPublic(publicKey)
  await withClients(options, ({ registry }) => registry.restore(publicKey))
  if (options.json) writeJson({ publicKey, state: 'registered' })
  else write(`${publicKey} is restored: servers take it again within ten seconds.`)
}

function tell(options: StoreOptions, sentence: string, pair: { publicKey: string; privateKey: string }): void {
  if (options.json) writeJson(pair)
  else write(`${sentence}\n\n  public key   ${pair.publicKey}\n  private key  ${pair.privateKey}\n\n${once}`)
}

function detailsOf({ name, url, contact, official }: DetailOptions): ClientDetails {
  return {
    name,
    ...(url === undefined ? {} : { url }),
    ...(contact === undefined ? {} : { contact }),
    ...(official === undefined ? {} : { official }),
  }
}

// A private key on a command line must not come back in a message, or be looked for in the store.
function checkPublic(publicKey: string): void {
  if (/_prv_/i.test(publicKey)) throw new UsageError('This is a private key; the command takes the public key.')
}

/** Keys must begin as the server's do: given, or seen from the client itself or from any that the server issued. */
async function keyPrefixFor(options: StoreOptions & { keyPrefix?: string }, publicKey = ''): Promise<string> {
  const seen = options.keyPrefix ?? keyPrefixOf(publicKey)
  if (seen !== undefined) return seen
  const issued = await withClients({ ...options, mayCreate: true }, firstPrefix)
  return issued ?? 'ck'
}

async function firstPrefix({ registry }: Clientele): Promise<string | undefined> {
  for await (const { publicKey } of registry.list()) {
    const prefix = keyPrefixOf(publicKey)
    if (prefix !== undefined) return prefix
  }
  return undefined
}
