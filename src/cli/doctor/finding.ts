/** One thing that was tried. A `fault` means that counts can be lost or wrong on this store; a `note` is for information. */
export interface Finding {
  check: string
  outcome: 'good' | 'fault' | 'note'
  says: string
  figures?: Record<string, number>
}

/** What came of one check. */
export type Outcome = Omit<Finding, 'check'>

export const good = (says: string): Outcome => ({ outcome: 'good', says })
export const fault = (says: string): Outcome => ({ outcome: 'fault', says })
export const note = (says: string, figures?: Record<string, number>): Outcome => ({
  outcome: 'note',
  says,
  ...(figures ? { figures } : {}),
})

/** Longer than a server waits: what is slow is said as a figure. */
export const checkTimeoutMs = 10_000
