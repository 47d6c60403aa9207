/**
 * Takes a value of a flow. A promise means that there is no room for another one before it
 * resolves; what is thrown ends the flow.
 */
export type Take<T> = (value: T) => Promise<void> | undefined;

/**
 * An iterator that can also hand its values over by itself. `next` costs a promise and a turn of
 * the microtask queue for each value and each iterator between the source and the reader; `flow`
 * costs none.
 */
export interface FlowingIterator<T> extends AsyncIterator<T> {
  /**
   * Hands over every value that is to come, in the turn in which it comes, and settles as the
   * iteration would end. It takes the place of `next`: call it once, while no `next` is under way.
   * `return` may still be called, also within `take`; then it resolves. Absent: values must be
   * pulled.
   */
  readonly flow?: ((take: Take<T>) => Promise<void>) | undefined;
}

/** What can be iterated, and may flow. */
export interface Flowing<T> {
  [Symbol.asyncIterator](): FlowingIterator<T>;
}

/** Hands over all that an iterator gives: by its flow where it has one, else one by one. */
export async function takeAll<T>(iterator: FlowingIterator<T>, take: Take<T>): Promise<void> {
  if (iterator.flow !== undefined) return iterator.flow(take);
  for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
    const full = take(step.value);
    if (full !== undefined) await full;
  }
}
