// What a maintainer does first: mounts the README's server, in each of the ways that a Node.js project is set up, registers a
// client at the console and logs in with its key.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as pause } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { keysOn } from '../console/harness.js'
import { type RpcAnswer, rpc, secret } from '../helpers/serve.js'
import { install, type KoaMajor, readmeBlocks, run } from './packed.js'

export interface Host {
  name: string
  koa: KoaMajor
  /** What the project's package.json says of its `.js` files. */
  type: 'module' | 'commonjs'
  /** Compiler options beside the strict ones; none is a project of plain JavaScript. */
  compiled?: object
  compiler?: string
  /** What else it has installed. */
  packages?: string[]
}

const typescript = resolve('node_modules/typescript/bin/tsc')
/** An older one, as a host may have it: attw brings it along. */
const typescript56 = resolve('node_modules/@arethetypeswrong/core/node_modules/typescript/bin/tsc')
const nodeNext = { module: 'NodeNext', target: 'ES2022' }
const bundler = { module: 'ESNext', moduleResolution: 'bundler', target: 'ES2022' }
/** As server projects had it for years: without `exports`, so it finds the types by `types` and `typesVersions`. */
const node10 = { module: 'commonjs', moduleResolution: 'node10', target: 'ES2022', esModuleInterop: true }
/** Over which types stumble that were written without them. */
const strictest = { ...nodeNext, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }

export const hosts: Host[] = [
  { name: 'JavaScript, ESM', koa: 3, type: 'module' },
  { name: 'JavaScript, ESM', koa: 2, type: 'module' },
  { name: 'JavaScript, CommonJS', koa: 3, type: 'commonjs' },
  { name: 'JavaScript, CommonJS', koa: 2, type: 'commonjs' },
  { name: 'TypeScript, NodeNext', koa: 3, type: 'module', compiled: { ...strictest, skipLibCheck: false } },
  { name: 'TypeScript, NodeNext', koa: 2, type: 'module', compiled: strictest },
  { name: 'TypeScript, NodeNext and CommonJS', koa: 3, type: 'commonjs', compiled: nodeNext },
  { name: 'TypeScript, bundler', koa: 3, type: 'module', compiled: bundler },
  { name: 'TypeScript, bundler', koa: 2, type: 'module', compiled: bundler },
  { name: 'TypeScript 5.6, node10', koa: 2, type: 'commonjs', compiled: node10, compiler: typescript56 },
]

/** The README's server, with the place for the game filled by one that answers logins. */
async function mounted(): Promise<string> {
  const [server = ''] = await readmeBlocks()
  const place = "ctx.body = 'the game'"
  assert.match(server, place)
  return server.replace(place, "ctx.body = { jsonrpc: '2.0', id: 1, result: { session_id: 'a session' } }")
}

/** Sets up the project, and compiles it where it is written in TypeScript, with `more` files of source. */
export async function setUp(tarball: string, project: string, host: Host, more: Record<string, string>): Promise<void> {
  const { koa, type, compiled, compiler = typescript, packages } = host
  await install(tarball, project, koa, type, packages)
  const server = await mounted()
  if (!compiled) {
    const code = type === 'module' ? server : server.replace(/^import (.+) from ('.+')$/gm, 'const $1 = require($2)')
    await writeFile(join(project, 'server.js'), code)
    return
  }
  const sources = { 'server.ts': server, ...more }
  for (const [name, text] of Object.entries(sources)) await writeFile(join(project, name), text)
  const compilerOptions = { strict: true, skipLibCheck: true, types: ['node'], ...compiled }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(sources) }))
  const done = await run(process.execPath, [compiler, '-p', project]).catch((error: { stdout: string }) => error)
  assert.is(done.stdout.trim(), '', host.name)
}

// The README's server says its port to nobody.
const sayPort = `data:text/javascript,${encodeURIComponent(`
  import { Server } from 'node:http'
  const { listen } = Server.prototype
  Server.prototype.listen = function (...values) {
    return listen.apply(this, values).once('listening', () => console.log(this.address().port))
  }`)}`

/** Starts a project's server, walks through it, and ends it as an operator would. */
export async function play(project: string): Promise<void> {
  const server = spawn(process.execPath, ['--import', sayPort, 'server.js'], {
    cwd: project,
    // Without a secret each first registration would wait two seconds until one is made.
    env: { ...process.env, PORT: '0', CLIENTELE_SECRET: secret, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(server, 'close')
  let said = ''
  server.stderr.on('data', (text) => (said += text))
  try {
    const [port] = await Promise.race([once(createInterface(server.stdout), 'line'), ended.then(() => [undefined])])
    assert.ok(port, `it did not start: ${said}`)
    await walk(`http://127.0.0.1:${port}`)
  } finally {
    server.kill('SIGTERM')
  }
  const [code] = await ended
  // Not even that requiring ES modules is experimental. That its store took long is no fault on a machine that does much else.
  assert.not.match(said, /(Experimental|Deprecation)Warning|Error/)
  assert.is(code, 0)
}

/** Does as the page says when a disk is too busy to answer in time: waits, and asks again. */
async function patiently(ask: () => Promise<Response>): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const answer = await ask()
    if (answer.status !== 503 || tries === 30) return answer
    await pause(1_000)
  }
}

async function walk(url: string): Promise<void> {
  const home = await fetch(`${url}/apikey`)
  assert.is(home.status, 200)
  assert.match(await home.text(), '<h1')
  assert.is((await fetch(`${url}/apikey/console.css`)).status, 200)
  const form = { method: 'POST', body: new URLSearchParams({ name: 'The first client' }) }
  const registered = await patiently(() => fetch(`${url}/apikey/register`, form))
  assert.is(registered.status, 201)
  const { publicKey, privateKey } = keysOn(await registered.text())

  const login = (apiKey: string): Promise<RpcAnswer> =>
    rpc(`${url}/empire`, { jsonrpc: '2.0', id: 1, method: 'login', params: ['me', 'my password', apiKey] })
  assert.is((await login('')).json.error.code, 1002)
  assert.equal((await login(publicKey)).json.result, { session_id: 'a session' })

  const headers = { authorization: `Bearer ${privateKey}` }
  const stats = await patiently(() => fetch(`${url}/apikey/stats.json`, { headers }))
  const { past30Days } = (await stats.json()) as { past30Days: object }
  assert.match(JSON.stringify(past30Days), '"sessions":1,"calls":1,"errors":0')
}
