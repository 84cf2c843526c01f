// What every store on a server must do when the server is away, slow, hangs, or refuses us.
import { execFile } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Keyv } from 'keyv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { proxy } from '../helpers/proxy.js'
import { missingServer, type ServerKind, type TestServer, testServer } from '../helpers/servers.js'
import { contract } from './contract.js'
import { recordsOf } from './keyv-records.js'

/** Our adapters give up after five seconds without a connection and ten without an answer. */
const maxCallMs = 16_000

/** Registers the contract and the outages for a store on a server of its own, or says why there is none. */
export function serverContract(
  kind: ServerKind,
  factory: (url: string, options?: { prefix?: string }) => Keyv,
  differences: { hasNoSweep?: boolean; maxBytes?: number },
): void {
  test(`${kind}: a prefix or an address that cannot be right is refused at once, and not repeated`, () => {
    assert.throws(() => factory(`${kind}://127.0.0.1`, { prefix: 'a; drop' }), /the prefix must be letters, digits/)
    assert.throws(() => factory(`${kind}://127.0.0.1`, { prefix: 'Upper' }), /small/)
    for (const url of ['127.0.0.1:5432', 'http://u:hunter2@127.0.0.1', `${kind}://u:hunter2#@127.0.0.1:x`]) {
      try {
        factory(url)
        assert.unreachable(url)
      } catch (error) {
        assert.match(String(error), /the address must be like/)
        assert.not.match(String(error), /hunter2/)
      }
    }
  })

  const missing = missingServer(kind)
  if (missing) {
    console.log(`SKIPPED ${kind}: ${missing}`)
    test.skip(`${kind} on a real server`)
    return
  }

  let server: TestServer
  const opened: Keyv[] = []
  const open = (prefix: string, url = server.url) => {
    const keyv = factory(url, { prefix })
    opened.push(keyv)
    return keyv
  }
  const accidents: unknown[] = []
  const record = (error: unknown) => accidents.push(error)

  test.before(async () => {
    process.on('unhandledRejection', record)
    process.on('uncaughtException', record)
    server = await testServer(kind)
    await server.start()
  })
  test.after.each(() => assert.equal(accidents, [], 'nothing was thrown where nobody could catch it'))
  test.after(async () => {
    await Promise.all(opened.map((keyv) => keyv.disconnect()))
    await server[Symbol.asyncDispose]()
  })

  contract(kind, () => ({
    open: (prefix) => recordsOf(open(prefix)),
    reopen: (prefix) => recordsOf(open(prefix)),
    ...differences,
  }))

  test(`${kind}: down at the start, it says so and works as soon as the server is there`, async () => {
    await server.kill()
    const store = open('late')
    for (const call of [
      () => store.get('a'),
      () => store.set('a', '1'),
      () => store.getMany(['a', 'b']),
      () => store.setMany([{ key: 'a', value: '1' }]),
      () => store.delete('a'),
      () => store.iterator?.(undefined).next(),
    ]) {
      const message = await failure(call)
      assert.match(message, /ECONNREFUSED|refused/i)
      assert.not.match(message, /right|clientele:/)
    }
    await Promise.all(Array.from({ length: 64 }, () => failure(() => store.get('a'))))
    await server.start()
    await Promise.all(Array.from({ length: 50 }, (_, index) => store.set(`first.${index}`, `${index}`)))
    const names = Array.from({ length: 50 }, (_, index) => `first.${index}`)
    assert.equal(
      await open('late').getMany(names),
      names.map((_, index) => `${index}`),
    )
  })

  test(`${kind}: a connection that is lost while nobody uses it harms nobody`, async () => {
    const store = open('idle')
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.set(`a${index}`, '1')))
    await server.kill()
    await wait(100)
    await server.start()
    await wait(100)
    // The first call may find out; it must not make anything up.
    const first = await store.get('a1').catch(() => 'failed')
    assert.ok(first === '1' || first === 'failed', String(first))
    await recovered(store)
    assert.is(await store.get('a1'), '1')
  })

  test(`${kind}: killed and started again in mid-traffic, it loses nothing that it acknowledged`, async () => {
    const store = open('traffic')
    await store.set('always', 'there')
    const acknowledged = new Map<string, string>()
    const outcomes = { ok: 0, failed: 0 }
    let running = true
    const writer = async (own: number) => {
      for (let round = 0; running; round++) {
        const entries = Array.from({ length: 20 }, (_, index) => ({
          key: `w${own}.${round % 50}.${index}`,
          value: `${round}`,
        }))
        try {
          if (own % 2) {
            const saved = await store.setMany(entries)
            assert.equal(saved, Array(20).fill(true))
            for (const { key, value } of entries) acknowledged.set(key, value)
          } else {
            assert.is(await store.set(entries[0]?.key ?? '', `${round}`), true)
            acknowledged.set(entries[0]?.key ?? '', `${round}`)
          }
          outcomes.ok++
        } catch {
          outcomes.failed++
          await wait(5)
        }
        try {
          assert.is(await store.get('always'), 'there', 'an outage is not "not there"')
        } catch (error) {
          if ((error as Error).name === 'Assertion') throw error
        }
      }
    }
    const writers = Array.from({ length: 8 }, (_, own) => writer(own))
    for (let kill = 0; kill < 3; kill++) {
      await wait(150 + Math.random() * 200)
      await server.kill()
      await wait(50)
      await server.start()
      await recovered(store)
    }
    await wait(200)
    running = false
    await Promise.all(writers)
    assert.ok(outcomes.ok > 100 && outcomes.failed > 0, JSON.stringify(outcomes))
    const names = [...acknowledged.keys()]
    const seen = open('traffic')
    for (let start = 0; start < names.length; start += 1_000) {
      const some = names.slice(start, start + 1_000)
      for (const [index, value] of (await seen.getMany(some)).entries()) {
        const name = some[index] ?? ''
        // A later write that was not acknowledged may have landed as well.
        assert.ok(Number(value) >= Number(acknowledged.get(name)), `${name}: ${value}, not ${acknowledged.get(name)}`)
      }
    }
    console.log(
      `FIGURE ${kind}: killed 3 times, ${outcomes.ok} acknowledged writes all there, ${outcomes.failed} rejected`,
    )
  })

  test(`${kind}: a server that hangs fails the call in time, and all is well when it goes on`, async () => {
    const store = open('frozen')
    await store.set('a', 'before')
    server.freeze()
    const startedAtMs = performance.now()
    let failures: string[]
    try {
      failures = await Promise.all([
        failure(() => store.set('a', 'while frozen')),
        failure(() => store.get('a')),
        failure(() => store.setMany([{ key: 'b', value: '1' }])),
        // A connection that it has yet to make.
        failure(() => open('frozen_too').get('a')),
        // More than any pool has connections.
        ...Array.from({ length: 30 }, (_, index) => failure(() => store.set(`many.${index}`, '1'))),
      ])
    } finally {
      server.thaw()
    }
    const tookMs = performance.now() - startedAtMs
    assert.ok(tookMs < maxCallMs, `${tookMs} ms`)
    assert.ok(
      failures.every((message) => !message.includes('right')),
      failures.join(),
    )
    // The write that failed may have landed meanwhile, but not after a newer one.
    await recovered(store, 'a', 'after')
    await wait(300)
    assert.is(await store.get('a'), 'after')
    assert.is(await open('frozen').get('a'), 'after')
    await Promise.all(Array.from({ length: 64 }, (_, index) => store.set(`again.${index}`, '1')))
  })

  test(`${kind}: a slow server gets the answers right`, async () => {
    await using slow = await proxy(server.port)
    slow.delayMs = 60
    const store = open('slow', server.url.replace(`:${server.port}`, `:${slow.port}`))
    const names = Array.from({ length: 30 }, (_, index) => `a${index}`)
    await Promise.all(names.map((name) => store.set(name, `of ${name}`)))
    assert.equal(
      await Promise.all(names.map((name) => store.get(name))),
      names.map((name) => `of ${name}`),
    )
    await store.disconnect()
  })

  test(`${kind}: a write whose answer is lost has failed`, async () => {
    await using line = await proxy(server.port)
    const store = open('cut', server.url.replace(`:${server.port}`, `:${line.port}`))
    await store.set('a', 'before')
    line.cutsAnswers = true
    const failures = await Promise.all([
      failure(() => store.set('a', 'unsure')),
      failure(() => store.setMany([{ key: 'b', value: 'unsure' }])),
      failure(() => store.get('a')),
      failure(() => store.getMany(['a', 'b'])),
    ])
    assert.is(failures.length, 4)
    line.cutsAnswers = false
    await recovered(store)
    assert.ok(['before', 'unsure'].includes(String(await store.get('a'))))
    await store.disconnect()
  })

  test(`${kind}: a process that is done ends, though it has disconnected nothing`, async () => {
    const program = `
      import { ${kind} } from '${new URL(`../../adapters/${kind}.ts`, import.meta.url)}'
      const store = ${kind}(process.argv[1], { prefix: 'done' })
      await Promise.all(Array.from({ length: 20 }, (_, index) => store.set('a' + index, 'written')))
      console.log(await store.get('a19'))`
    const options = ['--import', 'tsx', '--input-type=module', '-e', program, server.url]
    const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 8_000 })
    assert.is(stdout, 'written\n')
  })

  test(`${kind}: a wrong password is said, and is not repeated`, async () => {
    const store = open('password', server.wrongUrl)
    const message = await failure(() => store.set('a', '1'))
    assert.match(message, /password|denied/i)
    assert.not.match(message, /wrong/)
    assert.match(await failure(() => store.get('a')), /password|denied/i)
  })
}

/** The message with which the call failed; it fails the test if it did not. */
async function failure(call: () => Promise<unknown> | undefined): Promise<string> {
  try {
    const value = await call()
    throw new Error(`it resolved to ${JSON.stringify(value)}`)
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    assert.not.match(message, /^it resolved/)
    // Node names all addresses that it tried, and leaves the message empty.
    return `${message} ${code ?? ''}`
  }
}

async function recovered(store: Keyv, name = 'recovered', value = 'yes'): Promise<void> {
  const end = Date.now() + 5_000
  for (;;) {
    try {
      await store.set(name, value)
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await wait(20)
    }
  }
}
