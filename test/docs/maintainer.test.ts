// The maintainer's guide, done as it stands.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { memory } from '../../adapters/memory.js'
import { sqlite } from '../../adapters/sqlite.js'
import { game } from '../../examples/own-protocol/game.js'
import { type Call, type Clientele, type ClienteleOptions, clientele, lacuna, type Refusal } from '../../src/index.js'
import { rpc, secret, serve } from '../helpers/serve.js'
import { freePort } from '../helpers/servers.js'
import { openGuide } from './guide.js'
import { testWith } from './programs.js'
import { fragment, openProject, served } from './project.js'

const guide = openGuide('docs/maintainer.md')
const project = openProject()
test.after(() => project.remove())

/** A server with a block of the guide mounted in it, and a game after it. */
async function play(
  options: Partial<ClienteleOptions>,
  mount: (app: Koa, clients: Clientele) => unknown,
  use: (url: string, clients: Clientele) => Promise<void>,
): Promise<void> {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret, smallestCrowd: 1, ...options })
  const app = new Koa()
  try {
    await mount(app, clients)
    app.use((ctx) => {
      ctx.body = { jsonrpc: '2.0', id: 1, result: { session_id: 'a session' } }
    })
    await serve(app, (url) => use(url, clients))
  } finally {
    await clients.close()
  }
}

const login = (publicKey?: string) => ({ id: 1, method: 'login', params: { name: 'a', api_key: publicKey } })

test('install', async () => {
  const { code, err } = await project.sh(guide.take('install', 'sh'))
  assert.is(code, 0, err)
})

testWith(['openssl'], 'mount: it serves, and makes no secret of its own', async () => {
  project.write('server.mjs', guide.take('mount', 'js'))
  const port = await freePort()
  const server = project.start(guide.take('mount', 'sh'), { PORT: String(port) })
  const url = `http://127.0.0.1:${port}`
  await served(url)
  assert.match(await (await fetch(`${url}/apikey`)).text(), 'My game')
  assert.is(await (await fetch(url)).text(), 'the game')
  assert.not.match((await server.stop()).err, 'Error')
  const store = sqlite(`${project.folder}/clients.sqlite`)
  assert.is(await store.get('clientele.secret'), undefined)
  await store.disconnect()
})

test('jsonRpc: what it shows is what lacuna() does', async () => {
  const { protocol } = await project.load(guide.take('jsonrpc', 'js'))
  const request = { method: 'POST', path: '/empire', query: '', headers: {}, parsed: login('K') }
  const answer = { status: 200, headers: {}, body: { result: { session_id: 's', status: { empire: { id: 7 } } } } }
  for (const one of [protocol, lacuna()]) {
    const [call] = one.read(request)
    assert.equal([call.feature, call.createsSession, call.publicKey], ['empire.login', true, 'K'])
    assert.equal(one.learn(call, answer), { sessionId: 's', playerId: '7' })
  }
  const [call] = lacuna().read(request) as [Call]
  const refusals: Refusal[] = [{ call, reason: 'missing', message: 'x' }]
  assert.equal(protocol.refuse(request, refusals), lacuna().refuse(request, refusals))
})

test('rest: what it shows reads a join', async () => {
  const { protocol } = await project.load(guide.take('rest', 'js'))
  const [call] = protocol.read({ method: 'POST', path: '/games/a/b/join', query: 'api_key=K', headers: {} })
  assert.equal([call.feature, call.createsSession, call.publicKey], ['POST /games/:name/:id/join', true, 'K'])
  const answer = { status: 200, headers: {}, body: { playerCredentials: 's' } }
  assert.equal(protocol.learn(call, answer), { sessionId: 's' })
})

test('sessions that change their id: a login, refreshed tokens, and a token that each answer renews', async () => {
  const { protocol } = await project.load(guide.take('sessions-that-change-their-id', 'js'))
  let tokens = 0
  const mount = (app: Koa, clients: Clientele) =>
    app.use(clients.middleware()).use((ctx) => {
      if (ctx.path === '/games') ctx.set('x-token', `token ${++tokens}`.replace(' ', '-'))
      ctx.body =
        ctx.path === '/games' ? [] : { access_token: `access-${++tokens}`, refresh_token: `refresh-${++tokens}` }
    })
  await play({ protocol }, mount, async (url, clients) => {
    const post = (path: string, body: object = {}, headers = {}) =>
      fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers })
    const login = await post('/login', {}, { 'x-api-key': 'anonymous' })
    let { refresh_token } = (await login.json()) as { refresh_token: string }
    for (let round = 0; round < 3; round++) {
      const refreshed = (await (await post('/token/refresh', { refresh_token })).json()) as Record<string, string>
      refresh_token = refreshed.refresh_token ?? ''
      let token = refreshed.access_token
      for (let call = 0; call < 3; call++) {
        const answer = await fetch(`${url}/games`, { headers: { authorization: `Bearer ${token}` } })
        token = answer.headers.get('x-token') ?? ''
      }
    }
    const { sessions, calls, features } = await clients.usage.read('anonymous')
    assert.equal([sessions, calls, features['GET /games']?.calls], [1, 13, 9])
    assert.is((await clients.usage.read('(none)')).calls, 0)
  })
})

test('a protocol of your own', async () => {
  const { textCommands } = await project.load(guide.take('a-protocol-of-your-own', 'js'))
  const mount = (app: Koa, clients: Clientele) => app.use(clients.middleware()).use(game)
  await play({ protocol: textCommands }, mount, async (url, clients) => {
    const say = async (body: string) => (await fetch(`${url}/command`, { method: 'POST', body })).text()
    assert.is(await say('LOGIN ada'), 'ERR You need an API Key.\n')
    const [, session] = (await say('login ada anonymous')).split(/\s/)
    assert.match(await say(`GUESS ${session} 50`), /^OK /)
    assert.match(await say(`DANCE ${session}`), /^ERR /)
    const { sessions, features } = await clients.usage.read('anonymous')
    const counted = {
      LOGIN: { calls: 1, errors: 0 },
      GUESS: { calls: 1, errors: 0 },
      '(unknown)': { calls: 1, errors: 1 },
    }
    assert.equal([sessions, { ...features }], [1, counted])
  })
})

test('in a handler', async () => {
  const { default: handler } = await project.load(fragment(guide.take('in-your-handlers', 'js')))
  const mount = (app: Koa, clients: Clientele) => handler(app.use(clients.middleware()), clients)
  await play({}, mount, async (url, clients) => {
    const { publicKey } = await clients.registry.register({ name: 'Mine' })
    const answer = await fetch(`${url}/empire`, { method: 'POST', body: JSON.stringify(login(publicKey)) })
    assert.is(await answer.text(), `${publicKey} Mine`)
    assert.is(await (await fetch(url)).text(), 'nobody')
    assert.equal({ ...(await clients.usage.read(publicKey)).metrics }, { 'essentia spent': 5 })
  })
})

test('the registry and the numbers', async () => {
  const { default: work } = await project.load(fragment(guide.take('in-your-handlers', 'js')))
  await play({}, work, async (_, clients) => {
    const names: string[] = []
    for await (const { name, official } of clients.registry.list()) names.push(`${name} ${official}`)
    assert.equal(names, ['The web client true'])
  })
})

test('over WebSockets', async () => {
  const clients = clientele({ store: memory(), protocol: lacuna(), secret })
  const { play } = await project.load(guide.take('sessions-that-do-not-come-over-http', 'js'))
  const server = createServer()
  play(server, clients)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const talk = async (...words: string[]) => {
    const socket = new WebSocket(url)
    const answers: string[] = []
    await new Promise((resolve) => socket.once('open', resolve))
    for (const word of words) {
      const answered = new Promise((resolve) => socket.once('message', resolve))
      socket.send(word)
      answers.push(String(await answered))
    }
    socket.close()
    return answers
  }
  try {
    assert.equal(await talk('my client'), ['refused: unknown'])
    assert.equal(await talk('anonymous', '1', 'x', '42'), ['welcome', 'wrong', 'wrong', 'right'])
    const { sessions, features, metrics } = await clients.usage.read('anonymous')
    assert.is(sessions, 1)
    assert.equal({ ...features }, { 'socket.guess': { calls: 3, errors: 1 } })
    assert.equal({ ...metrics }, { 'games won': 1 })
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await clients.close()
  }
})

test("the operator's pages", async () => {
  const { default: mount } = await project.load(fragment(guide.take('the-operators-pages', 'js')))
  const signedIn = (app: Koa, clients: Clientele) =>
    mount(
      app.use((ctx, next) => {
        ctx.state.user = { isAdmin: ctx.get('x-admin') === 'yes' }
        return next()
      }),
      clients,
    )
  await play({}, signedIn, async (url) => {
    const statusFor = async (admin: string) =>
      (await fetch(`${url}/apikey/operator`, { headers: { 'x-admin': admin } })).status
    assert.equal([await statusFor('yes'), await statusFor('no')], [200, 404])
  })
})

test('approval', async () => {
  const { default: mount } = await project.load(fragment(guide.take('approval', 'js')))
  await play({}, mount, async (url) => {
    const register = async (fields: Record<string, string>) => {
      const answer = await fetch(`${url}/apikey/register`, { method: 'POST', body: new URLSearchParams(fields) })
      return `${answer.status} ${/Leave a way to reach you\./.exec(await answer.text())?.[0] ?? ''}`
    }
    assert.is(await register({ name: 'A' }), '422 Leave a way to reach you.')
    assert.is(await register({ name: 'A', contact: 'me' }), '201 ')
  })
})

test('mail', async () => {
  const { default: mount } = await project.load(fragment(guide.take('mail', 'js')))
  await play({}, mount, async (url) => {
    assert.match(await (await fetch(`${url}/apikey`)).text(), 'Send both keys to this e-mail address')
  })
})

test('a health check', async () => {
  const { default: mount } = await project.load(fragment(guide.take('health-checks', 'js')))
  await play({}, mount, async (url, clients) => {
    await clients.ready()
    const { store, waiting } = (await (await fetch(`${url}/health`)).json()) as { store: string; waiting: number }
    assert.equal([store, waiting], ['up', 0])
    assert.is((await rpc(`${url}/empire`, login())).status, 200)
  })
})

guide.allRun()
test.run()
