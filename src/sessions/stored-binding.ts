import type { Attribution } from '../usage/attribution.js'

/** One id of a session, by what stands for it in the memory and in the store. */
export interface Link {
  /** Absent where only a record told of it. */
  memoryId?: string | undefined
  /** Its record's name; absent as long as there is no secret. */
  path?: string
  /** The store may have its record. */
  isSaved?: boolean
}

/** How its ids hear of a session's end. */
interface Ending {
  /** The path of its first id, where the end is written. */
  first?: string
  /** It ended in this process. */
  hasEnded?: true
}

/** What its ids share. */
export interface Session extends Attribution, Ending {}

export interface Binding {
  link: Link
  /** Absent once the session has ended, or this id of it. */
  session?: Session
  /** When it was last written; it lives for the TTL from then. */
  boundAtMs: number
  /** The ids that the session had before this one, newest first. */
  old?: Link[]
  /** Of one old id more than a session keeps: what goes on without it. */
  outdatedOf?: Ending
}

/** Of a session that goes on, as far as it tells. */
export type Started = Binding & { session: Session }

/** As it is in the store: no id, and no name that only this process has. Those of 0.1.0 have neither `first` nor `old`. */
interface StoredBinding {
  publicKey?: string | undefined
  /** As an Attribution's `isUnregistered`. */
  isMadeUp?: true | undefined
  seat?: number | undefined
  boundAtMs: number
  first?: string
  old?: string[]
  isOutdated?: true
}

export function encodeBinding({ link, session, boundAtMs, old, outdatedOf }: Binding): string {
  const { publicKey, isUnregistered, seat } = session ?? {}
  const { first } = session ?? outdatedOf ?? {}
  const stored: StoredBinding = {
    publicKey,
    isMadeUp: isUnregistered,
    seat,
    boundAtMs,
    first: first === link.path ? undefined : first,
    old: old?.flatMap(({ path }) => path ?? []),
    isOutdated: outdatedOf && true,
  }
  return JSON.stringify(stored)
}

export function parseBinding(text: string, link: Link): Binding {
  const { publicKey, isMadeUp, seat, first = link.path, boundAtMs, old, isOutdated } = JSON.parse(text) as StoredBinding
  const ending = first === undefined ? {} : { first }
  if (publicKey === undefined) return { link, boundAtMs, ...(isOutdated && { outdatedOf: ending }) }
  const session = {
    publicKey,
    ...(isMadeUp && { isUnregistered: isMadeUp }),
    ...(seat !== undefined && { seat }),
    ...ending,
  }
  return { link, session, boundAtMs, ...(old && { old: old.map((path) => ({ path, isSaved: true })) }) }
}

export function hasStarted(binding: Binding | undefined): binding is Started {
  return binding?.session !== undefined
}
