import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { empireGame } from '../../examples/empire/game.js'
import { createUniverse } from '../../examples/empire/universe.js'
import { type Answer, send } from '../helpers/wire.js'
import { API_KEY, at, errorOf, type Json, type Use, UUID, withGame } from './empire-host.js'

const play = suite('empire: the game')

play('a wrong password, an unknown empire', () =>
  withGame(async ({ call }) => {
    const wrong = { code: 1004, message: 'Password incorrect.', data: null }
    for (const password of ['wrong', '', null, 7, ['secret']]) {
      assert.equal(errorOf(await call('empire', 'login', ['Stub Empire', password, API_KEY])), [500, wrong])
    }
    assert.equal(errorOf(await call('empire', 'benchmark', ['Stub Empire', 'wrong', API_KEY])), [500, wrong])
    const nobody = { code: 1002, message: 'Empire does not exist.', data: 'Nobody' }
    assert.equal(errorOf(await call('empire', 'login', ['Nobody', 'secret', API_KEY])), [500, nobody])
  }),
)

play('the API key is not looked at', () =>
  withGame(async ({ call }) => {
    for (const key of ['', null, 'iOS', 5]) {
      assert.is((await call('empire', 'login', ['Stub Empire', 'secret', key])).status, 200)
    }
    assert.is((await call('empire', 'login', { name: 'Stub Empire', password: 'secret' })).status, 200)
  }),
)

play('benchmark opens no session', () =>
  withGame(async ({ call }) => {
    const { status, json } = await call('empire', 'benchmark', ['Stub Empire', 'secret', API_KEY])
    assert.is(status, 200)
    assert.equal(Object.keys(json.result as Json), ['login', 'status'])
  }),
)

play('a session ends by logout or after two hours without a call', async () => {
  let nowMs = Date.parse('2026-11-23T12:32:25Z')
  await withGame(
    async ({ call, login }) => {
      const dead = async (session: unknown) => {
        const answer = await call('empire', 'get_status', [session])
        assert.equal(errorOf(answer), [500, { code: 1006, message: 'Session expired.', data: session }])
      }
      const session = await login()
      for (let hour = 0; hour < 4; hour++) {
        const { json } = await call('empire', 'get_status', [session])
        assert.is(at(json, 'result', 'server', 'time'), `23 11 2026 ${12 + hour}:32:25 +0000`)
        nowMs += 3_600_000
      }
      nowMs += 3_600_000
      await dead(session)
      const another = await login()
      assert.is((await call('empire', 'logout', { session_id: another })).json.result, 1)
      await dead(another)
      await dead('no session at all')
      await dead(null)
    },
    { now: () => nowMs },
  )
})

play('create, found, play', () =>
  withGame(async ({ call }) => {
    const taken = { code: 1000, message: 'Empire name not available.', data: 'name' }
    assert.equal(errorOf(await call('empire', 'is_name_available', ['stub empire'])), [500, taken])
    assert.is((await call('empire', 'is_name_available', ['New Empire'])).json.result, 1)
    for (const named of [{ name: 'New Empire' }, [{ name: 'New Empire' }]]) {
      assert.equal((await call('empire', 'is_name_available', named)).json.result, { available: 1 })
    }
    assert.equal(errorOf(await call('empire', 'is_name_available', { name: 'stub empire' })), [500, taken])
    assert.equal(errorOf(await call('empire', 'create', { name: 'Stub Empire', password: 'longenough' })), [500, taken])
    const differ = await call('empire', 'create', { name: 'New Empire', password: 'longenough', password1: 'another' })
    assert.is(at(differ.json, 'error', 'code'), 1001)
    assert.is(at((await call('empire', 'create', ['New Empire', 'short'])).json, 'error', 'code'), 1001)

    const account = { name: 'New Empire', password: 'longenough', password1: 'longenough' }
    const empireId = (await call('empire', 'create', account)).json.result
    const early = await call('empire', 'login', ['New Empire', 'longenough', API_KEY])
    assert.equal([at(early.json, 'error', 'code'), at(early.json, 'error', 'data')], [1010, { empire_id: empireId }])
    const { result } = (await call('empire', 'found', { empire_id: empireId, api_key: API_KEY })).json
    const session = at(result, 'session_id')
    const homeId = at(result, 'status', 'empire', 'home_planet_id')
    assert.match(String(session), UUID)
    assert.is(at(result, 'welcome_message_id'), at(result, 'status', 'empire', 'latest_message_id'))
    assert.is(at((await call('empire', 'found', [empireId, API_KEY])).json, 'error', 'code'), 1010, 'only once')
    assert.is(at((await call('empire', 'found', [999_999, API_KEY])).json, 'error', 'code'), 1002)

    const { json: buildings } = await call('body', 'get_buildings', [session, homeId])
    const [buildingId] = Object.keys(at(buildings, 'result', 'buildings') as Json)
    const { json: command } = await call('planetarycommand', 'view', [session, buildingId])
    assert.is(at(command, 'result', 'building', 'level'), 1)
    const starId = at(buildings, 'result', 'status', 'body', 'star_id')
    const { json: star } = await call('map', 'get_star', [session, starId])
    assert.is(at(star, 'result', 'star', 'id'), starId)
    const { json: viewed } = await call('empire', 'view_profile', [session])
    const profile = at(viewed, 'result', 'profile') as Json
    assert.match(String(profile.email), /^\S+@example\.com$/)
    // One client shows what is a text, and ticks its boxes by what is a flag.
    for (const text of ['description', 'status_message', 'notes', 'city', 'country', 'skype', 'player_name']) {
      assert.type(profile[text], 'string', text)
    }
    for (const [name, flag] of Object.entries(profile)) if (/^skip_/.test(name)) assert.is(flag, 0, name)
    assert.equal(profile.medals, {})
    const { json: inbox } = await call('inbox', 'view_inbox', [session])
    assert.is(at(inbox, 'result', 'message_count'), 1)
    const { json: rank } = await call('stats', 'empire_rank', [session, { page_number: 1 }])
    assert.is(at(rank, 'result', 'total_empires'), 3)
    assert.is((await call('empire', 'login', ['new empire', 'longenough', API_KEY])).status, 200)
  }),
)

play('what is not there answers 1002, what is another’s 1010', () =>
  withGame(async ({ call, login }) => {
    const session = await login('Second Empire', 'secret2')
    const codeOf = async (module: string, method: string, ...params: unknown[]) =>
      at((await call(module, method, [session, ...params])).json, 'error', 'code')
    assert.is(await codeOf('map', 'get_star', 999), 1002)
    assert.is(await codeOf('map', 'get_star_by_name', 'Nowhere'), 1002)
    assert.is(await codeOf('body', 'get_status', '999'), 1002)
    assert.is(await codeOf('planetarycommand', 'view', '900'), 1002)
    assert.is(await codeOf('body', 'get_buildings', '108'), 1010)
    assert.is(await codeOf('map', 'get_star_map', 'left'), 1009)
    const { json } = await call('body', 'get_status', [session, '108'])
    assert.is(at(json, 'result', 'body', 'name'), 'Earth')
    assert.is(at(json, 'result', 'body', 'food_stored'), undefined, 'a stranger sees no stores')
    assert.is(at((await call('body', 'get_status', [session, '208'])).json, 'result', 'body', 'food_stored'), 700)
    const map = await call('map', 'get_star_map', { session_id: session, left: -15, top: 15, right: 15, bottom: -15 })
    assert.is((at(map.json, 'result', 'stars') as unknown[]).length, 8)
  }),
)

play('a reset key changes a password once; the demo empire’s opens it and changes nothing', () =>
  withGame(async ({ call, login }) => {
    const reset = (key: string, first: string, second = first) =>
      call('empire', 'reset_password', [key, first, second, API_KEY])
    assert.is((await reset('rk', 'newsecret')).status, 200)
    assert.is((await reset('rk', 'newsecret')).status, 200)
    assert.match(await login(), UUID)

    const session = await login('Second Empire', 'secret2')
    assert.is(at((await reset('rk2', 'newsecret', 'other')).json, 'error', 'code'), 1001)
    const { json } = await reset('rk2', 'newsecret')
    assert.match(String(at(json, 'result', 'session_id')), UUID)
    assert.is(at((await call('empire', 'get_status', [session])).json, 'error', 'code'), 1006, 'older sessions end')
    assert.is(at((await call('empire', 'login', ['Second Empire', 'secret2'])).json, 'error', 'code'), 1004)
    assert.match(await login('Second Empire', 'newsecret'), UUID)
    for (const key of ['rk2', '', 'other']) {
      assert.is(at((await reset(key, 'newsecret')).json, 'error', 'code'), 1002, key)
    }
  }),
)

play('a boost costs essentia, grows more, and tells whoever is in front', async () => {
  let nowMs = Date.parse('2026-11-23T12:00:00Z')
  const counted: unknown[][] = []
  const use: Use = (app, universe) => {
    app.use((ctx, next) => {
      ctx.state.client = { count: (...metric: unknown[]) => counted.push(metric) }
      return next()
    })
    app.use(empireGame(universe))
  }
  await withGame(
    async ({ call, login }) => {
      const session = await login('Second Empire', 'secret2')
      const foodAndOre = async () => {
        const { json } = await call('body', 'get_status', [session, '208'])
        return [at(json, 'result', 'body', 'food_stored'), at(json, 'result', 'body', 'ore_stored')]
      }
      const { json } = await call('empire', 'boost', [session, 'food'])
      assert.is(at(json, 'result', 'food_boost'), '30 11 2026 12:00:00 +0000')
      assert.is(at(json, 'result', 'status', 'empire', 'essentia'), 15)
      assert.equal(counted, [['essentia spent', 5]])
      assert.equal(await foodAndOre(), [700, 700])
      nowMs += 3_600_000
      assert.equal(await foodAndOre(), [750, 740])
      assert.is(
        at((await call('empire', 'boost', { session_id: session, resource: 'gold' })).json, 'error', 'code'),
        1009,
      )
      for (let more = 0; more < 3; more++) await call('empire', 'boost', [session, 'food'])
      assert.is(at((await call('empire', 'boost', [session, 'food'])).json, 'error', 'code'), 1011)
      assert.is(counted.length, 4, 'what was not spent is not counted')
    },
    { use, now: () => nowMs },
  )
  await withGame(async ({ call, login }) => {
    assert.is((await call('empire', 'boost', [await login(), 'ore'])).status, 200, 'with nobody in front')
  })
})

play.run()

const restart = suite('empire: a restart')
let folder: string
restart.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'empire-'))
})
restart.after.each(() => rmSync(folder, { recursive: true }))

restart('sessions, empires and counts are still there', async () => {
  const saveFile = join(folder, 'universe.json')
  let session = ''
  await withGame(
    async ({ call }) => {
      const empireId = (await call('empire', 'create', ['New Empire', 'longenough'])).json.result
      session = String(at((await call('empire', 'found', [empireId])).json, 'result', 'session_id'))
      await call('empire', 'boost', [session, 'ore'])
    },
    { saveFile },
  )
  await withGame(
    async ({ call, login }) => {
      const { json } = await call('empire', 'get_status', [session])
      assert.equal([at(json, 'result', 'empire', 'name'), at(json, 'result', 'empire', 'rpc_count')], ['New Empire', 3])
      assert.is(at(json, 'result', 'empire', 'essentia'), 5)
      assert.match(await login('New Empire', 'longenough'), UUID)
      const another = (await call('empire', 'create', ['Newer Empire', 'longenough'])).json.result
      assert.is((await call('empire', 'found', [another])).status, 200, 'ids go on where they were')
    },
    { saveFile },
  )
})

restart('a session is there even when the process is killed right after its answer', async () => {
  const saveFile = join(folder, 'universe.json')
  const program = `
    import Koa from 'koa'
    import { empireGame } from './examples/empire/game.ts'
    import { createUniverse } from './examples/empire/universe.ts'
    const app = new Koa()
    app.use(empireGame(createUniverse({ saveFile: process.env.EMPIRE_SAVE })))
    const server = app.listen(0, '127.0.0.1', () => console.log(String(server.address().port)))`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    env: { ...process.env, EMPIRE_SAVE: saveFile },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const body = JSON.stringify({ id: 1, method: 'login', params: ['Stub Empire', 'secret', API_KEY] })
  let answer: Answer
  try {
    const port = (await lines.next()).value
    answer = await send(`http://127.0.0.1:${port}`, { method: 'POST', url: '/empire', body })
  } finally {
    child.kill('SIGKILL')
    await ended
  }
  await withGame(
    async ({ call }) => {
      const session = at(JSON.parse(answer.body), 'result', 'session_id')
      assert.is((await call('empire', 'get_status', [session])).status, 200)
    },
    { saveFile },
  )
})

restart('a save file that is none stops the server; one that cannot be written does not', async () => {
  const saveFile = join(folder, 'universe.json')
  writeFileSync(saveFile, '{"version":')
  assert.throws(() => createUniverse({ saveFile }))
  writeFileSync(saveFile, '{"version":2}')
  assert.throws(() => createUniverse({ saveFile }), /not a save file/)
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  await withGame(async ({ login }) => assert.match(await login(), UUID), {
    saveFile: join(folder, 'nowhere', 'x.json'),
  })
  assert.match((await warned).message, 'could not be saved')
})

restart.run()
