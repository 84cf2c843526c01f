import { clientIdOf } from '../../keys/key-format.js'
import { other } from '../../row-names.js'
import { dayPath, kindOf, monthPath, partsOfPath, totalPath, usagePath } from '../../storage/paths.js'
import type { Entry } from '../../storage/store.js'
import { maxNamedWriters } from '../../storage/writer-directory.js'
import { addCounters, boundCounters, decodeCounters, emptyCounters, encodeCounters } from '../../usage/counters.js'
import type { ShardAbout, SummaryRow } from '../../usage/recording/shard.js'
import { readTotal, sealedAmong } from '../../usage/sealing/seal-marks.js'
import { partsOf, rowsIn } from '../../usage/sealing/seal-records.js'
import { type DayAbout, FoldedMonth, sealTotal } from '../../usage/sealing/seals.js'
import { recordsOf, type Side } from '../copy/copy-records.js'
import { make, writeAll } from './change.js'
import { isCounts, isRows, type Planted, withoutPlanted } from './planted.js'

const recordsAtOnce = 200
const others = clientIdOf(other)

/** Takes planted names and public keys out of every record, and answers how many changed. It may be cut anywhere and be done again. */
export async function purgeRecords(side: Side, planted: Planted): Promise<number> {
  return (await purgeNames(side, planted)) + (await purgeSessions(side, planted)) + (await purgeClients(side, planted))
}

/** Names first, for they change a record each: nothing has to be moved. */
async function purgeNames(side: Side, planted: Planted): Promise<number> {
  const names: string[] = []
  for await (const records of recordsOf(side)) {
    for (const { name, value } of records) if (withoutNames(name, value, planted) !== undefined) names.push(name)
  }
  for (let start = 0; start < names.length; start += recordsAtOnce) {
    const some = names.slice(start, start + recordsAtOnce)
    const texts = await side.store.getMany(some)
    await writeAll(
      side.store,
      some.flatMap((name, index): Entry[] => {
        const value = withoutNames(name, texts[index] ?? '', planted)
        return value === undefined ? [] : [{ name, value }]
      }),
    )
  }
  return names.length
}

function withoutNames(name: string, text: string, planted: Planted): string | undefined {
  if (kindOf(name) === 'features') {
    const list = JSON.parse(text) as { features: string[] }
    const features = list.features.filter((feature) => !planted.features.has(feature))
    return features.length === list.features.length ? undefined : JSON.stringify({ ...list, features })
  }
  if (!isCounts(name)) return undefined
  const { counters, about } = decodeCounters(text)
  const clean = withoutPlanted(counters, planted)
  return clean && encodeCounters(clean, about)
}

/** A session that lives on must not bring its public key back. */
async function purgeSessions(side: Side, { clients }: Planted): Promise<number> {
  if (clients.size === 0) return 0
  const changed: Entry[] = []
  for await (const records of recordsOf(side)) {
    for (const entry of records) {
      if (kindOf(entry.name) !== 'session') continue
      const { isMadeUp, ...session } = JSON.parse(entry.value) as { publicKey?: string; isMadeUp?: true }
      if (session.publicKey === undefined || !clients.has(session.publicKey)) continue
      changed.push({ ...entry, value: JSON.stringify({ ...session, publicKey: other }) })
    }
  }
  await writeAll(side.store, changed)
  return changed.length
}

/** Pages of one writer's day, or of one sealed span: the records of their clients change together with them. */
type Pages = Map<string, string>

async function purgeClients(side: Side, { clients }: Planted): Promise<number> {
  if (clients.size === 0) return 0
  const groups = new Map<string, Pages>()
  for await (const records of recordsOf(side)) {
    for (const { name, value } of records) {
      if (!isRows(name)) continue
      const group = name.slice(0, name.lastIndexOf('.'))
      groups.set(group, (groups.get(group) ?? new Map()).set(name, value))
    }
  }
  let count = 0
  // The totals last: they are computed from the months.
  for (const [group, pages] of [...groups].sort(([one], [another]) => (one < another ? -1 : 1)).sort(totalsLast)) {
    const rows = [...pages.values()].flatMap(rowsIn)
    const folded = rows.map(([publicKey]) => publicKey).filter((publicKey) => clients.has(publicKey))
    if (folded.length === 0) continue
    const { path, merge } = await kindOfGroup(side, group)
    const ids = [others, ...folded.map(clientIdOf)]
    const value = await merge(ids)
    const writes = [
      ...(value === undefined ? [] : [{ name: path(others), value }]),
      ...pagesWithout(pages, new Set(folded)),
    ]
    await make(side.store, { writes, deletes: folded.map((publicKey) => path(clientIdOf(publicKey))) })
    count += writes.length + folded.length
  }
  return count
}

function isTotals(group: string): boolean {
  const [kind, span] = partsOfPath(group) ?? []
  return kind === 'rows' && span === 'total'
}

function totalsLast([one]: [string, Pages], [another]: [string, Pages]): number {
  return Number(isTotals(one)) - Number(isTotals(another))
}

/** How the clients' records of a group are named, and how several become one. */
async function kindOfGroup(
  side: Side,
  group: string,
): Promise<{ path(clientId: string): string; merge(clientIds: readonly string[]): Promise<string | undefined> }> {
  const [kind, span = '', writer = ''] = partsOfPath(group) ?? []
  const merging = (path: (clientId: string) => string, merge: (texts: string[]) => string | undefined) => ({
    path,
    merge: async (clientIds: readonly string[]) => {
      const texts = (await side.store.getMany(clientIds.map(path))).filter((text) => text !== undefined)
      return texts.length === 0 ? undefined : merge(texts)
    },
  })
  if (kind === 'summary') return merging((clientId) => usagePath(span, clientId, writer), mergeShards)
  if (span === 'total') return { path: totalPath, merge: () => othersTotal(side, writer) }
  if (span.length === '2024-01-01'.length) return merging((clientId) => dayPath(span, clientId), mergeDays)
  // A month that was folded has a span of its own.
  const month = writer === '' ? span : `${span}.${writer}`
  return merging(
    (clientId) => monthPath(month, clientId),
    (texts) => {
      const folded = new FoldedMonth()
      folded.add(texts)
      return folded.seal()
    },
  )
}

function mergeShards(texts: readonly string[]): string {
  const sum = emptyCounters()
  let commit = 0
  for (const text of texts) {
    const { counters, about } = decodeCounters<ShardAbout>(text)
    addCounters(sum, counters)
    commit = Math.max(commit, about.commit)
  }
  return encodeCounters(boundCounters(sum), { commit } satisfies ShardAbout)
}

function mergeDays(texts: readonly string[]): string {
  const sum = emptyCounters()
  const taken: DayAbout['taken'] = {}
  for (const text of texts) {
    const { counters, about } = decodeCounters<DayAbout>(text)
    addCounters(sum, counters)
    for (const [writer, commit] of Object.entries(about.taken)) taken[writer] = Math.max(taken[writer] ?? 0, commit)
  }
  const named = Object.fromEntries(Object.entries(taken).slice(-maxNamedWriters))
  return encodeCounters(boundCounters(sum), { taken: named } satisfies DayAbout)
}

async function othersTotal({ store }: Side, through: string): Promise<string | undefined> {
  const { months = [] } = (await readTotal(store)) ?? {}
  const sealed = await sealedAmong(store, months)
  const [parts = []] = await partsOf(store, [others], months, (month, clientId) =>
    monthPath(sealed.get(month)?.span ?? month, clientId),
  )
  return sealTotal(parts, through)
}

/** The pages that change: the rows of some clients become part of one, which goes where the first of them was. */
function pagesWithout(pages: Pages, folded: ReadonlySet<string>): Entry[] {
  const isGone = ([publicKey]: SummaryRow) => folded.has(publicKey) || publicKey === other
  const sum: SummaryRow = [other, 0, 0, 0]
  for (const text of pages.values()) {
    for (const [, sessions, calls, errors] of rowsIn(text).filter(isGone)) {
      sum[1] += sessions
      sum[2] += calls
      sum[3] += errors
    }
  }
  let isPlaced = false
  return [...pages].flatMap(([name, text]): Entry[] => {
    const rows = rowsIn(text)
    const left = rows.filter((row) => !isGone(row))
    if (left.length === rows.length) return []
    if (!isPlaced) left.push(sum)
    isPlaced = true
    return [{ name, value: JSON.stringify({ rows: left }) }]
  })
}
