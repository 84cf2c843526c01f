import Router from '@koa/router'
import {
  type Answer,
  type Form,
  notFound,
  otherSite,
  outage,
  type PageAnswer,
  type Purpose,
  problemAnswer,
  unreadForm,
  wrongMethod,
} from './answers.js'
import { assetPages } from './assets.js'
import { NO_FIELDS } from './client-form.js'
import { type ConsoleOptions, checkConsoleOptions } from './console-options.js'
import { apiBaseOf, browserPathOf, type ConsoleContext, type ConsoleMiddleware, exchangeOf } from './context.js'
import { cookiePath, depthOf, depthOfUnknown, linksFrom } from './links.js'
import { en } from './messages/en.js'
import { messagesFor } from './messages/languages.js'
import { type ConsoleParts, createPages, type Page, type Visit } from './pages.js'
import { readForm } from './request-form.js'
import { isSameOrigin, securityHeaders } from './security.js'
import { SignIns } from './sign-ins.js'
import { compileTemplates } from './templates.js'

export type { ConsoleContext, ConsoleMiddleware, ConsoleOptions, ConsoleParts }

interface Route {
  path: string
  method: 'GET' | 'POST'
  page: Page
  /** What a person wanted here, for the words of an outage. */
  purpose?: Purpose
  /** How failures are answered. */
  form?: Form
  /** Whether the page is about the client that is signed in. */
  isPersonal?: true
}

/** Where the browser is, and in which language it is answered. */
type Place = Pick<Visit, 'links' | 'messages'>

/**
 * The web console: everything under its prefix, and nothing beside it. Works at the root, in a router, below a mount point
 * and behind a proxy that strips or adds a path, because its links are relative.
 *
 * @throws ClienteleError `option_invalid` or `option_unknown`
 */
export function createConsole(parts: ConsoleParts, options: ConsoleOptions = {}): ConsoleMiddleware {
  const { prefix, accent, ...look } = checkConsoleOptions(options)
  const pages = createPages(parts, look.title)
  const assets = assetPages(accent)
  const signIns = new SignIns(parts)
  const render = compileTemplates()
  const headers = Object.entries(securityHeaders(look.logoUrl))
  const routes: Route[] = [
    { method: 'GET', path: '/', page: pages.home },
    { method: 'POST', path: '/register', page: pages.register, purpose: 'register' },
    { method: 'POST', path: '/sign-in', page: pages.signIn, purpose: 'sign-in' },
    { method: 'POST', path: '/sign-out', page: pages.signOut },
    { method: 'GET', path: '/stats', page: pages.stats, isPersonal: true },
    { method: 'GET', path: '/stats.json', page: pages.statsJson, isPersonal: true, form: 'json' },
    { method: 'GET', path: '/stats.csv', page: pages.statsCsv, isPersonal: true, form: 'csv' },
    { method: 'GET', path: '/faq', page: pages.faq },
    { method: 'GET', path: '/console.css', page: assets.css },
    { method: 'GET', path: '/console.js', page: assets.js },
  ]

  async function visitOf(ctx: ConsoleContext, route: Route, place: Place): Promise<Visit | Answer> {
    const visit = { ...place, apiBase: apiBaseOf(ctx), fields: NO_FIELDS }
    if (route.method === 'POST') {
      if (!isSameOrigin(ctx.headers, ctx.host)) return problemAnswer(otherSite(place.messages))
      const form = await readForm(ctx)
      if ('fields' in form) return { ...visit, ...form }
      if (form.unread === 'consumed') parts.onError(new Error(CONSUMED))
      return problemAnswer(unreadForm(form.unread, place.messages))
    }
    const client = route.isPersonal && (await signIns.client(exchangeOf(ctx)))
    return client ? { ...visit, client } : visit
  }

  async function answerTo(ctx: ConsoleContext, route: Route, place: Place): Promise<Answer> {
    try {
      const visit = await visitOf(ctx, route, place)
      return 'status' in visit ? visit : await route.page(visit)
    } catch (error) {
      parts.onError(error)
      // What programs read is English.
      const messages = route.form === undefined ? place.messages : en
      return problemAnswer(outage(route.purpose ?? 'stats', messages), route.form)
    }
  }

  async function isSignedIn(ctx: ConsoleContext, answer: Answer, path: string): Promise<boolean> {
    const exchange = exchangeOf(ctx)
    if (answer.signOut) signIns.clear(exchange, path)
    else if (answer.signIn) await signIns.write(exchange, answer.signIn, path)
    else return 'view' in answer && signIns.peek(exchange)
    return answer.signIn !== undefined
  }

  function pageText(ctx: ConsoleContext, { view, model }: PageAnswer, place: Place, signedIn: boolean): string {
    const { messages } = place
    ctx.vary('Accept-Language')
    ctx.set('Content-Language', messages.language)
    const title = look.title ?? messages.layout.thisServer
    try {
      return render(view, { ...look, title, ...place, signedIn, ...model })
    } catch (error) {
      // A template that broke would break the page that says so too.
      parts.onError(error)
      ctx.status = 500
      ctx.set('Content-Type', 'text/plain; charset=utf-8')
      return messages.problems.pageBroken
    }
  }

  async function serve(ctx: ConsoleContext, depth: number, decide: (place: Place) => Answer | Promise<Answer>) {
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
    for (const [name, value] of [...headers, ...Object.entries(answer.headers ?? {})]) ctx.set(name, value)
    ctx.status = answer.status
    if ('location' in answer) ctx.set('Location', answer.location)
    ctx.set('Content-Type', 'contentType' in answer ? answer.contentType : 'text/html; charset=utf-8')
    if ('view' in answer) ctx.body = pageText(ctx, answer, place, signedIn)
    else if ('text' in answer) ctx.body = answer.text
    if (answer.headers?.ETag !== undefined && ctx.fresh) ctx.status = 304
  }

  const router = new Router({ prefix })
  for (const route of routes) {
    const methods = route.method === 'GET' ? ['GET', 'HEAD'] : ['POST']
    const depth = (ctx: ConsoleContext) => depthOf(route.path, browserPathOf(ctx))
    router.register(route.path, methods, (ctx) => serve(ctx, depth(ctx), (place) => answerTo(ctx, route, place)))
    router.all(route.path, (ctx) =>
      serve(ctx, depth(ctx), ({ messages }) => problemAnswer(wrongMethod(methods, messages))),
    )
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
