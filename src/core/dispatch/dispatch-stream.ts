import type { OpenAttempt } from "../attempt-record.ts";
import type { Piece } from "../call.ts";
import type { StreamDecoder } from "../dialect.ts";
import { cleanFault } from "../faults/clean-fault.ts";
import { GatewayError } from "../faults/gateway-error.ts";
import { endOf, type Life, leftEnd, wholeEnd } from "../life.ts";
import type { Flowing, Take } from "../reply/flow.ts";
import type { RawFrame, WireAnswer } from "../target/outlet.ts";
import type { StreamReader } from "./stream-reader.ts";

/** A vendor's stream that has begun, in an attempt. */
export interface OpenStream {
  readonly provider: string;
  readonly answer: WireAnswer;
  readonly life: Life;
  readonly reader: StreamReader<Piece>;
  /** Says which frames are no progress. */
  readonly decoder: StreamDecoder;
  /** What is recorded of the attempt. */
  readonly record: Pick<OpenAttempt, "received" | "named" | "heldUp" | "handed" | "wanted">;
}

/**
 * The pieces of a vendor's stream. Reads up to the first, so that failures before it reject, and
 * gives an iterable of it and the rest, which ends the life with the stream, or at once where the
 * life is aborted. One function does it all: each more that waits for another costs every chunk a
 * turn of the microtask queue.
 */
export async function openPieces(stream: OpenStream): Promise<Flowing<Piece>> {
  const { answer, life, reader, record } = stream;
  const frames = answer.frames();
  let head: IteratorResult<Piece> | undefined;
  let begun = false;
  let bodyEnded = false;
  let left = false;

  const pull = async (): Promise<IteratorResult<Piece>> => {
    record.wanted();
    try {
      life.throwIfAborted();
      while (!bodyEnded && life.ended === undefined) {
        throwFault(stream);
        const chunk = await frames.next();
        bodyEnded = chunk.done === true;
        const value = chunk.done === true ? reader.end() : take(stream, chunk.value, begun);
        if (value !== undefined) return record.handed({ done: false, value });
      }
      return endWhole(stream);
    } catch (error) {
      life.end(endOf(error, life, reader.usage()));
      if (begun) answer.cancel();
      throw error;
    }
  };
  const next = (): Promise<IteratorResult<Piece>> => {
    if (head === undefined) return pull();
    const first = Promise.resolve(head);
    head = undefined;
    return first;
  };
  /** As the pieces come, after the one that is in hand. */
  const flow = async (hand: Take<Piece>): Promise<void> => {
    const first = await next();
    if (first.done === true) return;
    try {
      await hand(first.value);
      life.throwIfAborted();
      throwFault(stream);
      if (!bodyEnded) {
        await frames.flow?.((chunk) => {
          const value = take(stream, chunk, true);
          const full = value === undefined ? undefined : hand(value);
          throwFault(stream);
          return full === undefined ? undefined : record.heldUp(full);
        });
        const last = life.ended === undefined ? reader.end() : undefined;
        if (last !== undefined) await hand(last);
      }
      endWhole(stream);
    } catch (error) {
      life.end(endOf(error, life, reader.usage()));
      answer.cancel();
      if (!left) throw error;
    }
  };
  const leave = async (): Promise<IteratorResult<Piece>> => {
    left = true;
    life.end(leftEnd(reader.usage()));
    answer.cancel();
    return { done: true, value: undefined };
  };

  head = await pull();
  begun = true;
  stream.record.named(reader.model());
  life.onAbort((reason) => {
    life.end(endOf(reason, life, reader.usage()));
    answer.cancel();
  });
  const iterator = { next, return: leave, flow: frames.flow === undefined ? undefined : flow };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** The stream has come to its end, unless something has broken it off. */
function endWhole(stream: OpenStream): IteratorResult<Piece> {
  const { life, reader } = stream;
  if (life.ended === undefined) throwFault(stream);
  life.end(wholeEnd(reader.usage()));
  return { done: true, value: undefined };
}

/**
 * Reads the frames of a chunk. Progress is the first content, and then whatever is neither comment
 * nor ping.
 */
function take(
  { reader, decoder, answer, record }: OpenStream,
  frames: readonly RawFrame[],
  begun: boolean,
): Piece | undefined {
  const value = reader.read(frames);
  const says = saysSomething(decoder, frames, record);
  const progress = begun ? says : value !== undefined;
  if (progress) answer.progressed();
  return value ?? (begun && !progress ? signOfLife : undefined);
}

/** A vendor's ping, where it is handed on as events: it stands for none. */
const signOfLife: Piece = { events: [] };

/** Each frame that does is noted. */
function saysSomething(
  decoder: StreamDecoder,
  frames: readonly RawFrame[],
  record: OpenStream["record"],
): boolean {
  let says = false;
  for (const frame of frames) {
    if (frame.data.length === 0 || decoder.keepsAlive?.(frame) === true) continue;
    record.received(frame.data.length);
    says = true;
  }
  return says;
}

function throwFault({ provider, answer, reader }: OpenStream): void {
  const fault = reader.fault();
  if (fault !== undefined)
    throw new GatewayError({ provider, ...cleanFault(fault, answer.secrets) });
}
