import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Body, Piece } from "../call.ts";
import { GatewayError } from "../faults/gateway-error.ts";
import { endOf, type Life, leftEnd, wholeEnd } from "../life.ts";
import type { WireAnswer } from "../target/outlet.ts";

/**
 * A reply that is no JSON, such as sound, handed on as it comes: no more of it is held than one
 * chunk. Settles with the first, so that a reply without any rejects. Ends the life with the body.
 */
export async function openBytes(
  provider: string,
  answer: WireAnswer,
  life: Life,
  contentType: string,
): Promise<Body> {
  const chunks = answer.chunks();
  let head: Uint8Array | undefined;
  const pull = async (): Promise<IteratorResult<Piece>> => {
    try {
      life.throwIfAborted();
      const chunk = await chunks.next();
      if (chunk.done !== true) return { done: false, value: { events: none, wire: chunk.value } };
      if (life.ended === undefined) life.end(wholeEnd(undefined));
      return { done: true, value: undefined };
    } catch (error) {
      life.end(endOf(error, life));
      answer.cancel();
      throw error;
    }
  };
  const first = await pull();
  if (first.done === true) throw new GatewayError({ ...nothing, provider });
  head = first.value.wire;
  const next = (): Promise<IteratorResult<Piece>> => {
    if (head === undefined) return pull();
    const value: Piece = { events: none, wire: head };
    head = undefined;
    return Promise.resolve({ done: false, value });
  };
  const leave = async (): Promise<IteratorResult<Piece>> => {
    life.end(leftEnd(undefined));
    answer.cancel();
    return { done: true, value: undefined };
  };
  const pieces = { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
  return { kind: "stream", contentType, pieces };
}

const none: readonly Event[] = [];

const nothing = {
  reason: ErrorReason.UPSTREAM_MALFORMED,
  message: "the provider answered with an empty body",
};
