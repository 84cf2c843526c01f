// Ways to send a login without a public key so that we might not see one. Each is taken by at least one game (games.ts).
import zlib from 'node:zlib'
import { player } from './games.js'
import { utf32 } from './lenient-readers.js'
import type { Request } from './ways-harness.js'

export interface Way {
  send(to: Target): Request
  /** There is an `anonymous` login beside it, which is admitted. */
  isBesideAnonymous?: true
  /** There is a call beside it, or it is one itself, in a session of one's own. */
  isInOwnSession?: true
}

/** What a login is made of, for one game; without a public key unless there is one. */
export interface Target {
  path: string
  isRest: boolean
  publicKey?: string
  /** The id of the client's own session, where it has one. */
  own: string
}

type Sender = (to: Target) => Request

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const unreadable = 'multipart/x; of=application/json'

const paramsOf = ({ publicKey }: Target) => [player.name, player.password, ...(publicKey ? [publicKey] : [])]
const namedOf = ({ publicKey }: Target) => ({ ...player, ...(publicKey ? { api_key: publicKey } : {}) })
const call = (method: unknown, params: unknown = [], id = 1) => ({ jsonrpc: '2.0', id, method, params })

/** The login as a game takes it every day. */
const loginOf = (to: Target, id = 1): object => (to.isRest ? namedOf(to) : call('login', paramsOf(to), id))
const textOf = (to: Target) => JSON.stringify(loginOf(to))
/** More text behind the first brace. */
const withText = (to: Target, more: string) => textOf(to).replace('{', `{${more},`)

const anonymous = (id: number) => call('login', [player.name, player.password, 'anonymous'], id)
const viewOf = ({ path, own }: Target, id: number) => call(path === '/empire' ? 'get_status' : 'view', [own], id)
const hidden = (to: Target, id: number) => call(['login'], paramsOf(to), id)
const shouted = (to: Target, id: number) => call('LOGIN', paramsOf(to), id)

const post = (to: Target, body: string | Buffer | object, type = json, headers: Request['headers'] = []): Request => ({
  target: to.path,
  headers: [...(type === '' ? [] : [['Content-Type', type] as [string, string]]), ...headers],
  body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
})

const typed =
  (type: string, ...headers: [string, string][]): Sender =>
  (to) =>
    post(to, textOf(to), type, headers)

const encoded =
  (encoding: string, pack: (text: string | Buffer) => string | Buffer, ...headers: [string, string][]): Sender =>
  (to) =>
    post(to, pack(textOf(to)), json, [['Content-Encoding', encoding], ...headers])

const written =
  (write: (to: Target) => string | Buffer | object): Sender =>
  (to) =>
    post(to, write(to))

const by =
  (method: string): Sender =>
  (to) => ({ ...post(to, textOf(to)), method })

const addressed =
  (address: (path: string) => string): Sender =>
  (to) => ({ ...post(to, textOf(to)), target: address(to.path) })

const asIs = (text: string | Buffer) => text
const { gzipSync: gzip, deflateSync: deflate, deflateRawSync: deflateRaw, brotliCompressSync: br } = zlib
const { zstdCompressSync: zstd } = zlib as { zstdCompressSync?: (text: string | Buffer) => Buffer }

const swapped16 = (text: string) => Buffer.from(text, 'utf16le').swap16()
const mark = '\ufeff'

const types: Record<string, Sender> = {
  'an ordinary login': (to) => post(to, textOf(to)),
  'a multipart type': typed('multipart/x'),
  'a multipart type that names JSON': typed(unreadable),
  'a multipart type with a boundary': typed('multipart/form-data; boundary=x'),
  'no content type': typed(''),
  'text/plain': typed('text/plain'),
  'application/octet-stream': typed('application/octet-stream'),
  'JSON sent as a form': typed(form),
  'JSON sent as a form of another charset': typed(`${form}; charset=utf-16`),
  'a charset that it is not': typed(`${json}; charset=utf-16le`),
  'two content types': typed('multipart/x', ['Content-Type', json]),
  'a type that Connection names': typed('multipart/x', ['Connection', 'close, content-type']),
}

const encodings: Record<string, Sender> = {
  'an unknown encoding on plain text': encoded('x', asIs),
  'gzip announced, plain text sent': encoded('gzip', asIs),
  'br announced, plain text sent': encoded('br', asIs),
  'an empty encoding': encoded('', asIs),
  'gzip announced, deflate sent': encoded('gzip', deflate),
  'deflate announced, gzip sent': encoded('deflate', gzip),
  'deflate without a head': encoded('deflate', deflateRaw),
  'gzip announced, deflate without a head sent': encoded('gzip', deflateRaw),
  'gzip twice': encoded('gzip, gzip', (text) => gzip(gzip(text))),
  'br in gzip': encoded('br, gzip', (text) => gzip(br(text))),
  'gzip and identity': encoded('gzip, identity', gzip),
  'two encodings, one of them unknown': encoded('gzip, x', gzip),
  'two lines of encodings': encoded('br', (text) => gzip(br(text)), ['Content-Encoding', 'gzip']),
  'GZIP in capitals': encoded('GZIP', gzip),
  'x-gzip': encoded('x-gzip', gzip),
  'gzip without its end': encoded('gzip', (text) => gzip(text).subarray(0, -8)),
  'gzip with garbage behind': encoded('gzip', (text) => Buffer.concat([gzip(text), Buffer.alloc(9)])),
  'gzip in two members': encoded('gzip', (text) =>
    Buffer.concat([gzip(text.slice(0, 9)), gzip(Buffer.from(text.slice(9)))]),
  ),
  'gzip that is long unpacked': encoded('gzip', (text) => gzip(' '.repeat(40_000) + text)),
  'an encoding that Connection names': encoded('gzip', asIs, ['Connection', 'close, content-encoding']),
  ...(zstd ? { zstd: encoded('zstd', zstd) } : {}),
}

const texts: Record<string, Sender> = {
  'UTF-8 with a mark': written((to) => mark + textOf(to)),
  'UTF-16LE with a mark': written((to) => Buffer.from(mark + textOf(to), 'utf16le')),
  'UTF-16BE with a mark': written((to) => swapped16(mark + textOf(to))),
  'UTF-16LE': written((to) => Buffer.from(textOf(to), 'utf16le')),
  'UTF-16BE': written((to) => swapped16(textOf(to))),
  'UTF-32LE with a mark': written((to) => utf32(mark + textOf(to))),
  'UTF-32BE': written((to) => utf32(textOf(to)).swap32()),
  'NaN in it': written((to) => withText(to, '"x":NaN')),
  'Infinity in it': written((to) => withText(to, '"x":-Infinity')),
  'a comment in it': written((to) => withText(to, '/* no login */"x":1')),
  'a comment of a line': written((to) => `// no login\n${textOf(to)}`),
  'a comma too many': written((to) => textOf(to).replace(/\}$/, ',}')),
  'single quotes': written((to) => textOf(to).replaceAll('"', "'")),
  'bare names': written((to) => textOf(to).replace(/"(\w+)":/g, '$1:')),
  'names in capitals': written((to) => textOf(to).replace(/"(\w+)":/g, (name) => name.toUpperCase())),
  'bytes that are no UTF-8': written((to) => Buffer.from(withText(to, '"x":"\xff\xc0"'), 'latin1')),
  'half of a surrogate pair': written((to) => withText(to, '"x":"\\ud800"')),
  'escapes in a name': written((to) => textOf(to).replace('"method"', '"\\u006dethod"')),
  'escapes in the method': written((to) => textOf(to).replace('"login"', '"lo\\u0067in"')),
  'white space around': written((to) => `\r\n\t ${textOf(to)} \n`),
  'nested deeply beside': written((to) => withText(to, `"x":${'['.repeat(5_000)}${']'.repeat(5_000)}`)),
  'padded past our limit': written((to) => ' '.repeat(20_000) + textOf(to)),
  'padded past our limit behind': written((to) => textOf(to) + ' '.repeat(20_000)),
  'a member past our limit': written((to) => withText(to, `"x":"${'x'.repeat(20_000)}"`)),
  'past our limit in chunks': (to) => ({ ...post(to, ' '.repeat(20_000) + textOf(to)), chunked: true }),
  'in chunks': (to) => ({ ...post(to, textOf(to)), chunked: true }),
  'when the server asks for it': typed(json, ['Expect', '100-continue']),
}

const shapes: Record<string, Sender> = {
  'named params': written((to) => call('login', namedOf(to))),
  'an object in an array': written((to) => call('login', [namedOf(to)])),
  'params as text': written((to) => call('login', JSON.stringify(paramsOf(to)))),
  'the method in an array': written((to) => call(['login'], paramsOf(to))),
  'the method in two arrays': written((to) => call([['login']], paramsOf(to))),
  'the method in capitals': written((to) => shouted(to, 1)),
  'a batch of one': written((to) => [loginOf(to)]),
  'a batch in a batch': written((to) => [[loginOf(to)]]),
  'a batch in a batch beside a call': written((to) => [call('ping'), [loginOf(to, 2)]]),
  'two methods': written((to) => withText(to, '"method":"ping"')),
  'two params, the first with a public key': written((to) =>
    withText(to, `"params":${JSON.stringify([player.name, player.password, to.publicKey ?? 'anonymous'])}`),
  ),
  'two public keys': written((to) =>
    JSON.stringify(call('login', { ...namedOf(to), x: 1 })).replace(
      '"x":1',
      to.publicKey ? `"api_key":"${to.publicKey}"` : '"api_key":"anonymous","api_key":""',
    ),
  ),
  'two logins': written((to) => [loginOf(to, 1), hidden(to, 2)]),
  // What the method's protocol takes for a call and that of the routes for a login.
  'a login with a method beside it': written((to) => ({ method: 'ping', ...loginOf(to) })),
}

type Pairs = [name: string, value: string][]
const pairsOf = (to: Target, names: (index: number) => string): Pairs =>
  to.isRest
    ? Object.entries(namedOf(to))
    : [
        ['method', 'login'],
        ['id', '1'],
        ...paramsOf(to).map((value, index) => [names(index), value] as [string, string]),
      ]
const queryOf = (pairs: Pairs) => pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
const formOf = (to: Target, names = (index: number) => `params[${index}]`) => queryOf(pairsOf(to, names))
/** As CGI.pm, and older versions of Python, Go and Rack have fields too. */
const atSemicolons = (fields: string) => fields.replaceAll('&', ';')
const fieldNames = ['name', 'password', 'api_key']
const withJson = (to: Target, method = 'method=login') =>
  `${method}&id=1&params=${encodeURIComponent(JSON.stringify(paramsOf(to)))}`

/** The form is in a member of the JSON, for whoever takes it for a form. Where the address is the login both say whose it is. */
function both(to: Target): string {
  const named = to.isRest && to.publicKey ? `"api_key":"${to.publicKey}",` : ''
  return `{"jsonrpc":"2.0","id":1,"method":"ping",${named}"x":"&${formOf(to)}&y=","params":[]}`
}

const asForm =
  (write: (to: Target) => string | Buffer, ...headers: [string, string][]): Sender =>
  (to) =>
    post(to, write(to), form, headers)

function multipart(to: Target): Request {
  const pairs: Pairs = to.isRest
    ? pairsOf(to, String)
    : [
        ['method', 'login'],
        ['params', JSON.stringify(paramsOf(to))],
      ]
  const parts = pairs.map(
    ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  return post(to, `${parts.join('')}--x--\r\n`, 'multipart/form-data; boundary=x')
}

const forms: Record<string, Sender> = {
  'a form': asForm(formOf),
  'a form of a list': asForm((to) => formOf(to, () => 'params[]')),
  'a form of names': asForm((to) => formOf(to, (index) => `params[${fieldNames[index]}]`)),
  'a form of names with dots': asForm((to) => formOf(to, (index) => `params.${fieldNames[index]}`)),
  'a form with JSON in it': asForm((to) => (to.isRest ? formOf(to) : withJson(to))),
  'a form whose method is a list': asForm((to) => formOf(to).replace('method=', 'method[]=')),
  'a form whose method has a number': asForm((to) => formOf(to).replace('method=', 'method[0]=')),
  'a form with escaped names': asForm((to) => formOf(to).replace('me', '%6de')),
  'a form sent as JSON': (to) => post(to, formOf(to)),
  'a form without a type': (to) => post(to, formOf(to), ''),
  'a packed form': asForm((to) => gzip(formOf(to)), ['Content-Encoding', 'gzip']),
  'a form past our limit': asForm((to) => `x=${'x'.repeat(20_000)}&${formOf(to)}`),
  'JSON and a form at once': asForm(both),
  'JSON and a form at once, sent as JSON': written(both),
  'JSON and a form at once, without a type': (to) => post(to, both(to), ''),
  'a form split at semicolons': asForm((to) => atSemicolons(`x=1&${formOf(to)}`)),
  'JSON and a form at once, split at semicolons': asForm((to) => atSemicolons(both(to))),
  'half in the query, half in a form': (to) => {
    const [first = '', ...others] = formOf(to).split('&')
    return { ...post(to, others.join('&'), form), target: `${to.path}?${first}` }
  },
  'fields in parts': multipart,
}

const get = (to: Target, query: string, more: Partial<Request> = {}): Request => ({
  method: 'GET',
  target: `${to.path}?${query}`,
  ...more,
})
const asked = (to: Target) => (to.isRest ? formOf(to) : withJson(to))
const upgrade = (protocol: string): Request['headers'] => [
  ['Connection', 'close, Upgrade'],
  ['Upgrade', protocol],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
]

const queries: Record<string, Sender> = {
  'a query': (to) => get(to, asked(to)),
  'a query with two methods': (to) => get(to, withJson(to, 'method=ping&method=login')),
  'a query with a list of methods': (to) => get(to, withJson(to, 'method[]=login')),
  'a query with a list of params': (to) => get(to, formOf(to)),
  'a query split at semicolons': (to) => get(to, atSemicolons(`x=1&${formOf(to)}`)),
  'a query split at semicolons, half in a form': (to) => {
    const [first = '', ...others] = formOf(to).split('&')
    return { ...post(to, atSemicolons(others.join('&')), form), target: `${to.path}?x=1;${first}` }
  },
  'a query with escaped names': (to) => get(to, withJson(to, '%6dethod=login')),
  'a query by POST': (to) => ({ ...get(to, asked(to)), method: 'POST' }),
  'a query by POST with an empty object': (to) => ({ ...post(to, '{}'), target: `${to.path}?${asked(to)}` }),
  'a query by DELETE': (to) => get(to, asked(to), { method: 'DELETE' }),
  'a query by HEAD': (to) => get(to, asked(to), { method: 'HEAD' }),
  'a query to a whole address': (to) => get(to, asked(to), { target: `http://h${to.path}?${asked(to)}` }),
  'a query that calls itself a WebSocket': (to) => get(to, asked(to), { headers: upgrade('websocket') }),
  'a query to a whole address that calls itself a WebSocket': (to) =>
    get(to, asked(to), { target: `http://h${to.path}?${asked(to)}`, headers: upgrade('websocket') }),
  'a query with two methods that calls itself a WebSocket': (to) =>
    get(to, withJson(to, 'method=ping&method=login'), { headers: upgrade('websocket') }),
  'a query that offers HTTP/2': (to) => get(to, asked(to), { headers: upgrade('h2c') }),
}

const manners: Record<string, Sender> = {
  ...Object.fromEntries(['PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS', 'PROPFIND'].map((name) => [name, by(name)])),
  'HEAD with a body': by('HEAD'),
  'POST that calls itself a WebSocket': (to) => post(to, textOf(to), json, upgrade('websocket')),
  'two slashes and a host': addressed((path) => `//x${path}`),
  'a dot': addressed((path) => `/.${path}`),
  'two dots': addressed((path) => `/x/..${path}`),
  'two escaped dots': addressed((path) => `/x/%2e%2E${path}`),
  'two dots and backslashes': addressed((path) => `/x\\..\\${path.slice(1)}`),
  'an escaped letter': addressed((path) => `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}`),
  'a whole address': addressed((path) => `http://h${path}`),
  'a whole address in capitals': addressed((path) => `HTTP://h${path}`),
  'a whole address with dots': addressed((path) => `http://h/x/..${path}`),
  'an address in capitals': addressed((path) => path.toUpperCase()),
  'a slash at the end': addressed((path) => `${path}/`),
  'a fragment': addressed((path) => `${path}#x`),
}

/** What the client can do about its answer. */
const answers: Record<string, Sender> = {
  ...Object.fromEntries(
    ['gzip', 'deflate', 'br'].map((name) => [
      `unreadable, answered in ${name}`,
      typed('multipart/x', ['Accept-Encoding', name]),
    ]),
  ),
  'unreadable, answered in UTF-16': typed('multipart/x', ['Accept-Charset', 'utf-16']),
  'the method in capitals, answered in UTF-16': (to) => post(to, shouted(to, 1), json, [['Accept-Charset', 'utf-16']]),
  'the method in an array, answered in gzip': (to) => post(to, hidden(to, 1), json, [['Accept-Encoding', 'gzip']]),
  'unreadable, its answer past our limit': (to) => post(to, [call('help'), loginOf(to, 2)], unreadable),
  'the method in capitals, its answer past our limit': written((to) => [call('help'), shouted(to, 2)]),
  'the method in an array, its answer past our limit': written((to) => [call('help'), hidden(to, 2)]),
  'by PUT, answered with a redirect and a cookie': (to) => ({
    ...post(to, textOf(to), json, [['Accept', 'text/html']]),
    method: 'PUT',
  }),
  'by PUT, an id of another type': (to) => ({ ...post(to, { ...loginOf(to), id: '1' }), method: 'PUT' }),
  'an id that is null': written((to) => ({ ...loginOf(to), id: null })),
  'the method in an array, an id that is null': written((to) => ({ ...hidden(to, 1), id: null })),
}

const besideAnonymous: Record<string, Sender> = {
  'an array beside anonymous': written((to) => [anonymous(1), hidden(to, 2)]),
  'an array before anonymous': written((to) => [hidden(to, 1), anonymous(2)]),
  'an array beside anonymous under one id': written((to) => [anonymous(1), hidden(to, 1)]),
  'a batch beside anonymous': written((to) => [anonymous(1), [loginOf(to, 2)]]),
  'capitals beside anonymous': written((to) => [anonymous(1), shouted(to, 2)]),
  'capitals beside anonymous under one id': written((to) => [shouted(to, 1), anonymous(1)]),
  'two methods beside anonymous': written(
    (to) => `[${JSON.stringify(anonymous(1))},${withText(to, '"method":"ping"').replace('"id":1', '"id":2')}]`,
  ),
  'an ordinary login beside anonymous': written((to) => [anonymous(1), loginOf(to, 2)]),
  'unreadable, with anonymous': (to) => post(to, [anonymous(1), loginOf(to, 2)], unreadable),
  'past our limit, with anonymous': written(
    (to) => ' '.repeat(20_000) + JSON.stringify([anonymous(1), loginOf(to, 2)]),
  ),
}

const inOwnSession: Record<string, Sender> = {
  'an array beside an own session': written((to) => [viewOf(to, 1), hidden(to, 2)]),
  'an array beside an own session under one id': written((to) => [viewOf(to, 1), hidden(to, 1)]),
  'a batch beside an own session': written((to) => [viewOf(to, 1), [loginOf(to, 2)]]),
  'capitals beside an own session': written((to) => [viewOf(to, 1), shouted(to, 2)]),
  'capitals in an own session': written((to) => call('LOGIN', { ...namedOf(to), session_id: to.own })),
  'unreadable, beside an own session': (to) => post(to, [viewOf(to, 1), loginOf(to, 2)], unreadable),
  'a bearer of an own session, by PUT': (to) => ({
    ...post(to, textOf(to), json, [['Authorization', `Bearer ${to.own}`]]),
    method: 'PUT',
  }),
}

const all = (senders: Record<string, Sender>, more: Partial<Way> = {}): [string, Way][] =>
  Object.entries(senders).map(([name, send]) => [name, { send, ...more }])

export const ways = new Map<string, Way>([
  ...[types, encodings, texts, shapes, forms, queries, manners, answers].flatMap((senders) => all(senders)),
  ...all(besideAnonymous, { isBesideAnonymous: true }),
  ...all(inOwnSession, { isInOwnSession: true }),
])

/** An ordinary login of whoever has no public key of its own. */
export const anonymousLogin = (to: Target): Request => post(to, loginOf({ ...to, publicKey: 'anonymous' }))
