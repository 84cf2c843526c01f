import type { KeyvLike } from '../../storage/store.js'
import { clienteleOn } from '../with-clientele.js'
import { fault, good, type Outcome } from './finding.js'
import { Sandbox } from './sandbox.js'

const publicKeys = ['anonymous', 'iOS', 'doctor']
const rounds = 10
const atOnce = 30

/** Two processes count at the same time, through all that a server has; a third reads. */
export async function checkCounting(keyv: KeyvLike, second: KeyvLike, nonce: string): Promise<Outcome> {
  const sandboxes = [keyv, second, keyv].map((one) => new Sandbox(one, nonce))
  const processes = sandboxes.map((sandbox) => clienteleOn(sandbox).clients)
  const [one, another, reader] = processes
  const expected = (2 * rounds * atOnce) / publicKeys.length
  try {
    for (let round = 0; round < rounds; round++) {
      const events = [one, another].flatMap((clients, process) =>
        Array.from({ length: atOnce }, async (_, index) => {
          const publicKey = publicKeys[index % publicKeys.length] ?? ''
          const sessionId = `${process}-${round}-${index}`
          await clients?.openSession({ sessionId, publicKey, method: 'doctor.login' })
          await clients?.track({ sessionId, feature: `doctor.feature_${index}` })
        }),
      )
      await Promise.all(events)
    }
    await Promise.all([one?.close(), another?.close()])
    for (const publicKey of publicKeys) {
      const report = await reader?.usage.read(publicKey)
      if (report?.sessions !== expected || report.calls !== expected) {
        return fault(
          `Two processes counted ${expected} sessions and ${expected} calls of one client, and ${report?.sessions} and ${report?.calls} are read.`,
        )
      }
    }
    return good(`Two processes at once counted ${expected * publicKeys.length} sessions and calls, and all are read.`)
  } finally {
    await Promise.all(processes.map((clients) => clients.close()))
    for (const sandbox of sandboxes) await sandbox.clear().catch(() => undefined)
  }
}
