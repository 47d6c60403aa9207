import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { mergeUsage } from "../../events/merge-usage.ts";
import { isJson } from "../../json/is-json.ts";
import { asBuffer, parseJson } from "../../json/json.ts";
import { skipBlanks } from "../../json/scan.ts";
import type { Piece } from "../call.ts";
import type { FrameText, FrameWatch, Passthrough, StreamDecoder } from "../dialect.ts";
import { type Fault, malformed } from "../faults/fault.ts";
import type { PassContext } from "../pass-context.ts";
import type { RawFrame } from "../target/outlet.ts";
import { isDone } from "./done-mark.ts";
import { createEventReader } from "./event-reader.ts";
import { isTorn, type StreamReader } from "./stream-reader.ts";

/**
 * Hands a vendor's frames on as the bytes they came in, but for those that the client did not ask
 * for. What comes before the first content is decoded as well, to know when that is there, and is
 * handed on with it, in one piece. Data that are no JSON break the stream off, as they do where it
 * is translated: a client could not read them either.
 */
export function createRawReader(
  passthrough: Passthrough,
  decoder: StreamDecoder,
  wantsUsage: boolean,
  context: PassContext,
): StreamReader<Piece> {
  const watch = passthrough.watch(wantsUsage, context);
  let usage: Usage | undefined;
  let fault: Fault | undefined;
  let model = "";
  /** Undefined once there was content. */
  let opening: StreamReader<unknown> | undefined = createEventReader({
    decoder,
    ...context,
    passes: true,
  });
  let held: Uint8Array[] = [];
  /** The client gets the vendor's own words for a failure: now, or when no other target answers. */
  const tell = (failure: Fault | undefined, frame: RawFrame, forwarded: Uint8Array[]): void => {
    if (failure === undefined) return;
    const frames = opening === undefined ? [] : [...held, ...forwarded, frame.raw];
    if (opening === undefined) forwarded.push(frame.raw);
    fault = { ...failure, frames: Buffer.concat(frames) };
  };
  /** Decodes a frame before the first content; gives what broke the stream off by then. */
  const openWith = (frame: RawFrame): Fault | undefined => {
    if (opening === undefined || isBlank(frame.data)) return opening?.fault();
    const began = opening.read([frame]) !== undefined;
    model = opening.model();
    if (began) opening = undefined;
    return opening?.fault();
  };
  const see = (frame: RawFrame, forwarded: Uint8Array[]): void => {
    if (!isReadable(frame, passthrough)) {
      fault = unreadable(frame.data);
      return;
    }
    const seen = watch.see(frame);
    if (seen.usage !== undefined) usage = mergeUsage(usage, seen.usage);
    fault = seen.fault;
    if (seen.reported === true) tell(seen.fault, frame, forwarded);
    if (fault !== undefined) return;
    fault = openWith(frame);
    handFrame(frame, seen, forwarded);
    if (frame.unterminated === true && (!watch.ended() || watch.missingEnd().length > 0))
      forwarded.push(blankLine);
  };
  const handOn = (forwarded: readonly Uint8Array[]): Piece | undefined => {
    let wire = joined(forwarded);
    if (held.length > 0 || opening !== undefined) {
      if (wire !== undefined) held.push(wire);
      if (opening !== undefined) return undefined;
      wire = joined(held);
      held = [];
    }
    return wire === undefined ? undefined : { events: none, wire };
  };
  return {
    read: (frames) => {
      const forwarded: Uint8Array[] = [];
      for (const frame of frames) {
        if (fault === undefined && !isTorn(frame)) see(frame, forwarded);
      }
      return handOn(forwarded);
    },
    end: () => {
      opening?.end();
      fault = opening?.fault() ?? (watch.ended() ? undefined : cut);
      if (fault !== undefined) return undefined;
      opening = undefined;
      const missingEnd = watch.missingEnd();
      return handOn(missingEnd.length === 0 ? [] : [bytesOf(missingEnd)]);
    },
    fault: () => fault,
    usage: () => usage,
    model: () => model,
  };
}

const none: readonly Event[] = [];

/** Hands on a frame, or what was made of it. */
function handFrame(
  frame: RawFrame,
  { forward, instead }: ReturnType<FrameWatch["see"]>,
  forwarded: Uint8Array[],
): void {
  if (instead !== undefined) forwarded.push(bytesOf(instead));
  else if (forward) forwarded.push(frame.raw);
}

function bytesOf(frames: FrameText | Uint8Array): Uint8Array {
  return typeof frames === "string" ? Buffer.from(frames) : frames;
}

function isReadable(frame: RawFrame, passthrough: Passthrough): boolean {
  const { data } = frame;
  return isBlank(data) || isJson(data) || isDone(data) || passthrough.isText?.(frame) === true;
}

/** Whether a frame says nothing. The decoder would look for JSON in it. */
function isBlank(data: Uint8Array): boolean {
  return data[0] !== openBrace && skipBlanks(asBuffer(data), 0) === data.length;
}

const openBrace = 0x7b;

function unreadable(data: Uint8Array): Fault {
  const parsed = parseJson(data);
  return malformed(
    `a frame of the stream is not JSON${parsed.ok ? "" : `: ${parsed.error.message}`}`,
  );
}

const cut: Fault = {
  reason: ErrorReason.UPSTREAM_CUT,
  message: "the provider's stream ended before the answer did",
};

/** Ends a frame that something else follows. */
const blankLine = Buffer.from("\n\n");

/** Frames that lie side by side in one chunk are handed on as the one piece they are. */
function joined(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  const [first] = pieces;
  if (first === undefined || pieces.length === 1) return first;
  let end = first.byteOffset;
  for (const { buffer, byteOffset, length } of pieces) {
    if (buffer !== first.buffer || byteOffset !== end) return Buffer.concat(pieces);
    end += length;
  }
  return new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset);
}
