import { Keyv } from 'keyv'

/** A store in this process's memory, for tests and for trying things out: a restart forgets everything. */
export function memory(): Keyv {
  return new Keyv({ store: new Map(), namespace: undefined, useKeyPrefix: false })
}
