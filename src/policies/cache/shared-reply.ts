import type { Body, Call, Piece, Reply } from "../../core/call.ts";
import { endOf, type Life, leftEnd, wholeEnd } from "../../core/life.ts";
import type { Flowing } from "../../core/reply/flow.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Flight, Landed } from "./flight.ts";

/** Waits for the first content of a flight; rejects at once where the caller leaves. */
export function awaitLanding({ landed }: Flight, life: Life): Promise<Landed> {
  return new Promise((resolve, reject) => {
    const callOff = life.onAbort(reject);
    landed.then(
      (value) => {
        callOff();
        resolve(value);
      },
      (error: unknown) => {
        callOff();
        reject(error);
      },
    );
  });
}

/**
 * The answer of a flight for one of its callers, which has joined: in pieces as they come where it
 * wants a stream, else when it is whole. Ends the life of the caller. `passes`: it sent the same
 * bytes as the caller that the flight was begun for, and so gets those of the vendor.
 */
export async function replyOf(
  flight: Flight,
  { reply, broadcast }: Landed,
  call: Call,
  passes: boolean,
): Promise<Reply> {
  const { life, request } = call;
  const { operation } = request;
  const own = { ...reply, life };
  if (broadcast !== undefined && request.stream) {
    const pieces = readPieces(flight, broadcast, life, passes);
    return { ...own, body: { ...reply.body, kind: "stream", pieces } };
  }
  if (broadcast !== undefined) {
    const result = await collected(flight, broadcast, call);
    life.end(wholeEnd(flight.leave(life)));
    return { ...own, body: { kind: "whole", result: () => result } };
  }
  const body = wholeBody(reply.body, passes);
  life.end(wholeEnd(flight.leave(life)));
  if (!request.stream || operation.stream === undefined || body.kind !== "whole")
    return { ...own, body };
  return { ...own, body: streamOf(operation.stream.explode(body.result())) };
}

/** An answer that is all there, in one piece. */
export function streamOf(events: Piece["events"]): Body {
  return { kind: "stream", pieces: once({ events }) };
}

/** The bytes of a stream in one piece, whose events are decoded where somebody looks. */
export function lazyStream(events: () => Piece["events"], wire: Uint8Array): Body {
  let decoded: Piece["events"] | undefined;
  const piece: Piece = {
    get events() {
      decoded ??= events();
      return decoded;
    },
    wire,
  };
  return { kind: "stream", pieces: once(piece) };
}

/** A stream of one piece. Each iteration is one of its own. */
function once(piece: Piece): Flowing<Piece> {
  return {
    async *[Symbol.asyncIterator]() {
      yield piece;
    },
  };
}

function wholeBody(body: Body, passes: boolean): Body {
  if (passes || body.kind !== "whole" || body.wire === undefined) return body;
  return { kind: "whole", result: body.result };
}

/** Folds all pieces. Rejects with what breaks them, or where the caller leaves. */
async function collected(flight: Flight, broadcast: Broadcast, { life, request }: Call) {
  const { operation } = request;
  const collector = operation.stream?.collect();
  if (collector === undefined) throw new Error(`the result of ${operation.name} has no pieces`);
  const pieces = readPieces(flight, broadcast, life, false, true);
  for await (const { events } of pieces) for (const event of events) collector.add(event);
  return collector.result();
}

/** The pieces for one caller. Its life ends with them, unless `inner`. */
function readPieces(
  flight: Flight,
  broadcast: Broadcast,
  life: Life,
  passes: boolean,
  inner = false,
): AsyncIterable<Piece> {
  const reader = broadcast.open();
  const leave = () => {
    reader.close();
    return flight.leave(life);
  };
  life.onAbort((reason) => {
    if (life.ended === undefined) life.end(endOf(reason, life, leave()));
    reader.wake();
  });
  const next = async (): Promise<IteratorResult<Piece>> => {
    try {
      life.throwIfAborted();
      if (life.ended !== undefined) return { done: true, value: undefined };
      const step = await reader.next(life);
      if (step.done === true && !inner) life.end(wholeEnd(leave()));
      if (step.done === true || passes || step.value.wire === undefined) return step;
      return { done: false, value: { events: step.value.events } };
    } catch (error) {
      if (life.ended === undefined) life.end(endOf(error, life, leave()));
      throw error;
    }
  };
  const giveUp = async (): Promise<IteratorResult<Piece>> => {
    if (life.ended === undefined) life.end(leftEnd(leave()));
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: giveUp }) };
}
