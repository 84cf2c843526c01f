// Every stored name, spelled once. Lower-case letters, digits, `.` and `-` only, at most 200 characters: MySQL compares
// names without case, Postgres cuts at 255, and Keyv 6 splits at the first `:`.

const root = 'clientele.'

/** What a record is, by its name: what comes after `clientele.` */
export type RecordKind =
  | 'client'
  | 'usage'
  | 'summary'
  | 'day'
  | 'month'
  | 'total'
  | 'rows'
  | 'sealed'
  | 'features'
  | 'registered'
  | 'session'
  | 'writers'
  | 'writer'
  | 'secret'
  | 'probe'
  | 'purge'

const named = (kind: RecordKind, ...parts: (string | number)[]) => [root + kind, ...parts].join('.')

/** `clientele.rows.2024-06.0` → `['rows', '2024-06', '0']`; undefined where the name is none of ours. */
export function partsOfPath(name: string): [kind: RecordKind, ...parts: string[]] | undefined {
  return name.startsWith(root) ? (name.slice(root.length).split('.') as [RecordKind, ...string[]]) : undefined
}

/** `clientele.day.2024-06-01.…` → `day`; empty where the name is none of ours. */
export function kindOf(name: string): RecordKind | '' {
  return partsOfPath(name)?.[0] ?? ''
}

/** Details, private-key hash and retirement of one client stand alone, so that no edit undoes another. */
export const clientPaths = (clientId: string) => ({
  details: named('client', clientId, 'details'),
  secret: named('client', clientId, 'secret'),
  retired: named('client', clientId, 'retired'),
})

export const usagePath = (day: string, clientId: string, writer: string) => named('usage', day, clientId, writer)

export const summaryPath = (day: string, writer: string, page: number) => named('summary', day, writer, page)

/** What is sealed: one client's counters of a UTC day, of a month, and of all sealed months. */
export const dayPath = (day: string, clientId: string) => named('day', day, clientId)
export const monthPath = (month: string, clientId: string) => named('month', month, clientId)
export const totalPath = (clientId: string) => named('total', clientId)

/** The totals have new pages each month, so that the mark that names them is what changes. */
export const totalSpan = (through: string) => `total.${through}`

/** All clients' sums of a sealed span: a day, a month, or the totals through a month. */
export const rowsPath = (span: string, page: number) => named('rows', span, page)

/** Says that a span is sealed; written after everything that belongs to the seal. */
export const sealedPath = (span: string) => named('sealed', span)

/** The features that a writer was the first to see answered well. */
export const featuresPath = (writer: string, page: number) => named('features', writer, page)

export const registeredPath = (writer: string, page: number) => named('registered', writer, page)

export const sessionPath = (sessionHash: string) => named('session', sessionHash)

/** The directory of writers, in buckets: a crash loop must not make one record too large. */
export const directoryPath = (bucket: number) => named('writers', bucket)

export const writerPath = (writer: string) => named('writer', writer)

export const secretPath = named('secret')

export const probePath = (nonce: string) => named('probe', nonce)

/** What `clientele purge` is about to write, until it is written. */
export const purgePath = (part: string) => named('purge', part)
