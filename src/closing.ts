import { ClienteleError } from './errors.js'
import type { StoredClients } from './keys/stored-clients.js'
import type { Committer } from './storage/committer.js'
import type { OwnWriter } from './storage/own-writer.js'
import type { Secret } from './storage/secret.js'
import type { Store } from './storage/store.js'
import type { FeatureNames } from './usage/recording/feature-names.js'
import type { Housekeeping } from './usage/sealing/housekeeping.js'
import type { UnconfirmedWrites } from './usage/sealing/unconfirmed-writes.js'

interface Parts {
  store: Store
  secret: Secret
  committer: Committer
  own: OwnWriter
  registry: StoredClients
  features: FeatureNames
  unconfirmedWrites: UnconfirmedWrites
  housekeeping: Housekeeping
}

const closeWithinMs = 10_000

/** Writes what is not on the store yet, as far as there is time for it, and stops everything that runs by itself. */
export async function closeAll(parts: Parts, onError: (error: ClienteleError) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeWithinMs)
  })
  await Promise.race([writeAll(parts), bound])
  clearTimeout(timer)
  parts.own.close()
  parts.housekeeping.close()
  parts.store.close()
  const { unsaved } = parts.committer
  if (unsaved > 0) onError(new ClienteleError('closed', `Closed with ${unsaved} records that the store did not take.`))
}

/** In this order: each step may leave more to write to the next. */
async function writeAll({ store, secret, committer, registry, features, unconfirmedWrites }: Parts): Promise<void> {
  const named = features.close()
  // It may be back for seconds, and what waits now would be lost.
  await store.retry()
  await secret.hurry(store)
  await named
  await committer.close()
  if (store.state !== 'down') await unconfirmedWrites.settleNow().catch(() => undefined)
  await committer.flush()
  await registry.settled()
}
