import type { Flowing, FlowingIterator, Take } from "./flow.ts";

/** What is made of the values of an iterator. What it throws ends the iteration. */
export interface FlowRewrite<T, U> {
  /** What is handed on for a value. A promise means that the values behind it wait. */
  take(value: T): readonly U[] | Promise<readonly U[]>;
  /** What is still due behind the last value. */
  end(): readonly U[] | Promise<readonly U[]>;
  /**
   * What is handed on in the place of a failure of the source or of the rewriting, and is the last
   * of it; throws what the iteration is to fail with. Absent: it fails.
   */
  fail?(error: unknown): readonly U[];
}

/**
 * Values as they are rewritten, which flow where those of the source do: an async generator would
 * cost several promises for each. A source that is not read to its end is left.
 */
export function rewriteFlow<T, U>(source: Flowing<T>, rewrite: FlowRewrite<T, U>): Flowing<U> {
  const iterator = source[Symbol.asyncIterator]();
  let ready: readonly U[] = [];
  let at = 0;
  /** Nothing more comes of the source. */
  let over = false;

  const pull = async (): Promise<readonly U[]> => {
    try {
      const step = await iterator.next();
      if (step.done !== true) return await rewrite.take(step.value);
      over = true;
      return await rewrite.end();
    } catch (error) {
      if (!over) await iterator.return?.();
      over = true;
      return instead(rewrite, error);
    }
  };
  const next = async (): Promise<IteratorResult<U>> => {
    while (at >= ready.length && !over) {
      ready = await pull();
      at = 0;
    }
    const value = ready[at];
    if (value === undefined) return { done: true, value: undefined };
    at += 1;
    return { done: false, value };
  };
  const leave = async (): Promise<IteratorResult<U>> => {
    over = true;
    ready = [];
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  const run = iterator.flow;
  const flow = async (run: Flow<T>, take: Take<U>): Promise<void> => {
    for (; at < ready.length; at += 1) {
      const value = ready[at];
      if (value !== undefined) await take(value);
    }
    if (!over) await flowAll({ iterator, run, rewrite, isOver: () => over }, take);
  };
  const rewritten: FlowingIterator<U> = {
    next,
    return: leave,
    flow: run && ((take) => flow(run, take)),
  };
  return { [Symbol.asyncIterator]: () => rewritten };
}

type Flow<T> = NonNullable<FlowingIterator<T>["flow"]>;

interface FlowParts<T, U> {
  readonly iterator: FlowingIterator<T>;
  readonly run: Flow<T>;
  readonly rewrite: FlowRewrite<T, U>;
  /** Whether the reader has left. */
  readonly isOver: () => boolean;
}

/**
 * The source never learns of a failure of the rewriting or of the reader, which would be taken for
 * one of its own: it is left.
 */
async function flowAll<T, U>(
  { iterator, run, rewrite, isOver }: FlowParts<T, U>,
  take: Take<U>,
): Promise<void> {
  let failure: { readonly error: unknown; readonly isReaders: boolean } | undefined;
  /** What is still being made when the source has failed is not handed on. */
  let closed = false;
  const isClosed = (): boolean => closed || failure !== undefined || isOver();
  const failed = (error: unknown, isReaders: boolean): void => {
    if (isClosed()) return;
    failure = { error, isReaders };
    void iterator.return?.();
  };
  const give = (values: readonly U[], from = 0): Promise<void> | undefined => {
    for (let at = from; at < values.length && !isClosed(); at += 1) {
      const value = values[at];
      try {
        const full = value === undefined ? undefined : take(value);
        if (full !== undefined) {
          return full.then(
            () => give(values, at + 1),
            (error: unknown) => failed(error, true),
          );
        }
      } catch (error) {
        failed(error, true);
      }
    }
    return undefined;
  };
  const hand = (value: T): Promise<void> | undefined => {
    if (isClosed()) return undefined;
    try {
      const made = rewrite.take(value);
      if (!(made instanceof Promise)) return give(made);
      return made.then(give, (error: unknown) => failed(error, false));
    } catch (error) {
      failed(error, false);
      return undefined;
    }
  };
  try {
    await run(hand);
    if (failure === undefined && !isOver()) await give(await rewrite.end());
  } catch (error) {
    failure ??= { error, isReaders: false };
  }
  closed = true;
  if (failure === undefined || isOver()) return;
  if (failure.isReaders) throw failure.error;
  for (const value of instead(rewrite, failure.error)) await take(value);
}

function instead<T, U>(rewrite: FlowRewrite<T, U>, error: unknown): readonly U[] {
  if (rewrite.fail === undefined) throw error;
  return rewrite.fail(error);
}
