import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inFile, readConfig } from '../../src/gateway/config.js'
import { ClienteleError, clientele } from '../../src/index.js'
import { temporaryFile } from '../helpers/temporary.js'

const protocol = { lacuna: {} }
const jsonRpc = {
  path: '/rpc',
  sessions: { login: { apiKey: { index: 2, name: 'api_key' } } },
  sessionId: { index: 0, name: 'session_id' },
  answer: { sessionId: '/session_id' },
}
const rest = {
  sessions: { 'POST /login': { answer: { sessionId: { body: '/token' } } } },
  apiKey: { header: 'x-api-key' },
  sessionId: { bearer: true },
}

/** Reads and uses it as the command does. */
async function use(path: string): Promise<void> {
  const { options } = await readConfig(path)
  const { memory } = await import('../../adapters/memory.js')
  await inFile(path, () => clientele({ ...options, store: memory() })).close()
}

test('a config file may be JSON or a module, with one protocol or several', async () => {
  for (const config of [
    { store: 'sqlite:a.sqlite', protocol },
    { protocol: [protocol, { jsonRpc }, { rest }], enforce: 'off', retention: { days: 90 }, console: { title: 'A' } },
  ]) {
    await using json = await temporaryFile('clients.json')
    await writeFile(json.path, JSON.stringify(config))
    await using module = await temporaryFile('clients.mjs')
    await writeFile(module.path, `export default ${JSON.stringify(config)}`)
    for (const { path } of [json, module]) {
      const { store, console, options } = await readConfig(path)
      assert.equal([store, console], [config.store, config.console ?? {}])
      assert.is((options.protocol as unknown[]).length, [config.protocol].flat().length)
      await use(path)
    }
  }
})

test('the config files of the documentation are right', async () => {
  const text = await readFile('docs/gateway.md', 'utf8')
  const blocks = [...text.matchAll(/^```(json|js)\n(.*?)^```/gms)]
  assert.is(blocks.length, 3)
  for (const [, kind = '', block = ''] of blocks) {
    await using file = await temporaryFile(kind === 'json' ? 'clients.json' : 'clients.mjs')
    await writeFile(file.path, block)
    await use(file.path)
  }
})

test('a module may make its own protocol, and handle what fails', async () => {
  await using file = await temporaryFile('clients.mjs')
  await writeFile(
    file.path,
    `const one = { matches: () => true, read: () => [], refuse: () => ({}), learn: () => ({}) }
     export default { protocol: one, onError: () => {} }`,
  )
  const { options } = await readConfig(file.path)
  assert.is([options.protocol].flat()[0]?.matches('GET', '/'), true)
  assert.type(options.onError, 'function')
  await use(file.path)
})

test('what is wrong is said with the name of the file and of the option', async () => {
  const table: [name: string, text: string | object, says: RegExp][] = [
    ['a.json', { stroe: 'x', protocol }, /there is no option `stroe`; did you mean `store`\?/],
    ['a.json', { protocol, handOver: true }, /there is no option `handOver`/],
    ['a.json', { store: 5, protocol }, /the option `store` must be an address: 'sqlite:clients.sqlite'/],
    ['a.json', {}, /the option `protocol` is missing; say how the game creates sessions: { "lacuna": {} }/],
    ['a.json', [], /takes an object of options, not an array/],
    ['a.json', { protocol, enforce: 'on' }, /: clientele\(\): the option `enforce` must be one of/],
    ['a.json', { protocol, retention: { day: 90 } }, /: clientele\(\) retention: .* did you mean `days`/],
    ['a.json', { protocol, secret: 'short' }, /: clientele\(\): the option `secret` must be text of at least 32/],
    ['a.json', { protocol, console: { titel: 'A' } }, /: console\(\): .*did you mean `title`/],
    ['a.json', { protocol, console: 'A' }, /: console\(\) takes an object/],
    ['a.json', { protocol: 'lacuna' }, /: protocol takes an object of options, not of type string/],
    ['a.json', { protocol: { lacunae: {} } }, /: protocol: there is no option `lacunae`; did you mean `lacuna`/],
    ['a.json', { protocol: { lacuna: { path: '/' } } }, /: lacuna\(\): there is no option `path`/],
    ['a.json', { protocol: { lacuna: {}, jsonRpc } }, /: protocol: name one of lacuna, jsonRpc and rest; several/],
    [
      'a.json',
      { protocol: { jsonRpc: { ...jsonRpc, path: 'rpc' } } },
      /: jsonRpc\(\): the option `path` must begin with/,
    ],
    ['a.json', { protocol: { jsonRpc: {} } }, /: jsonRpc\(\): the option `path` is missing/],
    ['a.json', { protocol: { rest: { ...rest, sessions: {} } } }, /: rest\(\): the option `sessions` must name/],
    ['a.json', { protocol: [] }, /: clientele\(\): the option `protocol` must be a protocol/],
    ['a.json', '{ "secret": abc-hidden }', /a.json cannot be read: Unexpected token 'a'\./],
    ['a.json', '', /cannot be read: Unexpected end of JSON input/],
    ['a.mjs', 'export const config = {}', /a.mjs takes an object of options, not undefined/],
    ['a.mjs', 'export default {', /a.mjs cannot be read: /],
    ['a.mjs', "throw new Error('of the module')", /a.mjs cannot be read: of the module/],
    ['a.yaml', '', /a config file is JSON \(.json\) or a module \(.js, .mjs\)/],
  ]
  for (const [name, text, says] of table) {
    await using file = await temporaryFile(name)
    await writeFile(file.path, typeof text === 'string' ? text : JSON.stringify(text))
    try {
      await use(file.path)
      assert.unreachable(`${name} ${JSON.stringify(text)}`)
    } catch (error) {
      assert.instance(error, ClienteleError)
      assert.is((error as ClienteleError).code, 'option_invalid')
      assert.match((error as ClienteleError).message, says)
      assert.match((error as ClienteleError).message, file.path)
      assert.not.match((error as ClienteleError).message, 'hidden')
    }
  }
  await using file = await temporaryFile('clients.json')
  const missing = join(dirname(file.path), 'none.json')
  await readConfig(missing).then(
    () => assert.unreachable(),
    ({ message }) => assert.is(message, `There is no file ${missing}.`),
  )
})

test.run()
