import Router from '@koa/router'
import { handOverBody } from '../http/request-body.js'
import type { ClientDetails } from '../keys/client-details.js'
import { isSameOrigin } from './access/csrf.js'
import { OperatorCheck } from './access/operator-check.js'
import { RateLimits, TooMany, tooMany } from './access/rate-limits.js'
import { secureHeaders } from './access/secure-headers.js'
import { SignIns } from './access/sign-in.js'
import { createSignInPages } from './access/sign-in-pages.js'
import { createHomePages } from './client/home.js'
import { createRegistration } from './client/registration.js'
import { createSettingsPages } from './client/settings.js'
import { type ConsoleOptions, checkConsoleOptions } from './console-options.js'
import { en } from './messages/en/en.js'
import { messagesFor } from './messages/languages.js'
import { createOperatorPages } from './operator/pages.js'
import { createStatsPages } from './stats/pages.js'
import { assetPages } from './web/assets.js'
import type { ConsoleParts } from './web/console-parts.js'
import { apiBaseOf, browserPathOf, type ConsoleContext, type ConsoleMiddleware } from './web/context.js'
import { cookiePath, depthOf, depthOfUnknown, linksFrom } from './web/links.js'
import type { Page, PageContext, PageResponse, Viewpoint, ViewResponse } from './web/page.js'
import {
  changedMeanwhile,
  notFound,
  otherSite,
  outage,
  type Purpose,
  problemResponse,
  type ResponseForm,
  unreadForm,
  wrongMethod,
} from './web/problems.js'
import { noFields, readForm } from './web/request-form.js'
import { openTemplates } from './web/templates.js'

interface ConsoleRoute {
  path: string
  method: 'GET' | 'POST'
  page: Page
  /** What a person wanted here, for the words of an outage. */
  purpose?: Purpose
  /** In what form failures are told. */
  form?: ResponseForm
  /** Whether the page is about the client that is signed in. */
  isPersonal?: true
  /** For anybody else there is no such page. */
  isOperators?: true
}

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
  const { title } = look
  const { home, faq } = createHomePages({ keyPrefix: parts.keyPrefix, offersMail: mail !== undefined })
  const register = createRegistration(parts, limits, { title, mail })
  const { signIn, signOut } = createSignInPages(parts, limits)
  const stats = createStatsPages(parts)
  const settings = createSettingsPages(parts, title)
  const { render, readAsset } = openTemplates(templates)
  const assets = assetPages(readAsset, accent)
  const signIns = new SignIns(parts, limits)
  const operators = new OperatorCheck(operator, parts.onError)
  const headers = Object.entries(secureHeaders(look.logoUrl))
  const routes: ConsoleRoute[] = [
    { method: 'GET', path: '/', page: home },
    { method: 'POST', path: '/register', page: register, purpose: 'register' },
    { method: 'POST', path: '/sign-in', page: signIn, purpose: 'sign-in' },
    { method: 'POST', path: '/sign-out', page: signOut },
    { method: 'GET', path: '/stats', page: stats.page, isPersonal: true },
    { method: 'GET', path: '/stats.json', page: stats.json, isPersonal: true, form: 'json' },
    { method: 'GET', path: '/stats.csv', page: stats.csv, isPersonal: true, form: 'csv' },
    { method: 'GET', path: '/settings', page: settings.show, isPersonal: true, purpose: 'settings' },
    { method: 'POST', path: '/settings', page: settings.change, isPersonal: true, purpose: 'settings' },
    { method: 'GET', path: '/faq', page: faq },
    { method: 'GET', path: '/console.css', page: assets.css },
    { method: 'GET', path: '/console.js', page: assets.js },
    ...(operator ? operatorRoutes(createOperatorPages(parts, title)) : []),
  ]

  async function contextOf(
    ctx: ConsoleContext,
    route: ConsoleRoute,
    viewpoint: Viewpoint,
  ): Promise<PageContext | PageResponse> {
    const query = new URLSearchParams(ctx.querystring)
    const context: PageContext = {
      ...{ ...viewpoint, apiBase: apiBaseOf(ctx), fields: noFields, query, address: ctx.ip },
      approve: async () => true,
    }
    if (route.method === 'POST') {
      if (!isSameOrigin(ctx.headers, ctx.host)) return problemResponse(otherSite(viewpoint.messages))
      const form = await readForm(ctx)
      if ('unread' in form) {
        if (form.unread === 'consumed') parts.onError(new Error(formConsumed))
        return problemResponse(unreadForm(form.unread, viewpoint.messages))
      }
      context.fields = form.fields
      if (onRegister) context.approve = (details) => askHost(onRegister, details, ctx, form.all)
    }
    const client = route.isPersonal && (await signIns.clientOf(ctx))
    return client ? { ...context, client } : context
  }

  async function respond(
    ctx: ConsoleContext,
    route: ConsoleRoute,
    viewpoint: Viewpoint,
    methods: string[],
  ): Promise<PageResponse> {
    try {
      if (route.isOperators && !(await operators.isOperator(ctx))) return problemResponse(notFound(viewpoint.messages))
      if (!methods.includes(ctx.method)) return problemResponse(wrongMethod(methods, viewpoint.messages))
      const context = await contextOf(ctx, route, viewpoint)
      return 'status' in context ? context : await route.page(context)
    } catch (error) {
      // What programs read is English.
      const messages = route.form === undefined ? viewpoint.messages : en
      if (error instanceof TooMany) return problemResponse(tooMany(error, messages), route.form)
      const changed = changedMeanwhile(error, messages)
      if (changed) return problemResponse(changed, route.form)
      parts.onError(error)
      return problemResponse(outage(route.purpose ?? 'stats', messages), route.form)
    }
  }

  /** Signs in or out, and says whether the browser is signed in with what it gets. */
  async function signInOrOut(ctx: ConsoleContext, response: PageResponse, path: string): Promise<boolean> {
    if (response.signOut) signIns.clear(ctx, path)
    else if (response.signIn) await signIns.write(ctx, response.signIn, path)
    else return 'view' in response && signIns.peek(ctx)
    return response.signIn !== undefined
  }

  function pageText(
    ctx: ConsoleContext,
    { view, model }: ViewResponse,
    viewpoint: Viewpoint,
    visitor: Visitor,
  ): string {
    const { messages } = viewpoint
    ctx.vary('Accept-Language')
    ctx.set('Content-Language', messages.language)
    const title = look.title ?? messages.layout.thisServer
    try {
      return render(view, { ...look, title, ...viewpoint, ...visitor, ...model })
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
    decide: (viewpoint: Viewpoint) => PageResponse | Promise<PageResponse>,
  ) {
    const browserPath = browserPathOf(ctx)
    const messages = messagesFor(ctx.acceptsLanguages())
    const viewpoint = { links: linksFrom(browserPath, depth), messages }
    let response = await decide(viewpoint)
    const signedIn = await signInOrOut(ctx, response, cookiePath(browserPath, depth)).catch((error: unknown) => {
      parts.onError(error)
      // Who has just registered must see the private key all the same; who signs in finds out here, not on the next page.
      if ('location' in response) response = problemResponse(outage('sign-in', messages))
      return false
    })
    const isOperator = 'view' in response && (await operators.peek(ctx))
    for (const [name, value] of [...headers, ...Object.entries(response.headers ?? {})]) ctx.set(name, value)
    ctx.status = response.status
    if ('location' in response) ctx.set('Location', response.location)
    ctx.set('Content-Type', 'contentType' in response ? response.contentType : 'text/html; charset=utf-8')
    if ('view' in response) ctx.body = pageText(ctx, response, viewpoint, { signedIn, isOperator })
    else if ('text' in response) ctx.body = response.text
    if (response.headers?.ETag !== undefined && ctx.fresh) ctx.status = 304
  }

  const router = new Router({ prefix })
  for (const path of new Set(routes.map((route) => route.path))) {
    const [first, second] = routes.filter((route) => route.path === path) as [ConsoleRoute, ConsoleRoute?]
    const methods = [first.method === 'GET' ? ['GET', 'HEAD'] : 'POST', second?.method ?? []].flat()
    router.all(path, (ctx) => {
      const route = ctx.method === second?.method ? second : first
      return serve(ctx, depthOf(path, browserPathOf(ctx)), (viewpoint) => respond(ctx, route, viewpoint, methods))
    })
  }
  // Not `allowedMethods`, which does not travel with a nested router: the console answers for all of its prefix.
  router.all('{/*rest}', (ctx) => {
    // The last capture, undecoded: `%2F` is no slash to a browser that resolves a link.
    return serve(ctx, depthOfUnknown(ctx.captures?.at(-1) ?? ''), ({ messages }) => {
      return problemResponse(notFound(messages))
    })
  })
  return besides(prefix, router)
}

function operatorRoutes(pages: ReturnType<typeof createOperatorPages>): ConsoleRoute[] {
  const routes: ConsoleRoute[] = [
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

const formConsumed =
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
