import { clientIdOf } from '../../keys/key-format.js'
import type { OwnWriter } from '../../storage/own-writer.js'
import { dayPath, sealedPath } from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'
import { decodeCounters } from '../counters.js'
import type { Recorder } from '../recording/recorder.js'
import type { ShardAbout } from '../recording/shard.js'
import type { DayAbout } from './seals.js'

/** Settles the writes that the store has not confirmed, so that nobody knows whether they landed before their day was sealed. */
export class UnconfirmedWrites {
  readonly #store: Store
  readonly #own: OwnWriter
  readonly #recorder: Recorder
  readonly #seen = new Set<string>()

  constructor(store: Store, own: OwnWriter, recorder: Recorder) {
    this.#store = store
    this.#own = own
    this.#recorder = recorder
  }

  /**
   * Before the end, what is unconfirmed cannot wait for the seal: where there is none yet, the shard on the store says which
   * writes landed.
   */
  async settleNow(): Promise<void> {
    for (const shard of this.#recorder.unconfirmed) {
      const clientId = clientIdOf(shard.publicKey)
      const [mark, seal, stored] = await this.#store.getMany([
        sealedPath(shard.day),
        dayPath(shard.day, clientId),
        shard.name,
      ])
      if (mark !== undefined) this.#recorder.settle(shard, this.#takenBy(seal))
      else if (shard.page.names(shard)) this.#recorder.settle(shard, stored === undefined ? 0 : commitOf(stored))
    }
  }

  /** Asks the seals what they took of the writes that this process is not sure of, and moves the rest to today. */
  async settle(): Promise<void> {
    for (const shard of this.#recorder.unconfirmed) {
      const names = [sealedPath(shard.day), dayPath(shard.day, clientIdOf(shard.publicKey))]
      const [mark, seal] = await this.#store.getMany(names)
      if (mark === undefined) continue
      // Two processes may seal at once: the seal that is still there in the next round is the one that stays.
      if (!this.#seen.has(shard.name)) this.#seen.add(shard.name)
      else {
        this.#seen.delete(shard.name)
        this.#recorder.settle(shard, this.#takenBy(seal))
      }
    }
  }

  #takenBy(seal: string | undefined): number | undefined {
    return seal === undefined ? undefined : decodeCounters<DayAbout>(seal).about.taken[this.#own.id]
  }
}

function commitOf(shard: string): number {
  return decodeCounters<ShardAbout>(shard).about.commit
}
