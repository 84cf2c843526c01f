import { compile, parse, pathToRegexp, type Token } from 'path-to-regexp'
import { addressesOf, decodeAddress } from '../addresses.js'

/** What `POST /games/:name/create` says. */
export interface Route {
  /** As the maintainer wrote it: nothing that a client sends gets into the name of a feature. */
  feature: string
  method: string
  path: string
  regexp: RegExp
  /** Sorts a route before those that would take its requests too; two that are equal cannot be told apart. */
  order: string
}

export interface Routes {
  /** One look-up and one regular expression, however many routes there are. */
  has(method: string, path: string): boolean
  featureOf(method: string, path: string): string | undefined
  /** The watched routes that have this address, whatever their method. */
  watchedAt(path: string): string[]
}

export const routeMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** @throws TypeError of path-to-regexp when the path cannot be read */
export function parseRoute(feature: string): Route {
  const [method = '', written = ''] = feature.split(' ')
  const path = written.replace(/(?<=.)\/$/, '')
  const { regexp } = pathToRegexp(path, { encodePath: decodeAddress })
  return { feature, method, path, regexp, order: `${parse(path).tokens.map(orderOf).join('')}${endOfPart}` }
}

/** `watched`: the addresses of these routes are ours with any method, as some hosts take them. */
export function compileRoutes(features: readonly string[], watched: readonly string[]): Routes {
  const byMethod = new Map<string, { any: RegExp; routes: Route[] }>()
  const sorted = features.map(parseRoute).sort((one, another) => (one.order < another.order ? -1 : 1))
  const watchedRoutes = sorted.filter(({ feature }) => watched.includes(feature))
  for (const method of routeMethods) {
    const routes = sorted.filter((route) => route.method === method)
    if (routes.length > 0) byMethod.set(method, { any: anyOf([...routes, ...watchedRoutes]), routes })
  }
  // A host answers a HEAD with the handler of the GET.
  const gets = byMethod.get('GET')
  if (gets) byMethod.set('HEAD', gets)
  const anyWatched = anyOf(watchedRoutes)
  return {
    has: (method, path) => {
      const any = byMethod.get(method)?.any ?? anyWatched
      return addressesOf(path).some((address) => any.test(address))
    },
    featureOf: (method, path) => {
      const routes = byMethod.get(method)?.routes ?? []
      for (const address of addressesOf(path)) {
        const found = routes.find(({ regexp }) => regexp.test(address))
        if (found) return found.feature
      }
      return undefined
    },
    watchedAt: (path) => {
      const addresses = addressesOf(path)
      return watchedRoutes
        .filter(({ regexp }) => addresses.some((address) => regexp.test(address)))
        .map(({ feature }) => feature)
    },
  }
}

function anyOf(routes: readonly Route[]): RegExp {
  return new RegExp(routes.length === 0 ? '(?!)' : routes.map(({ regexp }) => regexp.source).join('|'), 'i')
}

/** An address of a route, with the names of its parameters in their places: `/games/NAME/ID/join`. */
export function exampleAddress(path: string): string {
  const names = parse(path).tokens.flatMap((token): [string, string | string[]][] => {
    if (token.type === 'param') return [[token.name, token.name.toUpperCase()]]
    return token.type === 'wildcard' ? [[token.name, [token.name.toUpperCase()]]] : []
  })
  return compile(path, { encodePath: (text) => encodeURI(decodeAddress(text)) })(Object.fromEntries(names))
}

// Behind every character of an address: text goes before the end of its part, and that before a parameter.
const endOfPart = '\ufffe'
const parameter = '\uffff'

function orderOf(token: Token): string {
  if (token.type === 'text') return token.value.toLowerCase().replaceAll('/', endOfPart)
  if (token.type === 'group') return token.tokens.map(orderOf).join('')
  return token.type === 'param' ? parameter : parameter + parameter
}
