import type Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ipSubnet } from '../../../src/console/access/ip-subnet.js'
import {
  maxClientsOfSubnet,
  maxFirstClients,
  maxFurtherClients,
  maxMails,
  maxMailsOfAddress,
  maxWrongPrivateKeys,
  RateLimits,
} from '../../../src/console/access/rate-limits.js'
import type { Clientele, ConsoleOptions } from '../../../src/index.js'
import { ask, closeAll, openSite, words } from '../harness.js'

test.after(closeAll)

/** The site behind a proxy that says whose request it is. */
const proxied = {
  mount(app: Koa, clients: Clientele, options?: ConsoleOptions) {
    app.proxy = true
    app.use(clients.console(options)).use(clients.middleware())
  },
}
const from = (address: string) => ({ 'x-forwarded-for': address })

const blocks: [same: boolean, one: string, another: string][] = [
  [true, '192.0.2.1', '192.0.2.255'],
  [false, '192.0.2.1', '192.0.3.1'],
  [true, '192.0.2.1', '::ffff:192.0.2.200'],
  [true, '192.0.2.1', '::ffff:c000:2c8'],
  [true, '2001:db8::1', '2001:0DB8:0:ff:ffff::1'],
  [false, '2001:db8::1', '2001:db8:0:100::1'],
  [true, '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  [true, 'fe80::1%eth0', 'fe80::2'],
  [false, '::1', '127.0.0.1'],
  [true, '::1', '::2'],
  [true, '', 'unknown'],
  [true, '_hidden', '192.0.2'],
]
for (const [same, one, another] of blocks) {
  test(`${one} and ${another} are ${same ? 'one block' : 'two blocks'}`, () => {
    assert.is(ipSubnet(one) === ipSubnet(another), same)
  })
}

test('an address block registers ten clients an hour; then a page says so, and another block goes on', async () => {
  const { origin, clients } = await openSite(proxied)
  const register = (address: string, form: Record<string, string> = { name: 'X' }) =>
    ask(origin, '/apikey/register', { form, headers: from(address) })
  for (let count = 0; count < 20; count++) assert.is((await register('192.0.2.1', { name: '' })).status, 422)
  for (let count = 0; count < maxClientsOfSubnet; count++) {
    assert.is((await register(`192.0.2.${count}`)).status, 201)
  }
  const answer = await register('192.0.2.99')
  assert.is(answer.status, 429)
  const wait = Number(answer.headers['retry-after'])
  assert.ok(wait > 3_500 && wait <= 3_600, String(wait))
  for (const said of ['Too many clients were registered', 'Nothing was lost', 'Try it again in 60 minutes.']) {
    assert.match(words(answer.text), said)
  }
  assert.not.match(answer.text + JSON.stringify(answer.headers), '192.0.2')
  assert.is((await register('192.0.3.1')).status, 201)
  let registered = 0
  for await (const _ of clients.registry.list()) registered++
  assert.is(registered, maxClientsOfSubnet + 1)
})

test('wrong private keys are limited, on the form and as bearer tokens together; right ones never count', async () => {
  const { origin, clients } = await openSite(proxied)
  const { publicKey, privateKey } = await clients.registry.register({ name: 'X' })
  const signIn = (private_key: string, address = '192.0.2.1') =>
    ask(origin, '/apikey/sign-in', { form: { private_key }, headers: from(address) })
  const bearer = (token: string, path = 'stats.json') =>
    ask(origin, `/apikey/${path}`, { headers: { ...from('192.0.2.2'), authorization: `Bearer ${token}` } })
  for (let count = 0; count < maxWrongPrivateKeys + 10; count++) assert.is((await signIn(privateKey)).status, 303)
  for (let count = 0; count < maxWrongPrivateKeys / 2; count++) {
    assert.is((await signIn('wrong')).status, 401)
    assert.is((await bearer('wrong')).status, 401)
  }
  const page = await signIn(privateKey)
  assert.is(page.status, 429)
  assert.match(words(page.text), /Too many wrong private keys .* Nothing was lost, .* Try it again in 15 minutes\./)
  const json = await bearer(privateKey)
  assert.is(json.status, 429)
  assert.is(json.headers['content-type'], 'application/problem+json')
  assert.is(JSON.parse(json.text).title, 'Too many wrong private keys')
  assert.ok(Number(json.headers['retry-after']) > 0)
  assert.is((await bearer(privateKey, 'stats.csv')).status, 429)
  assert.is((await signIn(privateKey, '198.51.100.1')).status, 303, 'another block')

  const login = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'login', params: ['a', 'b', publicKey] })
  const answer = await ask(origin, '/empire', { body: login, headers: from('192.0.2.1') })
  assert.is(answer.text, 'game', 'no login of the game is limited')
})

test('as many wrong ones at once: no more than the limit reach the store', async () => {
  const limits = new RateLimits()
  let asked = 0
  const attempts = Array.from({ length: 500 }, () =>
    limits.privateKey('192.0.2.1', async () => {
      asked++
      return undefined
    }),
  )
  await Promise.allSettled(attempts)
  assert.is(asked, maxWrongPrivateKeys)
})

test('an outage counts as no wrong private key and as no registration', async () => {
  const limits = new RateLimits()
  const fail = () => Promise.reject(new Error('down'))
  for (let count = 0; count < 60; count++) {
    await limits.privateKey('192.0.2.1', fail).then(assert.unreachable, ({ message }) => assert.is(message, 'down'))
  }
  for (let count = 0; count < maxClientsOfSubnet + 5; count++) {
    const inTurn = await limits.registration('192.0.2.1')
    await inTurn(fail).then(assert.unreachable, ({ message }) => assert.is(message, 'down'))
  }
})

/** How many of so many registrations get through, each from an address of its own. */
async function registrations(limits: RateLimits, addresses: Iterable<string>): Promise<number> {
  let done = 0
  for (const address of addresses) {
    const register = async () => ++done
    await limits
      .registration(address)
      .then((inTurn) => inTurn(register))
      .catch(() => undefined)
  }
  return done
}

/** Of 50 subnets two share one of the 65,536 places one time in fifty, and then one more gets through: not three times in a row. */
async function withoutCollision(work: (limits: RateLimits) => Promise<void>): Promise<void> {
  for (let left = 2; ; left--) {
    try {
      return await work(new RateLimits())
    } catch (error) {
      if (left === 0) throw error
    }
  }
}

test('a few blocks cannot use up what newcomers have', async () => {
  await withoutCollision(async (limits) => {
    const greedy = Array.from({ length: 15 * maxClientsOfSubnet }, (_, count) => `192.0.${count % 15}.1`)
    assert.is(await registrations(limits, greedy), 15 + maxFurtherClients)
    assert.is(await registrations(limits, ['198.51.100.1']), 1, 'somebody else’s first client')
    const many = Array.from({ length: 50 }, (_, count) => `203.0.${count}.1`)
    assert.is(await registrations(limits, many), maxFirstClients - 16)
  })
})

test('newcomers get in again a minute after many others', async () => {
  const now = Date.now
  await withoutCollision(async (limits) => {
    const many = Array.from({ length: 50 }, (_, count) => `203.0.${count}.1`)
    assert.is(await registrations(limits, many), maxFirstClients)
    try {
      Date.now = () => now() + 60_001
      assert.is(await registrations(limits, ['198.51.100.1']), 1)
    } finally {
      Date.now = now
    }
  })
})

test('whom the host turns away takes no place from others', async () => {
  const limits = new RateLimits()
  for (let count = 0; count < 200; count++) await limits.registration(`203.0.${count}.1`)
  assert.is(await registrations(limits, ['198.51.100.1']), 1)
})

test('a mailbox gets two mails a day, and everybody together sixty an hour', async () => {
  const limits = new RateLimits()
  const same = ['a@b.example', 'A@B.example', 'a+1@b.example']
  const sent = await Promise.all(same.map((address) => limits.mail(address)))
  assert.is(sent.filter(Boolean).length, maxMailsOfAddress)
  let others = 0
  for (let count = 0; count < 100; count++) if (await limits.mail(`${count}@b.example`)) others++
  assert.is(others, maxMails - same.length)
})

test('the host decides who registers: a text refuses and is shown, and the form stays', async () => {
  const asked: unknown[] = []
  const { origin, clients } = await openSite({
    options: {
      async onRegister(details, ctx) {
        const { body } = ctx.request as { body?: Record<string, string> }
        asked.push([details, body?.answer, ctx.path])
        return body?.answer === '3' || 'The third planet is <b>not</b> that.'
      },
    },
  })
  const form = { name: ' X ', contact: 'me', answer: '4' }
  const refused = await ask(origin, '/apikey/register', { form })
  assert.is(refused.status, 422)
  assert.match(refused.text, 'The third planet is &lt;b&gt;not&lt;/b&gt; that.')
  assert.match(refused.text, 'value="me"')
  assert.equal(asked, [[{ name: 'X', contact: 'me' }, '4', '/apikey/register']])
  for await (const client of clients.registry.list()) assert.unreachable(client.name)
  assert.is((await ask(origin, '/apikey/register', { form: { ...form, answer: '3' } })).status, 201)
})

for (const [what, onRegister] of [
  ['throws', () => Promise.reject(new Error('captcha is down'))],
  ['answers nothing', () => undefined],
  ['answers false', () => false],
] as const) {
  test(`a host’s onRegister that ${what} admits nobody and is reported`, async () => {
    const { origin, clients, errors } = await openSite({ options: { onRegister: onRegister as never } })
    assert.is((await ask(origin, '/apikey/register', { form: { name: 'X' } })).status, 503)
    assert.is(errors.length, 1)
    for await (const client of clients.registry.list()) assert.unreachable(client.name)
  })
}

test.run()
