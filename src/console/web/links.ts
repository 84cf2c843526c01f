/** Where everything in the console is, relative to the address that the browser is at. */
export interface Links {
  home: string
  register: string
  signIn: string
  signOut: string
  stats: string
  statsJson: string
  statsCsv: string
  settings: string
  faq: string
  operator: string
  operatorCsv: string
  operatorFeatures: string
  operatorStore: string
  operatorClient: string
  operatorAdopt: string
  operatorRotate: string
  operatorRetire: string
  operatorRestore: string
  operatorOfficial: string
  css: string
  js: string
}

/**
 * Relative links survive a proxy that strips a path and a router that adds one, because the browser resolves them
 * against what it sees. `depth` counts the slashes below the console's own address: `/apikey` 0, `/apikey/` and
 * `/apikey/stats` 1, `/apikey/stats/` 2.
 */
export function linksFrom(browserPath: string, depth: number): Links {
  // './' in front: a last segment such as `a:b` would otherwise be read as a scheme.
  const base = depth === 0 ? `./${lastSegment(browserPath)}/` : depth === 1 ? './' : '../'.repeat(depth - 1)
  return {
    home: base,
    register: `${base}register`,
    signIn: `${base}sign-in`,
    signOut: `${base}sign-out`,
    stats: `${base}stats`,
    statsJson: `${base}stats.json`,
    statsCsv: `${base}stats.csv`,
    settings: `${base}settings`,
    faq: `${base}faq`,
    operator: `${base}operator`,
    operatorCsv: `${base}operator/clients.csv`,
    operatorFeatures: `${base}operator/features`,
    operatorStore: `${base}operator/store`,
    operatorClient: `${base}operator/client`,
    operatorAdopt: `${base}operator/adopt`,
    operatorRotate: `${base}operator/rotate`,
    operatorRetire: `${base}operator/retire`,
    operatorRestore: `${base}operator/restore`,
    operatorOfficial: `${base}operator/official`,
    css: `${base}console.css`,
    js: `${base}console.js`,
  }
}

/** The slashes below the console's address, for a route of the console (`/`, `/stats`, `/operator/client`). */
export function depthOf(route: string, browserPath: string): number {
  return route.split('/').filter(Boolean).length + (browserPath.endsWith('/') ? 1 : 0)
}

/** The same for an address that is none of ours, from what the catch-all matched (`a/b/`). */
export function depthOfUnknown(rest: string): number {
  return rest.split('/').length
}

/**
 * The cookie's Path. Empty, so that the browser takes the folder of the address it posted to: right behind any proxy, and
 * `/apikeyring` is outside it. Only a hand-typed `/apikey/sign-in/` needs it said.
 */
export function cookiePath(browserPath: string, depth: number): string {
  if (depth === 1) return ''
  const segments = browserPath.split('/').slice(0, -depth)
  return segments.join('/') || '/'
}

/** The part of the address above a mount point, which the game's addresses share: koa-mount rewrites `path`. */
export function mountOf(browserPath: string, path: string): string {
  if (browserPath.endsWith(path)) return browserPath.slice(0, browserPath.length - path.length)
  return path === '/' ? browserPath : ''
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
