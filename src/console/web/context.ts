import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { BodySource } from '../../http/request-body.js'
import { mountOf } from './links.js'

/** What the console uses of a context of Koa 2 or 3. */
export interface ConsoleContext extends BodySource {
  /** Node's answer, for the cookies. */
  readonly res: ServerResponse
  /** Of the request, by lower-case name. */
  readonly headers: IncomingHttpHeaders
  /** Upper case: `GET`. */
  readonly method: string
  /** Below any mount point, without the query. */
  readonly path: string
  /** Without the question mark. */
  readonly querystring: string
  /** As it came to this process, above any mount point. */
  readonly originalUrl: string
  /** `http` or `https`; behind a proxy right only with `app.proxy`. */
  readonly protocol: string
  /** With the port. */
  readonly host: string
  /** Whether the browser's copy is still good. */
  readonly fresh: boolean
  /** Whose limits a registration counts for; never stored. Behind a proxy right only with `app.proxy`. */
  readonly ip: string
  /** Whatever the host's middlewares left there. */
  // biome-ignore lint/suspicious/noExplicitAny: as in Koa's own type
  readonly state: Record<string, any>
  /** Of the answer. */
  status: number
  /** Of the answer. */
  body: unknown
  /** Sets a header of the answer. */
  set(field: string, value: string): unknown
  /** Adds to the header `Vary`. */
  vary(field: string): unknown
  /** What the browser accepts, the dearest first. */
  acceptsLanguages(): string[]
}

/** Koa middleware, of Koa 2 and of Koa 3, that answers what is below its prefix and passes on everything else. */
export type ConsoleMiddleware = (ctx: ConsoleContext, next: () => Promise<unknown>) => unknown

/** The path as it came to this process, above any mount point. */
export function browserPathOf(ctx: ConsoleContext): string {
  return ctx.originalUrl.split('?', 1)[0] ?? ''
}

/** Whether the browser speaks TLS, to us or to a proxy in front. */
export function isSecure(ctx: ConsoleContext): boolean {
  return ctx.protocol === 'https' || formOrigin(ctx)?.startsWith('https://') === true
}

/** Where the game's API is for a program on the other side of the network: scheme, host, and what is above the mount point. */
export function apiBaseOf(ctx: ConsoleContext): string {
  const origin = formOrigin(ctx) ?? `${ctx.protocol}://${ctx.host || 'localhost'}`
  return origin + mountOf(browserPathOf(ctx), ctx.path)
}

// With a form the browser says what it sees, so that TLS that ends at a proxy is known without `app.proxy`.
function formOrigin(ctx: ConsoleContext): string | undefined {
  const { origin } = ctx.headers
  return ctx.method === 'POST' && origin !== undefined && /^https?:\/\/./.test(origin) ? origin : undefined
}
