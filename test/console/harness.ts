import http from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import Koa2 from 'koa2'
import { memory } from '../../adapters/memory.js'
import type { OperatorParts } from '../../src/console/web/console-parts.js'
import { type Clientele, type ClienteleError, type ConsoleOptions, clientele, lacuna } from '../../src/index.js'

export const koas = { 'Koa 3': Koa, 'Koa 2': Koa2 }

export interface Answer {
  status: number
  headers: Readonly<Record<string, string | undefined>>
  cookies: string[]
  text: string
}

export interface Ask {
  method?: string
  headers?: Record<string, string>
  form?: Record<string, string>
  body?: string | Buffer
}

/** One request as it is: the path is sent unresolved, nothing is followed, no header is added but Host. */
export function ask(origin: string, path: string, { method, headers, form, body }: Ask = {}): Promise<Answer> {
  const { hostname, port } = new URL(origin)
  const sent = form ? new URLSearchParams(form).toString() : body
  const type = form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path, method: method ?? (sent === undefined ? 'GET' : 'POST'), agent: false }
    const request = http.request({ ...options, headers: { ...type, ...headers } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const cookies = response.headers['set-cookie'] ?? []
        resolve({ status: response.statusCode ?? 0, headers: response.headers as Answer['headers'], cookies, text })
      })
    })
    request.on('error', reject)
    request.end(sent)
  })
}

/** A browser as far as cookies and addresses go: RFC 6265 default paths, relative links, one redirect at a time. */
export class Browser {
  readonly #cookies = new Map<string, { value: string; path: string }>()
  url: URL

  constructor(url: string) {
    this.url = new URL(url)
  }

  async go(to: string, how: Ask = {}): Promise<Answer> {
    this.url = new URL(to, this.url)
    const { origin, pathname, search } = this.url
    const cookie = this.cookieFor(pathname)
    const answer = await ask(origin, pathname + search, {
      ...how,
      headers: { ...how.headers, ...(cookie && { cookie }) },
    })
    for (const line of answer.cookies) this.#keep(line, pathname)
    return answer
  }

  /** Sends a form from the page that the browser is at, as a browser does. */
  async submit(to: string, form: Record<string, string>): Promise<Answer> {
    const answer = await this.go(to, { form, headers: { origin: this.url.origin, referer: this.url.href } })
    return answer.status === 303 ? this.go(answer.headers.location ?? '') : answer
  }

  cookieFor(pathname: string): string {
    const fits = ({ path }: { path: string }) =>
      pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
    return [...this.#cookies].flatMap(([name, cookie]) => (fits(cookie) ? [`${name}=${cookie.value}`] : [])).join('; ')
  }

  #keep(line: string, pathname: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    const path = /; path=([^;]*)/i.exec(line)?.[1] ?? (pathname.slice(0, pathname.lastIndexOf('/')) || '/')
    if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) this.#cookies.delete(name)
    else this.#cookies.set(name, { value, path })
  }
}

export interface Site {
  origin: string
  clients: Clientele
  /** What our own failures were reported as. */
  errors: ClienteleError[]
  store: { isDown: boolean }
}

export interface SiteOptions {
  options?: ConsoleOptions
  KoaClass?: typeof Koa
  smallestCrowd?: number
  /** Mounts the console; the game answers "game" to whatever comes through. */
  mount?: (app: Koa, clients: Clientele, options?: ConsoleOptions) => void
}

const opened: { clients: Clientele; server: http.Server }[] = []

/** A game server with the console, on a store of its own in memory that can be taken away. */
export async function openSite({ options, KoaClass = Koa, mount, smallestCrowd = 1 }: SiteOptions = {}): Promise<Site> {
  const store = { isDown: false }
  const errors: ClienteleError[] = []
  const clients = clientele({
    store: breakable(store),
    protocol: lacuna(),
    secret: 'a secret of more than thirty-two characters',
    smallestCrowd,
    flushIntervalMs: 10,
    storeTimeoutMs: 500,
    onError: (error) => errors.push(error),
  })
  const app = new KoaClass()
  app.silent = true
  if (mount) mount(app, clients, options)
  else app.use(clients.console(options))
  app.use((ctx) => {
    ctx.body = 'game'
  })
  const server = await listen(app.callback())
  opened.push({ clients, server })
  await clients.ready()
  return { origin: originOf(server), clients, errors, store }
}

/** A proxy in front that strips `/play` and leaves the rest of the path. */
export async function openProxy(target: string, headers: Record<string, string> = {}): Promise<string> {
  const { hostname, port } = new URL(target)
  const server = await listen((request, response) => {
    const path = (request.url ?? '').replace(/^\/play/, '')
    const onward = { hostname, port, path, method: request.method, headers: { ...request.headers, ...headers } }
    request.pipe(
      http.request(onward, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      }),
    )
  })
  opened.push({ clients: { close: async () => {} } as Clientele, server })
  return originOf(server)
}

export async function closeAll(): Promise<void> {
  for (const { clients, server } of opened.splice(0)) {
    server.closeAllConnections()
    server.close()
    await clients.close()
  }
}

/** For a console without the operator's pages. */
export const noOperator = {} as OperatorParts

/** The private and the public key on the page that shows them. */
export function keysOn(page: string): { publicKey: string; privateKey: string } {
  const publicKey = /id="public"[^>]* value="([^"]+)"/.exec(page)?.[1] ?? ''
  const privateKey = /id="private"[^>]* value="([^"]+)"/.exec(page)?.[1] ?? ''
  return { publicKey, privateKey }
}

/** The text of a page, as far as a person reads it. */
export function words(page: string): string {
  return page
    .replace(/<(wbr|\/?b|\/?strong|\/?bdi|\/?code)>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\u00a0]+/g, ' ')
}

function breakable(state: { isDown: boolean }) {
  const keyv = memory()
  const methods = new Set(['get', 'getMany', 'set', 'setMany', 'delete'])
  return new Proxy(keyv, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown
      if (typeof value !== 'function') return value
      if (!methods.has(String(name))) return value.bind(target)
      return async (...values: unknown[]) => {
        if (state.isDown) throw new Error('ECONNREFUSED secret-host-of-the-store:6379')
        return Reflect.apply(value, target, values) as unknown
      }
    },
  })
}

async function listen(handler: http.RequestListener): Promise<http.Server> {
  const server = http.createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function originOf(server: http.Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
