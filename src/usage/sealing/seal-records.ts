import { ClienteleError } from '../../errors.js'
import { clientIdOf } from '../../keys/key-format.js'
import { rowsPath, sealedPath } from '../../storage/paths.js'
import type { Entry, Store } from '../../storage/store.js'
import { paged, type SummaryRow } from '../recording/shard.js'
import type { SealedMark } from './seal-marks.js'
import { type Part, rowOfSeal } from './seals.js'

/** Clients that are sealed together: a few hundred kilobytes of records. */
const clientsAtOnce = 200

/** All clients' sums of a sealed span, in the order of their pages. */
export function readRows(store: Store, { span, pages }: { span: string; pages: number }): Promise<SummaryRow[]> {
  return rowsOn(store, rowPages(span, pages))
}

export async function rowsOn(store: Store, pages: readonly string[]): Promise<SummaryRow[]> {
  const texts = await store.getMany(pages)
  return texts.flatMap((text) => (text === undefined ? [] : rowsIn(text)))
}

export function rowPages(span: string, pages: number): string[] {
  return Array.from({ length: pages }, (_, page) => rowsPath(span, page))
}

export function rowsIn(text: string): SummaryRow[] {
  return (JSON.parse(text) as { rows: SummaryRow[] }).rows
}

export function addRows(sums: Map<string, SummaryRow>, rows: Iterable<SummaryRow>): void {
  for (const [publicKey, sessions, calls, errors] of rows) {
    const sum = sums.get(publicKey)
    if (sum) {
      sum[1] += sessions
      sum[2] += calls
      sum[3] += errors
    } else sums.set(publicKey, [publicKey, sessions, calls, errors])
  }
}

/** Answers how many pages it took. */
export async function writeRows(store: Store, span: string, rows: readonly SummaryRow[]): Promise<number> {
  const pages = paged(rows)
  await writeAll(
    store,
    pages.map((page, index) => ({ name: rowsPath(span, index), value: JSON.stringify({ rows: page }) })),
  )
  return pages.length
}

/** The last write of a seal. */
export async function writeMark(store: Store, span: string, mark: SealedMark): Promise<void> {
  await store.set({ name: sealedPath(span), value: JSON.stringify(mark) })
}

export async function writeAll(store: Store, entries: readonly Entry[]): Promise<void> {
  const saved = await store.setMany(entries)
  if (saved.includes(false)) throw new ClienteleError('store_failed', 'The store did not take a seal.')
}

/** For each of some clients a seal, or nothing. */
export type Compute = (clientIds: readonly string[]) => Promise<(string | undefined)[]>

/**
 * Computes and writes the seals of clients, some at a time, and answers their rows. `isFinal`: what is there already stays.
 */
export async function sealClients(
  store: Store,
  publicKeys: readonly string[],
  path: (clientId: string) => string,
  compute: Compute,
  { isFinal = false } = {},
): Promise<SummaryRow[]> {
  const rows: SummaryRow[] = []
  for (const some of someAtATime(publicKeys)) {
    const names = some.map((publicKey) => path(clientIdOf(publicKey)))
    const values = await compute(some.map(clientIdOf))
    // Looked for as late as can be.
    const there = isFinal ? await store.getMany(names) : []
    await writeAll(
      store,
      names.flatMap((name, index): Entry[] => {
        const value = there[index] === undefined ? values[index] : undefined
        return value === undefined ? [] : [{ name, value }]
      }),
    )
    for (const [index, publicKey] of some.entries()) {
      const text = there[index] ?? values[index]
      if (text !== undefined) rows.push(rowOfSeal(publicKey, text))
    }
  }
  return rows
}

/** For each client, its records under the given spans: writers, days or months. */
export async function partsOf(
  store: Store,
  clientIds: readonly string[],
  spans: readonly string[],
  path: (span: string, clientId: string) => string,
): Promise<Part[][]> {
  const texts = await store.getMany(clientIds.flatMap((clientId) => spans.map((span) => path(span, clientId))))
  return clientIds.map((_, client) =>
    spans.flatMap((span, index) => {
      const text = texts[client * spans.length + index]
      return text === undefined ? [] : [{ span, text }]
    }),
  )
}

export function* someAtATime<Item>(items: readonly Item[]): Iterable<Item[]> {
  for (let start = 0; start < items.length; start += clientsAtOnce) yield items.slice(start, start + clientsAtOnce)
}
