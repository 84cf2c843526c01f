import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { BodySource } from '../middleware/request-body.js'
import { mountOf } from './links.js'
import type { Exchange } from './security.js'

/** What the console uses of a context of Koa 2 or 3. */
export interface ConsoleContext extends BodySource {
  readonly res: ServerResponse
  readonly headers: IncomingHttpHeaders
  readonly method: string
  readonly path: string
  readonly querystring: string
  readonly originalUrl: string
  readonly protocol: string
  readonly host: string
  readonly fresh: boolean
  readonly ip: string
  /** Whatever the host's middlewares left there. */
  // biome-ignore lint/suspicious/noExplicitAny: as in Koa's own type
  readonly state: Record<string, any>
  status: number
  body: unknown
  set(field: string, value: string): unknown
  vary(field: string): unknown
  /** What the browser accepts, the dearest first. */
  acceptsLanguages(): string[]
}
export type ConsoleMiddleware = (ctx: ConsoleContext, next: () => Promise<unknown>) => unknown

/** The path as it came to this process, above any mount point. */
export function browserPathOf(ctx: ConsoleContext): string {
  return ctx.originalUrl.split('?', 1)[0] ?? ''
}

export function exchangeOf(ctx: ConsoleContext): Exchange {
  const isSecure = ctx.protocol === 'https' || originOf(ctx)?.startsWith('https://') === true
  return { req: ctx.req, res: ctx.res, isSecure }
}

/** Where the game's API is for a program on the other side of the network: scheme, host, and what is above the mount point. */
export function apiBaseOf(ctx: ConsoleContext): string {
  const origin = originOf(ctx) ?? `${ctx.protocol}://${ctx.host || 'localhost'}`
  return origin + mountOf(browserPathOf(ctx), ctx.path)
}

// With a form the browser says what it sees, so that TLS that ends at a proxy is known without `app.proxy`.
function originOf(ctx: ConsoleContext): string | undefined {
  const { origin } = ctx.headers
  return ctx.method === 'POST' && origin !== undefined && /^https?:\/\/./.test(origin) ? origin : undefined
}
