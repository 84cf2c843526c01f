import { clientIdOf } from '../../keys/key-format.js'
import {
  clientPaths,
  dayPath,
  directoryPath,
  featuresPath,
  monthPath,
  registeredPath,
  sealedPath,
  secretPath,
  summaryPath,
  totalPath,
  totalSpan,
  usagePath,
  writerPath,
} from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'
import { buckets, WriterDirectory } from '../../storage/writer-directory.js'
import { addDays, dayOf, daysOf, monthsBetween } from '../../usage/days.js'
import { readTotal, sealedAmong } from '../../usage/sealing/seal-marks.js'
import { rowPages, rowsIn } from '../../usage/sealing/seal-records.js'

/**
 * The names of all records but the sessions', found without listing the store: everything is named by something that is
 * named, from the directory of writers and the mark of the totals on. A name may come twice, or have no record.
 */
export async function* derivedNames(store: Store): AsyncIterable<string> {
  yield secretPath
  for (let bucket = 0; bucket < buckets; bucket++) yield directoryPath(bucket)
  for (const { writer, days, registeredPages, featurePages = 0 } of await new WriterDirectory(store).read()) {
    yield writerPath(writer)
    yield* range(featurePages).map((page) => featuresPath(writer, page))
    for (let page = 0; page < registeredPages; page++) yield* clientNames(store, registeredPath(writer, page))
    for (const [day, pages] of Object.entries(days)) {
      const named = range(pages).map((page) => summaryPath(day, writer, page))
      yield* paged(store, named, (clientId) => usagePath(day, clientId, writer))
    }
  }
  yield* sealedNames(store)
}

async function* clientNames(store: Store, page: string): AsyncIterable<string> {
  yield page
  const text = await store.get(page)
  const publicKeys = text === undefined ? [] : (JSON.parse(text) as { publicKeys: string[] }).publicKeys
  for (const publicKey of publicKeys) yield* Object.values(clientPaths(clientIdOf(publicKey)))
}

async function* sealedNames(store: Store): AsyncIterable<string> {
  const total = await readTotal(store)
  if (!total) return
  yield sealedPath('total')
  const span = totalSpan(total.through)
  yield* paged(store, rowPages(span, total.pages), totalPath)
  // A clock that runs ahead may have sealed more than ours would.
  const months = monthsBetween(total.first, addDays(dayOf(Date.now()), 62))
  for (const [month, { span, pages }] of await sealedAmong(store, months)) {
    yield sealedPath(month)
    yield* paged(store, rowPages(span, pages), (clientId) => monthPath(span, clientId))
  }
  for (const [day, { pages }] of await sealedAmong(store, months.flatMap(daysOf))) {
    yield sealedPath(day)
    yield* paged(store, rowPages(day, pages), (clientId) => dayPath(day, clientId))
  }
}

/** Pages of rows, and for each client in them what they summarise. */
async function* paged(
  store: Store,
  pages: readonly string[],
  path: (clientId: string) => string,
): AsyncIterable<string> {
  for (const page of pages) {
    yield page
    const text = await store.get(page)
    if (text !== undefined) for (const [publicKey] of rowsIn(text)) yield path(clientIdOf(publicKey))
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
