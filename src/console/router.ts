import Router from '@koa/router'
import { handOverBody } from '../http/request-body.js'
import type { ClientDetails } from '../keys/client-details.js'
import { OperatorCheck } from './access/operator-check.js'
import { RateLimits, TooMany } from './access/rate-limits.js'
import { isSameOrigin, securityHeaders } from './access/security.js'
import { SignIns } from './access/sign-ins.js'
import { NO_FIELDS } from './client/client-form.js'
import { type ConsoleParts, createPages, type Page, type PageContext } from './client/home.js'
import { createSettingsPages } from './client/settings.js'
import { type ConsoleOptions, checkConsoleOptions } from './console-options.js'
import { en } from './messages/en/en.js'
import { messagesFor } from './messages/languages.js'
import { createOperatorPages } from './operator/pages.js'
import { assetPages } from './web/assets.js'
import { apiBaseOf, browserPathOf, type ConsoleContext, type ConsoleMiddleware, exchangeOf } from './web/context.js'
import { cookiePath, depthOf, depthOfUnknown, linksFrom } from './web/links.js'
import { readForm } from './web/request-form.js'
import {
  changedAtOnce,
  notFound,
  otherSite,
  outage,
  type PageAnswer,
  type PageResponse,
  type Purpose,
  problemAnswer,
  type ResponseForm,
  tooMany,
  unreadForm,
  wrongMethod,
} from './web/responses.js'
import { openTemplates } from './web/templates.js'

export type { ConsoleContext, ConsoleMiddleware, ConsoleOptions, ConsoleParts }

interface Route {
  path: string
  method: 'GET' | 'POST'
  page: Page
  /** What a person wanted here, for the words of an outage. */
  purpose?: Purpose
  /** How failures are answered. */
  form?: ResponseForm
  /** Whether the page is about the client that is signed in. */
  isPersonal?: true
  /** For anybody else there is no such page. */
  isOperators?: true
}

/** Where the browser is, and in which language it is answered. */
type Place = Pick<PageContext, 'links' | 'messages'>

/** For whom a page is, as far as its links go. */
interface Visitor {
  signedIn: boolean
  isOperator: boolean
}

/**
 * The web console: everything under its prefix, and nothing beside it. Works at the root, in a router, below a mount point
 * and behind a proxy that strips or adds a path, because its links are relative.
 *
 * @throws ClienteleError `option_invalid` or `option_unknown`
 */
export function createConsole(parts: ConsoleParts, options: ConsoleOptions = {}): ConsoleMiddleware {
  const { prefix, accent, operator, onRegister, mail, templates, ...look } = checkConsoleOptions(options)
  const limits = new RateLimits()
  const pages = createPages(parts, limits, { title: look.title, mail })
  const settings = createSettingsPages(parts, look.title)
  const { render, readAsset } = openTemplates(templates)
  const assets = assetPages(readAsset, accent)
  const signIns = new SignIns(parts, limits)
  const operators = new OperatorCheck(operator, parts.onError)
  const headers = Object.entries(securityHeaders(look.logoUrl))
  const routes: Route[] = [
    { method: 'GET', path: '/', page: pages.home },
    { method: 'POST', path: '/register', page: pages.register, purpose: 'register' },
    { method: 'POST', path: '/sign-in', page: pages.signIn, purpose: 'sign-in' },
    { method: 'POST', path: '/sign-out', page: pages.signOut },
    { method: 'GET', path: '/stats', page: pages.stats, isPersonal: true },
    { method: 'GET', path: '/stats.json', page: pages.statsJson, isPersonal: true, form: 'json' },
    { method: 'GET', path: '/stats.csv', page: pages.statsCsv, isPersonal: true, form: 'csv' },
    { method: 'GET', path: '/settings', page: settings.show, isPersonal: true, purpose: 'settings' },
    { method: 'POST', path: '/settings', page: settings.change, isPersonal: true, purpose: 'settings' },
    { method: 'GET', path: '/faq', page: pages.faq },
    { method: 'GET', path: '/console.css', page: assets.css },
    { method: 'GET', path: '/console.js', page: assets.js },
    ...(operator ? operatorRoutes(createOperatorPages(parts, look.title)) : []),
  ]

  async function visitOf(ctx: ConsoleContext, route: Route, place: Place): Promise<PageContext | PageResponse> {
    const query = new URLSearchParams(ctx.querystring)
    const context: PageContext = {
      ...{ ...place, apiBase: apiBaseOf(ctx), fields: NO_FIELDS, query, address: ctx.ip },
      approve: async () => true,
    }
    if (route.method === 'POST') {
      if (!isSameOrigin(ctx.headers, ctx.host)) return problemAnswer(otherSite(place.messages))
      const form = await readForm(ctx)
      if ('unread' in form) {
        if (form.unread === 'consumed') parts.onError(new Error(CONSUMED))
        return problemAnswer(unreadForm(form.unread, place.messages))
      }
      context.fields = form.fields
      if (onRegister) context.approve = (details) => askHost(onRegister, details, ctx, form.all)
    }
    const client = route.isPersonal && (await signIns.client(exchangeOf(ctx), context.address))
    return client ? { ...context, client } : context
  }

  async function answerTo(ctx: ConsoleContext, route: Route, place: Place, methods: string[]): Promise<PageResponse> {
    try {
      if (route.isOperators && !(await operators.isOperator(ctx))) return problemAnswer(notFound(place.messages))
      if (!methods.includes(ctx.method)) return problemAnswer(wrongMethod(methods, place.messages))
      const context = await visitOf(ctx, route, place)
      return 'status' in context ? context : await route.page(context)
    } catch (error) {
      // What programs read is English.
      const messages = route.form === undefined ? place.messages : en
      if (error instanceof TooMany) return problemAnswer(tooMany(error, messages), route.form)
      const changed = changedAtOnce(error, messages)
      if (changed) return problemAnswer(changed, route.form)
      parts.onError(error)
      return problemAnswer(outage(route.purpose ?? 'stats', messages), route.form)
    }
  }

  async function isSignedIn(ctx: ConsoleContext, answer: PageResponse, path: string): Promise<boolean> {
    const exchange = exchangeOf(ctx)
    if (answer.signOut) signIns.clear(exchange, path)
    else if (answer.signIn) await signIns.write(exchange, answer.signIn, path)
    else return 'view' in answer && signIns.peek(exchange)
    return answer.signIn !== undefined
  }

  function pageText(ctx: ConsoleContext, { view, model }: PageAnswer, place: Place, visitor: Visitor): string {
    const { messages } = place
    ctx.vary('Accept-Language')
    ctx.set('Content-Language', messages.language)
    const title = look.title ?? messages.layout.thisServer
    try {
      return render(view, { ...look, title, ...place, ...visitor, ...model })
    } catch (error) {
      // A template that broke would break the page that says so too.
      parts.onError(error)
      ctx.status = 500
      ctx.set('Content-Type', 'text/plain; charset=utf-8')
      return messages.problems.pageBroken
    }
  }

  async function serve(
    ctx: ConsoleContext,
    depth: number,
    decide: (place: Place) => PageResponse | Promise<PageResponse>,
  ) {
    const browserPath = browserPathOf(ctx)
    const messages = messagesFor(ctx.acceptsLanguages())
    const place = { links: linksFrom(browserPath, depth), messages }
    let answer = await decide(place)
    const signedIn = await isSignedIn(ctx, answer, cookiePath(browserPath, depth)).catch((error: unknown) => {
      parts.onError(error)
      // Who has just registered must see the private key all the same; who signs in finds out here, not on the next page.
      if ('location' in answer) answer = problemAnswer(outage('sign-in', messages))
      return false
    })
    const isOperator = 'view' in answer && (await operators.peek(ctx))
    for (const [name, value] of [...headers, ...Object.entries(answer.headers ?? {})]) ctx.set(name, value)
    ctx.status = answer.status
    if ('location' in answer) ctx.set('Location', answer.location)
    ctx.set('Content-Type', 'contentType' in answer ? answer.contentType : 'text/html; charset=utf-8')
    if ('view' in answer) ctx.body = pageText(ctx, answer, place, { signedIn, isOperator })
    else if ('text' in answer) ctx.body = answer.text
    if (answer.headers?.ETag !== undefined && ctx.fresh) ctx.status = 304
  }

  const router = new Router({ prefix })
  for (const path of new Set(routes.map((route) => route.path))) {
    const [first, second] = routes.filter((route) => route.path === path) as [Route, Route?]
    const methods = [first.method === 'GET' ? ['GET', 'HEAD'] : 'POST', second?.method ?? []].flat()
    router.all(path, (ctx) => {
      const route = ctx.method === second?.method ? second : first
      return serve(ctx, depthOf(path, browserPathOf(ctx)), (place) => answerTo(ctx, route, place, methods))
    })
  }
  // Not `allowedMethods`, which does not travel with a nested router: the console answers for all of its prefix.
  router.all('{/*rest}', (ctx) => {
    // The last capture, undecoded: `%2F` is no slash to a browser that resolves a link.
    return serve(ctx, depthOfUnknown(ctx.captures?.at(-1) ?? ''), ({ messages }) => {
      return problemAnswer(notFound(messages))
    })
  })
  return besides(prefix, router)
}

function operatorRoutes(pages: ReturnType<typeof createOperatorPages>): Route[] {
  const routes: Route[] = [
    { method: 'GET', path: '/operator', page: pages.overview },
    { method: 'GET', path: '/operator/clients.csv', page: pages.csv, form: 'csv' },
    { method: 'GET', path: '/operator/client', page: pages.client },
    { method: 'GET', path: '/operator/features', page: pages.features },
    { method: 'GET', path: '/operator/store', page: pages.store },
    { method: 'POST', path: '/operator/adopt', page: pages.adopt },
    { method: 'POST', path: '/operator/rotate', page: pages.rotate },
    { method: 'POST', path: '/operator/retire', page: pages.retire },
    { method: 'POST', path: '/operator/restore', page: pages.restore },
    { method: 'POST', path: '/operator/official', page: pages.official },
  ]
  return routes.map((route) => ({ ...route, purpose: 'operator', isOperators: true }))
}

/** What the host says of a registration. Anything but its two answers is a slip in its code, which must admit nobody. */
async function askHost(
  onRegister: NonNullable<ConsoleOptions['onRegister']>,
  details: ClientDetails,
  ctx: ConsoleContext,
  form: unknown,
): Promise<true | string> {
  handOverBody(ctx, form)
  const verdict: unknown = await onRegister(details, ctx)
  if (verdict === true || typeof verdict === 'string') return verdict
  throw new Error('The option onRegister of console() must answer true, or a text that says why not.')
}

const CONSUMED =
  'A middleware before the console read the form and left no ctx.request.body: mount the console before it, or use a body parser that keeps what it read.'

/** Passes what is beside the prefix at the cost of one test. The router stays visible, so that another can nest it. */
function besides(prefix: string, router: Router): ConsoleMiddleware {
  const isOurs = new RegExp(`^${prefix.replaceAll('.', '\\.')}(?:/|$)`, 'i')
  const dispatch = router.routes()
  // Koa made it, so it is whole; ConsoleContext names only what we use.
  type RouterContext = Parameters<typeof dispatch>[0]
  const middleware: ConsoleMiddleware = (ctx, next) =>
    isOurs.test(ctx.path) ? dispatch(ctx as RouterContext, next) : next()
  return Object.assign(middleware, { router })
}
