/** A value that is there, or the promise of one. What is there goes on at once: on every request each promise would cost. */
export type Soon<Value> = Value | Promise<Value>

export function after<Value, Result>(soon: Soon<Value>, work: (value: Value) => Soon<Result>): Soon<Result> {
  return soon instanceof Promise ? soon.then(work) : work(soon)
}

export function allOf<Value>(soons: readonly Soon<Value>[]): Soon<Value[]> {
  return soons.some((soon) => soon instanceof Promise) ? Promise.all(soons) : (soons as Value[])
}
