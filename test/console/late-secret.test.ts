import type Koa from 'koa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createConsole } from '../../src/console/router.js'
import type { ConsoleParts } from '../../src/console/web/console-parts.js'
import type { StoredClients } from '../../src/keys/stored-clients.js'
import { ask, closeAll, keysOn, noOperator, openSite } from './harness.js'

test.after(closeAll)

/** A console beside the real one, on the same registry, with another secret. */
async function withSecret(secret: ConsoleParts['secret'], more: Partial<ConsoleParts> = {}) {
  const errors: unknown[] = []
  const { origin, clients } = await openSite({
    mount(app: Koa, { registry, usage }) {
      const onError = (error: unknown) => errors.push(error)
      const parts = {
        registry: registry as StoredClients,
        usage,
        secret,
        example: () => undefined,
        keyPrefix: 'ck',
        smallestCrowd: 1,
        operator: noOperator,
        onError,
        ...more,
      }
      app.use(createConsole(parts))
    },
  })
  return { origin, clients, errors }
}

test('who registers while there is no secret yet sees the private key all the same', async () => {
  const { origin, errors } = await withSecret(() => Promise.reject(new Error('not yet')))
  const answer = await ask(origin, '/apikey/register', { form: { name: 'Early' } })
  assert.is(answer.status, 201)
  assert.match(keysOn(answer.text).privateKey, /^ck_prv_/)
  assert.equal(answer.cookies, [])
  assert.match(answer.text, 'The private key opens')
  assert.is(errors.length, 1)
})

test('who signs in while there is no secret yet is told so', async () => {
  const { origin, clients } = await withSecret(() => Promise.reject(new Error('not yet')))
  const { privateKey } = await clients.registry.register({ name: 'Early' })
  const answer = await ask(origin, '/apikey/sign-in', { form: { private_key: privateKey } })
  assert.is(answer.status, 503)
  const cookie = 'ck_console=1.1.x; ck_console.sig=x'
  assert.is((await ask(origin, '/apikey/stats', { headers: { cookie } })).status, 503)
  assert.is((await ask(origin, '/apikey', { headers: { cookie } })).status, 200)
})

test('a secret that never comes holds no first page up', async () => {
  const { origin } = await withSecret(() => new Promise(() => {}))
  const started = Date.now()
  const answer = await ask(origin, '/apikey', { headers: { cookie: 'ck_console=1.1.x; ck_console.sig=x' } })
  assert.is(answer.status, 200)
  assert.ok(Date.now() - started < 1_000)
})

test('a protocol without an example: the page says where the public key goes', async () => {
  const { origin } = await withSecret(async () => 'secret')
  const { text } = await ask(origin, '/apikey/register', { form: { name: 'Plain' } })
  assert.match(text, 'Send this public key with every call that creates a session:')
  assert.not.match(text, 'curl')
})

test('a registry that refuses a field is believed', async () => {
  const { ClienteleError } = await import('../../src/errors.js')
  const register = () => Promise.reject(new ClienteleError('details_invalid', 'This name is taken.', { field: 'name' }))
  const registry = { register } as unknown as ConsoleParts['registry']
  const { origin } = await withSecret(async () => 'secret', { registry })
  const { status, text } = await ask(origin, '/apikey/register', { form: { name: 'Taken' } })
  assert.is(status, 422)
  assert.match(text, 'This name is taken.')
  assert.match(text, 'value="Taken"')
})

test.run()
