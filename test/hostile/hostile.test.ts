// Strangers do their worst while honest players play: nobody of them waits, nothing of theirs is lost, nothing grows, nothing stays.
// HOSTILE_SECONDS=3600 for the long run.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele, lacuna } from '../../src/index.js'
import { secret } from '../helpers/serve.js'
import { temporaryFile } from '../helpers/temporary.js'
import { attacks } from './attacks.js'

const seconds = Number(process.env.HOSTILE_SECONDS ?? 20)
const honestPlayers = 4
/** What the made-up keys and names of one day may take, whoever sends them: docs/operator.md. */
const maxStoredBytes = 20_000_000

interface Told {
  port?: number
  publicKey?: string
  heapMiB?: number
}

async function start(mode: string, store: string) {
  const child = fork('test/hostile/server.ts', [], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, MODE: mode, STORE: store },
  })
  const told: Told = {}
  child.on('message', (message: Told) => Object.assign(told, message))
  while (told.port === undefined) await once(child, 'message')
  return { child, port: told.port, publicKey: told.publicKey ?? 'anybody' }
}

/** What a server holds, and how long its event loop stood since it was last asked. */
async function figuresOf(child: ChildProcess): Promise<{ heapMiB: number; stoodMs: number }> {
  child.send('figures')
  const [figures] = await once(child, 'message')
  return figures
}

/** One player: a login and three calls, again and again. What was answered is counted. */
async function play(port: number, publicKey: string, agent: Agent, until: number, tally: LiveTotals): Promise<void> {
  while (Date.now() < until) {
    const startedAtMs = performance.now()
    const login = await call(port, agent, { id: 1, method: 'login', params: ['me', 'password', publicKey] })
    tally.loginMs.push(performance.now() - startedAtMs)
    tally.logins++
    const session = (login as { result: { session_id: string } }).result.session_id
    for (let index = 0; index < 3; index++) {
      await call(port, agent, { id: 2, method: 'view', params: [session] })
      tally.views++
    }
    await pause(20)
  }
}

interface LiveTotals {
  logins: number
  views: number
  loginMs: number[]
}

async function call(port: number, agent: Agent, message: object): Promise<unknown> {
  const sent = request({
    port,
    path: '/empire',
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json' },
  })
  sent.end(JSON.stringify(message))
  const [answer] = await once(sent, 'response')
  return JSON.parse(await text(answer))
}

function percentile(values: readonly number[], part: number): number {
  return values.toSorted((one, another) => one - another)[Math.floor(values.length * part)] ?? 0
}

test('an honest player notices nothing', async () => {
  await using file = await temporaryFile('hostile.sqlite')
  const until = Date.now() + seconds * 1_000
  const [ours, bare] = await Promise.all([start('clientele', file.path), start('bare', '')])
  let [ended, requests] = ['', 0]
  for (const { child } of [ours, bare]) child.once('exit', (code) => (ended ||= `a server ended with ${code}`))
  const failures = new Map<string, string>()
  const strangers = [ours, bare].flatMap(({ port }, at) =>
    Object.entries(attacks).map(async ([name, { everyMs, play: attack }]) => {
      for (let round = 0; Date.now() < until; round++) {
        requests++
        await attack(port, round).catch((error: Error) =>
          failures.set(`${name} (${at === 0 ? 'with us' : 'bare'})`, error.message),
        )
        await pause(everyMs * (0.5 + Math.random()))
      }
    }),
  )
  const tallies = [ours, bare].map((): LiveTotals => ({ logins: 0, views: 0, loginMs: [] }))
  const players = [ours, bare].flatMap(({ port, publicKey }, at) => {
    const agent = new Agent({ keepAlive: true })
    return Array.from({ length: honestPlayers }, () => play(port, publicKey, agent, until, tallies[at] as LiveTotals))
  })
  await pause(seconds * 300)
  const { heapMiB: early } = await figuresOf(ours.child)
  await figuresOf(bare.child)
  await Promise.all([...players, ...strangers])
  await pause(500)
  const [{ heapMiB: late, stoodMs }, bareFigures] = [await figuresOf(ours.child), await figuresOf(bare.child)]
  assert.is(ended, '')
  for (const { child } of [ours, bare]) child.disconnect()
  await Promise.all([once(ours.child, 'exit'), once(bare.child, 'exit')])

  const [withUs, without] = tallies as [LiveTotals, LiveTotals]
  const [p99, bareP99] = [percentile(withUs.loginMs, 0.99), percentile(without.loginMs, 0.99)]
  const keyv = sqlite(file.path)
  let [stored, sessions] = [0, 0]
  const planted: string[] = []
  for await (const [name, value] of keyv.iterator?.(undefined) ?? []) {
    // One for each session that the game has opened, for as long as it lives.
    if (name.includes('.session.')) sessions++
    else stored += name.length + String(value).length
    if (/_prv_|owned|@example/.test(String(value))) planted.push(name)
  }
  console.log(
    `FIGURE ${seconds} s, ${requests} hostile rounds beside ${withUs.logins} honest logins: p99 ${p99.toFixed(0)} ms, without us ${bareP99.toFixed(0)} ms; the event loop stood ${stoodMs.toFixed(0)} ms at most, without us ${bareFigures.stoodMs.toFixed(0)} ms; heap ${early.toFixed(0)}, then ${late.toFixed(0)} MiB; ${stored} bytes on the store, and ${sessions} sessions`,
  )
  const clients = clientele({ store: keyv, protocol: lacuna(), secret })
  const report = await clients.usage.read(ours.publicKey, 'all')
  assert.equal([report.sessions, report.calls, report.errors], [withUs.logins, withUs.logins + withUs.views, 0])
  assert.equal(
    { ...report.features },
    { 'empire.login': { calls: withUs.logins, errors: 0 }, 'empire.view': { calls: withUs.views, errors: 0 } },
  )
  await clients.close()
  await keyv.disconnect()
  assert.equal([...failures], [])
  const slowestMs = withUs.loginMs.reduce((one, another) => Math.max(one, another), 0)
  assert.ok(slowestMs < 5_000, `an honest login was answered after ${slowestMs} ms`)
  assert.ok(late - early < 30, `the heap grew from ${early} to ${late} MiB`)
  assert.ok(stored < maxStoredBytes, `${stored} bytes are stored`)
  assert.equal(planted, [])
})

test.run()
