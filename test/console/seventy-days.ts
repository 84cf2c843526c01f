import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import { fill, smallWorld } from '../cli/command.js'
import { ask, openSite } from './harness.js'

/** The console of a server with a client of seventy days, until yesterday, as `smallWorld` says. */
export async function seventyDays(smallestCrowd = 1) {
  const { records, publicKeys } = await smallWorld()
  const store = memory()
  await fill(store, records)
  const clients = clientele({ store, protocol: lacuna(), smallestCrowd, secret: 'x'.repeat(32) })
  await clients.ready()
  const { origin } = await openSite({ mount: (app) => app.use(clients.console({ title: 'Lacuna' })) })
  const publicKey = publicKeys[3] ?? ''
  const { privateKey } = await clients.registry.rotate(publicKey)
  const headers = { authorization: `Bearer ${privateKey}` }
  return {
    ...{ clients, origin, publicKey, privateKey },
    page: async (to: string) => (await ask(origin, `/apikey/${to}`, { headers })).text,
    [Symbol.asyncDispose]: () => clients.close(),
  }
}
