import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Koa from 'koa'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele, lacuna } from '../../src/index.js'
import { empireGame } from './game.js'
import { isLocal } from './local.js'
import { createUniverse } from './universe.js'

// The game keeps its own file; what clientele counts is beside it.
const dataFolder = process.env.EMPIRE_DATA ?? '.empire'
mkdirSync(dataFolder, { recursive: true })

const store = sqlite(join(dataFolder, 'clients.sqlite'))
const clients = clientele({
  store,
  protocol: lacuna(),
  // A demonstration with one player must show its numbers.
  smallestCrowd: 1,
})

const universe = createUniverse({ saveFile: join(dataFolder, 'universe.json') })

const app = new Koa()
app.use(clients.console({ title: 'Stub Empire', operator: isLocal }))
app.use(clients.middleware())
app.use(empireGame(universe))
app.use((ctx) => {
  if (ctx.path === '/') ctx.redirect('/apikey')
})

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  const { port } = server.address() as AddressInfo
  const origin = `http://localhost:${port}`
  const login = { jsonrpc: '2.0', id: 1, method: 'login', params: ['Stub Empire', 'secret', 'anonymous'] }
  console.log(`The console:  ${origin}/apikey
The operator: ${origin}/apikey/operator (only from this machine)
The game:     ${origin}/empire

Try it:
  curl -s ${origin}/empire -d '${JSON.stringify(login)}'`)
})

async function stop(): Promise<void> {
  server.close()
  server.closeIdleConnections()
  universe.close()
  await clients.close()
  await store.disconnect()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
