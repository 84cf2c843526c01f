// Every stored name, spelled once. Lower-case letters, digits, `.` and `-` only, at most 200 characters: MySQL compares
// names without case, Postgres cuts at 255, and Keyv 6 splits at the first `:`.

const root = 'clientele'

/** Of `clientele.day.2024-06-01.…` it is `day`; of what is none of ours nothing. */
export function kindOf(name: string): string {
  const [start, kind = ''] = name.split('.', 2)
  return start === root ? kind : ''
}

/** Details, private-key hash and retirement of one client stand alone, so that no edit undoes another. */
export const clientPaths = (clientId: string) => ({
  details: `${root}.client.${clientId}.details`,
  secret: `${root}.client.${clientId}.secret`,
  retired: `${root}.client.${clientId}.retired`,
})

export const usagePath = (day: string, clientId: string, writer: string) => `${root}.usage.${day}.${clientId}.${writer}`

export const summaryPath = (day: string, writer: string, page: number) => `${root}.summary.${day}.${writer}.${page}`

/** What is sealed: one client's counters of a UTC day, of a month, and of all sealed months. */
export const dayPath = (day: string, clientId: string) => `${root}.day.${day}.${clientId}`
export const monthPath = (month: string, clientId: string) => `${root}.month.${month}.${clientId}`
export const totalPath = (clientId: string) => `${root}.total.${clientId}`

/** The totals have new pages each month, so that the mark that names them is what changes. */
export const totalSpan = (through: string) => `total.${through}`

/** All clients' sums of a sealed span: a day, a month, or the totals through a month. */
export const rowsPath = (span: string, page: number) => `${root}.rows.${span}.${page}`

/** Says that a span is sealed; written after everything that belongs to the seal. */
export const sealedPath = (span: string) => `${root}.sealed.${span}`

/** The features that a writer was the first to see answered well. */
export const featuresPath = (writer: string, page: number) => `${root}.features.${writer}.${page}`

export const registeredPath = (writer: string, page: number) => `${root}.registered.${writer}.${page}`

export const sessionPath = (sessionHash: string) => `${root}.session.${sessionHash}`

/** The directory of writers, in buckets: a crash loop must not make one record too large. */
export const directoryPath = (bucket: number) => `${root}.writers.${bucket}`

export const writerPath = (writer: string) => `${root}.writer.${writer}`

export const secretPath = `${root}.secret`

export const probePath = (nonce: string) => `${root}.probe.${nonce}`

/** What `clientele purge` is about to write, until it is written. */
export const purgePath = (part: string) => `${root}.purge.${part}`
