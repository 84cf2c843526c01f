import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { freePort } from '../helpers/servers.js'
import { temporaryFile } from '../helpers/temporary.js'
import { register, statsOf } from './boardgame-host.js'

const children = new Set<ChildProcess>()
test.after.each(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** The example as its README starts it, on free ports. */
async function start(dataFolder: string): Promise<{ origin: string; child: ChildProcess; command: string }> {
  const [apiPort, socketPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/boardgame/server.ts'], {
    env: { ...process.env, PORT: `${apiPort}`, SOCKET_PORT: `${socketPort}`, TICTACTOE_DATA: dataFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  let printed = ''
  for await (const text of child.stdout) {
    printed += text
    if (printed.includes('play.ts')) break
  }
  return {
    origin: `http://localhost:${apiPort}`,
    child,
    command: /^ {2}(PORT=.*) anonymous$/m.exec(printed)?.[1] ?? '',
  }
}

async function stop(child: ChildProcess): Promise<number | null> {
  child.kill('SIGTERM')
  const [status] = await once(child, 'exit')
  children.delete(child)
  return status
}

test('the server and the bot, as the server says: played twice, counted, and still there after a restart', async () => {
  await using file = await temporaryFile('clients.sqlite')
  const first = await start(dirname(file.path))
  const { publicKey, privateKey } = await register(first, 'play.ts')
  const { stdout } = await promisify(execFile)('sh', ['-c', `${first.command} ${publicKey}`])
  assert.is(stdout.match(/^Match \S+: (a draw|seat [01] has won)\.$/gm)?.length, 2, stdout)
  const report = await statsOf(first, privateKey)
  const { 'move.clickCell': moves, ...others } = report.features
  assert.equal(others, {
    'POST /games/:name/create': { calls: 1, errors: 0 },
    'POST /games/:name/:id/join': { calls: 4, errors: 0 },
    'POST /games/:name/:id/playAgain': { calls: 1, errors: 0 },
    'POST /games/:name/:id/leave': { calls: 4, errors: 0 },
  })
  assert.ok(moves && moves.calls >= 10 && moves.calls <= 18 && moves.errors === 0, JSON.stringify(moves))
  assert.is(report.metrics['games won'] ?? 0, stdout.split('has won').length - 1)
  assert.is(await stop(first.child), 0)

  const second = await start(dirname(file.path))
  assert.equal(await statsOf(second, privateKey), report)
  assert.is(await stop(second.child), 0)
})

test.run()
