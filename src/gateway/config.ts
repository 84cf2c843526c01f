import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ConsoleOptions, checkConsoleOptions } from '../console/console-options.js'
import { ClienteleError } from '../errors.js'
import { type Check, checkOptions, type Rules, requireOptions } from '../option-checks.js'
import type { ClienteleOptions } from '../options.js'
import { jsonRpc } from '../protocols/json-rpc/json-rpc.js'
import type { JsonRpcOptions } from '../protocols/json-rpc/options.js'
import { lacuna } from '../protocols/lacuna.js'
import type { Protocol } from '../protocols/protocol.js'
import type { RestOptions } from '../protocols/rest/options.js'
import { rest } from '../protocols/rest/rest.js'
import type { KeyvLike } from '../storage/store.js'

/** What a config file says. */
export interface GatewayConfig {
  /** An address, or a Keyv, which only a module can have. */
  store?: string | KeyvLike
  /** The `prefix` of the adapter that the address leads to. */
  storePrefix?: string
  console: ConsoleOptions
  /** Still to be checked by `clientele()`. */
  options: Omit<ClienteleOptions, 'store' | 'protocol'> & { protocol: Protocol[] }
}

const someText: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be text')
const checkedLater: Check = () => undefined

const rules = {
  store: (value) =>
    typeof value === 'object' || someText(value) === undefined
      ? undefined
      : "must be an address: 'sqlite:clients.sqlite'",
  storePrefix: someText,
  console: (value) => {
    checkConsoleOptions(value as ConsoleOptions)
    return undefined
  },
  protocol: checkedLater,
  enforce: checkedLater,
  keyPrefix: checkedLater,
  flushIntervalMs: checkedLater,
  durability: checkedLater,
  sessionTtlMs: checkedLater,
  storeTimeoutMs: checkedLater,
  secret: checkedLater,
  smallestCrowd: checkedLater,
  retention: checkedLater,
  memory: checkedLater,
  bodyLimitBytes: checkedLater,
  strict: checkedLater,
  onError: checkedLater,
  // `handOver` is missing: there is no later parser.
} satisfies Rules & Record<Exclude<keyof ClienteleOptions, 'handOver'>, Check>

const presets = {
  lacuna: (options: object) => {
    checkOptions('lacuna()', options, {})
    return lacuna()
  },
  jsonRpc: (options: JsonRpcOptions) => jsonRpc(options),
  rest: (options: RestOptions) => rest(options),
}

/**
 * Reads JSON, or a module whose default export is of the same shape.
 *
 * @throws ClienteleError `option_invalid`, which names the file
 */
export async function readConfig(file: string): Promise<GatewayConfig> {
  const config = await load(file)
  return inFile(file, () => {
    checkOptions(file, config, rules)
    requireOptions(file, config as object, { protocol: 'say how the game creates sessions: { "lacuna": {} }' })
    const { store, storePrefix, console = {}, protocol, ...options } = config as Record<string, never>
    return {
      store,
      storePrefix,
      console,
      options: { ...(options as object), protocol: [protocol].flat().map(protocolOf) },
    } as GatewayConfig
  })
}

/**
 * The protocols of a config file, or of a module whose default export is a protocol or an array of them.
 *
 * @throws ClienteleError `option_invalid`, which names the file
 */
export async function readProtocols(file: string): Promise<Protocol[]> {
  const loaded = [await load(file)].flat()
  if (loaded.length > 0 && loaded.every(isProtocol)) return loaded
  const { options, store } = await readConfig(file)
  // A module has opened it, and nobody else closes it.
  if (typeof store === 'object') await (store as { disconnect?(): Promise<unknown> }).disconnect?.()
  return options.protocol
}

/** What is wrong with the options of a file is said with the file's name. */
export function inFile<Result>(file: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ClienteleError)) throw error
    throw invalid(error.message.startsWith(file) ? error.message : `${file}: ${error.message}`)
  }
}

function protocolOf(value: unknown): Protocol {
  if (isProtocol(value)) return value
  const where = 'protocol'
  checkOptions(where, value, { lacuna: checkedLater, jsonRpc: checkedLater, rest: checkedLater })
  const [preset, another] = Object.entries(value as object)
  if (!preset || another) throw invalid(`${where}: name one of lacuna, jsonRpc and rest; several are an array.`)
  const [name, options] = preset
  return presets[name as keyof typeof presets](options)
}

function isProtocol(value: unknown): value is Protocol {
  return typeof value === 'object' && value !== null && 'matches' in value
}

async function load(file: string): Promise<unknown> {
  const extension = extname(file)
  try {
    if (extension === '.json') return JSON.parse(await readFile(file, 'utf8'))
    if (['.js', '.mjs', '.cjs'].includes(extension)) return (await import(pathToFileURL(resolve(file)).href)).default
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw invalid(`There is no file ${file}.`)
    // What a parser quotes of the file could be a secret.
    throw invalid(`${file} cannot be read: ${message.replace(/, (\.\.\.)?".*/s, '')}.`)
  }
  throw invalid(`${file}: a config file is JSON (.json) or a module (.js, .mjs).`)
}

function invalid(message: string): ClienteleError {
  return new ClienteleError('option_invalid', message)
}
