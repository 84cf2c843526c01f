// A fresh process that reads what was counted and tells its parent. What it knows, it has from the store.
import { clientele, lacuna } from '../../../src/index.js'
import { naivePath, openStore } from './stores.js'

/** What was counted for one client. */
export interface Counted {
  sessions: number
  /** Calls other than logins. */
  calls: number
  /** Logins as calls. */
  logins: number
  /** The same client in the overview, which is read from other records. */
  overview: { sessions: number; calls: number }
}

export interface ReaderMessage {
  clients: Counted[]
  /** Calls whose session nobody knew. */
  nobodys: number
}

const { STORE = '', MODE = 'clientele', CLIENTS = '[]' } = process.env
const publicKeys = JSON.parse(CLIENTS) as string[]
const store = openStore(STORE)
process.send?.(MODE === 'read-add-write' ? await readNaive() : await read())
await store.disconnect()
process.disconnect()

async function read(): Promise<ReaderMessage> {
  const reader = clientele({ store, protocol: lacuna(), secret: 'a secret of more than 32 characters, for tests' })
  const overview = await reader.usage.overview('all')
  const row = (publicKey: string) => {
    const { sessions = 0, calls = 0 } = overview.find((one) => one.publicKey === publicKey) ?? {}
    return { sessions, calls }
  }
  const clients = await Promise.all(
    publicKeys.map(async (publicKey): Promise<Counted> => {
      const { sessions, features } = await reader.usage.read(publicKey, 'all')
      const calls = features['body.view']?.calls ?? 0
      const logins = features['empire.login']?.calls ?? 0
      return { sessions, calls, logins, overview: row(publicKey) }
    }),
  )
  await reader.close()
  return { clients, nobodys: row('(none)').calls }
}

async function readNaive(): Promise<ReaderMessage> {
  const count = async (publicKey: string, what: 'sessions' | 'calls') =>
    (await store.get<number>(naivePath(publicKey, what))) ?? 0
  const clients = await Promise.all(
    publicKeys.map(async (publicKey) => {
      const [sessions, calls] = await Promise.all([count(publicKey, 'sessions'), count(publicKey, 'calls')])
      return { sessions, calls, logins: sessions, overview: { sessions, calls: calls + sessions } }
    }),
  )
  return { clients, nobodys: await count('nobody', 'calls') }
}
