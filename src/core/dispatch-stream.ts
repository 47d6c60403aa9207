import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, Outcome } from "./call.ts";
import { cleanFault } from "./clean-fault.ts";
import type { Dialect } from "./dialect.ts";
import { createEventReader } from "./event-reader.ts";
import { GatewayError } from "./gateway-error.ts";
import type { RawFrame, WireAnswer } from "./outlet.ts";
import { createRawReader } from "./raw-reader.ts";
import type { StreamReader } from "./stream-reader.ts";

/** A vendor's stream that has begun. */
export interface OpenStream {
  readonly dialect: Dialect;
  readonly provider: string;
  readonly answer: WireAnswer;
  readonly call: Call;
}

/** The stream's events. Settles with the first content in hand, in one batch with all before it. */
export function decodedBatches(stream: OpenStream): Promise<AsyncIterable<readonly Event[]>> {
  return primed(
    stream,
    createEventReader(stream.dialect, stream.call.id, stream.call.target?.model),
  );
}

/**
 * The stream's bytes, frame by frame, without those that the client did not ask for. Settles with
 * the first content in hand, in one piece with all before it.
 */
export function rawChunks(
  stream: OpenStream,
  wantsUsage: boolean,
): Promise<AsyncIterable<Uint8Array>> {
  return primed(stream, createRawReader(stream.dialect, wantsUsage, stream.call.target?.model));
}

/**
 * Reads up to the first value, so that failures before it reject, and gives an iterable of it and
 * the rest. One function does it all: each more that waits for another costs every chunk a turn of
 * the microtask queue.
 */
async function primed<T>(stream: OpenStream, reader: StreamReader<T>): Promise<AsyncIterable<T>> {
  const frames = stream.answer.frames();
  let head: IteratorResult<T> | undefined;
  let begun = false;
  let bodyEnded = false;
  let settled = false;

  const settle = (outcome: Omit<Outcome, "usage">): void => {
    if (settled) return;
    settled = true;
    const usage = reader.usage();
    stream.call.settle(usage === undefined ? outcome : { ...outcome, usage });
  };
  const pull = async (): Promise<IteratorResult<T>> => {
    try {
      while (!(bodyEnded || settled)) {
        throwFault(reader, stream);
        const chunk = await frames.next();
        bodyEnded = chunk.done === true;
        const value = take(stream, reader, chunk, begun);
        if (value !== undefined) return { done: false, value };
      }
      if (!settled) throwFault(reader, stream);
      settle({ callerGone: false });
      return { done: true, value: undefined };
    } catch (error) {
      if (begun) {
        settle(failed(error));
        stream.answer.cancel();
      }
      throw error;
    }
  };
  const next = (): Promise<IteratorResult<T>> => {
    if (head === undefined) return pull();
    const first = Promise.resolve(head);
    head = undefined;
    return first;
  };
  const leave = async (): Promise<IteratorResult<T>> => {
    settle({ callerGone: true });
    stream.answer.cancel();
    return { done: true, value: undefined };
  };

  head = await pull();
  begun = true;
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}

/** Reads a chunk. Progress is the first content, and then whatever is neither comment nor ping. */
function take<T>(
  { dialect, answer }: OpenStream,
  reader: StreamReader<T>,
  chunk: IteratorResult<readonly RawFrame[]>,
  begun: boolean,
): T | undefined {
  if (chunk.done === true) return reader.end();
  const value = reader.read(chunk.value);
  if (begun ? saysSomething(dialect, chunk.value) : value !== undefined) answer.progressed();
  return value;
}

function saysSomething(dialect: Dialect, frames: readonly RawFrame[]): boolean {
  for (const frame of frames) {
    if (frame.data.length > 0 && dialect.keepsAlive?.(frame) !== true) return true;
  }
  return false;
}

function throwFault(reader: StreamReader<unknown>, { provider, answer }: OpenStream): void {
  const fault = reader.fault();
  if (fault !== undefined)
    throw new GatewayError({ provider, ...cleanFault(fault, answer.secrets) });
}

function failed(error: unknown): Omit<Outcome, "usage"> {
  if (!(error instanceof GatewayError)) return { callerGone: false };
  return { callerGone: error.fault.reason === ErrorReason.CANCELLED, fault: error.fault };
}
