/** A value that is there, or the promise of one. What is there goes on at once: on every request each promise would cost. */
export type MaybePromise<Value> = Value | Promise<Value>

export function after<Value, Result>(
  value: MaybePromise<Value>,
  work: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(work) : work(value)
}

export function allOf<Value>(values: readonly MaybePromise<Value>[]): MaybePromise<Value[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as Value[])
}
