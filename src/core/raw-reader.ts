import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Passthrough } from "./dialect.ts";
import { isDone } from "./done-mark.ts";
import { type Fault, malformed } from "./fault.ts";
import { isJson } from "./is-json.ts";
import { asBuffer, parseJson } from "./json.ts";
import { skipBlanks } from "./json-scan.ts";
import { mergeUsage } from "./merge-usage.ts";
import type { RawFrame } from "./outlet.ts";
import { isTorn, type StreamReader } from "./stream-reader.ts";

/**
 * Hands a vendor's frames on as the bytes they came in, but for those that the client did not ask for. Data that are no JSON
 * break the stream off, as they do where it is translated: a client could not read them either.
 */
export function createRawReader(passthrough: Passthrough, wantsUsage: boolean): StreamReader<Uint8Array> {
  const watch = passthrough.watch(wantsUsage);
  let usage: Usage | undefined;
  let fault: Fault | undefined;
  const see = (frame: RawFrame, forwarded: Uint8Array[]): void => {
    if (!isReadable(frame, passthrough)) {
      fault = unreadable(frame.data);
      return;
    }
    const seen = watch.see(frame);
    fault = seen.fault;
    if (fault !== undefined) return;
    if (seen.usage !== undefined) usage = mergeUsage(usage, seen.usage);
    if (seen.forward) forwarded.push(frame.raw);
    if (frame.unterminated === true && (!watch.ended() || watch.owed() !== "")) forwarded.push(blankLine);
  };
  return {
    read: (frames) => {
      const forwarded: Uint8Array[] = [];
      for (const frame of frames) {
        if (fault === undefined && !isTorn(frame)) see(frame, forwarded);
      }
      return joined(forwarded);
    },
    end: () => {
      if (!watch.ended()) fault = cut;
      const owed = watch.ended() ? watch.owed() : "";
      return owed === "" ? undefined : Buffer.from(owed);
    },
    fault: () => fault,
    usage: () => usage,
  };
}

function isReadable(frame: RawFrame, passthrough: Passthrough): boolean {
  const { data } = frame;
  if (data.length === 0 || isJson(data) || isDone(data)) return true;
  return passthrough.isText?.(frame) === true || skipBlanks(asBuffer(data), 0) === data.length;
}

function unreadable(data: Uint8Array): Fault {
  const parsed = parseJson(data);
  return malformed(`a frame of the stream is not JSON${parsed.ok ? "" : `: ${parsed.error.message}`}`);
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
  const last = pieces.at(-1) ?? first;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const adjacent = first.buffer === last.buffer && last.byteOffset + last.length - first.byteOffset === length;
  return adjacent ? new Uint8Array(first.buffer, first.byteOffset, length) : Buffer.concat(pieces);
}
