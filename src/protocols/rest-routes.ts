import { compile, parse, pathToRegexp, type Token } from 'path-to-regexp'

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
}

export const routeMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** @throws TypeError of path-to-regexp when the path cannot be read */
export function parseRoute(feature: string): Route {
  const [method = '', written = ''] = feature.split(' ')
  const path = written.replace(/(?<=.)\/$/, '')
  const { regexp } = pathToRegexp(path, { encodePath: decodeAddress })
  return { feature, method, path, regexp, order: `${parse(path).tokens.map(orderOf).join('')}${endOfPart}` }
}

export function compileRoutes(features: readonly string[]): Routes {
  const byMethod = new Map<string, { any: RegExp; routes: Route[] }>()
  const sorted = features.map(parseRoute).sort((one, another) => (one.order < another.order ? -1 : 1))
  for (const method of routeMethods) {
    const routes = sorted.filter((route) => route.method === method)
    const any = new RegExp(routes.map(({ regexp }) => regexp.source).join('|'), 'i')
    if (routes.length > 0) byMethod.set(method, { any, routes })
  }
  // A host answers a HEAD with the handler of the GET.
  const gets = byMethod.get('GET')
  if (gets) byMethod.set('HEAD', gets)
  return {
    has: (method, path) => byMethod.get(method)?.any.test(decodeAddress(path)) === true,
    featureOf: (method, path) => {
      const address = decodeAddress(path)
      return byMethod.get(method)?.routes.find(({ regexp }) => regexp.test(address))?.feature
    },
  }
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

// A host's router may decode: `/%67ames` can be `/games`. An encoded slash stays inside its part.
function decodeAddress(text: string): string {
  return text.includes('%') ? text.split('/').map(decodePart).join('/') : text
}

function decodePart(part: string): string {
  try {
    return decodeURI(part)
  } catch {
    return part
  }
}
