/** A value that may have to be waited for. */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value, at once where it is there: a call that never waits makes no promise. */
export function andThen<T, R>(value: Soon<T>, go: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(go) : go(value);
}
