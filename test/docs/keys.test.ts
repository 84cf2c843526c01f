// The page on the format of the keys: its programs, and what it says of real keys.
import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import { clientIdOf, hashPrivateKey } from '../../src/keys/key-format.js'
import { secret } from '../helpers/serve.js'
import { openGuide } from './guide.js'
import { testWith } from './programs.js'
import { openProject } from './project.js'

const guide = openGuide('docs/keys.md')
const project = openProject()
test.after(() => project.remove())

const clients = clientele({ store: memory(), protocol: lacuna(), secret })
test.after(() => clients.close())

async function python(program: string, input = ''): Promise<string> {
  project.write('program.py', program)
  const { code, out, err } = await project.sh(`printf '%s\\n' '${input}' | python3 program.py`)
  assert.is(code, 0, err)
  return out
}

testWith(['python3'], 'a key is checked by hand', async () => {
  const program = guide.take('check-one-by-hand', 'python')
  assert.is(await python(program), guide.take('check-one-by-hand', 'text'))
  const { publicKey, privateKey } = await clients.registry.register({ name: 'One' })
  const [, shown = ''] = /is_whole\('(ck_pub_\w+3a5ka)'/.exec(program) ?? []
  for (const one of [publicKey, privateKey]) assert.match(await python(program.replace(shown, one)), /^True\n/)
})

testWith(['python3'], 'the id of a word from the wild', async () => {
  const program = guide.take('public-keys-that-no-server-issued', 'python')
  const told = await python(program)
  assert.is(told, guide.take('public-keys-that-no-server-issued', 'text'))
  assert.is(told.trim(), clientIdOf('iOS'))
})

testWith(['python3'], 'the hash of a private key', async () => {
  const { privateKey } = await clients.registry.register({ name: 'One' })
  const program = guide.take('at-rest', 'python')
  assert.is((await python(program, privateKey)).trim(), hashPrivateKey(privateKey))
})

test('the pattern of a private key', async () => {
  const [, pattern = ''] = /`(\[a-z\]\S+_prv_\S+)`/.exec(await readFile('docs/keys.md', 'utf8')) ?? []
  const { publicKey, privateKey } = await clients.registry.register({ name: 'One' })
  assert.match(privateKey, new RegExp(`^${pattern}$`))
  assert.not.match(publicKey, new RegExp(pattern))
})

guide.allRun()
test.run()
