/** A value that is there, or the promise of one. What is there goes on at once: on every request each promise would cost. */
export type MaybePromise<Value> = Value | Promise<Value>

/** `work` on the value: at once where it is there. */
export function andThen<Value, Result>(
  value: MaybePromise<Value>,
  work: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(work) : work(value)
}

/** Waits for both, where there is anything to wait for. */
export function both(one: MaybePromise<unknown>, another: MaybePromise<unknown>): MaybePromise<unknown> {
  return one instanceof Promise ? Promise.all([one, another]) : another
}

const maxAtOnce = 256

/** `work` on all items of a list together, and of many thousand on some at a time: each may ask the store. */
export function mapInChunks<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => MaybePromise<Result>,
): MaybePromise<Result[]> {
  if (items.length > maxAtOnce) return mapEachChunk(items, work)
  const results = items.map(work)
  return results.some((result) => result instanceof Promise) ? Promise.all(results) : (results as Result[])
}

async function mapEachChunk<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => MaybePromise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += maxAtOnce) {
    results.push(...(await Promise.all(items.slice(start, start + maxAtOnce).map(work))))
  }
  return results
}
