import Router from '@koa/router'
import type Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Clientele, ConsoleOptions } from '../../../src/index.js'
import { ask, Browser, closeAll, keysOn, koas, openProxy, openSite } from '../harness.js'

test.after(closeAll)

const addresses: [path: string, status: number | 'game'][] = [
  ['/apikey', 200],
  ['/apikey/', 200],
  ['/APIKEY/', 200],
  ['/ApiKey/FAQ', 200],
  ['/apikey/faq/', 200],
  ['/apikey?a=/b', 200],
  ['/apikey/stats', 401],
  ['/apikey/stats.json?x', 401],
  ['/apikey/stats.csv/', 401],
  ['/apikey/register', 405],
  ['/apikey/none', 404],
  ['/apikey//', 404],
  ['/apikey//faq', 404],
  ['/apikey/faq//', 404],
  ['/apikey/%66aq', 404],
  ['/apikey/faq%2F', 404],
  ['/apikey/%', 404],
  ['/apikey/a/b/c/d', 404],
  ['/apikey/../x', 404],
  ['/apikey/..', 404],
  ['/apikey/statsxjson', 404],
  ['/apikey/__proto__', 404],
  ['/apikeyring', 'game'],
  ['/apikeyring/stats', 'game'],
  ['/apikey.json', 'game'],
  ['/apikey%2Ffaq', 'game'],
  ['//apikey', 'game'],
  ['/x/apikey', 'game'],
  ['/', 'game'],
]

for (const [path, expected] of addresses) {
  test(`${path} is answered with ${expected}`, async () => {
    const { origin } = await openSite()
    const { status, text } = await ask(origin, path)
    assert.is(text === 'game' ? 'game' : status, expected)
    if (status !== 200 || expected === 'game') return
    assert.match(text, '<html')
  })
}

test('what is not ours is passed on as it came', async () => {
  const seen: unknown[] = []
  const { origin } = await openSite({
    mount(app, clients) {
      app.use(clients.console())
      app.use(async (ctx, next) => {
        seen.push(Object.keys(ctx).filter((name) => /rout|match|param|capture/i.test(name)))
        await next()
      })
    },
  })
  await ask(origin, '/apikeyring', { form: { name: 'a' } })
  assert.equal(seen, [[]])
})

test('a page of an unknown address has the look and the links of the console', async () => {
  const { origin } = await openSite()
  for (const path of ['/apikey/none', '/apikey/a/b/', '/apikey//', '/apikey/a%2Fb/c', '/APIKEY/x/y/z']) {
    const { status, text, headers } = await ask(origin, path)
    assert.is(status, 404)
    assert.is(headers['content-type'], 'text/html; charset=utf-8')
    const css = /rel="stylesheet" href="([^"]+)"/.exec(text)?.[1] ?? ''
    assert.match(new URL(css, origin + path).pathname, /^\/apikey\/console\.css$/i)
  }
})

const methods: [path: string, allow: string][] = [
  ['/apikey', 'GET, HEAD'],
  ['/apikey/stats', 'GET, HEAD'],
  ['/apikey/stats.json', 'GET, HEAD'],
  ['/apikey/console.css', 'GET, HEAD'],
  ['/apikey/register', 'POST'],
  ['/apikey/sign-in', 'POST'],
  ['/apikey/sign-out/', 'POST'],
]
for (const [path, allow] of methods) {
  test(`${path} takes ${allow} and says so`, async () => {
    const { origin } = await openSite()
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', allow === 'POST' ? 'GET' : 'POST']) {
      const answer = await ask(origin, path, { method })
      assert.is(answer.status, 405, method)
      assert.is(answer.headers.allow, allow)
      assert.match(answer.text, '<html')
    }
  })
}

test('HEAD is GET without a body', async () => {
  const { origin, clients } = await openSite()
  const { privateKey } = await clients.registry.register({ name: 'a' })
  const headers = { authorization: `Bearer ${privateKey}` }
  for (const path of ['', '/faq', '/stats', '/stats.json', '/stats.csv', '/console.css', '/none']) {
    const get = await ask(origin, `/apikey${path}`, { headers })
    const head = await ask(origin, `/apikey${path}`, { headers, method: 'HEAD' })
    assert.is(head.status, get.status, path)
    assert.is(head.text, '')
    assert.is(head.headers['content-type'], get.headers['content-type'])
    assert.is(head.headers['content-length'], get.headers['content-length'])
  }
})

test('the stylesheet and the script are asked for again and not sent again', async () => {
  const { origin } = await openSite({ options: { accent: '#FC0' } })
  for (const [file, type] of [
    ['console.css', 'text/css; charset=utf-8'],
    ['console.js', 'text/javascript; charset=utf-8'],
  ]) {
    const first = await ask(origin, `/apikey/${file}`)
    assert.is(first.headers['content-type'], type)
    const again = await ask(origin, `/apikey/${file}`, { headers: { 'if-none-match': first.headers.etag ?? '' } })
    assert.is(again.status, 304)
    assert.is(again.text, '')
  }
})

/** As koa-mount does it: the path below the mount point, and the whole one only in `originalUrl`. */
function mountAt(app: Koa, prefix: string, middleware: Koa.Middleware): void {
  app.use(async (ctx, next) => {
    const { path } = ctx
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return next()
    ctx.path = path.slice(prefix.length) || '/'
    try {
      await middleware(ctx as Koa.ParameterizedContext, async () => {
        ctx.path = path
        await next()
      })
    } finally {
      ctx.path = path
    }
  })
}

type Mount = (app: Koa, clients: Clientele, options?: ConsoleOptions) => void
const mounts: [what: string, home: string, mount: Mount, options?: ConsoleOptions][] = [
  ['at the root of the server', '/', (app, clients) => app.use(clients.console({ prefix: '/' }))],
  ['under a prefix of its own', '/dev/keys', (app, clients) => app.use(clients.console({ prefix: '/dev/keys' }))],
  ['below a mount point', '/v1/apikey', (app, clients) => mountAt(app, '/v1', clients.console())],
  ['at the root of a mount point', '/keys', (app, clients) => mountAt(app, '/keys', clients.console({ prefix: '/' }))],
  ['in a router', '/apikey', (app, clients) => app.use(new Router().use(clients.console()).routes())],
  [
    'in a router with a prefix',
    '/v1/apikey',
    (app, clients) => app.use(new Router({ prefix: '/v1' }).use(clients.console()).routes()),
  ],
  [
    'in a router in a router, with parameters',
    '/eu/dev/apikey',
    (app, clients) => {
      const inner = new Router().use('/dev', clients.console())
      app.use(new Router({ prefix: '/:rest' }).use(inner.routes()).routes())
    },
  ],
  [
    'as a handler of a route',
    '/apikey',
    (app, clients) => app.use(new Router().all('/apikey{/*any}', clients.console()).routes()),
  ],
]

for (const [version, KoaClass] of Object.entries(koas)) {
  for (const [what, home, mount] of mounts) {
    test(`${version}, ${what}: the whole way, by the links of the pages alone`, async () => {
      const { origin } = await openSite({ KoaClass, mount })
      for (const start of new Set([home, `${home.replace(/\/$/, '')}/`])) await walk(origin + start)
    })
  }
}

test('behind a proxy that strips a path: the whole way', async () => {
  const { origin } = await openSite()
  const proxy = await openProxy(origin)
  await walk(`${proxy}/play/apikey`)
  await walk(`${proxy}/play/apikey/`)
})

test('behind a proxy that hides the host: the whole way, where the browser tells the site', async () => {
  const { origin } = await openSite()
  const proxy = await openProxy(origin, { host: 'internal:3000', 'sec-fetch-site': 'same-origin' })
  await walk(`${proxy}/play/apikey`)
  const { status, text } = await ask(await openProxy(origin, { host: 'internal:3000' }), '/apikey/sign-out', {
    form: {},
    headers: { origin: 'http://game.example' },
  })
  assert.is(status, 403)
  assert.match(text, 'the proxy must pass the Host header on')
})

test('in capitals, and posting to addresses that end with a slash', async () => {
  const { origin } = await openSite()
  await walk(`${origin}/APIKEY`)
  const browser = new Browser(`${origin}/apikey/`)
  const { privateKey } = keysOn((await browser.submit('./register/', { name: 'Slash' })).text)
  assert.is(browser.url.pathname, '/apikey/register/')
  assert.is((await browser.go('../stats/')).status, 200)
  await browser.submit('../sign-out/', {})
  assert.is((await browser.go('/apikey/stats/')).status, 401)
  assert.is((await browser.submit('../sign-in/', { private_key: privateKey })).status, 200)
  assert.is(browser.url.pathname, '/apikey/stats')
})

test('below a mount point the command calls the game below it too', async () => {
  const { origin } = await openSite({ mount: (app, clients) => mountAt(app, '/v1', clients.console()) })
  const { text } = await ask(origin, '/v1/apikey/register', { form: { name: 'a' } })
  assert.match(text, `curl '${origin}/v1/empire'`)
})

/** Follows the links and forms as they are on the pages. */
async function walk(start: string): Promise<void> {
  const browser = new Browser(start)
  const home = await browser.go('')
  assert.is(home.status, 200, start)
  assert.is((await ask(browser.url.origin, new URL(hrefs(home.text).css, browser.url).pathname)).status, 200, 'css')
  const faq = await browser.go(hrefs(home.text).faq)
  assert.is(faq.status, 200, `faq from ${start}`)
  const registered = await browser.submit(hrefs((await browser.go(hrefs(faq.text).home)).text).register, {
    name: 'Walker',
  })
  assert.is(registered.status, 201, 'register')
  const stats = await browser.go(hrefs(registered.text).stats)
  assert.is(stats.status, 200, 'stats')
  const out = await browser.submit(hrefs(stats.text).signOut, {})
  assert.is(out.status, 200, 'sign out')
  assert.is((await browser.go('./stats')).status, 401)
  const { privateKey } = keysOn(registered.text)
  const back = await browser.submit(hrefs(out.text).signIn, { private_key: privateKey })
  assert.is(back.status, 200, 'sign in')
  assert.match(back.text, '<bdi>Walker</bdi>')
  assert.is((await browser.go(`${hrefs(back.text).home}none/at/all`)).status, 404)
}

function hrefs(page: string) {
  const find = (pattern: RegExp) => pattern.exec(page)?.[1] ?? 'missing'
  return {
    css: find(/rel="stylesheet" href="([^"]+)"/),
    home: find(/class="brand" href="([^"]+)"/),
    faq: find(/<a href="([^"]+)"[^>]*>FAQ</),
    stats: find(/<a href="([^"]+)"[^>]*>Your stats</),
    register: find(/action="([^"]*register)"/),
    signIn: find(/action="([^"]*sign-in)"/),
    signOut: find(/action="([^"]*sign-out)"/),
  }
}

test.run()
