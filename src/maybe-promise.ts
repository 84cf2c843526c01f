/** A value that is there, or the promise of one. What is there goes on at once: on every request each promise would cost. */
export type MaybePromise<Value> = Value | Promise<Value>

export function after<Value, Result>(
  soon: MaybePromise<Value>,
  work: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return soon instanceof Promise ? soon.then(work) : work(soon)
}

export function allOf<Value>(soons: readonly MaybePromise<Value>[]): MaybePromise<Value[]> {
  return soons.some((soon) => soon instanceof Promise) ? Promise.all(soons) : (soons as Value[])
}
