import type { AddressInfo } from 'node:net'
import { dirname, resolve } from 'node:path'
import { clientele } from '../clientele.js'
import { type GatewayConfig, inFile, readConfig } from '../gateway/config.js'
import { createGateway } from '../gateway/gateway.js'
import type { KeyvLike } from '../storage/store.js'
import { Failure, reason, say, UsageError, write } from './output.js'
import { addressForms, openStore, parseAddress } from './store-address.js'

interface GatewayOptions {
  upstream: string
  config: string
  host: string
  port: number
  trustProxy?: boolean
  keepAlive: boolean
  maxConnections: number
}

const complainEveryMs = 60_000

export async function gateway(options: GatewayOptions) {
  const { config: file, host, port, trustProxy = false, keepAlive, maxConnections, ...given } = options
  const upstream = upstreamOf(given.upstream)
  if (isOwn(upstream, host, port)) throw new UsageError('--upstream leads to the gateway itself.')
  const config = await readConfig(file)
  await using store = await storeOf(config, file)
  const clients = inFile(file, () => clientele({ ...config.options, store: store.keyv }))
  const complain = complainer()
  try {
    const { server, close } = await createGateway(clients, {
      upstream,
      protocols: config.options.protocol,
      trustProxy,
      keepAlive,
      maxConnections,
      console: config.console,
      onError: complain,
    })
    await new Promise<void>((started, failed) => server.once('error', failed).listen(port, host, started))
    // A connection that could not be taken must not be the last.
    server.on('error', complain)
    const origin = originOf(server.address() as AddressInfo)
    write(`The gateway:  ${origin}
The game:     ${upstream.origin}
The console:  ${origin}${config.console.prefix ?? '/apikey'}
The store:    ${store.label}`)
    await signalled()
    say('Stopping: requests that are running have five seconds.')
    await close()
  } finally {
    await clients.close()
  }
  // `close()` has said what is lost.
  if (clients.health().waiting > 0) throw new Failure('')
}

function upstreamOf(address: string): URL {
  const isRight = /^https?:\/\/[^/?#@\s]+\/?$/i.test(address) && URL.canParse(address)
  if (!isRight)
    throw new UsageError('--upstream is the address of the game server, without a path: http://127.0.0.1:5000')
  return new URL(address)
}

function isOwn({ protocol, port, hostname }: URL, host: string, ownPort: number): boolean {
  const upstreamPort = port === '' ? { 'http:': 80, 'https:': 443 }[protocol] : Number(port)
  return upstreamPort === ownPort && ['localhost', '127.0.0.1', '[::1]', host].includes(hostname)
}

interface UsedStore extends AsyncDisposable {
  keyv: KeyvLike
  label: string
}

async function storeOf({ store, storePrefix: prefix }: GatewayConfig, file: string): Promise<UsedStore> {
  if (typeof store === 'object') {
    const keyv = store as KeyvLike & { disconnect?(): Promise<unknown> }
    return { keyv, label: `of ${file}`, [Symbol.asyncDispose]: async () => void (await keyv.disconnect?.()) }
  }
  const given = store ?? process.env.CLIENTELE_STORE
  if (!given) throw new UsageError(`${file}: the option \`store\` is missing; give it an address: ${addressForms}.`)
  const address = parseAddress(given)
  // From there, wherever the gateway is started.
  if (address.kind === 'sqlite' && store !== undefined) {
    address.target = resolve(dirname(file), address.target)
    address.label = `sqlite:${address.target}`
  }
  return openStore(address, { prefix, mayCreate: true })
}

function originOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** A game that is down for a night must not fill a disk, nor one kind of failure keep another from being told. */
function complainer(): (error: Error & { code?: string }) => void {
  const complainedAtMs = new Map<string, number>()
  return (error) => {
    const { code = error.name } = error
    if (performance.now() - (complainedAtMs.get(code) ?? Number.NEGATIVE_INFINITY) < complainEveryMs) return
    complainedAtMs.set(code, performance.now())
    say(`A request failed: ${reason(error)}. (One such line a minute.)`)
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
