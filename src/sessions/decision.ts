import { anonymous, type PublicKeyForm } from '../keys/key-format.js'
import type { RefusalReason } from '../refusals.js'
import { noClient } from '../row-names.js'

/**
 * Which public keys may create a session: `registered` ones and `anonymous`; whatever is `present`, as the original server
 * had it; or with `off` every login, with a public key or without.
 */
export type Enforcement = 'registered' | 'present' | 'off'

/** What the registry says of a public key; `unasked` when the store could not say, or it needed not be asked. */
export type RegistryStanding = 'registered' | 'retired' | 'unregistered' | 'unasked'

/** An admitted session counts under `publicKey`; `isUnregistered` when anyone could have made it up. */
export type Decision =
  | { admitted: true; publicKey: string; registered: boolean; isUnregistered: boolean }
  | { admitted: false; reason: RefusalReason }

/** Whether the registry must be asked: what is missing, malformed or mistyped can be nobody's. */
export function needsRegistry({ publicKey, fault }: PublicKeyForm): boolean {
  return publicKey !== undefined && publicKey !== anonymous && fault !== 'mistyped'
}

export function decide(
  enforce: Enforcement,
  { publicKey, fault }: PublicKeyForm,
  standing: RegistryStanding,
): Decision {
  if (publicKey === undefined) {
    return enforce === 'off' || fault === undefined ? admit(noClient) : { admitted: false, reason: fault }
  }
  if (publicKey === anonymous) return admit(anonymous)
  if (standing === 'registered') return admit(publicKey, true)
  if (standing === 'retired') return enforce === 'off' ? admit(publicKey, true) : { admitted: false, reason: 'retired' }
  if (enforce !== 'registered') return { ...admit(publicKey), isUnregistered: true }
  if (fault !== undefined) return { admitted: false, reason: fault }
  // Our outage must not stop a game: the session counts under the public key that it claims.
  if (standing === 'unasked') return { ...admit(publicKey), isUnregistered: true }
  return { admitted: false, reason: 'unknown' }
}

function admit(publicKey: string, registered = false) {
  return { admitted: true as const, publicKey, registered, isUnregistered: false }
}
