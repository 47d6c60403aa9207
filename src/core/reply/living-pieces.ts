import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Piece } from "../call.ts";
import { endOf, type Life, leftEnd, wholeEnd } from "../life.ts";
import type { Flowing, FlowingIterator, Take } from "./flow.ts";

/** Pieces that somebody makes, and what goes with them. */
export interface PieceSource {
  readonly pieces: Flowing<Piece>;
  /** What is known to have been taken so far. Absent: what lives within this one took. */
  readonly usage?: () => Usage | undefined;
  /** Ends what the pieces wait for: nobody reads on. */
  readonly stop: () => void;
}

/**
 * The pieces of a source, whose end is the end of `life`: whole after the last, broken by what is
 * thrown, left where they are not read to the end, and at once where the life is aborted. Reads up
 * to the first, so that a failure before it rejects. They flow where those of the source do.
 */
export async function livingPieces(
  life: Life,
  { pieces, usage = unknown, stop }: PieceSource,
): Promise<Flowing<Piece>> {
  const iterator = pieces[Symbol.asyncIterator]();
  const pull = async (): Promise<IteratorResult<Piece>> => {
    life.throwIfAborted();
    if (life.ended !== undefined) return { done: true, value: undefined };
    try {
      const step = await iterator.next();
      if (step.done === true) life.end(wholeEnd(usage()));
      return step;
    } catch (error) {
      life.end(endOf(error, life, usage()));
      throw error;
    }
  };
  let head: IteratorResult<Piece> | undefined = await pull();
  life.onAbort((reason) => life.end(endOf(reason, life, usage())));
  const next = (): Promise<IteratorResult<Piece>> => {
    if (head === undefined) return pull();
    const first = Promise.resolve(head);
    head = undefined;
    return first;
  };
  let isLeft = false;
  const run = iterator.flow;
  const flow = async (run: Flow, take: Take<Piece>): Promise<void> => {
    const first = await next();
    if (first.done === true) return;
    try {
      await take(first.value);
      life.throwIfAborted();
      if (life.ended === undefined) await run(take);
      life.end(wholeEnd(usage()));
    } catch (error) {
      life.end(endOf(error, life, usage()));
      if (!isLeft) throw error;
    }
  };
  const leave = async (): Promise<IteratorResult<Piece>> => {
    isLeft = true;
    stop();
    life.end(leftEnd(usage()));
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  const living: FlowingIterator<Piece> = {
    next,
    return: leave,
    flow: run && ((take) => flow(run, take)),
  };
  return { [Symbol.asyncIterator]: () => living };
}

type Flow = NonNullable<FlowingIterator<Piece>["flow"]>;

function unknown(): undefined {
  return undefined;
}
