import { allOf, type MaybePromise } from '../maybe-promise.js'

const atOnce = 256

/** Does all of a batch's work together, and of many thousand calls some at a time: each may ask the store. */
export function inSlices<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => MaybePromise<Result>,
): MaybePromise<Result[]> {
  return items.length <= atOnce ? allOf(items.map(work)) : sliced(items, work)
}

async function sliced<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => MaybePromise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))))
  }
  return results
}
