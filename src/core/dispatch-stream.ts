import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, Outcome } from "./call.ts";
import type { Dialect, FrameWatch } from "./dialect.ts";
import type { Fault } from "./fault.ts";
import { GatewayError } from "./gateway-error.ts";
import { parseJson } from "./json.ts";
import { mergeUsage } from "./merge-usage.ts";
import type { RawFrame, WireAnswer } from "./outlet.ts";
import { createCharacterJoiner } from "./whole-characters.ts";

/** A vendor's stream that has begun. */
export interface OpenStream {
  readonly dialect: Dialect;
  readonly provider: string;
  readonly answer: WireAnswer;
  readonly call: Call;
}

/** What a reader makes of the frames of one chunk, and of their end. */
interface Reader<T> {
  /** Undefined where the chunk holds nothing for the caller. */
  read(frames: readonly RawFrame[]): T | undefined;
  /** What is owed when the body has ended. */
  end(): T | undefined;
  /** What broke the stream off. What was read before it is still handed on first. */
  fault(): Fault | undefined;
  usage(): Usage | undefined;
}

/** The stream's events. Settles with the first of them in hand. */
export function decodedBatches(stream: OpenStream): Promise<AsyncIterable<readonly Event[]>> {
  return primed(stream, eventReader(stream.dialect));
}

/** The stream's bytes, frame by frame, without those that the client did not ask for. Settles with the first in hand. */
export function rawChunks(stream: OpenStream, wantsUsage: boolean): Promise<AsyncIterable<Uint8Array>> {
  return primed(stream, rawReader(stream.dialect.passthrough.watch(wantsUsage)));
}

function eventReader(dialect: Dialect): Reader<readonly Event[]> {
  let state = dialect.begin();
  let usage: Usage | undefined;
  let fault: Fault | undefined;
  const characters = createCharacterJoiner();
  const handOn = (decoded: readonly Event[]): readonly Event[] | undefined => {
    const events = characters.join(decoded);
    for (const { event } of events) {
      if (event.case === "usage") usage = mergeUsage(usage, event.value);
    }
    return events.length === 0 ? undefined : events;
  };
  return {
    read: (frames) => {
      const events: Event[] = [];
      for (const frame of frames) {
        if (isTorn(frame)) continue;
        const step = dialect.decodeEvent(state, frame);
        if (!step.ok) {
          fault = step.fault;
          break;
        }
        state = step.state;
        for (const event of step.events) events.push(event);
      }
      return handOn(events);
    },
    end: () => {
      const last = dialect.end(state);
      if (last.ok) return handOn(last.value);
      fault = last.fault;
      return undefined;
    },
    fault: () => fault,
    usage: () => usage,
  };
}

function rawReader(watch: FrameWatch): Reader<Uint8Array> {
  let usage: Usage | undefined;
  let fault: Fault | undefined;
  return {
    read: (frames) => {
      const forwarded: Uint8Array[] = [];
      for (const frame of frames) {
        if (isTorn(frame)) continue;
        const seen = watch.see(frame);
        fault = seen.fault;
        if (fault !== undefined) break;
        if (seen.usage !== undefined) usage = mergeUsage(usage, seen.usage);
        if (seen.forward) forwarded.push(frame.raw);
        if (frame.unterminated === true && (!watch.ended() || watch.owed() !== "")) forwarded.push(blankLine);
      }
      return joined(forwarded);
    },
    end: () => {
      if (!watch.ended()) fault = cut();
      const owed = watch.ended() ? watch.owed() : "";
      return owed === "" ? undefined : Buffer.from(owed);
    },
    fault: () => fault,
    usage: () => usage,
  };
}

/** Ends a frame that something else follows. */
const blankLine = Buffer.from("\n\n");

/** Whether the body broke off within this frame, so that its data is half a JSON text: no more than a sign of the cut. */
function isTorn(frame: RawFrame): boolean {
  return frame.unterminated === true && frame.data[0] === openBrace && !parseJson(frame.data).ok;
}

const openBrace = 0x7b;

/** Frames that lie side by side in one chunk are handed on as the one piece they are. */
function joined(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  const [first] = pieces;
  if (first === undefined || pieces.length === 1) return first;
  const last = pieces.at(-1) ?? first;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const adjacent = first.buffer === last.buffer && last.byteOffset + last.length - first.byteOffset === length;
  return adjacent ? new Uint8Array(first.buffer, first.byteOffset, length) : Buffer.concat(pieces);
}

function cut(): Fault {
  return { reason: ErrorReason.UPSTREAM_CUT, message: "the provider's stream ended before the answer did" };
}

/** Reads up to the first value, so that failures before it reject, and gives an iterable of it and the rest. */
async function primed<T>(stream: OpenStream, reader: Reader<T>): Promise<AsyncIterable<T>> {
  const frames = stream.answer.frames();
  let bodyEnded = false;
  let settled = false;

  const pull = async (): Promise<IteratorResult<T>> => {
    while (!bodyEnded) {
      throwFault(reader, stream.provider);
      const chunk = await frames.next();
      bodyEnded = chunk.done === true;
      const value = chunk.done === true ? reader.end() : reader.read(chunk.value);
      if (value !== undefined) return { done: false, value };
    }
    throwFault(reader, stream.provider);
    return { done: true, value: undefined };
  };
  const settle = (outcome: Omit<Outcome, "usage">): void => {
    if (settled) return;
    settled = true;
    const usage = reader.usage();
    stream.call.settle(usage === undefined ? outcome : { ...outcome, usage });
  };

  let head: IteratorResult<T> | undefined = await pull();
  if (head.done === true) settle({ callerGone: false });

  const next = async (): Promise<IteratorResult<T>> => {
    if (head !== undefined) {
      const result = head;
      head = undefined;
      return result;
    }
    if (settled) return { done: true, value: undefined };
    try {
      const result = await pull();
      if (result.done === true) settle({ callerGone: false });
      return result;
    } catch (error) {
      settle(failed(error));
      stream.answer.cancel();
      throw error;
    }
  };
  const leave = async (): Promise<IteratorResult<T>> => {
    settle({ callerGone: true });
    stream.answer.cancel();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}

function throwFault(reader: Reader<unknown>, provider: string): void {
  const fault = reader.fault();
  if (fault !== undefined) throw new GatewayError({ provider, ...fault });
}

function failed(error: unknown): Omit<Outcome, "usage"> {
  if (!(error instanceof GatewayError)) return { callerGone: false };
  return { callerGone: error.fault.reason === ErrorReason.CANCELLED, fault: error.fault };
}
