/** Work that may be interrupted wherever it yields; what it returns is its result. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Does work to its end, without interruption. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
