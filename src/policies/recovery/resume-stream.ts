import type { FlowingIterator } from "../../core/reply/flow.ts";

/**
 * A stream whose beginning was taken out of it already, from the beginning. `pending`: the step
 * that was waited for when the reading stopped.
 */
export function resumeStream<T>(
  rest: FlowingIterator<T>,
  taken: readonly T[],
  pending: Promise<IteratorResult<T>> | undefined,
): FlowingIterator<T> {
  let at = 0;
  let waited = pending;
  let left = false;
  const next = (): Promise<IteratorResult<T>> => {
    const value = taken[at];
    if (at < taken.length && value !== undefined) {
      at += 1;
      return Promise.resolve({ done: false, value });
    }
    const step = waited ?? rest.next();
    waited = undefined;
    return step;
  };
  const leave = async (): Promise<IteratorResult<T>> => {
    left = true;
    await rest.return?.();
    return { done: true, value: undefined };
  };
  const { flow } = rest;
  if (flow === undefined) return { next, return: leave };
  return {
    next,
    return: leave,
    async flow(take) {
      while (!left && (at < taken.length || waited !== undefined)) {
        const step = await next();
        if (step.done === true) return;
        await take(step.value);
      }
      if (!left) await flow(take);
    },
  };
}
