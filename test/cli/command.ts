// Runs the command line as an operator does, and stores for it to work on.
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import type { Keyv } from 'keyv'
import type { ClientRegistry } from '../../src/keys/client-registry.js'
import { sessionPath } from '../../src/storage/paths.js'
import { dayOf } from '../../src/usage/days.js'
import { clock, dayMs, hourMs, startProcess } from '../helpers/fleet.js'

const program = ['--import', 'tsx', 'src/cli/main.ts']

export interface Ran {
  code: number
  out: string
  err: string
}

export function command(...words: string[]): Promise<Ran> {
  return commandIn({}, ...words)
}

export function commandIn(environment: Record<string, string>, ...words: string[]): Promise<Ran> {
  const options = { env: { ...process.env, CLIENTELE_STORE: '', ...environment }, timeout: 120_000, maxBuffer: 1e8 }
  if (environment.CLIENTELE_STORE === undefined) delete (options.env as Record<string, string>).CLIENTELE_STORE
  return new Promise((resolve) => {
    execFile(process.execPath, [...program, ...words], options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err })
    })
  })
}

export function startCommand(...words: string[]) {
  return spawn(process.execPath, [...program, ...words], { stdio: 'ignore' })
}

/**
 * The records of two server processes over 70 days until yesterday, with sealed days, a sealed month, shards, lists and
 * one process that was killed; over 200 days with totals and a folded month too.
 */
export async function smallWorld(days = 70): Promise<{ records: Map<string, string>; publicKeys: string[] }> {
  const today = Date.parse(dayOf(Date.now()))
  clock.start(new Date(today - days * dayMs).toISOString())
  // Nothing else keeps this process alive while the clock stands.
  const awake = setInterval(() => {}, 1_000)
  try {
    const stored = new Map<string, unknown>()
    const [one, another] = [await startProcess(stored), await startProcess(stored)]
    const publicKeys = ['anonymous', 'iOS', '(none)']
    for (let index = 0; index < 5; index++) {
      const registry: ClientRegistry = (index % 2 === 0 ? one : another).registry
      publicKeys.push((await registry.register({ name: `Client ${index}`, contact: 'me@example.com' })).publicKey)
    }
    await one.registry.retire(publicKeys.at(-1) ?? '')
    publicKeys.push('(unread)')
    for (let day = 0; day < days; day++) {
      if (days > 70 && day === 0) one.recorder.call({ publicKey: 'visitor' }, 'body.feature_0', false, false)
      for (const [index, publicKey] of publicKeys.entries()) {
        const { recorder } = index % 2 === 0 || day > days - 10 ? one : another
        if (publicKey !== '(none)') recorder.session({ publicKey }, 'empire.login', true)
        recorder.call({ publicKey }, `body.feature_${day % 7}`, day % 5 === 0, false)
        recorder.player(
          { publicKey },
          'secret',
          createHash('sha256')
            .update(`player ${day % 9}`)
            .digest(),
        )
      }
      await one.flush()
      if (day <= days - 10) await another.flush()
      if (day === days - 10) another.kill()
      clock.pass(hourMs)
      await one.keepHouse()
      clock.pass(dayMs - hourMs)
    }
    await one.flush()
    one.kill()
    return {
      records: new Map(
        Array.from(stored, ([name, text]) => [name, (JSON.parse(text as string) as { value: string }).value]),
      ),
      publicKeys,
    }
  } finally {
    clock.stop()
    clearInterval(awake)
  }
}

export async function fill(keyv: Keyv, records: Iterable<[string, string]>): Promise<void> {
  const entries = Array.from(records, ([key, value]) => ({ key, value }))
  for (let start = 0; start < entries.length; start += 500) await keyv.setMany(entries.slice(start, start + 500))
}

/** Sessions that end in an hour. */
export async function fillSessions(keyv: Keyv, count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, index) => ({
    key: sessionPath(String(index).padStart(40, '0')),
    value: JSON.stringify({ publicKey: 'iOS', boundAtMs: Date.now() }),
    ttl: hourMs,
  }))
  await keyv.setMany(entries)
}
