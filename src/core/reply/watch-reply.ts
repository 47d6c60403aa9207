import type { Piece, Reply } from "../call.ts";
import type { Operation } from "../operation.ts";
import type { Take } from "./flow.ts";

/**
 * A reply that shows its pieces as they pass, and is handed on as it is. An answer that came whole
 * is shown as one piece, at once; one of an operation without a stream is not shown. Events are in
 * the pieces where the stage's `sees` is `events`. What `see` throws breaks the answer off.
 */
export function watchReply(
  reply: Reply,
  { stream }: Operation,
  see: (piece: Piece) => void,
): Reply {
  const { body } = reply;
  if (body.kind === "whole") {
    if (stream !== undefined) see({ events: stream.explode(body.result()) });
    return reply;
  }
  const iterator = body.pieces[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Piece>> => {
    const step = await iterator.next();
    if (step.done !== true) see(step.value);
    return step;
  };
  const leave = async (): Promise<IteratorResult<Piece>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  const run = iterator.flow;
  const flow =
    run &&
    ((take: Take<Piece>): Promise<void> =>
      run((piece) => {
        see(piece);
        return take(piece);
      }));
  const watched = { next, return: leave, flow };
  return { ...reply, body: { kind: "stream", pieces: { [Symbol.asyncIterator]: () => watched } } };
}
