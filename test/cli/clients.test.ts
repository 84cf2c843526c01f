import { existsSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sqlite } from '../../adapters/sqlite.js'
import { temporaryFile } from '../helpers/temporary.js'
import { command, commandIn, fill, smallWorld } from './command.js'

const privateKey = /ck_prv_[0-9a-z]{65}/
const publicKey = /ck_pub_[0-9a-z]{33}/

test('a client is registered, shown, given a new private key, and retired', async () => {
  await using file = await temporaryFile('clients.sqlite')
  const store = ['--store', `sqlite:${file.path}`]
  const registered = await command('register', ...store, '--name', 'Web client', '--official', '--contact', 'me@here')
  assert.is(registered.code, 0, registered.err)
  const [issued = ''] = publicKey.exec(registered.out) ?? []
  const [first = ''] = privateKey.exec(registered.out) ?? []
  assert.match(registered.out, 'shown this once')
  assert.is(registered.err, '')

  const listed = await command('list', ...store, '--json')
  const [row] = JSON.parse(listed.out)
  assert.equal(
    [row.publicKey, row.name, row.state, row.official, row.contact, row.sessions],
    [issued, 'Web client', 'registered', true, 'me@here', 0],
  )

  const rotated = await command('rotate', issued, ...store, '--json')
  assert.match(JSON.parse(rotated.out).privateKey, privateKey)
  assert.is.not(JSON.parse(rotated.out).privateKey, first)

  assert.match((await command('retire', issued, ...store)).out, 'is retired')
  const shown = await command('show', issued, ...store)
  assert.match(shown.out, /state +retired/)
  assert.match((await command('restore', issued, ...store)).out, 'is restored')
  assert.match((await command('show', issued, ...store)).out, /state +registered/)
  assert.match(shown.out, 'past 30 days')
  assert.not.match(readFileSync(file.path, 'latin1'), first)
})

test('keys begin as those of the server do', async () => {
  await using file = await temporaryFile('clients.sqlite')
  const store = ['--store', `sqlite:${file.path}`]
  assert.match((await command('register', ...store, '--name', 'A', '--key-prefix', 'lacuna')).out, /lacuna_pub_/)
  assert.match((await command('register', ...store, '--name', 'B')).out, /lacuna_pub_/)
  assert.match((await command('adopt', 'iOS', ...store, '--name', 'C')).out, /lacuna_prv_/)
  assert.is((await command('adopt', 'iOS', ...store, '--name', 'C')).code, 1)
})

test('numbers are listed, shown and exported, small crowds withheld', async () => {
  await using file = await temporaryFile('clients.sqlite')
  const keyv = sqlite(file.path)
  const { records, publicKeys } = await smallWorld()
  await fill(keyv, records)
  await keyv.disconnect()
  const before = records.size
  const environment = { CLIENTELE_STORE: `sqlite:${file.path}` }

  const rows = JSON.parse((await commandIn(environment, 'list', '--json')).out)
  assert.is(rows.length, publicKeys.length)
  assert.equal(
    rows.find((row: { publicKey: string }) => row.publicKey === 'iOS'),
    { publicKey: 'iOS', state: 'unregistered', sessions: 29, calls: 29, errors: 5 },
  )
  for (const row of ['anonymous', '(none)', '(unread)']) {
    assert.is(rows.find(({ publicKey }: { publicKey: string }) => publicKey === row).state, 'shared', row)
  }
  const text = (await commandIn(environment, 'list')).out
  assert.match(text, /iOS +unregistered +29 +29 +5/)

  const shown = JSON.parse((await commandIn(environment, 'show', 'iOS', '--json')).out)
  assert.equal([shown.past30Days.sessions, shown.allTime.sessions, shown.allTime.players], [29, 70, 9])
  const withheld = JSON.parse((await commandIn(environment, 'show', 'iOS', '--json', '--smallest-crowd', '10')).out)
  assert.is(withheld.allTime.players, null)
  assert.match((await commandIn(environment, 'show', 'iOS', '--smallest-crowd', '10')).out, 'fewer than 10')

  const csv = (await commandIn(environment, 'export', '--all')).out
  assert.match(csv, /^public_key,name,period,from,to,measure,item,value\r\n/)
  assert.match(csv, /iOS,,range,[\d-]+,[\d-]+,sessions,,70\r\n/)
  assert.match(csv, /iOS,,day,[\d-]+,[\d-]+,players,,withheld\r\n/)
  assert.not.match(csv, /iOS,,day,[\d-]+,[\d-]+,\w+,,\d/, 'each day had one player')
  assert.match(csv, /iOS,,range,[\d-]+,[\d-]+,calls,body.feature_1,withheld\r\n/)
  const open = JSON.parse((await commandIn(environment, 'show', 'iOS', '--json', '--smallest-crowd', '1')).out)
  assert.equal(open.allTime.features['body.feature_1'], { calls: 10, errors: 2 })
  assert.equal(shown.allTime.features['body.feature_1'], { calls: null, errors: null })
  assert.is(shown.previous30Days.sessions, 30)
  assert.match((await commandIn(environment, 'show', 'iOS')).out, /body.feature_1 +withheld +withheld +withheld/)
  const own = await commandIn(environment, 'export', '--days', '10', '--json')
  assert.is(own.code, 2, 'the past 30 days could be subtracted')
  assert.match(own.err, 'add --smallest-crowd 1')
  const all = ['export', '--days', '10', '--json', '--smallest-crowd', '1']
  const json = JSON.parse((await commandIn(environment, ...all)).out)
  assert.is(json.find((report: { publicKey: string }) => report.publicKey === 'iOS').sessions, 9)

  const after = sqlite(file.path)
  const names: string[] = []
  for await (const [name] of after.iterator?.(undefined) ?? []) names.push(name as string)
  await after.disconnect()
  assert.is(names.length, before, 'reading writes nothing')
})

test('what cannot be done is said in one sentence, with the right exit code', async () => {
  await using file = await temporaryFile('none.sqlite')
  const store = ['--store', `sqlite:${file.path}`]
  const dead = 'redis://someone:pass%2Fword@127.0.0.1:1/0'
  const expected: [code: number, says: RegExp, ...words: string[]][] = [
    [2, /required option '--store/, 'list'],
    [2, /Did you mean list/, 'lsit', ...store],
    [2, /There is no file/, 'list', ...store],
    [2, /There is no file/, 'doctor', ...store],
    [2, /There is no file/, 'copy', '--from', `sqlite:${file.path}`, '--to', `sqlite:${file.path}2`],
    [2, /A store address is/, 'list', '--store', 'mongodb://somewhere'],
    [2, /prefix must be/, 'list', '--store', dead, '--prefix', 'DROP TABLE'],
    [2, /whole number/, 'export', ...store, '--days', '-1'],
    [2, /go together/, 'export', ...store, '--from', '2024-01-01'],
    [2, /smallest-crowd 1/, 'export', ...store, '--from', '2024-01-01', '--to', '2024-01-31'],
    [2, /cannot be used with/, 'export', ...store, '--all', '--days', '3'],
    [2, /private key/, 'show', `ck_prv_${'0'.repeat(65)}`, ...store],
    [1, /ECONNREFUSED/, 'list', '--store', dead],
    [1, /ECONNREFUSED/, 'list', '--store', dead.replace('redis', 'postgres')],
    [1, /ECONNREFUSED/, 'list', '--store', dead.replace('redis', 'mysql')],
    [1, /ECONNREFUSED/, 'register', '--name', 'A', '--store', dead],
    [1, /ECONNREFUSED/, 'doctor', '--json', '--store', dead],
  ]
  for (const [code, says, ...words] of expected) {
    const ran = await command(...words)
    const told = `${words.join(' ')}: ${ran.out}${ran.err}`
    assert.is(ran.code, code, told)
    assert.match(ran.out + ran.err, says)
    assert.not.match(ran.out + ran.err, /\n {4}at |pass%2Fword|pass\/word|ck_prv_/, told)
  }
  assert.not.ok(existsSync(file.path))
  const empty = await temporaryFile('empty.sqlite')
  assert.is((await command('register', '--store', `sqlite:${empty.path}`, '--name', ' ')).code, 2)
  const missing = await command('show', 'nobody', '--store', `sqlite:${empty.path}`)
  assert.is(missing.code, 1)
  assert.match(missing.err, 'nothing was ever counted')
  await empty[Symbol.asyncDispose]()
})

test('what a store holds of strangers does nothing to a terminal', async () => {
  await using file = await temporaryFile('clients.sqlite')
  const keyv = sqlite(file.path)
  const { records } = await smallWorld()
  const odd = '\x1b]0;owned\x07\x9b2J\u202e\u2066\u2028\u200b\u2060\u{e0041}\u3164\u2800\ue000 \u200d❤️‍🔥\r\n0,clean'
  const planted = Array.from(records, ([name, text]): [string, string] => [
    name,
    text.replaceAll('"body.feature_1"', JSON.stringify(`body.${odd}`)),
  ])
  await fill(keyv, planted)
  await keyv.disconnect()
  const store = ['--store', `sqlite:${file.path}`, '--smallest-crowd', '1']
  for (const words of [
    ['show', 'iOS'],
    ['show', 'iOS', '--json'],
    ['export', '--all'],
    ['export', '--all', '--json'],
  ]) {
    const { out, err, code } = await command(...words, ...store)
    assert.equal([code, err], [0, ''])
    assert.match(out, 'owned', words.join(' '))
    // What joins an emoji is seen.
    const others = out.replaceAll('❤️‍🔥', '')
    assert.is.not(others, out)
    assert.not.match(others, /\r(?!\n)|[^\P{Cc}\r\n]|[\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u)
    if (words.includes('--json')) assert.match(JSON.stringify(JSON.parse(out)), JSON.stringify(odd).slice(1, -1))
    // One name, one line.
    else if (words[0] === 'show') assert.not.match(out, /^0,clean/m)
  }
})

test.run()
